/* Reads as little of a URL as this program needs: where it leads. What follows goes to curl as it
 * is. RFC 3986. */
#include "actions/net/url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool read_port(const char *text, unsigned *port, struct error *error)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || number < 1 || number > 65535)
        return error_set(error, "'%s' is not a port", text);
    *port = (unsigned)number;
    return true;
}

bool url_read_authority(struct arena *arena, const char *text, const char **host, unsigned *port,
                        struct error *error)
{
    bool bracket = text[0] == '[';
    const char *end = bracket ? strchr(text, ']') : text + strcspn(text, ":");
    if (!end || (bracket && end[1] && end[1] != ':'))
        return error_set(error, "'%s' is not a host", text);
    *host = arena_copy(arena, text + bracket, (size_t)(end - text) - bracket);
    if (!**host)
        return error_set(error, "the URL names no host");
    end += bracket;
    return *end != ':' || read_port(end + 1, port, error);
}

bool url_read(struct arena *arena, const char *text, struct url *url, struct error *error)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return error_set(error, "a URL holds no blank and no control character");
    *url = (struct url){.https = strncasecmp(text, "https://", 8) == 0};
    if (!url->https && strncasecmp(text, "http://", 7) != 0)
        return error_set(error, "'%s' is not a URL: it begins with http:// or https://", text);
    url->port = url->https ? 443 : 80;
    text += url->https ? 8 : 7;
    const char *authority = arena_copy(arena, text, strcspn(text, "/?#"));
    if (strchr(authority, '@'))
        return error_set(error, "a user name in a URL is not supported");
    return url_read_authority(arena, authority, &url->host, &url->port, error);
}
