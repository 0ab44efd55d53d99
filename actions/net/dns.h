/* dns: messages of the DNS protocol, built and read from bytes.
 *
 * A query can carry an EDNS record, to be told why a server refuses (RFC 8914); it asks for no more
 * than the 512 bytes of a plain one, so that what is cut for programs (glibc asks plainly) is cut
 * here too. What does not understand EDNS must be asked again plainly (RFC 6891, 7).
 */
#ifndef PLAYBOOK_NET_DNS_H
#define PLAYBOOK_NET_DNS_H

#include "engine/action.h"

enum { DNS_PORT = 53, DNS_MESSAGE_LEAST = 12, DNS_MESSAGE_MOST = 65535, DNS_RCODES = 16 };

/* NULL-terminated: the types that can be asked for, and every rcode by its number. */
extern const char *const dns_type_words[];
extern const char *const dns_rcode_words[DNS_RCODES + 1];

struct dns_query {
    uint16_t id; /* random */
    uint16_t type;
    const uint8_t *bytes;
    size_t length;
};

/* An address as the name of a PTR query becomes its reverse name. */
bool dns_query_build(struct arena *arena, const char *name, const char *type, bool edns,
                     struct dns_query *query, struct error *error);

enum dns_fit {
    DNS_OTHER,     /* not the answer to this query */
    DNS_MALFORMED, /* the answer, but not readable */
    DNS_TRUNCATED, /* the answer, cut: its records are not to be used */
    DNS_ANSWER,
};

struct dns_answer {
    unsigned rcode;
    size_t count;            /* records of the type asked for, at the end of the CNAME chain */
    struct value *texts;     /* each as text: names without the last dot, TXT joined */
    struct value *addresses; /* of A and AAAA; `address_count` of them */
    size_t address_count;
    bool edns;            /* the server understands EDNS */
    bool edns_refused;    /* it does not understand what was asked with EDNS */
    const char *ede;      /* its Extended DNS Errors ("18 Prohibited: text"); NULL: none */
    const char *received; /* DNS_OTHER: what this is instead */
};

/* Reads a message that came from the server asked. Limits: DNS_MESSAGE_MOST bytes, 16 CNAMEs. A
 * hostile message takes some megabytes of `arena`: give one that ends with the message. */
enum dns_fit dns_answer_read(struct arena *arena, const struct dns_query *query,
                             const uint8_t *bytes, size_t length, struct dns_answer *answer);

/* A copy that lives in `arena`. */
struct dns_answer dns_answer_copy(struct arena *arena, const struct dns_answer *answer);

/* The reason word for an answer: `reply` where it has records. */
const char *dns_reason(const struct dns_answer *answer);

#endif
