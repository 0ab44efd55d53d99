/* dns.lookup: asks name servers on the wire, with sockets of its own: one per server, connected, so
 * that the kernel lets only that server's address and port in, from a random port with a random id.
 * Does not use the search list, the hosts file or a cache (name.resolve does). RFC 1035, RFC 5452,
 * RFC 7766 (TCP).
 *
 * A server is asked with EDNS first, for the text of its errors (RFC 8914). It is asked plainly, as
 * programs ask, where it answers that it does not understand, where its answer cannot be read, and
 * where it is silent for a while: some boxes drop what has EDNS. The two queries differ in their
 * ids, so that the answer tells which of them it is to. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "actions/net/dial.h"
#include "actions/net/dns.h"
#include "actions/net/icmp.h"
#include "actions/net/idn.h"
#include "actions/net/reasons.h"
#include "actions/net/resolv.h"
#include "actions/net/wakeup.h"

enum { LENGTH_PREFIX = 2 };
/* Messages that do not answer, of one server, before no more are read from it. */
enum { STRANGE_MOST = 64 };
/* A server has this long, or less where several share the deadline, before the next turn. */
#define TURN_MOST  SECONDS(1)
#define TURN_LEAST ((int64_t)100 * NS_PER_MS)
/* The part of a turn that a query with EDNS has before the plain one follows it. */
enum { EDNS_SHARE = 4 };

struct server {
    union endpoint to;
    int udp, tcp;         /* -1: none */
    bool over;            /* it has answered or failed for good */
    bool plain;           /* asked without EDNS */
    unsigned strange;     /* how many messages that do not answer came over UDP */
    const char *received; /* the first of any transport that is long enough to be one */
    uint8_t prefix[LENGTH_PREFIX];
    uint8_t *message; /* what came over TCP, behind the prefix */
    size_t have;      /* bytes of both */
};

