/* dns.lookup: asks name servers on the wire, with sockets of its own: one per server, connected, so
 * that the kernel lets only that server's address and port in, from a random port with a random id.
 * Does not use the search list, the hosts file or a cache (name.resolve does). RFC 1035, RFC 5452,
 * RFC 7766 (TCP). */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "actions/net/dial.h"
#include "actions/net/dns.h"
#include "actions/net/icmp.h"
#include "actions/net/reasons.h"
#include "actions/net/resolv.h"
#include "actions/net/wakeup.h"

enum { LENGTH_PREFIX = 2 };
/* A server has this long, or less where several share the deadline, before the next turn. */
#define TURN_MOST  SECONDS(1)
#define TURN_LEAST ((int64_t)100 * NS_PER_MS)

struct server {
    union endpoint to;
    int udp, tcp;    /* -1: none */
    bool over;       /* it has answered or failed for good */
    bool garbled;    /* what it sent is too short to be a message */
    uint8_t *stream; /* what came over TCP: length prefix and message */
    size_t have;
};

struct lookup {
    struct dns_query query;
    struct server servers[RESOLV_SERVERS_MOST];
    size_t count, current;
    int64_t turn, turn_ends, first_sent;
    bool truncated;
    uint8_t *received;
    const char *reason;       /* of the server that is to blame */
    struct dns_answer answer; /* with `answered` */
    bool answered;
    size_t blamed;
    struct wakeup wakeup;
};

static struct lookup *state_of(struct probe *probe)
{
    return probe_state(probe, sizeof(struct lookup));
}

static void finish(struct probe *probe)
{
    struct lookup *lookup = state_of(probe);
    struct arena *arena = probe_arena(probe);
    const struct dns_answer *answer = &lookup->answer;
    struct address server = endpoint_address(&lookup->servers[lookup->blamed].to);
    probe_set(probe, "addresses", value_list(answer->addresses, answer->address_count));
    probe_set(probe, "answers", value_list(answer->texts, answer->count));
    probe_set(probe, "server", value_address(&server));
    probe_set(probe, "truncated", value_boolean(lookup->truncated));
    probe_set(probe, "reason", value_string(arena, lookup->reason));
    if (lookup->answered) {
        probe_set(probe, "rcode", value_string(arena, dns_rcode_words[answer->rcode]));
        probe_set(probe, "time", value_duration(probe_now(probe) - lookup->first_sent));
    } else {
        probe_absent(probe, "rcode", "no answer: %s", lookup->reason);
        probe_absent(probe, "time", "no answer: %s", lookup->reason);
    }
    probe_answer(probe, text_equal(lookup->reason, "reply"));
}

static void close_sockets(struct probe *probe, struct server *server)
{
    if (server->udp >= 0)
        probe_close(probe, server->udp);
    if (server->tcp >= 0)
        probe_close(probe, server->tcp);
    server->udp = server->tcp = -1;
}

static struct server *server_of(struct lookup *lookup, int fd)
{
    struct server *server = lookup->servers;
    while (server->udp != fd && server->tcp != fd)
        server++;
    return server;
}

static void next_turn(struct probe *probe);

/* This server gives nothing better: the next one, or the end. The first answer that says no is what
 * remains; without one, what became of the server asked last. */
static void server_fails(struct probe *probe, struct server *server, const char *reason,
                         const struct dns_answer *answer)
{
    struct lookup *lookup = state_of(probe);
    close_sockets(probe, server);
    server->over = true;
    if (!lookup->answered) {
        lookup->reason = reason;
        lookup->blamed = (size_t)(server - lookup->servers);
    }
    if (!lookup->answered && answer) {
        lookup->answer = *answer;
        lookup->answered = true;
    }
    next_turn(probe);
}

/* NXDOMAIN and "no data" are the truth about the name; the other refusals are about the server. */
static void take_answer(struct probe *probe, struct server *server, const struct dns_answer *answer)
{
    struct lookup *lookup = state_of(probe);
    const char *reason = dns_reason(answer);
    if (answer->rcode != 0 && !text_equal(reason, "nxdomain")) {
        server_fails(probe, server, reason, answer);
        return;
    }
    lookup->reason = reason;
    lookup->answer = *answer;
    lookup->answered = true;
    lookup->blamed = (size_t)(server - lookup->servers);
    finish(probe);
}

