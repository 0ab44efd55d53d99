/* Names and literal addresses to socket addresses. Does not speak DNS itself (dns.h does): this is
 * the way every other program of the machine takes. getaddrinfo(3), RFC 4007 for zones. */
#include "actions/net/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *const family_words[] = {"any", "ipv4", "ipv6", NULL};

int family_of(const char *word)
{
    if (!word || text_equal(word, "any"))
        return AF_UNSPEC;
    return text_equal(word, "ipv4") ? AF_INET : AF_INET6;
}

socklen_t endpoint_length(const union endpoint *endpoint)
{
    return endpoint->any.sa_family == AF_INET ? sizeof(endpoint->v4) : sizeof(endpoint->v6);
}

void endpoint_set_port(union endpoint *endpoint, unsigned port)
{
    if (endpoint->any.sa_family == AF_INET)
        endpoint->v4.sin_port = htons((uint16_t)port);
    else
        endpoint->v6.sin6_port = htons((uint16_t)port);
}

bool endpoint_same_address(const union endpoint *a, const union endpoint *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return false;
    if (a->any.sa_family == AF_INET)
        return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
    return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr)) == 0;
}

struct address endpoint_address(const union endpoint *endpoint)
{
    struct address address = {.family = endpoint->any.sa_family};
    if (address.family == AF_INET)
        memcpy(address.bytes, &endpoint->v4.sin_addr, sizeof(endpoint->v4.sin_addr));
    else
        memcpy(address.bytes, &endpoint->v6.sin6_addr, sizeof(endpoint->v6.sin6_addr));
    return address;
}

union endpoint endpoint_of(const struct address *address, unsigned port)
{
    union endpoint endpoint = {.any.sa_family = (sa_family_t)address->family};
    if (address->family == AF_INET)
        memcpy(&endpoint.v4.sin_addr, address->bytes, sizeof(endpoint.v4.sin_addr));
    else
        memcpy(&endpoint.v6.sin6_addr, address->bytes, sizeof(endpoint.v6.sin6_addr));
    endpoint_set_port(&endpoint, port);
    return endpoint;
}

/* Only a link-local address has a zone that matters; the zone is a link's name or its number. */
static bool read_zone(const char *zone, union endpoint *endpoint)
{
    char *end;
    unsigned long number = strtoul(zone, &end, 10);
    if (*zone && !*end && number <= UINT32_MAX)
        endpoint->v6.sin6_scope_id = (uint32_t)number;
    else
        endpoint->v6.sin6_scope_id = if_nametoindex(zone);
    return endpoint->v6.sin6_scope_id != 0;
}

bool endpoint_read(const char *text, union endpoint *endpoint)
{
    char plain[INET6_ADDRSTRLEN];
    struct address address;
    size_t length = strcspn(text, "%");
    if (length >= sizeof(plain))
        return false;
    memcpy(plain, text, length);
    plain[length] = '\0';
    if (!address_read(plain, &address))
        return false;
    *endpoint = endpoint_of(&address, 0);
    return !text[length] || (address.family == AF_INET6 && read_zone(text + length + 1, endpoint));
}

struct question {
    int family;
    char name[];
};

/* A resolver that got no reply waited for at least a second; one that was told of a failure did
 * not. getaddrinfo reports both as EAI_AGAIN. */
static enum host_state state_of(int code, int system, int64_t waited)
{
    switch (code) {
    case 0:
        return HOST_FOUND;
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
        return HOST_NODATA;
    case EAI_AGAIN:
        return waited >= NS_PER_S ? HOST_TIMEOUT : HOST_SERVFAIL;
    case EAI_SYSTEM:
        return system == ETIMEDOUT ? HOST_TIMEOUT : HOST_UNREACHABLE;
    case EAI_NONAME:
        return HOST_NXDOMAIN;
    default:
        return HOST_SERVFAIL;
    }
}

static void collect(const struct addrinfo *list, struct host *host)
{
    for (; list && host->count < HOST_ADDRESSES_MOST; list = list->ai_next)
        if (list->ai_addrlen <= sizeof(host->at[0]))
            memcpy(&host->at[host->count++], list->ai_addr, list->ai_addrlen);
}

static int64_t clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* One write: the answer is smaller than a pipe's buffer. */
void host_help(const void *input, size_t length, int out)
{
    const struct question *question = input;
    struct addrinfo hints = {.ai_family = question->family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    struct host host = {0};
    if (length <= sizeof(*question) || ((const char *)input)[length - 1] != '\0')
        _exit(1);
    int64_t before = clock_now();
    int code = getaddrinfo(question->name, NULL, &hints, &list);
    int system = errno;
    host.state = state_of(code, system, clock_now() - before);
    if (code == 0) {
        collect(list, &host);
        freeaddrinfo(list);
    }
    if (write(out, &host, sizeof(host)) != sizeof(host))
        _exit(1);
}

void host_find(struct probe *probe, const char *name, int family,
               void (*done)(struct probe *probe, const char *result, size_t length))
{
    struct host host = {.count = 1};
    if (endpoint_read(name, &host.at[0])) {
        if (family != AF_UNSPEC && host.at[0].any.sa_family != family)
            host = (struct host){.state = HOST_NODATA};
        done(probe, (const char *)&host, sizeof(host));
        return;
    }
    size_t length = sizeof(struct question) + strlen(name) + 1;
    struct question *question = arena_alloc(probe_arena(probe), length);
    question->family = family;
    memcpy(question->name, name, strlen(name) + 1);
    probe_help(probe, question, length, done);
}

bool host_read(struct probe *probe, const char *result, size_t length, struct host *host,
               const char **reason)
{
    static const char *const words[] = {
        [HOST_FOUND] = NULL,        [HOST_NXDOMAIN] = "nxdomain",
        [HOST_NODATA] = "nodata",   [HOST_SERVFAIL] = "servfail",
        [HOST_TIMEOUT] = "timeout", [HOST_UNREACHABLE] = "unreachable",
    };
    if (!result || length != sizeof(*host)) {
        probe_unknown(probe, "the helper that asks the system's resolver broke");
        return false;
    }
    memcpy(host, result, sizeof(*host));
    if (host->state == HOST_FOUND && host->count == 0)
        host->state = HOST_NODATA;
    *reason = words[host->state];
    return true;
}
