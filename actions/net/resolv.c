/* Name servers of resolv.conf. Reads nothing else of it: neither search list nor options matter to
 * a query for one exact name. resolv.conf(5), glibc resolv/res_init.c. */
#include "actions/net/resolv.h"

#include <string.h>

#include "actions/net/dns.h"

static const char keyword[] = "nameserver";

/* The keyword stands at the start of a line, with a blank behind it. */
static bool read_line(const char *line, size_t length, union endpoint *server)
{
    char text[INET6_ADDRSTRLEN + 32];
    size_t at = sizeof(keyword) - 1;
    if (length <= at || memcmp(line, keyword, at) != 0 || !strchr(" \t", line[at]))
        return false;
    while (at < length && strchr(" \t", line[at]))
        at++;
    size_t end = at;
    while (end < length && !strchr(" \t\r", line[end]))
        end++;
    if (end - at >= sizeof(text))
        return false;
    memcpy(text, line + at, end - at);
    text[end - at] = '\0';
    return endpoint_read(text, server);
}

size_t resolv_servers(const char *text, union endpoint servers[RESOLV_SERVERS_MOST])
{
    size_t count = 0;
    while (*text && count < RESOLV_SERVERS_MOST) {
        size_t length = strcspn(text, "\n");
        if (read_line(text, length, &servers[count]))
            endpoint_set_port(&servers[count++], DNS_PORT);
        text += length + (text[length] == '\n');
    }
    if (count == 0) {
        struct address loopback = {.family = AF_INET, .bytes = {127, 0, 0, 1}};
        servers[count++] = endpoint_of(&loopback, DNS_PORT);
    }
    return count;
}
