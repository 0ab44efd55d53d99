/* value: the language's values and how they read, compare and print (language reference §3).
 *
 * A value is plain data; strings, lists and records in it live in the arena that made it.
 */
#ifndef PLAYBOOK_VALUE_H
#define PLAYBOOK_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"

enum kind {
    KIND_NONE, /* no value */
    KIND_BOOLEAN,
    KIND_NUMBER,
    KIND_DURATION,
    KIND_SIZE, /* also a rate: bytes per second */
    KIND_ADDRESS,
    KIND_NETWORK,
    KIND_VERSION,
    KIND_STRING,
    KIND_LIST,
    KIND_RECORD,
};

enum { VERSION_PARTS = 6, ADDRESS_ZONE = 16 /* IF_NAMESIZE of net/if.h */ };

/* An IPv4-mapped IPv6 address (::ffff:192.0.2.1; RFC 4291, 2.5.5.2) names the IPv4 host and its
 * IPv4 sockets: what reads or makes values turns it into the IPv4 address, a network of such ones
 * likewise. */
struct address {
    int family;              /* AF_INET or AF_INET6 */
    uint8_t bytes[16];       /* network order; IPv4 in the first four */
    char zone[ADDRESS_ZONE]; /* of a link-local IPv6 one: its link, by name or number; "": none */
};

struct network {
    struct address address; /* bits beyond the prefix are zero */
    unsigned prefix;
};

struct version {
    uint64_t parts[VERSION_PARTS]; /* missing parts are 0 */
    size_t count;                  /* parts as written, for printing */
};

struct value {
    enum kind kind;
    union {
        bool boolean;
        double number;
        int64_t duration; /* nanoseconds */
        int64_t size;     /* bytes */
        struct address address;
        struct network network;
        struct version version;
        const char *string;
        struct {
            const struct value *items;
            size_t count;
        } list;
        struct {
            const char *const *names;
            const struct value *values; /* KIND_NONE where a field has no value */
            size_t count;
        } record;
    };
};

enum {
    NS_PER_US = 1000,
    NS_PER_MS = 1000 * 1000,
    NS_PER_S = 1000 * 1000 * 1000,
};

/* "number", "list", ...: the word the language uses. */
const char *kind_name(enum kind kind);

/* Reads `text` as a value of a scalar kind. False when it is not one. */
bool value_read(struct arena *arena, enum kind kind, const char *text, struct value *value);

/* Reads `text` as the first that fits of boolean, number, duration, size, address, network, else
 * string: what a plain YAML scalar means where nothing else gives its type. */
struct value value_guess(struct arena *arena, const char *text);

/* The value as one would write it. A list is comma-separated in brackets. */
const char *value_print(struct arena *arena, const struct value *value);

/* A copy whose parts all live in `arena`. */
struct value value_copy(struct arena *arena, const struct value *value);

/* The memory that it takes, with all in it; names of fields are not counted. */
size_t value_bytes(const struct value *value);

/* Same kind and equal. */
bool value_equal(const struct value *a, const struct value *b);

/* Equal values have equal hashes. */
uint64_t value_hash(const struct value *value);

/* <0, 0, >0 for two values of one ordered kind (number, duration, size, version, string). */
int value_compare(const struct value *a, const struct value *b);
bool kind_ordered(enum kind kind);

/* The field of a record by name; NULL where it has none. */
const struct value *value_field(const struct value *record, const char *name);

/* False where the families differ; zones are not looked at. */
bool network_contains(const struct network *network, const struct address *address);

/* An IPv6 address of link-local scope may carry a zone, "fe80::1%eth0" (RFC 4007). Equal are only
 * addresses of the same zone. */
bool address_read(const char *text, struct address *address);
const char *address_print(struct arena *arena, const struct address *address);
bool network_read(const char *text, struct network *network);

struct value value_boolean(bool boolean);
struct value value_number(double number);
struct value value_string(struct arena *arena, const char *string);
struct value value_duration(int64_t ns);
struct value value_size(int64_t bytes);
struct value value_address(const struct address *address);
/* The network that holds `address`; a prefix beyond the family's length means it alone. */
struct value value_network(const struct address *address, unsigned prefix);
struct value value_list(const struct value *items, size_t count);

#endif