struct lookup {
    struct dns_query edns, plain;
    struct server servers[RESOLV_SERVERS_MOST];
    size_t count, current;
    int64_t turn, turn_ends, first_sent;
    bool truncated;
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

static void set_said(struct probe *probe, const char *field, const char *said,
                     const char *otherwise)
{
    if (said)
        probe_set(probe, field, value_string(probe_arena(probe), said));
    else
        probe_absent(probe, field, "%s", otherwise);
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
    set_said(probe, "ede", answer->ede, "no server gave an Extended DNS Error");
    set_said(probe, "received", lookup->servers[lookup->blamed].received,
             "nothing came that does not answer");
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
static void ask_over_tcp(struct probe *probe, struct server *server);
static void ask_plainly(struct probe *probe, struct server *server);

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
    struct dns_answer kept = dns_answer_copy(probe_arena(probe), answer);
    if (answer->rcode != 0 && !text_equal(reason, "nxdomain")) {
        server_fails(probe, server, reason, &kept);
        return;
    }
    lookup->reason = reason;
    lookup->answer = kept;
    lookup->answered = true;
    lookup->blamed = (size_t)(server - lookup->servers);
    finish(probe);
}

/* ---- what came ---- */

static const struct dns_query *query_of(const struct lookup *lookup, const uint8_t *bytes,
                                        size_t length)
{
    bool to_plain = length >= 2 && (bytes[0] << 8 | bytes[1]) == lookup->plain.id;
    return to_plain ? &lookup->plain : &lookup->edns;
}

/* Perhaps a forger's: over UDP the right one may still come. */
static void take_strange(struct probe *probe, struct server *server, size_t length,
                         const char *received)
{
    bool garbled = length < DNS_MESSAGE_LEAST, last = server->tcp >= 0;
    if (!garbled && !server->received)
        server->received = arena_string(probe_arena(probe), received);
    if (last || ++server->strange == STRANGE_MOST)
        server_fails(probe, server, garbled ? "malformed" : "mismatch", NULL);
}

static void switch_to_tcp(struct probe *probe, struct server *server)
{
    state_of(probe)->truncated = true;
    probe_close(probe, server->udp);
    server->udp = -1;
    ask_over_tcp(probe, server);
}

/* Read in an arena of its own: what a hostile message takes is gone with it. */
static void take_message(struct probe *probe, struct server *server, const uint8_t *bytes,
                         size_t length)
{
    struct arena *scratch ARENA_AUTO = arena_new();
    struct lookup *lookup = state_of(probe);
    struct dns_answer answer;
    const struct dns_query *query = query_of(lookup, bytes, length);
    enum dns_fit fit = dns_answer_read(scratch, query, bytes, length, &answer);
    bool refused = fit == DNS_MALFORMED || (fit == DNS_ANSWER && answer.edns_refused);
    if (refused && query == &lookup->edns) {
        if (!server->plain)
            ask_plainly(probe, server);
        return;
    }
    if (fit == DNS_ANSWER)
        take_answer(probe, server, &answer);
    else if (fit == DNS_OTHER)
        take_strange(probe, server, length, answer.received);
    else if (fit == DNS_TRUNCATED && server->udp >= 0)
        switch_to_tcp(probe, server);
    else
        server_fails(probe, server, "malformed", NULL);
}

/* ---- TCP ---- */

static const struct dns_query *query_for(const struct lookup *lookup, const struct server *server)
{
    return server->plain ? &lookup->plain : &lookup->edns;
}

/* EPOLLOUT: connected, the query goes out in one piece. */
static bool send_query(struct lookup *lookup, struct server *server)
{
    uint8_t message[LENGTH_PREFIX + 512];
    const struct dns_query *query = query_for(lookup, server);
    int code = 0;
    socklen_t room = sizeof(code);
    if (getsockopt(server->tcp, SOL_SOCKET, SO_ERROR, &code, &room) < 0)
        code = errno;
    if (code || query->length > sizeof(message) - LENGTH_PREFIX) {
        errno = code ? code : EMSGSIZE;
        return false;
    }
    message[0] = (uint8_t)(query->length >> 8);
    message[1] = (uint8_t)query->length;
    memcpy(message + LENGTH_PREFIX, query->bytes, query->length);
    (void)icmp_queue_errors(server->tcp, server->to.any.sa_family, false);
    return send(server->tcp, message, LENGTH_PREFIX + query->length, MSG_NOSIGNAL) ==
           (ssize_t)(LENGTH_PREFIX + query->length);
}

static size_t message_length(const struct server *server)
{
    return (size_t)(server->prefix[0] << 8 | server->prefix[1]);
}

/* The prefix first: only then is it known how much memory the message takes. */
static ssize_t receive(struct probe *probe, struct server *server)
{
    size_t have = server->have;
    if (have < LENGTH_PREFIX)
        return recv(server->tcp, server->prefix + have, LENGTH_PREFIX - have, 0);
    if (!server->message)
        server->message = arena_alloc(probe_arena(probe), message_length(server) + 1);
    have -= LENGTH_PREFIX;
    return recv(server->tcp, server->message + have, message_length(server) - have, 0);
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
    ssize_t got = receive(probe, server);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        const char *closed = server->have ? "malformed" : "refused";
        server_fails(probe, server, got < 0 ? reason_of(errno) : closed, NULL);
        return;
    }
    server->have += (size_t)got;
    if (server->have >= LENGTH_PREFIX && server->have == LENGTH_PREFIX + message_length(server))
        take_message(probe, server, server->message, message_length(server));
}

static void ask_over_tcp(struct probe *probe, struct server *server)
{
    if (server->tcp >= 0) /* TCP repeats by itself */
        return;
    server->tcp = socket(server->to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->tcp < 0) {
        server_fails(probe, server, reason_of(errno), NULL);
        return;
    }
    (void)icmp_queue_errors(server->tcp, server->to.any.sa_family, true);
    server->message = NULL;
    server->have = 0;
    int outcome = connect(server->tcp, &server->to.any, endpoint_length(&server->to));
    int code = errno;
    probe_watch(probe, server->tcp, EPOLLOUT, tcp_ready);
    if (outcome < 0 && code != EINPROGRESS)
        server_fails(probe, server, dial_failure_reason(server->tcp, code), NULL);
}

/* ---- UDP ---- */

/* One datagram at a time: after each the socket may be closed or the probe over. */
static void udp_ready(struct probe *probe, int fd, uint32_t events)
{
    struct lookup *lookup = state_of(probe);
    struct server *server = server_of(lookup, fd);
    struct icmp_error error;
    union endpoint own = {0};
    socklen_t room = sizeof(own);
    uint8_t received[DNS_MESSAGE_MOST];
    ssize_t got = recv(fd, received, sizeof(received), 0);
    if (got >= 0)
        take_message(probe, server, received, (size_t)got);
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
    const struct dns_query *query = query_for(state_of(probe), server);
    if (server->udp < 0 && !open_udp(probe, server)) {
        server_fails(probe, server, reason_of(errno), NULL);
        return;
    }
    if (send(server->udp, query->bytes, query->length, 0) < 0 && errno != EAGAIN)
        server_fails(probe, server, reason_of(errno), NULL);
}

