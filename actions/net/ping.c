/* ping: ICMP echo, IPv4 and IPv6. As ping(8) does it leaves fragmentation to the kernel: what size
 * a path carries is net.path_mtu's question. Of a host with both families the other one is tried
 * where the first has not answered in its share of the time. icmp(7), RFC 792, RFC 4443. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "actions/net/icmp.h"
#include "actions/net/reasons.h"
#include "actions/net/wakeup.h"

enum {
    COUNT_MOST = 1000,
    SIZE_MOST = 65507,  /* what IPv4 leaves beside its header and ICMP's */
    HEADERS_MOST = 128, /* what a received packet can hold before its data */
    COOKIE = 16,
};
/* Once something has answered, stragglers get this long after the last request. */
#define GRACE          SECONDS(1)
#define INTERVAL_LEAST ((int64_t)NS_PER_MS)

struct request {
    int64_t sent;
    enum { REQUEST_OPEN, REQUEST_ANSWERED, REQUEST_LOST } state;
};

struct ping {
    union endpoint hosts[HOST_FAMILIES]; /* one of each family */
    size_t families, tried;
    int64_t patience; /* with the family now asked, while nothing has answered */
    struct icmp_socket socket;
    union endpoint to, own;
    uint16_t id;
    uint8_t *packet; /* to send: its data is the same in every request */
    uint8_t *received;
    size_t size;
    unsigned count, sent, answered, lost;
    int64_t interval, total;
    const char *reason;  /* why a request was lost */
    union endpoint told; /* the host that the answer is about */
    const char *why;     /* the most telling reason of the families that failed */
    struct request *requests;
    struct wakeup wakeup;
};

static struct ping *state_of(struct probe *probe)
{
    return probe_state(probe, sizeof(struct ping));
}

/* Of several reasons the most telling one counts, and the family that it is about. */
static void blame(struct ping *ping, const char *reason)
{
    if (ping->why && text_equal(reason_stronger(ping->why, reason), ping->why))
        return;
    ping->why = reason;
    ping->told = ping->to;
}

static void finish(struct probe *probe)
{
    struct ping *ping = state_of(probe);
    bool ok = ping->answered > 0;
    blame(ping, ping->reason ? ping->reason : "timeout");
    const char *reason = ok ? "reply" : ping->why;
    const union endpoint *host = ok ? &ping->to : &ping->told;
    struct address address = endpoint_address(host);
    double loss = ping->sent ? 100.0 * (ping->sent - ping->answered) / ping->sent : 100;
    probe_set(probe, "loss", value_number(loss));
    probe_set(probe, "reason", value_string(probe_arena(probe), reason));
    if (host->any.sa_family)
        probe_set(probe, "address", value_address(&address));
    else
        probe_absent(probe, "address", "no address: %s", reason);
    if (ok)
        probe_set(probe, "rtt", value_duration(ping->total / ping->answered));
    else
        probe_absent(probe, "rtt", "no reply: %s", reason);
    probe_answer(probe, ok);
}

static void lose(struct ping *ping, unsigned sequence, const char *reason)
{
    if (sequence >= ping->sent || ping->requests[sequence].state != REQUEST_OPEN)
        return;
    ping->requests[sequence].state = REQUEST_LOST;
    ping->lost++;
    ping->reason = reason;
}

static void send_one(struct probe *probe)
{
    struct ping *ping = state_of(probe);
    unsigned sequence = ping->sent++;
    struct echo echo = {.id = ping->id,
                        .sequence = (uint16_t)sequence,
                        .data = ping->packet + ICMP_HEADER,
                        .length = ping->size};
    echo_build(ping->to.any.sa_family, &echo, ping->packet);
    ping->requests[sequence].sent = probe_now(probe);
    if (send(ping->socket.fd, ping->packet, ICMP_HEADER + ping->size, 0) < 0)
        lose(ping, sequence, reason_of(errno));
}

static bool fruitless(const struct ping *ping, int64_t now)
{
    return ping->answered == 0 && (ping->lost == ping->count || ping->patience <= now);
}

/* When there is something to do; 0: at the deadline only, at most `now`: all is over. */
static int64_t next_step(const struct ping *ping, int64_t now)
{
    int64_t last = ping->requests[ping->sent - 1].sent;
    if (ping->sent < ping->count)
        return last + ping->interval;
    if (ping->answered + ping->lost == ping->count)
        return now;
    return ping->answered ? last + GRACE : 0;
}

static void try_family(struct probe *probe);

