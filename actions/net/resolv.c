/* resolv.conf. Options do not matter to a query for one exact name and are not read. glibc,
 * resolv/res_init.c: a keyword begins the line, one blank or tab at least follows it; a server's
 * text ends at a blank or tab and is an address of inet_aton() ("127.1", "0x7f000001") or of IPv6,
 * or nothing: the carriage return of a Windows line end makes it nothing. */
#include "actions/net/resolv.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "actions/net/dns.h"

/* What follows the keyword; NULL: another line. */
static const char *after(const char *line, const char *keyword)
{
    size_t length = strlen(keyword);
    if (strncmp(line, keyword, length) != 0 || (line[length] != ' ' && line[length] != '\t'))
        return NULL;
    return line + length + strspn(line + length, " \t");
}

/* inet_aton() looks no further than to the first white space. */
static bool read_ipv4(const char *text, union endpoint *server)
{
    struct in_addr address;
    for (const char *at = text; *at; at++)
        if (isspace((unsigned char)*at))
            return false;
    if (!inet_aton(text, &address))
        return false;
    *server = (union endpoint){.v4 = {.sin_family = AF_INET, .sin_addr = address}};
    return true;
}

/* A link that is not there is none: the server stays in the list, and the kernel refuses to send.
 * Names of links are for link-local addresses, numbers for all. */
static uint32_t read_zone(const struct in6_addr *address, const char *zone)
{
    char *end;
    unsigned named = IN6_IS_ADDR_LINKLOCAL(address) || IN6_IS_ADDR_MC_LINKLOCAL(address)
                         ? if_nametoindex(zone)
                         : 0;
    unsigned long number = strtoul(zone, &end, 10);
    bool decimal = isdigit((unsigned char)*zone) && !*end && number <= UINT32_MAX;
    return named ? named : decimal ? (uint32_t)number : 0;
}

static bool read_ipv6(struct arena *arena, const char *text, union endpoint *server)
{
    size_t length = strcspn(text, "%");
    *server = (union endpoint){.v6 = {.sin6_family = AF_INET6}};
    if (inet_pton(AF_INET6, arena_copy(arena, text, length), &server->v6.sin6_addr) != 1)
        return false;
    if (text[length])
        server->v6.sin6_scope_id = read_zone(&server->v6.sin6_addr, text + length + 1);
    return true;
}

static void take_server(struct arena *arena, const char *text, struct resolv *resolv)
{
    union endpoint server;
    text = arena_copy(arena, text, strcspn(text, " \t"));
    if (!read_ipv4(text, &server) && !read_ipv6(arena, text, &server)) {
        resolv->refused =
            arena_grow(arena, resolv->refused, resolv->refused_count, sizeof(*resolv->refused));
        resolv->refused[resolv->refused_count++] = value_string(arena, text);
    } else if (resolv->count < RESOLV_SERVERS_MOST) {
        endpoint_set_port(&server, DNS_PORT);
        resolv->servers[resolv->count++] = server;
    }
}

/* The last line wins, unless it is empty. */
static void take_search(struct arena *arena, const char *text, bool one, struct resolv *resolv)
{
    if (*text)
        resolv->search_count = 0;
    for (size_t length; *text; text += length + strspn(text + length, " \t")) {
        length = strcspn(text, " \t");
        if (one && resolv->search_count)
            return;
        resolv->search =
            arena_grow(arena, resolv->search, resolv->search_count, sizeof(*resolv->search));
        resolv->search[resolv->search_count++] =
            value_string(arena, arena_copy(arena, text, length));
    }
}

static void take_line(struct arena *arena, const char *line, struct resolv *resolv)
{
    const char *rest;
    if ((rest = after(line, "nameserver")))
        take_server(arena, rest, resolv);
    else if ((rest = after(line, "search")))
        take_search(arena, rest, false, resolv);
    else if ((rest = after(line, "domain")))
        take_search(arena, rest, true, resolv);
}

void resolv_read(struct arena *arena, const char *bytes, size_t length, struct resolv *resolv)
{
    const char *end = bytes + length;
    *resolv = (struct resolv){0};
    while (bytes < end) {
        const char *line_end = memchr(bytes, '\n', (size_t)(end - bytes));
        size_t line = (size_t)((line_end ? line_end : end) - bytes);
        take_line(arena, arena_copy(arena, bytes, line), resolv);
        bytes += line + 1;
    }
}

union endpoint resolv_nobody_named(void)
{
    struct address loopback = {.family = AF_INET, .bytes = {127, 0, 0, 1}};
    return endpoint_of(&loopback, DNS_PORT);
}
