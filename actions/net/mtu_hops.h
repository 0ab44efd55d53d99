/* mtu_hops: which hop swallows packets of a size that does not get through.
 *
 * Packets of that size and small ones are sent with every TTL. A router where the TTL of one ends
 * says so, also where it would have dropped the packet for its size (it looks at the TTL first).
 */
#ifndef PLAYBOOK_NET_MTU_HOPS_H
#define PLAYBOOK_NET_MTU_HOPS_H

#include "actions/net/mtu_wire.h"

enum { HOPS_MOST = 24 };

struct hops {
    struct hop {
        union endpoint large, small; /* who answered when the TTL ended there; family 0: nobody */
        bool arrived;                /* the small packet got to the destination */
    } at[HOPS_MOST + 1];             /* by TTL */
    bool blocked;                    /* a rule of this machine does not let the large ones out */
};

/* One packet of each size for every TTL. */
void hops_ask(struct probe *probe, struct hops *hops, struct wire *wire, enum wire_way way,
              unsigned size);
/* For events of packets with a TTL. */
void hops_take(struct hops *hops, const struct wire_event *event);

/* The last hop that a large packet got to, where the next one is known to be there: the packet was
 * lost between the two, and the one that had it should have said so. Where not even the first hop
 * got it, that is the first hop. NULL where it cannot be known. */
const union endpoint *hops_swallower(const struct hops *hops);

#endif