static void advance(struct probe *probe)
{
    struct ping *ping = state_of(probe);
    int64_t now = probe_now(probe);
    if (ping->sent == 0 ||
        (ping->sent < ping->count && ping->requests[ping->sent - 1].sent + ping->interval <= now))
        send_one(probe);
    if (ping->tried < ping->families && fruitless(ping, now)) {
        try_family(probe);
        return;
    }
    int64_t next = next_step(ping, now);
    if (ping->sent == ping->count && next && next <= now)
        finish(probe);
    else if (next)
        wakeup_at(probe, &ping->wakeup, next, advance);
}

static void take_reply(struct probe *probe, const uint8_t *bytes, size_t length)
{
    struct ping *ping = state_of(probe);
    struct echo reply;
    if (!echo_read(ping->to.any.sa_family, ping->socket.raw, bytes, length, &reply))
        return;
    size_t cookie = ping->size < COOKIE ? ping->size : COOKIE;
    if ((ping->socket.raw && reply.id != ping->id) || reply.sequence >= ping->sent ||
        reply.length < cookie || memcmp(reply.data, ping->packet + ICMP_HEADER, cookie) != 0)
        return;
    struct request *request = &ping->requests[reply.sequence];
    if (request->state != REQUEST_OPEN)
        return;
    request->state = REQUEST_ANSWERED;
    ping->answered++;
    ping->total += probe_now(probe) - request->sent;
}

static void take_errors(struct ping *ping)
{
    struct icmp_error error;
    struct echo request;
    while (icmp_error_next(ping->socket.fd, &error)) {
        bool ours =
            echo_read_quoted(ping->to.any.sa_family, error.quoted, error.quoted_length, &request) &&
            (!ping->socket.raw || request.id == ping->id);
        if (ours && !error.local)
            lose(ping, request.sequence, icmp_error_reason(&error, &ping->own));
    }
}

static void ready(struct probe *probe, int fd, uint32_t events)
{
    struct ping *ping = state_of(probe);
    size_t most = HEADERS_MOST + ping->size;
    union endpoint from;
    socklen_t room = sizeof(from);
    ssize_t got;
    while ((got = recvfrom(fd, ping->received, most, 0, &from.any, &room)) >= 0) {
        if (endpoint_same_address(&from, &ping->to))
            take_reply(probe, ping->received, (size_t)got);
        room = sizeof(from);
    }
    if (events & EPOLLERR)
        take_errors(ping);
    advance(probe);
}

static bool prepare(struct probe *probe, struct ping *ping)
{
    struct arena *arena = probe_arena(probe);
    socklen_t room = sizeof(ping->own);
    ping->count = (unsigned)probe_number(probe, "count");
    ping->interval = probe_duration(probe, "interval");
    ping->size = (size_t)arguments_get(probe_arguments(probe), "size")->size;
    ping->requests = arena_alloc(arena, ping->count * sizeof(*ping->requests));
    ping->packet = arena_alloc(arena, ICMP_HEADER + ping->size);
    ping->received = arena_alloc(arena, HEADERS_MOST + ping->size);
    for (size_t i = 0; i < ping->size; i++)
        ping->packet[ICMP_HEADER + i] = (uint8_t)i;
    if (getsockname(ping->socket.fd, &ping->own.any, &room) < 0)
        return false;
    /* The kernel makes "any address" the loopback one; the reply comes from there. */
    room = sizeof(ping->to);
    return getpeername(ping->socket.fd, &ping->to.any, &room) == 0 &&
           getrandom(&ping->id, sizeof(ping->id), 0) == sizeof(ping->id) &&
           getrandom(ping->packet + ICMP_HEADER, ping->size < COOKIE ? ping->size : COOKIE, 0) >= 0;
}

static void family_fails(struct probe *probe, const char *reason)
{
    struct ping *ping = state_of(probe);
    ping->reason = reason;
    if (ping->tried < ping->families)
        try_family(probe);
    else
        finish(probe);
}

static void begin(struct probe *probe)
{
    struct ping *ping = state_of(probe);
    struct error error = {0};
    endpoint_set_port(&ping->to, 1); /* ICMP has none, but without one getpeername() fails */
    if (!icmp_open(probe, ping->to.any.sa_family, &ping->socket, &error)) {
        if (error.code == EAFNOSUPPORT)
            family_fails(probe, "unreachable");
        else
            probe_unknown(probe, "%s%s%s", error.message, error.hint[0] ? ": " : "", error.hint);
        return;
    }
    probe_watch(probe, ping->socket.fd, EPOLLIN, ready);
    if (connect(ping->socket.fd, &ping->to.any, endpoint_length(&ping->to)) < 0)
        family_fails(probe, reason_of(errno));
    else if (!prepare(probe, ping))
        probe_unknown(probe, "cannot prepare the ICMP socket: %s", strerror(errno));
    else
        advance(probe);
}

