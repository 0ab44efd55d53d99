/* Full-size packets with a limited TTL, as tracepath and scamper send them. Says nothing about
 * routers that do not show themselves. RFC 1812 §5.3.1 (TTL), ip_forward() in
 * net/ipv4/ip_forward.c. */
#include "actions/net/mtu_hops.h"

#include <errno.h>
#include <sys/socket.h>

void hops_ask(struct probe *probe, struct hops *hops, struct wire *wire, enum wire_way way,
              unsigned size)
{
    for (unsigned ttl = 1; ttl <= HOPS_MOST; ttl++) {
        hops->blocked |= wire_send(probe, wire, way, size, ttl) == EPERM;
        (void)wire_send(probe, wire, way, WIRE_SMALL, ttl); /* one that failed is not heard of */
    }
}

void hops_take(struct hops *hops, const struct wire_event *event)
{
    struct hop *hop = &hops->at[event->packet->ttl];
    bool small = event->packet->size == WIRE_SMALL;
    if (event->kind == WIRE_ARRIVED)
        hop->arrived |= small;
    else if (event->kind == WIRE_EXPIRED)
        *(small ? &hop->small : &hop->large) = event->from;
}

static bool heard(const union endpoint *endpoint)
{
    return endpoint->any.sa_family != AF_UNSPEC;
}

const union endpoint *hops_swallower(const struct hops *hops)
{
    unsigned destination = 0, last = 0;
    for (unsigned ttl = 1; ttl <= HOPS_MOST && !destination; ttl++)
        if (hops->at[ttl].arrived)
            destination = ttl;
    for (unsigned ttl = 1; ttl <= HOPS_MOST && (!destination || ttl < destination); ttl++)
        if (heard(&hops->at[ttl].large))
            last = ttl;
    unsigned next = last + 1;
    if (hops->blocked || next > HOPS_MOST || (next != destination && !heard(&hops->at[next].small)))
        return NULL;
    if (last)
        return &hops->at[last].large;
    return heard(&hops->at[1].small) ? &hops->at[1].small : NULL;
}