/* ---- TCP ---- */

/* EPOLLOUT: connected, the query goes out in one piece. */
static bool send_query(struct lookup *lookup, struct server *server)
{
    uint8_t message[LENGTH_PREFIX + 512];
    size_t length = lookup->query.length;
    int code = 0;
    socklen_t room = sizeof(code);
    if (getsockopt(server->tcp, SOL_SOCKET, SO_ERROR, &code, &room) < 0)
        code = errno;
    if (code || length > sizeof(message) - LENGTH_PREFIX) {
        errno = code ? code : EMSGSIZE;
        return false;
    }
    message[0] = (uint8_t)(length >> 8);
    message[1] = (uint8_t)length;
    memcpy(message + LENGTH_PREFIX, lookup->query.bytes, length);
    (void)icmp_queue_errors(server->tcp, server->to.any.sa_family, false);
    return send(server->tcp, message, LENGTH_PREFIX + length, MSG_NOSIGNAL) ==
           (ssize_t)(LENGTH_PREFIX + length);
}

static void take_stream(struct probe *probe, struct server *server)
{
    struct lookup *lookup = state_of(probe);
    struct dns_answer answer;
    size_t length = (size_t)(server->stream[0] << 8 | server->stream[1]);
    if (server->have < LENGTH_PREFIX || server->have < LENGTH_PREFIX + length)
        return;
    enum dns_fit fit = dns_answer_read(probe_arena(probe), &lookup->query,
                                       server->stream + LENGTH_PREFIX, length, &answer);
    if (fit == DNS_ANSWER)
        take_answer(probe, server, &answer);
    else
        server_fails(probe, server, "malformed", NULL);
}

static void tcp_ready(struct probe *probe, int fd, uint32_t events)
{
    struct lookup *lookup = state_of(probe);
    struct server *server = server_of(lookup, fd);
    if (events & EPOLLOUT) {
        if (!send_query(lookup, server)) {
            server_fails(probe, server, dial_failure_reason(fd, errno), NULL);
            return;
        }
        probe_watch(probe, fd, EPOLLIN, tcp_ready);
        return;
    }
    ssize_t got =
        recv(fd, server->stream + server->have, LENGTH_PREFIX + DNS_MESSAGE_MOST - server->have, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        const char *closed = server->have ? "malformed" : "refused";
        server_fails(probe, server, got < 0 ? reason_of(errno) : closed, NULL);
        return;
    }
    server->have += (size_t)got;
    take_stream(probe, server);
}

static void ask_tcp(struct probe *probe, struct server *server)
{
    if (server->tcp >= 0) /* TCP repeats by itself */
        return;
    server->tcp = socket(server->to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->tcp < 0) {
        server_fails(probe, server, reason_of(errno), NULL);
        return;
    }
    (void)icmp_queue_errors(server->tcp, server->to.any.sa_family, true);
    server->stream = arena_alloc(probe_arena(probe), LENGTH_PREFIX + DNS_MESSAGE_MOST);
    server->have = 0;
    int outcome = connect(server->tcp, &server->to.any, endpoint_length(&server->to));
    int code = errno;
    probe_watch(probe, server->tcp, EPOLLOUT, tcp_ready);
    if (outcome < 0 && code != EINPROGRESS)
        server_fails(probe, server, dial_failure_reason(server->tcp, code), NULL);
}

/* ---- UDP ---- */

static void take_datagram(struct probe *probe, struct server *server, size_t length)
{
    struct lookup *lookup = state_of(probe);
    struct dns_answer answer;
    switch (
        dns_answer_read(probe_arena(probe), &lookup->query, lookup->received, length, &answer)) {
    case DNS_ANSWER:
        take_answer(probe, server, &answer);
        break;
    case DNS_TRUNCATED:
        lookup->truncated = true;
        probe_close(probe, server->udp);
        server->udp = -1;
        ask_tcp(probe, server);
        break;
    case DNS_MALFORMED:
        server_fails(probe, server, "malformed", NULL);
        break;
    case DNS_OTHER: /* perhaps a forger's: the right one may still come */
        server->garbled |= length < DNS_MESSAGE_LEAST;
        break;
    }
}

