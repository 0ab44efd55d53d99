/* host: a host argument to socket addresses.
 *
 * A literal address (an IPv6 one may carry a zone, "fe80::1%eth0") is read at once. A name is asked
 * of the system's own resolver, getaddrinfo, in a helper process, because it can block:
 *
 *     host_find(probe, name, AF_UNSPEC, found);      found() may be called before this returns
 *     ... found(probe, result, length): host_read(probe, result, length, &host, &reason)
 *
 * A name that is not ASCII is asked for in its form for the wire (IDNA 2008, getaddrinfo's AI_IDN):
 * glibc loads libidn2 for that, and where that is missing the probe is unknown, with the remedy.
 */
#ifndef PLAYBOOK_NET_HOST_H
#define PLAYBOOK_NET_HOST_H

#include <netinet/in.h>

#include "engine/action.h"

/* A socket address of either family. */
union endpoint {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

enum { HOST_FAMILIES = 2 };

struct host {
    size_t count;
    const union endpoint *at; /* in the resolver's order of preference, port 0 */
};

/* `family`: AF_UNSPEC, AF_INET or AF_INET6. */
void host_find(struct probe *probe, const char *name, int family,
               void (*done)(struct probe *probe, const char *result, size_t length));

/* The `help` of every action that calls host_find(). */
void host_help(const void *input, size_t length, int out);

/* False where the helper died or could not ask: the probe is then unknown, with the reason, and
 * finished. Where no address was found, `reason` is set to the word for it, else to NULL. The
 * addresses live as long as the probe. */
bool host_read(struct probe *probe, const char *result, size_t length, struct host *host,
               const char **reason);

/* The first address of each family that the host has, the preferred family first, for probes that
 * speak to one address at a time. Returns how many: at most HOST_FAMILIES. */
size_t host_by_family(const struct host *host, union endpoint first[HOST_FAMILIES]);

socklen_t endpoint_length(const union endpoint *endpoint);
void endpoint_set_port(union endpoint *endpoint, unsigned port);
/* Family and address are the same; ports and zones are not looked at. */
bool endpoint_same_address(const union endpoint *a, const union endpoint *b);
/* The zone is the link's name, or its number where it is gone. */
struct address endpoint_address(const union endpoint *endpoint);
/* A zone whose link is not there becomes the number of no link, which the kernel refuses. */
union endpoint endpoint_of(const struct address *address, unsigned port);

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
