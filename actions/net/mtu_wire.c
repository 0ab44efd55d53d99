/* Full-size packets for net.path_mtu. An echo's sequence number and a datagram's port say which
 * packet an answer is about: routers may quote no more of it. ip(7), ipv6(7), RFC 792, RFC 4443. */
#include "actions/net/mtu_wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actions/net/reasons.h"

enum {
    FIRST_PORT = 33434, /* traceroute's, which firewalls know */
    UDP_HEADER = 8,
    COOKIE = 8,
    ANSWER_ROOM = 128,
};

static bool never_fragment(int fd, int family)
{
    int probe = IP_PMTUDISC_PROBE, on = 1;
    if (family == AF_INET)
        return setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof(probe)) == 0;
    return setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe, sizeof(probe)) == 0 &&
           setsockopt(fd, IPPROTO_IPV6, IPV6_DONTFRAG, &on, sizeof(on)) == 0;
}

/* A connected socket knows which address of ours would be the source. */
static bool find_own(struct wire *wire, const char **reason)
{
    union endpoint to = wire->to;
    socklen_t room = sizeof(wire->own);
    int fd = socket(wire->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    endpoint_set_port(&to, FIRST_PORT);
    bool found = fd >= 0 && connect(fd, &to.any, endpoint_length(&to)) == 0 &&
                 getsockname(fd, &wire->own.any, &room) == 0;
    if (!found)
        *reason = reason_of(errno);
    room = sizeof(wire->to); /* "any address" has become the loopback one */
    found = found && getpeername(fd, &wire->to.any, &room) == 0;
    if (fd >= 0)
        close(fd);
    return found;
}

void wire_close(struct probe *probe, struct wire *wire)
{
    wire_close_echo(probe, wire);
    if (wire->udp >= 0)
        probe_close(probe, wire->udp);
    wire->udp = -1;
}

void wire_close_echo(struct probe *probe, struct wire *wire)
{
    if (wire->echo.fd >= 0)
        probe_close(probe, wire->echo.fd);
    wire->echo.fd = -1;
}

bool wire_open(struct probe *probe, struct wire *wire, const union endpoint *to,
               void (*ready)(struct probe *probe, int fd, uint32_t events), const char **reason,
               struct error *error)
{
    struct arena *arena = probe_arena(probe);
    *wire = (struct wire){.family = to->any.sa_family, .to = *to, .echo.fd = -1, .udp = -1};
    *reason = NULL;
    if (!find_own(wire, reason))
        return false;
    wire->packets = arena_alloc(arena, WIRE_PACKETS_MOST * sizeof(*wire->packets));
    if (getrandom(&wire->id, sizeof(wire->id), 0) != sizeof(wire->id))
        return error_system(error, errno, "cannot get a random number");
    wire->udp = socket(wire->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (wire->udp < 0)
        return error_system(error, errno, "cannot open a UDP socket");
    probe_watch(probe, wire->udp, EPOLLIN, ready);
    if (!icmp_queue_errors(wire->udp, wire->family, true) ||
        !never_fragment(wire->udp, wire->family))
        return error_system(error, errno, "cannot forbid fragmentation on a socket");
    if (!icmp_open(probe, wire->family, &wire->echo, error)) {
        wire->echo.fd = -1; /* UDP and TCP need no permission */
        return true;
    }
    probe_watch(probe, wire->echo.fd, EPOLLIN, ready);
    return never_fragment(wire->echo.fd, wire->family) ||
           error_system(error, errno, "cannot forbid fragmentation on a socket");
}

static bool set_ttl(int fd, int family, unsigned ttl)
{
    int value = ttl ? (int)ttl : -1;
    return family == AF_INET
               ? setsockopt(fd, IPPROTO_IP, IP_TTL, &value, sizeof(value)) == 0
               : setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &value, sizeof(value)) == 0;
}

static size_t ip_header(const struct wire *wire)
{
    return wire->family == AF_INET ? 20 : 40;
}

static void make_room(struct probe *probe, struct wire *wire, size_t size)
{
    if (size <= wire->room)
        return;
    wire->buffer = arena_alloc(probe_arena(probe), size);
    wire->room = size;
}

static int send_packet(struct wire *wire, int fd, unsigned port, size_t length)
{
    union endpoint to = wire->to;
    int code = 0;
    socklen_t room = sizeof(code);
    endpoint_set_port(&to, port);
    /* An ICMP error for an earlier packet waits there and would be taken for this one's. */
    (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &room);
    return sendto(fd, wire->buffer, length, 0, &to.any, endpoint_length(&to)) < 0 ? errno : 0;
}

int wire_send(struct probe *probe, struct wire *wire, enum wire_way way, unsigned size,
              unsigned ttl)
{
    int fd = way == WAY_ECHO ? wire->echo.fd : wire->udp;
    size_t length = size - ip_header(wire);
    if (wire->count == WIRE_PACKETS_MOST)
        return ENOBUFS;
    make_room(probe, wire, length);
    unsigned index = (unsigned)wire->count++;
    wire->packets[index] =
        (struct wire_packet){.way = way, .size = size, .ttl = ttl, .sent = probe_now(probe)};
    struct echo echo = {.id = wire->id,
                        .sequence = (uint16_t)index,
                        .data = wire->buffer + ICMP_HEADER,
                        .length = length - ICMP_HEADER};
    memset(wire->buffer, 0, length < ANSWER_ROOM ? length : ANSWER_ROOM);
    if (way == WAY_ECHO)
        echo_build(wire->family, &echo, wire->buffer);
    if (!set_ttl(fd, wire->family, ttl))
        return errno;
    /* A raw socket of IPv6 takes a port for a protocol number. */
    return way == WAY_ECHO ? send_packet(wire, fd, 0, length)
                           : send_packet(wire, fd, FIRST_PORT + index, length - UDP_HEADER);
}

static bool find_packet(const struct wire *wire, enum wire_way way, size_t index,
                        struct wire_event *event)
{
    if (index >= wire->count || wire->packets[index].way != way)
        return false;
    event->packet = &wire->packets[index];
    return true;
}

static size_t port_index(const union endpoint *endpoint)
{
    unsigned port =
        ntohs(endpoint->any.sa_family == AF_INET ? endpoint->v4.sin_port : endpoint->v6.sin6_port);
    return port - FIRST_PORT; /* below it: huge, so no packet's */
}

/* A reply, or anything that somebody listening there sends. */
static bool read_data(struct wire *wire, int fd, const uint8_t *bytes, size_t length,
                      const union endpoint *from, struct wire_event *event)
{
    struct echo reply;
    event->kind = WIRE_ARRIVED;
    if (!endpoint_same_address(from, &wire->to))
        return false;
    if (fd == wire->udp)
        return find_packet(wire, WAY_UDP, port_index(from), event);
    return echo_read(wire->family, wire->echo.raw, bytes, length, &reply) &&
           (!wire->echo.raw || reply.id == wire->id) &&
           find_packet(wire, WAY_ECHO, reply.sequence, event);
}

static bool read_error(struct wire *wire, int fd, const struct icmp_error *error,
                       struct wire_event *event)
{
    struct echo request;
    event->from = error->from;
    event->mtu = error->mtu;
    event->reason = icmp_error_reason(error, &wire->own);
    if (error->local)
        return false;
    if (fd == wire->udp) {
        if (!find_packet(wire, WAY_UDP, port_index(&error->to), event))
            return false;
    } else if (!echo_read_quoted(wire->family, error->quoted, error->quoted_length, &request) ||
               (wire->echo.raw && request.id != wire->id) ||
               !find_packet(wire, WAY_ECHO, request.sequence, event)) {
        return false;
    }
    if (error->too_big)
        event->kind = WIRE_TOO_BIG;
    else if (error->expired)
        event->kind = WIRE_EXPIRED;
    else /* a refusal by the destination itself shows that it got there */
        event->kind =
            endpoint_same_address(&error->from, &wire->to) ? WIRE_ARRIVED : WIRE_UNREACHABLE;
    return true;
}

static bool take(struct wire *wire, const struct wire_event *event)
{
    wire->packets[event->packet - wire->packets].answered |= event->kind == WIRE_ARRIVED;
    return true;
}

bool wire_next(struct wire *wire, int fd, struct wire_event *event)
{
    uint8_t bytes[ANSWER_ROOM];
    union endpoint from;
    struct icmp_error error;
    for (;;) {
        socklen_t room = sizeof(from);
        *event = (struct wire_event){0};
        ssize_t got = recvfrom(fd, bytes, sizeof(bytes), 0, &from.any, &room);
        if (got >= 0) {
            if (read_data(wire, fd, bytes, (size_t)got, &from, event))
                return take(wire, event);
        } else if (icmp_error_next(fd, &error)) {
            if (read_error(wire, fd, &error, event))
                return take(wire, event);
        } else {
            return false;
        }
    }
}
