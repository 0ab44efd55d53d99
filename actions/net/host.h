/* host: a host argument to socket addresses.
 *
 * A literal address (an IPv6 one may carry a zone, "fe80::1%eth0") is read at once. A name is asked
 * of the system's own resolver, getaddrinfo, in a helper process, because it can block:
 *
 *     host_find(probe, name, AF_UNSPEC, found);      found() may be called before this returns
 *     ... found(probe, result, length): host_read(result, length, &host)
 */
#ifndef PLAYBOOK_NET_HOST_H
#define PLAYBOOK_NET_HOST_H

#include <netinet/in.h>

#include "engine/action.h"

enum { HOST_ADDRESSES_MOST = 32 };

/* A socket address of either family. */
union endpoint {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

enum host_state {
    HOST_FOUND,
    HOST_NXDOMAIN,
    HOST_NODATA,
    HOST_SERVFAIL,
    HOST_TIMEOUT,
    HOST_UNREACHABLE,
};

struct host {
    enum host_state state;
    size_t count;
    union endpoint at[HOST_ADDRESSES_MOST]; /* in the resolver's order of preference, port 0 */
};

/* `family`: AF_UNSPEC, AF_INET or AF_INET6. */
void host_find(struct probe *probe, const char *name, int family,
               void (*done)(struct probe *probe, const char *result, size_t length));

/* The `help` of every action that calls host_find(). */
void host_help(const void *input, size_t length, int out);

/* False where the helper died: the probe is then unknown, with the reason, and finished. Where no
 * address was found, `reason` is set to the word for it, else to NULL. */
bool host_read(struct probe *probe, const char *result, size_t length, struct host *host,
               const char **reason);

socklen_t endpoint_length(const union endpoint *endpoint);
void endpoint_set_port(union endpoint *endpoint, unsigned port);
/* Family and address are the same; ports and zones are not looked at. */
bool endpoint_same_address(const union endpoint *a, const union endpoint *b);
struct address endpoint_address(const union endpoint *endpoint);
union endpoint endpoint_of(const struct address *address, unsigned port);
/* A literal address, an IPv6 one possibly with a zone. */
bool endpoint_read(const char *text, union endpoint *endpoint);

/* NULL-terminated: any, ipv4, ipv6. */
extern const char *const family_words[];
/* AF_UNSPEC for "any" and for NULL. */
int family_of(const char *word);

#define HOST_ARGUMENT                                                                              \
    {                                                                                              \
        .name = "host", .type = {.kind = KIND_STRING}, .also = 1u << KIND_ADDRESS,                 \
        .doc = {                                                                                   \
            .en = "a name or an IPv4 or IPv6 address",                                             \
            .ja = "ホスト名、またはIPv4・IPv6アドレス",                                            \
        },                                                                                         \
    }

#endif
