/* TCP segments of a chosen size. Only IP_PMTUDISC_DO sets "do not fragment" on TCP; the price is
 * that the kernel believes a router's "too big" and then splits: such a segment proves nothing and
 * is not counted. tcp(7): TCP_MAXSEG, TCP_INFO (linux/tcp.h); ip_dont_fragment() in
 * include/net/ip.h, tcp_write_xmit() in net/ipv4/tcp_output.c. */
#include "actions/net/mtu_segment.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { TCP_HEADER = 20, TIMESTAMPS = 12, SEGMENT_MOST = 65535 };
enum { ESTABLISHED = 1, SYN_SENT = 2, CLOSE_WAIT = 8 }; /* include/net/tcp_states.h */

static unsigned headers(int family)
{
    return (family == AF_INET ? 20 : 40) + TCP_HEADER;
}

static bool prepare(int fd, int family, unsigned size)
{
    int exactly = IP_PMTUDISC_DO, on = 1, most = (int)(size - headers(family));
    bool exact =
        family == AF_INET
            ? setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &exactly, sizeof(exactly)) == 0
            : setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &exactly, sizeof(exactly)) == 0;
    return exact && setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &most, sizeof(most)) == 0 &&
           setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0;
}

/* What happens on it is seen by segment_look(); watched, the engine closes it. */
static void ignore(struct probe *probe, int fd, uint32_t events)
{
    (void)probe;
    (void)fd;
    (void)events;
}

void segment_open(struct probe *probe, struct segment *segment, const union endpoint *to,
                  unsigned port, unsigned size)
{
    union endpoint where = *to;
    int family = to->any.sa_family;
    endpoint_set_port(&where, port);
    *segment = (struct segment){.size = size, .opened = probe_now(probe)};
    segment->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (segment->fd < 0) {
        segment->state = SEGMENT_FAILED;
        return;
    }
    if ((size && !prepare(segment->fd, family, size)) ||
        (connect(segment->fd, &where.any, endpoint_length(&where)) < 0 && errno != EINPROGRESS))
        segment->state = SEGMENT_FAILED;
    probe_watch(probe, segment->fd, EPOLLOUT | EPOLLET, ignore);
}

void segment_close(struct probe *probe, struct segment *segment)
{
    if (segment->fd >= 0)
        probe_close(probe, segment->fd);
    segment->fd = -1;
}

static bool look_inside(int fd, struct tcp_info *info)
{
    socklen_t room = sizeof(*info);
    memset(info, 0, sizeof(*info));
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &room) == 0;
}

static bool established(const struct tcp_info *info)
{
    return info->tcpi_state == ESTABLISHED || info->tcpi_state == CLOSE_WAIT;
}

/* Connected: one segment, exactly full. */
static void send_full(struct segment *segment, const struct tcp_info *info)
{
    char data[SEGMENT_MOST];
    union endpoint to;
    socklen_t room = sizeof(to);
    segment->state = SEGMENT_FAILED;
    if (getpeername(segment->fd, &to.any, &room) < 0)
        return;
    unsigned options = info->tcpi_options & TCPI_OPT_TIMESTAMPS ? TIMESTAMPS : 0;
    segment->length = info->tcpi_snd_mss;
    segment->acknowledged_before = info->tcpi_bytes_acked;
    if (segment->length + headers(to.any.sa_family) + options != segment->size) {
        segment->state = info->tcpi_pmtu < segment->size ? SEGMENT_HELD : SEGMENT_CAPPED;
        return;
    }
    for (size_t i = 0; i < segment->length; i++)
        data[i] = i % 2 ? '\n' : '\r';
    if (send(segment->fd, data, segment->length, MSG_NOSIGNAL) == (ssize_t)segment->length)
        segment->state = SEGMENT_CONNECTED;
}

static void look_at_handshake(struct segment *segment, const struct tcp_info *info)
{
    if (established(info)) {
        segment->round_trip = (int64_t)info->tcpi_rtt * NS_PER_US;
        if (segment->size == 0)
            segment->state = SEGMENT_ARRIVED;
        else
            send_full(segment, info);
    } else if (info->tcpi_state != SYN_SENT) {
        segment->state = SEGMENT_FAILED;
    }
}

/* Acknowledged, and not split meanwhile. A reset alone may be an answer to the connection. */
static void look_at_data(struct segment *segment, const struct tcp_info *info, int64_t now)
{
    bool acknowledged = info->tcpi_bytes_acked - segment->acknowledged_before >= segment->length;
    if (info->tcpi_pmtu < segment->size || info->tcpi_snd_mss != segment->length)
        segment->state = SEGMENT_HELD;
    else if (acknowledged)
        segment->state = SEGMENT_ARRIVED;
    else if (!established(info))
        segment->state = SEGMENT_FAILED;
    else if (segment->state == SEGMENT_CONNECTED && info->tcpi_unacked > 0) {
        segment->state = SEGMENT_LEFT;
        segment->left = now;
    }
}

void segment_look(struct probe *probe, struct segment *segment)
{
    struct tcp_info info;
    bool waits = segment->state <= SEGMENT_LEFT;
    if (!waits)
        return;
    if (!look_inside(segment->fd, &info)) {
        segment->state = SEGMENT_FAILED;
        return;
    }
    if (segment->state == SEGMENT_CONNECTING)
        look_at_handshake(segment, &info);
    bool sent = segment->state == SEGMENT_CONNECTED || segment->state == SEGMENT_LEFT;
    if (sent && look_inside(segment->fd, &info))
        look_at_data(segment, &info, probe_now(probe));
}

static const unsigned likely_ports[KNOCKS] = {443, 80, 53, 22};

void knocking_start(struct probe *probe, struct knocking *knocking, const union endpoint *to)
{
    knocking->began = probe_now(probe);
    for (size_t i = 0; i < KNOCKS; i++)
        segment_open(probe, &knocking->segments[i], to, likely_ports[i], 0);
}

void knocking_close(struct probe *probe, struct knocking *knocking)
{
    for (size_t i = 0; i < KNOCKS && knocking->began; i++)
        segment_close(probe, &knocking->segments[i]);
}

bool knocking_over(struct probe *probe, struct knocking *knocking, int64_t hope)
{
    bool hopeful = false;
    for (size_t i = 0; i < KNOCKS && !knocking->port; i++) {
        struct segment *segment = &knocking->segments[i];
        segment_look(probe, segment);
        hopeful |= segment->state == SEGMENT_CONNECTING;
        if (segment->state != SEGMENT_ARRIVED)
            continue;
        knocking->port = likely_ports[i];
        knocking->round_trip = segment->round_trip;
    }
    if (!knocking->port && hopeful && probe_now(probe) - knocking->began < hope)
        return false;
    knocking_close(probe, knocking);
    return true;
}
