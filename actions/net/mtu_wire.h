/* mtu_wire: packets of an exact size that nobody may fragment, and what comes of each.
 *
 * Two ways: ICMP echo, whose reply is as large as the request and may be lost on its way back; and
 * UDP to ports where nothing listens, whose answer, "port unreachable", is small, but which hosts
 * give only so often (Linux: six, then one a second). Either can be sent with a limited TTL.
 *
 * The kernel's own idea of the path MTU is not used and not changed (IP_PMTUDISC_PROBE).
 */
#ifndef PLAYBOOK_NET_MTU_WIRE_H
#define PLAYBOOK_NET_MTU_WIRE_H

#include "actions/net/icmp.h"

enum { WIRE_SMALL = 64, WIRE_PACKETS_MOST = 2048, WIRE_SIZE_MOST = 65535 };
enum wire_way { WAY_ECHO, WAY_UDP, WAYS };

struct wire {
    int family;
    union endpoint to, own;
    struct icmp_socket echo; /* fd -1: not permitted */
    int udp;
    uint16_t id;
    uint8_t *buffer;
    size_t room;
    struct wire_packet {
        enum wire_way way;
        unsigned size, ttl; /* ttl 0: not limited */
        int64_t sent;
        bool answered; /* by the destination */
    } * packets;
    size_t count;
};

enum wire_kind {
    WIRE_ARRIVED,     /* the destination got it */
    WIRE_TOO_BIG,     /* a router says so: `mtu` */
    WIRE_EXPIRED,     /* its TTL ended at `from` */
    WIRE_UNREACHABLE, /* `reason` */
};

struct wire_event {
    enum wire_kind kind;
    const struct wire_packet *packet;
    unsigned mtu;
    union endpoint from;
    const char *reason;
};

/* Opens both sockets and has them watched. False with `reason` (there is no way to there) or
 * `error` (the machine does not allow it). */
bool wire_open(struct probe *probe, struct wire *wire, const union endpoint *to,
               void (*ready)(struct probe *probe, int fd, uint32_t events), const char **reason,
               struct error *error);

void wire_close(struct probe *probe, struct wire *wire);
/* From here on there are no pings: for replies that are not the destination's. */
void wire_close_echo(struct probe *probe, struct wire *wire);

/* 0, or the errno of the refusal. Nothing is sent any more after WIRE_PACKETS_MOST: ENOBUFS. */
int wire_send(struct probe *probe, struct wire *wire, enum wire_way way, unsigned size,
              unsigned ttl);

/* The next event of a socket; false: none is left. */
bool wire_next(struct wire *wire, int fd, struct wire_event *event);

#endif
