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
    unsigned prefix; /* of the table's entry, where that is known */
};

/* The route to one address, policy rules and all, as a TCP connection takes it: rules that ask for
 * the source (`ip rule from`) are asked with the one that the kernel chooses. No route, and one
 * that refuses (unreachable, prohibit, blackhole), are found == false; false is returned only where
 * the kernel could not be asked. */
bool route_to(const struct address *to, struct route *route, struct error *error);

/* The route of the main table that carries a whole network (prefix 0: the default route): the
 * longest prefix, then the lowest metric. Where policy rules lead to the default route of another
 * table, that is the default route. */
bool route_to_network(const struct network *to, struct route *route, struct error *error);

#endif