/* One datagram at a time: after each the socket may be closed or the probe over. */
static void udp_ready(struct probe *probe, int fd, uint32_t events)
{
    struct lookup *lookup = state_of(probe);
    struct server *server = server_of(lookup, fd);
    struct icmp_error error;
    union endpoint own = {0};
    socklen_t room = sizeof(own);
    ssize_t got = recv(fd, lookup->received, DNS_MESSAGE_MOST, 0);
    if (got >= 0)
        take_datagram(probe, server, (size_t)got);
    else if (events & EPOLLERR && getsockname(fd, &own.any, &room) == 0 &&
             icmp_error_next(fd, &error) && !error.too_big)
        server_fails(probe, server, icmp_error_reason(&error, &own), NULL);
}

static bool open_udp(struct probe *probe, struct server *server)
{
    server->udp = socket(server->to.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->udp < 0)
        return false;
    probe_watch(probe, server->udp, EPOLLIN, udp_ready);
    return icmp_queue_errors(server->udp, server->to.any.sa_family, true) &&
           connect(server->udp, &server->to.any, endpoint_length(&server->to)) == 0;
}

static void ask_udp(struct probe *probe, struct server *server)
{
    const struct dns_query *query = &state_of(probe)->query;
    if (server->udp < 0 && !open_udp(probe, server)) {
        server_fails(probe, server, reason_of(errno), NULL);
        return;
    }
    if (send(server->udp, query->bytes, query->length, 0) < 0 && errno != EAGAIN)
        server_fails(probe, server, reason_of(errno), NULL);
}

/* ---- whose turn it is ---- */

static void turn_over(struct probe *probe)
{
    struct lookup *lookup = state_of(probe);
    if (probe_now(probe) >= lookup->turn_ends)
        next_turn(probe);
    else
        wakeup_at(probe, &lookup->wakeup, lookup->turn_ends, turn_over);
}

/* Asks the next server that is not over. The sockets of the others stay open: a late answer
 * counts. */
static void next_turn(struct probe *probe)
{
    struct lookup *lookup = state_of(probe);
    size_t tried = 0;
    do
        lookup->current = (lookup->current + 1) % lookup->count;
    while (lookup->servers[lookup->current].over && ++tried < lookup->count);
    struct server *server = &lookup->servers[lookup->current];
    if (server->over) {
        finish(probe);
        return;
    }
    lookup->turn_ends = probe_now(probe) + lookup->turn;
    wakeup_at(probe, &lookup->wakeup, lookup->turn_ends, turn_over);
    bool tcp = server->tcp >= 0 || text_equal(probe_string(probe, "transport"), "tcp");
    (tcp ? ask_tcp : ask_udp)(probe, server);
}

static void begin(struct probe *probe)
{
    struct lookup *lookup = state_of(probe);
    int64_t deadline = probe_deadline(probe), now = probe_now(probe);
    int64_t share =
        deadline == INT64_MAX ? TURN_MOST : (deadline - now) / (2 * (int64_t)lookup->count);
    lookup->turn = share > TURN_MOST ? TURN_MOST : share < TURN_LEAST ? TURN_LEAST : share;
    lookup->received = arena_alloc(probe_arena(probe), DNS_MESSAGE_MOST);
    lookup->first_sent = now;
    for (size_t i = 0; i < lookup->count; i++)
        lookup->servers[i].udp = lookup->servers[i].tcp = -1;
    lookup->current = lookup->count - 1;
    next_turn(probe);
}

static void resolv_conf_read(struct probe *probe, const struct file_text *file)
{
    struct lookup *lookup = state_of(probe);
    struct resolv resolv = {0};
    /* A file that cannot be read is one that names nobody, as for glibc. */
    if (!file->code)
        resolv_read(probe_arena(probe), file->bytes, file->length, &resolv);
    if (resolv.count == 0)
        resolv.servers[resolv.count++] = resolv_nobody_named();
    for (lookup->count = 0; lookup->count < resolv.count; lookup->count++)
        lookup->servers[lookup->count].to = resolv.servers[lookup->count];
    begin(probe);
}

