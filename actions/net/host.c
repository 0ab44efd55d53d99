/* Names and literal addresses to socket addresses. Does not speak DNS itself (dns.h does): this is
 * the way every other program of the machine takes. getaddrinfo(3), RFC 4007 for zones. */
#include "actions/net/host.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "actions/net/idn.h"

enum { NO_LINK = INT32_MAX };

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

_Static_assert(ADDRESS_ZONE == IF_NAMESIZE, "a zone holds the name of any link");

struct address endpoint_address(const union endpoint *endpoint)
{
    struct address address = {.family = endpoint->any.sa_family};
    if (address.family == AF_INET) {
        memcpy(address.bytes, &endpoint->v4.sin_addr, sizeof(endpoint->v4.sin_addr));
        return address;
    }
    const struct in6_addr *v6 = &endpoint->v6.sin6_addr;
    uint32_t zone = endpoint->v6.sin6_scope_id;
    memcpy(address.bytes, v6, sizeof(*v6));
    if (!IN6_IS_ADDR_LINKLOCAL(v6) && !IN6_IS_ADDR_MC_LINKLOCAL(v6))
        zone = 0; /* of other addresses it means nothing */
    if (zone && !if_indextoname(zone, address.zone))
        snprintf(address.zone, sizeof(address.zone), "%" PRIu32, zone);
    return address;
}

static uint32_t zone_number(const char *zone)
{
    char *end;
    unsigned number = if_nametoindex(zone);
    if (number)
        return number;
    unsigned long written = strtoul(zone, &end, 10);
    return *end || written == 0 || written > NO_LINK ? NO_LINK : (uint32_t)written;
}

union endpoint endpoint_of(const struct address *address, unsigned port)
{
    union endpoint endpoint = {.any.sa_family = (sa_family_t)address->family};
    if (address->family == AF_INET)
        memcpy(&endpoint.v4.sin_addr, address->bytes, sizeof(endpoint.v4.sin_addr));
    else
        memcpy(&endpoint.v6.sin6_addr, address->bytes, sizeof(endpoint.v6.sin6_addr));
    if (address->zone[0])
        endpoint.v6.sin6_scope_id = zone_number(address->zone);
    endpoint_set_port(&endpoint, port);
    return endpoint;
}

size_t host_by_family(const struct host *host, union endpoint first[HOST_FAMILIES])
{
    size_t count = 0;
    for (size_t i = 0; i < host->count && count < HOST_FAMILIES; i++)
        if (count == 0 || host->at[i].any.sa_family != first[0].any.sa_family)
            first[count++] = host->at[i];
    return count;
}

/* ---- what the helper is asked, and its reply ---- */

struct question {
    int family;
    char name[];
};

enum host_state {
    HOST_FOUND,
    HOST_NXDOMAIN,
    HOST_NODATA,
    HOST_SERVFAIL,
    HOST_TIMEOUT,
    HOST_UNREACHABLE,
    HOST_NO_IDN,     /* the library that writes international names is missing */
    HOST_NOT_A_NAME, /* ... is there, and cannot write this one */
};

/* The reply's endpoints follow it. */
struct reply {
    enum host_state state;
};

struct literal {
    struct reply reply;
    union endpoint at;
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
    case EAI_IDN_ENCODE:
        return idn_installed() ? HOST_NOT_A_NAME : HOST_NO_IDN;
    default:
        return HOST_SERVFAIL;
    }
}

/* The pipe takes its time where the addresses are many. */
static void write_all(int out, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t written = write(out, at, length);
        if (written <= 0)
            _exit(1);
        at += written;
        length -= (size_t)written;
    }
}

static int64_t clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* A playbook is UTF-8 whatever the locale is; AI_IDN reads the name by LC_CTYPE. glibc has this
 * locale built in from 2.35 on, Debian and Ubuntu as a file before. */
static void expect_utf8(struct addrinfo *hints)
{
    hints->ai_flags |= AI_IDN;
    (void)setlocale(LC_CTYPE, "C.UTF-8");
}

void host_help(const void *input, size_t length, int out)
{
    const struct question *question = input;
    struct addrinfo hints = {.ai_family = question->family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    if (length <= sizeof(*question) || ((const char *)input)[length - 1] != '\0')
        _exit(1);
    if (!idn_is_ascii(question->name))
        expect_utf8(&hints);
    int64_t before = clock_now();
    int code = getaddrinfo(question->name, NULL, &hints, &list);
    int system = errno;
    struct reply reply = {.state = state_of(code, system, clock_now() - before)};
    write_all(out, &reply, sizeof(reply));
    for (struct addrinfo *one = code ? NULL : list; one; one = one->ai_next) {
        union endpoint endpoint = {0};
        if (one->ai_addrlen > sizeof(endpoint))
            continue;
        memcpy(&endpoint, one->ai_addr, one->ai_addrlen);
        write_all(out, &endpoint, sizeof(endpoint));
    }
    if (code == 0)
        freeaddrinfo(list);
}

void host_find(struct probe *probe, const char *name, int family,
               void (*done)(struct probe *probe, const char *result, size_t length))
{
    struct address address;
    struct literal literal = {.reply = {.state = HOST_FOUND}};
    bool is_literal = address_read(name, &address);
    if (is_literal)
        literal.at = endpoint_of(&address, 0);
    /* Where its link is missing, what that means is for the system's resolver to say. */
    if (is_literal && !(address.zone[0] && literal.at.v6.sin6_scope_id == NO_LINK)) {
        bool wanted = family == AF_UNSPEC || address.family == family;
        literal.reply.state = wanted ? HOST_FOUND : HOST_NODATA;
        done(probe, (const char *)&literal, wanted ? sizeof(literal) : sizeof(literal.reply));
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
    struct reply reply;
    if (!result || length < sizeof(reply) || (length - sizeof(reply)) % sizeof(*host->at)) {
        probe_unknown(probe, "the helper that asks the system's resolver broke");
        return false;
    }
    memcpy(&reply, result, sizeof(reply));
    if (reply.state == HOST_NO_IDN || reply.state == HOST_NOT_A_NAME) {
        idn_unknown(probe, reply.state == HOST_NOT_A_NAME);
        return false;
    }
    host->count = (length - sizeof(reply)) / sizeof(*host->at);
    host->at = (const union endpoint *)arena_copy(probe_arena(probe), result + sizeof(reply),
                                                  length - sizeof(reply));
    *reason = reply.state == HOST_FOUND && host->count == 0 ? "nodata" : words[reply.state];
    return true;
}
