/* ICMP echo and ICMP errors. Does not pair replies with requests: that is each probe's own
 * business. RFC 792, RFC 4443; icmp(7), ip(7) on IP_RECVERR; linux/errqueue.h. */
#include "actions/net/icmp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <string.h>
#include <sys/socket.h>

#include "actions/net/reasons.h"

enum { IPV4_HEADER_LEAST = 20, CODE_FRAGMENTATION_NEEDED = 4 };

/* RFC 1071. */
static uint16_t checksum(const uint8_t *bytes, size_t length)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put16(uint8_t *at, uint16_t number)
{
    at[0] = (uint8_t)(number >> 8);
    at[1] = (uint8_t)number;
}

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

void echo_build(int family, const struct echo *echo, uint8_t *out)
{
    memset(out, 0, ICMP_HEADER);
    out[0] = family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
    put16(out + 4, echo->id);
    put16(out + 6, echo->sequence);
    if (echo->length)
        memmove(out + ICMP_HEADER, echo->data, echo->length);
    if (family == AF_INET) /* that of ICMPv6 covers the addresses: the kernel writes it */
        put16(out + 2, checksum(out, ICMP_HEADER + echo->length));
}

static bool read_echo(uint8_t type, const uint8_t *bytes, size_t length, struct echo *echo)
{
    if (length < ICMP_HEADER || bytes[0] != type || bytes[1] != 0)
        return false;
    *echo = (struct echo){.id = get16(bytes + 4),
                          .sequence = get16(bytes + 6),
                          .data = bytes + ICMP_HEADER,
                          .length = length - ICMP_HEADER};
    return true;
}

bool echo_read(int family, bool with_header, const uint8_t *bytes, size_t length,
               struct echo *reply)
{
    if (with_header && family == AF_INET) {
        size_t header = length ? (size_t)(bytes[0] & 0x0f) * 4 : 0;
        if (header < IPV4_HEADER_LEAST || header > length)
            return false;
        bytes += header;
        length -= header;
    }
    return read_echo(family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY, bytes, length, reply);
}

bool echo_read_quoted(int family, const uint8_t *bytes, size_t length, struct echo *request)
{
    return read_echo(family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST, bytes, length, request);
}

bool icmp_queue_errors(int fd, int family, bool queue)
{
    int on = queue;
    return family == AF_INET ? setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) == 0
                             : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on)) == 0;
}

/* A raw socket would get every ICMP packet of the machine. A failure only costs time. */
static void let_only_replies_in(int fd, int family)
{
    struct icmp_filter v4 = {.data = ~(1u << ICMP_ECHOREPLY)};
    struct icmp6_filter v6;
    if (family == AF_INET) {
        (void)setsockopt(fd, IPPROTO_RAW, ICMP_FILTER, &v4, sizeof(v4));
        return;
    }
    ICMP6_FILTER_SETBLOCKALL(&v6);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &v6);
    (void)setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &v6, sizeof(v6));
}

bool icmp_open(struct probe *probe, int family, struct icmp_socket *opened, struct error *error)
{
    int protocol = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    bool raw = fd < 0 && (errno == EACCES || errno == EPERM);
    if (fd < 0 && !raw)
        return error_system(error, errno, "cannot open an ICMP socket");
    if (raw) {
        fd = probe_raw_icmp(probe, family, error);
        if (fd < 0) {
            error_hint(error, "allow them: sysctl -w net.ipv4.ping_group_range='0 2147483647', "
                              "or give the program cap_net_raw");
            return false;
        }
        let_only_replies_in(fd, family);
    }
    *opened = (struct icmp_socket){.fd = fd, .raw = raw};
    return icmp_queue_errors(fd, family, true) ||
           error_system(error, errno, "cannot ask for ICMP errors on a socket");
}

static void read_extended(const struct sock_extended_err *extended, struct icmp_error *error)
{
    uint8_t type = extended->ee_type, code = extended->ee_code;
    const struct sockaddr *from = SO_EE_OFFENDER(extended);
    error->code = (int)extended->ee_errno;
    error->local = extended->ee_origin == SO_EE_ORIGIN_LOCAL;
    if (extended->ee_origin == SO_EE_ORIGIN_ICMP) {
        error->too_big = type == ICMP_DEST_UNREACH && code == CODE_FRAGMENTATION_NEEDED;
        error->expired = type == ICMP_TIME_EXCEEDED;
        error->filtered =
            type == ICMP_DEST_UNREACH && (code == ICMP_PORT_UNREACH || code == ICMP_PKT_FILTERED);
        memcpy(&error->from.v4, from, sizeof(error->from.v4));
    } else if (extended->ee_origin == SO_EE_ORIGIN_ICMP6) {
        error->too_big = type == ICMP6_PACKET_TOO_BIG;
        error->expired = type == ICMP6_TIME_EXCEEDED;
        error->filtered = type == ICMP6_DST_UNREACH &&
                          (code == ICMP6_DST_UNREACH_NOPORT || code == ICMP6_DST_UNREACH_ADMIN);
        memcpy(&error->from.v6, from, sizeof(error->from.v6));
    }
    error->mtu = error->too_big ? extended->ee_info : 0;
}

static const struct sock_extended_err *find_extended(struct msghdr *message)
{
    for (struct cmsghdr *item = CMSG_FIRSTHDR(message); item; item = CMSG_NXTHDR(message, item)) {
        bool v4 = item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_RECVERR;
        bool v6 = item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_RECVERR;
        if (v4 || v6)
            return (const struct sock_extended_err *)CMSG_DATA(item);
    }
    return NULL;
}

bool icmp_error_next(int fd, struct icmp_error *error)
{
    _Alignas(struct cmsghdr) char control[512];
    *error = (struct icmp_error){0};
    struct iovec part = {.iov_base = error->quoted, .iov_len = sizeof(error->quoted)};
    struct msghdr message = {.msg_name = &error->to,
                             .msg_namelen = sizeof(error->to),
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    ssize_t got = recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (got < 0)
        return false;
    error->quoted_length = (size_t)got;
    const struct sock_extended_err *extended = find_extended(&message);
    if (extended)
        read_extended(extended, error);
    return true;
}

const char *icmp_error_reason(const struct icmp_error *error, const union endpoint *own)
{
    if (!error->local && error->filtered && endpoint_same_address(&error->from, own) &&
        !endpoint_same_address(&error->to, own))
        return "blocked";
    return error->expired ? "unreachable" : reason_of(error->code);
}
