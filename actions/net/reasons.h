/* reasons: the fixed words of the field `reason` (language reference §6).
 *
 * All of them are answers about the network: `reply` says all is well, each other one says what
 * came instead of it.
 */
#ifndef PLAYBOOK_NET_REASONS_H
#define PLAYBOOK_NET_REASONS_H

extern const char *const reason_words[];

/* The word for the errno of a send or connect, or of an ICMP error that the kernel turned into one.
 * What has no better word is `unreachable`. */
const char *reason_of(int code);

/* The more telling of two reasons why several addresses or servers failed; NULL is the least. A
 * host that refuses says more than silence, and silence more than a family without a route. */
const char *reason_stronger(const char *a, const char *b);

/* Field of every network probe. */
#define REASON_FIELD                                                                               \
    {                                                                                              \
        .name = "reason", .type = {.kind = KIND_STRING, .words = reason_words},                    \
        .doc = {                                                                                   \
            .en = "what happened: reply, or the word for what came instead",                       \
            .ja = "結果の種別。reply（正常）、または代わりに起きたことを表す語",                   \
        },                                                                                         \
    }

#endif
