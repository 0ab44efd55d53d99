/* The rules are curl's (lib/noproxy.c as of 7.86), which wget, Python and Go share but for details:
 * they differ most in CIDR, which older ones do not know. */
#include "actions/net/proxy.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>

typedef const char *get_fn(const void *context, const char *name);

/* The first of the names that is set; NULL where none is. */
static const char *first_set(get_fn *get, const void *context, const char *const *names,
                             const char **value)
{
    for (; *names; names++) {
        *value = get(context, *names);
        if (*value && **value)
            return *names;
    }
    return NULL;
}

/* ---- no_proxy ---- */

/* "10.0.0.0/8", "fd00::/8", "10.1.2.3", "[::1]". */
static bool covers_address(struct arena *arena, const char *word, const struct address *address)
{
    struct network network = {.prefix = address->family == AF_INET ? 32 : 128};
    size_t length = strlen(word);
    if (word[0] == '[' && word[length - 1] == ']')
        word = arena_copy(arena, word + 1, length - 2);
    if (!address_read(word, &network.address) && !network_read(word, &network))
        return false;
    return network_contains(&network, address);
}

/* "example.com" and ".example.com" speak of that name and of all below it. */
static bool covers_name(const char *word, const char *host)
{
    word += *word == '.';
    size_t length = strlen(word), whole = strlen(host);
    length -= length && word[length - 1] == '.';
    whole -= whole && host[whole - 1] == '.';
    if (length == 0 || whole < length)
        return false;
    const char *tail = host + whole - length;
    return strncasecmp(tail, word, length) == 0 && (tail == host || tail[-1] == '.');
}

static bool goes_directly(struct arena *arena, const char *list, const char *host)
{
    struct address address;
    bool literal = address_read(host, &address);
    if (text_equal(list, "*"))
        return true;
    while (*(list += strspn(list, ", \t"))) {
        size_t length = strcspn(list, ", \t");
        const char *word = arena_copy(arena, list, length);
        if (literal ? covers_address(arena, word, &address) : covers_name(word, host))
            return true;
        list += length;
    }
    return false;
}

/* ---- the proxy ---- */

static unsigned default_port(const char *scheme)
{
    return strcasecmp(scheme, "https") == 0 ? 443 : 1080;
}

static bool is_scheme(const char *scheme)
{
    static const char *const schemes[] = {"http",    "https",  "socks",  "socks4",
                                          "socks4a", "socks5", "socks5h"};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
        if (strcasecmp(scheme, schemes[i]) == 0)
            return true;
    return false;
}

static bool read_proxy(struct arena *arena, const char *value, struct proxy *proxy,
                       struct error *error)
{
    const char *mark = strstr(value, "://"), *scheme = "http";
    if (mark)
        scheme = arena_copy(arena, value, (size_t)(mark - value));
    value = mark ? mark + 3 : value;
    const char *authority = arena_copy(arena, value, strcspn(value, "/?#"));
    const char *user = strrchr(authority, '@');
    proxy->port = default_port(scheme);
    if (!is_scheme(scheme) ||
        !url_read_authority(arena, user ? user + 1 : authority, &proxy->host, &proxy->port, error))
        return error_set(error, "the variable %s is set to something that is no proxy",
                         proxy->variable);
    bool bracket = strchr(proxy->host, ':') != NULL;
    proxy->shown = arena_format(arena, "%s://%s%s%s:%u", scheme, bracket ? "[" : "", proxy->host,
                                bracket ? "]" : "", proxy->port);
    return true;
}

bool proxy_choose(struct arena *arena, const struct url *url, get_fn *get, const void *context,
                  struct proxy *proxy, struct error *error)
{
    static const char *const for_http[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
    static const char *const for_https[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                            NULL};
    static const char *const for_none[] = {"no_proxy", "NO_PROXY", NULL};
    const char *value, *none;
    *proxy = (struct proxy){0};
    if (first_set(get, context, for_none, &none) && goes_directly(arena, none, url->host))
        return true;
    proxy->variable = first_set(get, context, url->https ? for_https : for_http, &value);
    return !proxy->variable || read_proxy(arena, value, proxy, error);
}
