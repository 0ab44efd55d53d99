/* icmp: echo requests and replies, and ICMP errors as the kernel hands them over.
 *
 * Packets are built and read from bytes, so that hostile ones can be tried without a network. A
 * datagram ICMP socket needs no privilege where net.ipv4.ping_group_range allows it; the kernel
 * then writes the id and the checksum. A raw socket sees every echo reply of the machine: compare
 * the id.
 */
#ifndef PLAYBOOK_NET_ICMP_H
#define PLAYBOOK_NET_ICMP_H

#include "actions/net/host.h"

enum { ICMP_HEADER = 8 };

struct echo {
    uint16_t id;
    uint16_t sequence;
    const uint8_t *data;
    size_t length;
};

/* Writes the request into `out` (ICMP_HEADER + length bytes). The data may stand there already. */
void echo_build(int family, const struct echo *echo, uint8_t *out);
/* The echo reply in a received packet; a raw IPv4 socket gives the IP header too. False for every
 * other packet. `reply->data` points into `bytes`. */
bool echo_read(int family, bool with_header, const uint8_t *bytes, size_t length,
               struct echo *reply);
/* The echo request that an ICMP error quotes. */
bool echo_read_quoted(int family, const uint8_t *bytes, size_t length, struct echo *request);

struct icmp_socket {
    int fd;
    bool raw;
};

/* Datagram first, raw second; errors are queued (icmp_error_next). On failure `error` says what to
 * do about it and `error->code` is EPERM or EACCES where only the permission is missing. */
bool icmp_open(struct probe *probe, int family, struct icmp_socket *opened, struct error *error);

/* Starts or stops the queueing of ICMP errors on any other socket. */
bool icmp_queue_errors(int fd, int family, bool queue);

struct icmp_error {
    int code;            /* errno that the kernel made of it */
    bool local;          /* not from the network: this machine's own refusal to send */
    bool too_big;        /* "fragmentation needed" or "packet too big" */
    bool expired;        /* TTL or hop limit */
    bool filtered;       /* port unreachable or prohibited */
    uint32_t mtu;        /* too_big: as suggested */
    union endpoint from; /* who sent it */
    union endpoint to;   /* destination of the packet that it is about */
    uint8_t quoted[128]; /* that packet from its transport payload (UDP) or header (ICMP) on */
    size_t quoted_length;
};

/* Takes the next error off the queue; false when it is empty. */
bool icmp_error_next(int fd, struct icmp_error *error);

/* The reason word. `own`: the socket's own address: a refusal that this machine sent to itself
 * about a packet for another one is its own firewall's. */
const char *icmp_error_reason(const struct icmp_error *error, const union endpoint *own);

#endif
