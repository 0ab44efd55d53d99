/* proxy: which proxy the person's programs would use for a URL, as their environment says.
 *
 * `http_proxy` (lower case alone: a web server hands its clients' "Proxy:" header to CGI programs
 * as HTTP_PROXY), `https_proxy`, else `all_proxy`; hosts in `no_proxy` are reached directly. An
 * empty variable is as one that is not set. Pure. Source: curl(1), ENVIRONMENT and --noproxy.
 */
#ifndef PLAYBOOK_NET_PROXY_H
#define PLAYBOOK_NET_PROXY_H

#include "actions/net/url.h"

struct proxy {
    const char *variable; /* that names it; NULL: none is used */
    const char *host;     /* without brackets */
    unsigned port;
    const char *shown; /* its URL without user name and password */
};

/* `get` tells a variable, NULL where it is not set. False where the variable for this URL is set to
 * something that is no proxy; the message does not tell what, since a password may be in it. */
bool proxy_choose(struct arena *arena, const struct url *url,
                  const char *(*get)(const void *context, const char *name), const void *context,
                  struct proxy *proxy, struct error *error);

#endif