static void start(struct probe *probe)
{
    struct lookup *lookup = state_of(probe);
    const struct value *server = arguments_get(probe_arguments(probe), "server");
    struct error error;
    if (!dns_query_build(probe_arena(probe), probe_string(probe, "name"),
                         probe_string(probe, "type"), &lookup->query, &error)) {
        probe_unknown(probe, "%s", error.message);
        return;
    }
    if (!server) {
        probe_read(probe, RESOLV_PATH, resolv_conf_read);
        return;
    }
    lookup->count = 1;
    lookup->servers[0].to = endpoint_of(&server->address, DNS_PORT);
    begin(probe);
}

static void expire(struct probe *probe)
{
    struct lookup *lookup = state_of(probe);
    const struct server *last = &lookup->servers[lookup->current];
    if (lookup->count == 0) {
        probe_unknown(probe, "'/etc/resolv.conf' could not be read in time");
        return;
    }
    if (!lookup->answered) {
        const char *waiting = last->garbled ? "malformed" : "timeout";
        lookup->reason = last->tcp >= 0 ? dial_waiting_reason(last->tcp) : waiting;
        lookup->blamed = lookup->current;
    }
    finish(probe);
}

static const char *const transport_words[] = {"udp", "tcp", NULL};

static const struct argument arguments[] = {
    {
        .name = "name",
        .type = {.kind = KIND_STRING},
        .also = 1u << KIND_ADDRESS,
        .doc = {"the full name to ask for; of an address PTR asks the reverse name",
                "問い合わせる完全な名前。アドレスのPTRでは逆引き名になる"},
    },
    {
        .name = "type",
        .type = {.kind = KIND_STRING, .words = dns_type_words},
        .fallback = "A",
        .doc = {"which records", "レコードの種類"},
    },
    {
        .name = "server",
        .type = {.kind = KIND_ADDRESS},
        .flags = ARGUMENT_OPTIONAL,
        .also = 1u << KIND_STRING,
        .doc = {"which server; without it those of /etc/resolv.conf, in turn",
                "問い合わせ先のサーバー。省略すると/etc/resolv.confのサーバーを順に使う"},
    },
    {
        .name = "transport",
        .type = {.kind = KIND_STRING, .words = transport_words},
        .fallback = "udp",
        .doc = {"udp follows a truncated answer to TCP; tcp asks over TCP at once",
                "udpは切り詰められた応答の後TCPで問い直す。tcpは初めからTCPを使う"},
    },
    {0},
};

static const struct type address_type = {.kind = KIND_ADDRESS};
static const struct type text_type = {.kind = KIND_STRING};

static const struct field fields[] = {
    {"addresses",
     {.kind = KIND_LIST, .element = &address_type},
     {"the addresses of A and AAAA records", "A・AAAAレコードのアドレス"}},
    {"answers",
     {.kind = KIND_LIST, .element = &text_type},
     {"the records of the type asked for, at the end of the CNAME chain, as text",
      "CNAMEをたどった先にある、求めた種類のレコード（文字列）"}},
    {"rcode",
     {.kind = KIND_STRING, .words = dns_rcode_words},
     {"response code as received", "受け取った応答コード"}},
    {"server",
     {.kind = KIND_ADDRESS},
     {"who answered; without an answer the last one asked",
      "応答したサーバー。応答がなければ最後に問い合わせたサーバー"}},
    {"time",
     {.kind = KIND_DURATION},
     {"from the first query to the answer, repeats included",
      "最初の問い合わせから応答までの時間（再送を含む）"}},
    {"truncated",
     {.kind = KIND_BOOLEAN},
     {"the answer over UDP was cut", "UDPの応答が切り詰められていた"}},
    REASON_FIELD,
    {0},
};

const struct action dns_lookup_action = {
    .name = "dns.lookup",
    .role = ROLE_PROBE,
    .summary = {"asks a DNS server for the records of a name",
                "DNSサーバーに名前のレコードを問い合わせる"},
    .arguments = arguments,
    .fields = fields,
    .ok = {"at least one record of the type came, from the server asked, to the question asked",
           "問い合わせたサーバーから、その質問に対して、求めた種類のレコードが一つ以上届いた"},
    .timeout = SECONDS(TIMEOUT_NETWORK_S),
    .start = start,
    .expire = expire,
};
