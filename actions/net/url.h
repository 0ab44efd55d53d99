/* url: the parts of an http or https URL. Source: RFC 3986.
 */
#ifndef PLAYBOOK_NET_URL_H
#define PLAYBOOK_NET_URL_H

#include "engine/action.h"

struct url {
    bool https;
    const char *host; /* without the brackets of an IPv6 address */
    unsigned port;
};

/* The parts live in `arena`. False for a URL that cannot be asked: another scheme, a user name, a
 * blank or a control character. */
bool url_read(struct arena *arena, const char *text, struct url *url, struct error *error);

/* Splits "host:port" or "[host]:port"; a port that is not there stays as `*port` is. */
bool url_read_authority(struct arena *arena, const char *text, const char **host, unsigned *port,
                        struct error *error);

#endif
