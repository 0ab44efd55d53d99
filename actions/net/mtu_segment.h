/* mtu_segment: one TCP segment of an exact size to a port that listens.
 *
 * For destinations that answer neither pings nor stray datagrams: TCP acknowledges with a small
 * packet. Each try is a connection of its own, whose segment size is set before the handshake. What
 * is sent are line ends, which servers of text protocols pass over. A segment counts from the
 * moment when it has left: a lost handshake, and a rule of this machine that holds it back, say
 * nothing.
 */
#ifndef PLAYBOOK_NET_MTU_SEGMENT_H
#define PLAYBOOK_NET_MTU_SEGMENT_H

#include "actions/net/host.h"

enum segment_state {
    SEGMENT_CONNECTING,
    SEGMENT_CONNECTED, /* given to the kernel, which has not sent it yet */
    SEGMENT_LEFT,
    SEGMENT_ARRIVED,
    SEGMENT_CAPPED, /* the destination accepts no segment of that size */
    SEGMENT_HELD,   /* this machine believes that the path takes no packet of that size */
    SEGMENT_FAILED, /* no connection, or broken off */
};

/* What this machine does not send, when it has had its time. */
static inline bool segment_is_held(enum segment_state state)
{
    return state == SEGMENT_CONNECTED || state == SEGMENT_HELD;
}

struct segment {
    int fd; /* -1: none */
    unsigned size, length;
    enum segment_state state;
    int64_t opened, left; /* when */
    int64_t round_trip;   /* 0: not known */
    uint64_t acknowledged_before;
};

/* Starts a connection that the probe owns; `segment->state` says how it went. Size 0: the
 * connection alone, which "arrives" when it is there. */
void segment_open(struct probe *probe, struct segment *segment, const union endpoint *to,
                  unsigned port, unsigned size);
/* Looks what has become of it. To be called again and again, every few milliseconds. */
void segment_look(struct probe *probe, struct segment *segment);
void segment_close(struct probe *probe, struct segment *segment);

/* Tries ports that many hosts listen on, all at once. */
enum { KNOCKS = 4 };
struct knocking {
    int64_t began;      /* 0: not yet */
    int64_t round_trip; /* of that port */
    unsigned port;      /* took a connection; 0: none so far */
    struct segment segments[KNOCKS];
};

void knocking_start(struct probe *probe, struct knocking *knocking, const union endpoint *to);
void knocking_close(struct probe *probe, struct knocking *knocking);
/* False while there is still hope, which lasts for `hope`. */
bool knocking_over(struct probe *probe, struct knocking *knocking, int64_t hope);

#endif
