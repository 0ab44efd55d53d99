/* links: the network links of this namespace, from the kernel. */
#ifndef PLAYBOOK_NET_LINKS_H
#define PLAYBOOK_NET_LINKS_H

#include <net/if.h>

#include "engine/action.h"

struct link {
    unsigned index;
    const char *name;
    bool up; /* administratively, and with carrier */
    unsigned mtu;
    const char *mac;  /* lower case with colons; NULL: none */
    const char *kind; /* the kernel's word ("veth", "bridge"); else "ethernet", "loopback", ... */
};

struct links {
    struct arena *arena;
    struct link *items;
    size_t count;
};

bool links_read(struct arena *arena, struct links *links, struct error *error);
/* NULL where there is none. */
const struct link *links_find(const struct links *links, unsigned index);

#endif
