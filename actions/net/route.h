/* route: which way the kernel would send, without sending anything. */
#ifndef PLAYBOOK_NET_ROUTE_H
#define PLAYBOOK_NET_ROUTE_H

#include "engine/action.h"

struct route {
    bool found;
    bool has_gateway, has_source;
    struct address gateway, source;
    unsigned link;   /* index of the link that it leaves by */
    unsigned metric; /* the lower is preferred */
    unsigned mtu;    /* the route's own; 0: it has none */
};

/* The route to one address, policy rules and all. No route, and one that refuses (unreachable,
 * prohibit, blackhole), are found == false; false is returned only where the kernel could not be
 * asked. */
bool route_to(const struct address *to, struct route *route, struct error *error);

/* The route of the main table that carries a whole network (prefix 0: the default route): the
 * longest prefix, then the lowest metric. */
bool route_to_network(const struct network *to, struct route *route, struct error *error);

#endif