/* The next family, with an equal share of the time that is left. */
static void try_family(struct probe *probe)
{
    struct ping *ping = state_of(probe);
    int64_t now = probe_now(probe);
    if (ping->tried > 0) {
        blame(ping, ping->reason ? ping->reason : "timeout");
        if (ping->socket.fd >= 0)
            probe_close(probe, ping->socket.fd);
    }
    ping->socket.fd = -1;
    ping->sent = ping->answered = ping->lost = 0;
    ping->reason = NULL;
    ping->to = ping->hosts[ping->tried];
    int64_t left = probe_deadline(probe) - now,
            families = (int64_t)(ping->families - ping->tried++);
    ping->patience = now + left / families;
    if (families > 1)
        probe_after(probe, left / families, advance);
    begin(probe);
}

static void found(struct probe *probe, const char *result, size_t length)
{
    struct ping *ping = state_of(probe);
    struct host host;
    const char *reason;
    if (!host_read(probe, result, length, &host, &reason))
        return;
    ping->families = host_by_family(&host, ping->hosts);
    ping->reason = reason;
    if (reason)
        finish(probe);
    else
        try_family(probe);
}

static bool check(const struct arguments *arguments, struct finding *finding)
{
    const struct value *size = arguments_get(arguments, "size");
    const struct value *interval = arguments_get(arguments, "interval");
    if (size && size->kind == KIND_SIZE && (size->size < 0 || size->size > SIZE_MOST)) {
        finding->argument = "size";
        snprintf(finding->message, sizeof(finding->message), "size is from 0 to %d bytes",
                 SIZE_MOST);
        return false;
    }
    if (interval && interval->kind == KIND_DURATION && interval->duration < INTERVAL_LEAST) {
        finding->argument = "interval";
        snprintf(finding->message, sizeof(finding->message), "interval is at least 1ms");
        return false;
    }
    return true;
}

static void start(struct probe *probe)
{
    struct finding finding = {0};
    if (!check(probe_arguments(probe), &finding))
        probe_unknown(probe, "%s", finding.message);
    else
        host_find(probe, probe_string(probe, "host"), AF_UNSPEC, found);
}

static const struct argument arguments[] = {
    HOST_ARGUMENT,
    {
        .name = "count",
        .type = {.kind = KIND_NUMBER},
        .fallback = "1",
        .least = 1,
        .most = COUNT_MOST,
        .doc = {"how many requests are sent", "送る要求の数"},
    },
    {
        .name = "interval",
        .type = {.kind = KIND_DURATION},
        .fallback = "200ms",
        .doc = {"time between two requests, at least 1ms", "要求の間隔（1ms以上）"},
    },
    {
        .name = "size",
        .type = {.kind = KIND_SIZE},
        .fallback = "56",
        .also = 1u << KIND_NUMBER,
        .doc = {"bytes of data in each request, up to 65507",
                "各要求のデータのバイト数（最大65507）"},
    },
    {0},
};

static const struct field fields[] = {
    {"rtt", {.kind = KIND_DURATION}, {"average time of the replies", "応答までの時間の平均"}},
    {"loss",
     {.kind = KIND_NUMBER},
     {"percent of the requests sent that got no reply; 100 without any reply",
      "応答のなかった要求の割合（%）。一つも応答がなければ100"}},
    {"address",
     {.kind = KIND_ADDRESS},
     {"which address of the host was asked: where the first family is silent the other one is",
      "問い合わせた相手のアドレス（最初のアドレス種別に応答がなければ、もう一方を試す）"}},
    REASON_FIELD,
    {0},
};

const struct action ping_action = {
    .name = "ping",
    .role = ROLE_PROBE,
    .summary = {"sends ICMP echo requests and waits for the replies",
                "ICMPエコー要求を送り、応答を待つ"},
    .arguments = arguments,
    .check = check,
    .fields = fields,
    .ok = {"a reply came", "応答があった"},
    .timeout = SECONDS(TIMEOUT_NETWORK_S),
    .help = host_help,
    .start = start,
    .expire = finish,
};