/* Over the transport in use, and anew over TCP: not every server takes a second query there. */
static void ask_plainly(struct probe *probe, struct server *server)
{
    server->plain = true;
    if (server->tcp < 0) {
        ask_udp(probe, server);
        return;
    }
    probe_close(probe, server->tcp);
    server->tcp = -1;
    ask_over_tcp(probe, server);
}

/* ---- whose turn it is ---- */

static void turn_over(struct probe *probe);

static void end_turn_after(struct probe *probe, int64_t turn)
{
    struct lookup *lookup = state_of(probe);
    lookup->turn_ends = probe_now(probe) + turn;
    wakeup_at(probe, &lookup->wakeup, lookup->turn_ends, turn_over);
}

static void turn_over(struct probe *probe)
{
    struct lookup *lookup = state_of(probe);
    struct server *server = &lookup->servers[lookup->current];
    if (probe_now(probe) < lookup->turn_ends) {
        wakeup_at(probe, &lookup->wakeup, lookup->turn_ends, turn_over);
    } else if (server->udp >= 0 && !server->plain) {
        end_turn_after(probe, lookup->turn);
        ask_plainly(probe, server);
    } else {
        next_turn(probe);
    }
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
    bool tcp = server->tcp >= 0 || text_equal(probe_string(probe, "transport"), "tcp");
    end_turn_after(probe, tcp || server->plain ? lookup->turn : lookup->turn / EDNS_SHARE);
    (tcp ? ask_over_tcp : ask_udp)(probe, server);
}

static void begin(struct probe *probe)
{
    struct lookup *lookup = state_of(probe);
    int64_t deadline = probe_deadline(probe), now = probe_now(probe);
    int64_t share =
        deadline == INT64_MAX ? TURN_MOST : (deadline - now) / (2 * (int64_t)lookup->count);
    lookup->turn = share > TURN_MOST ? TURN_MOST : share < TURN_LEAST ? TURN_LEAST : share;
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

static bool build_queries(struct probe *probe, const char *name, struct error *error)
{
    struct lookup *lookup = state_of(probe);
    struct arena *arena = probe_arena(probe);
    const char *type = probe_string(probe, "type");
    if (!dns_query_build(arena, name, type, true, &lookup->edns, error))
        return false;
    do
        if (!dns_query_build(arena, name, type, false, &lookup->plain, error))
            return false;
    while (lookup->plain.id == lookup->edns.id);
    return true;
}

static void named(struct probe *probe, const char *result, size_t length)
{
    struct lookup *lookup = state_of(probe);
    const struct value *server = arguments_get(probe_arguments(probe), "server");
    const char *name;
    struct error error;
    if (!idn_read(probe, result, length, &name))
        return;
    if (!build_queries(probe, name, &error)) {
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

static void start(struct probe *probe)
{
    idn_find(probe, probe_string(probe, "name"), named);
}

/* Whom an end without an answer is about: one that said something, else the one asked last. */
static size_t told_about(const struct lookup *lookup)
{
    for (size_t i = 0; i < lookup->count; i++)
        if (!lookup->servers[i].over && lookup->servers[i].strange)
            return i;
    return lookup->current;
}

static const char *waiting_reason(const struct server *server)
{
    if (server->strange)
        return server->received ? "mismatch" : "malformed";
    return server->tcp >= 0 ? dial_waiting_reason(server->tcp) : "timeout";
}

static void expire(struct probe *probe)
{
    struct lookup *lookup = state_of(probe);
    if (lookup->count == 0) {
        probe_unknown(probe, "'/etc/resolv.conf' could not be read in time");
        return;
    }
    if (!lookup->answered) {
        lookup->blamed = told_about(lookup);
        lookup->reason = waiting_reason(&lookup->servers[lookup->blamed]);
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
    {"ede",
     {.kind = KIND_STRING},
     {"why, in the server's words: its Extended DNS Errors (RFC 8914), number and text",
      "サーバーが伝えた理由（拡張DNSエラー、RFC 8914の番号と説明）"}},
    {"received",
     {.kind = KIND_STRING},
     {"what came from the server and does not answer the question",
      "サーバーから届いた、質問への応答ではないメッセージの説明"}},
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
    .help = idn_help,
    .start = start,
    .expire = expire,
};
