/* mtu_vouch: whether the host itself answers pings.
 *
 * Gateways are known that answer every ping in the host's place (user-mode network stacks, some
 * VPNs): their replies say nothing about the path. Who answers is seen by the TTL: the nearest
 * place from where a reply comes is the host's only if no router there or behind it passes on what
 * is no ping. A gateway that hides itself altogether cannot be told from the host, but for the
 * first hop, where a host behind a gateway cannot be.
 */
#ifndef PLAYBOOK_NET_MTU_VOUCH_H
#define PLAYBOOK_NET_MTU_VOUCH_H

#include "actions/net/mtu_silence.h"
#include "actions/net/mtu_wire.h"

enum { VOUCH_HOPS_MOST = 24 };

struct vouch {
    bool behind_gateway;                /* in: the route there names a gateway */
    bool expired[VOUCH_HOPS_MOST + 2];  /* a ping's TTL ended there: nobody answers there */
    bool forwards[VOUCH_HOPS_MOST + 2]; /* a datagram's did: a router, not the host */
    bool reached[VOUCH_HOPS_MOST + 2];  /* a datagram got to the host with that TTL */
    unsigned nearest;                   /* least TTL of a ping that was answered */
    bool moved;                         /* ... which has become less in this round */
    int64_t asked;                      /* when the first datagram with a TTL was sent; 0: none */
    silence chance;
    unsigned rounds;
    size_t first_packet; /* of the round */
};

enum verdict { VOUCH_OPEN, VOUCH_HOST, VOUCH_PRETENDER };

void vouch_begin(struct vouch *vouch, bool behind_gateway);
/* A round of small packets. */
void vouch_ask(struct probe *probe, struct vouch *vouch, struct wire *wire);
/* For events of packets with a TTL. */
void vouch_take(struct vouch *vouch, const struct wire *wire, const struct wire_event *event);
/* What is known so far. */
enum verdict vouch_verdict(const struct vouch *vouch, int64_t now);
/* How far it is has been seen: the next round need not wait. */
bool vouch_measured(const struct vouch *vouch);
/* The round has had its time. */
void vouch_end_round(struct vouch *vouch, const struct wire *wire);

#endif
