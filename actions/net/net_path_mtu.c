/* net.path_mtu: the largest IP packet that gets to a host, measured.
 *
 * In order: which ways the destination answers on at all (hello); rounds of several sizes at once
 * until the boundary is found; the boundary once more, with patience and by a way whose answers are
 * small, so that a fault of the way back is not taken for one of the way there; and, where packets
 * vanish without a word, which hop swallows them (hops). A number is given only when it was
 * measured. RFC 1191, RFC 8201, RFC 2923 (black holes), RFC 8899. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "actions/net/links.h"
#include "actions/net/mtu_search.h"
#include "actions/net/mtu_segment.h"
#include "actions/net/mtu_wire.h"
#include "actions/net/reasons.h"
#include "actions/net/route.h"
#include "actions/net/wakeup.h"

enum {
    IPV6_LEAST = 1280,
    TRIALS_MOST = 40,
    TRIALS_ECHO = 8,
    TRIALS_TCP = 8,
    TRIES = 3,         /* before silence counts, in a round */
    TRIES_CONFIRM = 8, /* and at the boundary */
    TRIES_LIMITED = 3, /* of a host that answers a datagram only once a second */
    TRIES_SEGMENT = 2, /* TCP repeats by itself */
    HELLOS = 6,
    HELLOS_REFUSED = 2, /* where a router or a rule of this machine says no */
    HOPS_MOST = 24,
    HOP_TRIES = 2,
};

#define MS(n)        ((int64_t)(n)*NS_PER_MS)
#define HELLO_EVERY  MS(500)
#define TCP_AFTER    MS(300) /* without an answer to a ping */
#define TCP_WAIT     MS(900)
#define WAIT_LEAST   MS(150)
#define WAIT_MOST    SECONDS(1)
#define SEGMENT_WAIT MS(700)  /* and a round trip or two: TCP has sent it three times by then */
#define LIMITED_WAIT MS(1100) /* until a Linux host gives the next "port unreachable" */
#define LOOK_EVERY   MS(10)

static const unsigned tcp_ports[] = {443, 80, 53, 22};
enum { PORTS = sizeof(tcp_ports) / sizeof(*tcp_ports) };

/* Which ways a round uses. */
enum { BY_ECHO = 1, BY_UDP = 2, BY_TCP = 4 };

struct trial {
    unsigned size;
    enum { TRIAL_OPEN, TRIAL_PASSED, TRIAL_SILENT, TRIAL_REFUSED } state;
    struct segment segment;
    bool capped; /* the destination accepts no TCP segment of that size */
};

struct hop {
    union endpoint large, small; /* who answered when the TTL ended there; family 0: nobody */
    bool arrived;                /* the small packet got to the destination */
};

struct path {
    enum phase { HELLO, FIND_TCP, ROUND, CONFIRM, HOPS } phase;
    struct wire wire;
    const char *no_echo; /* why pings cannot be sent; NULL: they can */
    bool answers[WAYS];  /* the destination answered a small packet that way */
    unsigned port;       /* a TCP port that listens; 0: none known */
    struct segment knocks[PORTS];
    int64_t knocked;      /* 0: not yet */
    const char *reason;   /* what spoke against the path so far */
    int64_t first_answer; /* 0: none yet */
    int64_t longest;      /* round trip */

    struct mtu_search search;
    unsigned by;   /* the way of ordinary rounds */
    unsigned uses; /* the ways of this one */
    struct trial trials[TRIALS_MOST];
    size_t trial_count;
    size_t round_began;    /* the first packet of this round */
    bool control_answered; /* a small datagram sent behind a large one of this round */
    bool small_way_passed; /* the boundary passed by a way with small answers */

    unsigned tries; /* of the phase or round */
    int64_t next_try;
    bool icmp;
    bool blocked;                   /* a rule of this machine drops the larger packets */
    struct hop hops[HOPS_MOST + 1]; /* by TTL */
    struct wakeup wakeup;
};

static struct path *state_of(struct probe *probe)
{
    return probe_state(probe, sizeof(struct path));
}

/* How long an answer may take. */
static int64_t patience(const struct path *path)
{
    int64_t wait = 2 * path->longest + MS(50);
    return wait < WAIT_LEAST ? WAIT_LEAST : wait > WAIT_MOST ? WAIT_MOST : wait;
}

static bool heard(const union endpoint *endpoint)
{
    return endpoint->any.sa_family != AF_UNSPEC;
}

/* ---- the answer ---- */

/* The last hop that a packet too large got to, where the next one is known to be there: the packet
 * was lost between the two, and the one that had it should have said so. Where not even the first
 * hop got it, that is the first hop. */
static const union endpoint *find_swallower(const struct path *path)
{
    unsigned destination = 0, last = 0;
    for (unsigned ttl = 1; ttl <= HOPS_MOST && !destination; ttl++)
        if (path->hops[ttl].arrived)
            destination = ttl;
    for (unsigned ttl = 1; ttl <= HOPS_MOST && (!destination || ttl < destination); ttl++)
        if (heard(&path->hops[ttl].large))
            last = ttl;
    unsigned next = last + 1;
    if (next > HOPS_MOST || (next != destination && !heard(&path->hops[next].small)))
        return NULL;
    if (last)
        return &path->hops[last].large;
    return heard(&path->hops[1].small) ? &path->hops[1].small : NULL;
}

static void finish_known(struct probe *probe)
{
    struct path *path = state_of(probe);
    bool swallowed = path->phase == HOPS;
    const union endpoint *hop = swallowed && !path->blocked ? find_swallower(path) : NULL;
    probe_set(probe, "mtu", value_number(path->search.passed));
    probe_set(probe, "icmp", value_boolean(path->icmp));
    probe_set(probe, "reason", value_string(probe_arena(probe), "reply"));
    if (hop) {
        struct address address = endpoint_address(hop);
        probe_set(probe, "hop", value_address(&address));
    } else {
        probe_absent(probe, "hop",
                     path->blocked ? "a firewall rule of this machine drops larger packets"
                     : swallowed   ? "the routers there do not show themselves"
                                   : "nothing is swallowed");
    }
    probe_answer(probe, true);
}

static void finish_unknown(struct probe *probe, const char *reason, const char *why)
{
    struct path *path = state_of(probe);
    probe_set(probe, "icmp", value_boolean(path->icmp));
    probe_set(probe, "reason", value_string(probe_arena(probe), reason));
    probe_absent(probe, "mtu", "%s", why);
    probe_absent(probe, "hop", "%s", why);
    probe_answer(probe, false);
}

static void silent_destination(struct probe *probe)
{
    struct path *path = state_of(probe);
    if (path->no_echo && !path->reason)
        probe_unknown(probe, "the destination answers neither UDP nor TCP, and %s", path->no_echo);
    else
        finish_unknown(probe, path->reason ? path->reason : "timeout",
                       "the destination does not answer");
}

/* ---- TCP ports ---- */

static void knock(struct probe *probe)
{
    struct path *path = state_of(probe);
    path->knocked = probe_now(probe);
    for (size_t i = 0; i < PORTS; i++)
        segment_open(probe, &path->knocks[i], &path->wire.to, tcp_ports[i], 0);
}

static void note_answer(struct path *path, int64_t now, int64_t sent)
{
    path->first_answer = path->first_answer ? path->first_answer : now;
    path->longest = now - sent > path->longest ? now - sent : path->longest;
}

/* Takes the first port that takes a connection. False while there is still hope. */
static bool knocking_over(struct probe *probe)
{
    struct path *path = state_of(probe);
    int64_t now = probe_now(probe);
    bool hope = false;
    for (size_t i = 0; i < PORTS && !path->port; i++) {
        struct segment *segment = &path->knocks[i];
        segment_look(segment);
        hope |= segment->state == SEGMENT_CONNECTING;
        if (segment->state != SEGMENT_ARRIVED)
            continue;
        path->port = tcp_ports[i];
        note_answer(path, now, path->knocked);
    }
    if (!path->port && hope && now < path->knocked + TCP_WAIT)
        return false;
    for (size_t i = 0; i < PORTS; i++)
        segment_close(probe, &path->knocks[i]);
    return true;
}

/* ---- hops ---- */

static void advance(struct probe *probe);

static void plan_next(struct probe *probe, int64_t at)
{
    wakeup_at(probe, &state_of(probe)->wakeup, at, advance);
}

static enum wire_way hop_way(const struct path *path)
{
    if (path->answers[WAY_UDP] && !path->answers[WAY_ECHO])
        return WAY_UDP;
    return path->wire.echo.fd >= 0 ? WAY_ECHO : WAY_UDP;
}

static void advance_hops(struct probe *probe)
{
    struct path *path = state_of(probe);
    enum wire_way way = hop_way(path);
    if (probe_now(probe) < path->next_try) {
        plan_next(probe, path->next_try);
        return;
    }
    if (path->tries == HOP_TRIES) {
        finish_known(probe);
        return;
    }
    for (unsigned ttl = 1; ttl <= HOPS_MOST; ttl++) {
        int code = wire_send(probe, &path->wire, way, path->search.silent, ttl);
        path->blocked |= code == EPERM;
        (void)wire_send(probe, &path->wire, way, WIRE_SMALL, ttl); /* failed: not heard of */
    }
    path->tries++;
    path->next_try = probe_now(probe) + patience(path);
    plan_next(probe, path->next_try);
}

static void enter(struct path *path, enum phase phase)
{
    path->phase = phase;
    path->tries = 0;
    path->next_try = 0;
}

/* ---- rounds ---- */

static bool any_passed(const struct path *path)
{
    for (size_t i = 0; i < path->trial_count; i++)
        if (path->trials[i].state == TRIAL_PASSED)
            return true;
    return false;
}

/* Silence so far means that the size does not pass. */
static bool tried_enough(const struct path *path)
{
    bool confirm = path->phase == CONFIRM;
    unsigned wanted = 1;
    if (path->uses & BY_ECHO)
        wanted = confirm ? TRIES_CONFIRM : TRIES;
    else if (path->uses & BY_TCP)
        wanted = TRIES_SEGMENT;
    else if (confirm)
        wanted = TRIES_LIMITED;
    /* A host that limits its answers is silent for that too, unless it answered a smaller datagram
     * that came behind. */
    bool telling = !(path->uses & BY_UDP) || path->control_answered ||
                   (path->by == BY_UDP && any_passed(path));
    return path->tries >= wanted && (telling || path->tries >= TRIES_LIMITED + wanted);
}

static void refuse(struct path *path, unsigned size, unsigned suggested)
{
    mtu_search_refused(&path->search, size, suggested);
    for (size_t i = 0; i < path->trial_count; i++)
        if (path->trials[i].size >= size && path->trials[i].state == TRIAL_OPEN)
            path->trials[i].state = TRIAL_REFUSED;
}

static void pass(struct path *path, unsigned size)
{
    mtu_search_passed(&path->search, size);
    for (size_t i = 0; i < path->trial_count; i++)
        if (path->trials[i].size <= size)
            path->trials[i].state = TRIAL_PASSED;
}

static void send_size(struct probe *probe, enum wire_way way, unsigned size)
{
    struct path *path = state_of(probe);
    int code = wire_send(probe, &path->wire, way, size, 0);
    if (code == EMSGSIZE)
        refuse(path, size, 0); /* the link itself does not take it */
    else if (code == EPERM)
        path->reason = "blocked";
}

static void try_size(struct probe *probe, struct trial *trial)
{
    struct path *path = state_of(probe);
    bool echo = path->wire.echo.fd >= 0;
    /* Where only TCP is answered, a ping or datagram still makes a router say "too big". */
    if (echo)
        send_size(probe, WAY_ECHO, trial->size);
    if (path->uses & BY_UDP || !echo)
        send_size(probe, WAY_UDP, trial->size);
    if (path->uses & BY_TCP && path->tries < TRIES_SEGMENT) {
        segment_close(probe, &trial->segment);
        segment_open(probe, &trial->segment, &path->wire.to, path->port, trial->size);
    }
}

static void try_all(struct probe *probe)
{
    struct path *path = state_of(probe);
    /* The largest first: a host that answers one datagram only then answers the largest that came,
     * and the small one at the end only where nothing came before it. */
    for (size_t i = path->trial_count; i-- > 0;)
        if (path->trials[i].state == TRIAL_OPEN)
            try_size(probe, &path->trials[i]);
    if (path->uses & BY_UDP && (path->by == BY_UDP || path->tries > 0))
        (void)wire_send(probe, &path->wire, WAY_UDP, WIRE_SMALL, 0);
    int64_t wait = patience(path);
    if (path->uses & BY_TCP && path->tries < TRIES_SEGMENT)
        wait = SEGMENT_WAIT + 2 * path->longest;
    else if (path->uses & BY_UDP && (path->by == BY_UDP || !path->control_answered) &&
             path->tries >= 1)
        wait = LIMITED_WAIT;
    path->tries++;
    path->next_try = probe_now(probe) + wait;
}

static void look_at_segments(struct path *path)
{
    for (size_t i = 0; i < path->trial_count; i++) {
        struct trial *trial = &path->trials[i];
        if (!(path->uses & BY_TCP) || trial->state != TRIAL_OPEN || path->tries == 0)
            continue;
        segment_look(&trial->segment);
        if (trial->segment.state == SEGMENT_ARRIVED) {
            path->small_way_passed = true;
            pass(path, trial->size);
        } else if (trial->segment.state == SEGMENT_REFUSED) {
            refuse(path, trial->size, 0);
        } else if (trial->segment.state == SEGMENT_CAPPED && !(path->uses & BY_ECHO)) {
            trial->capped = true;
            trial->state = TRIAL_SILENT;
        }
    }
}

static bool round_open(const struct path *path)
{
    for (size_t i = 0; i < path->trial_count; i++)
        if (path->trials[i].state == TRIAL_OPEN)
            return true;
    return false;
}

static void begin_round(struct path *path, const unsigned *sizes, size_t count, unsigned uses)
{
    path->uses = uses;
    path->trial_count = count;
    path->round_began = path->wire.count;
    path->control_answered = path->small_way_passed = false;
    for (size_t i = 0; i < count; i++)
        path->trials[i] = (struct trial){.size = sizes[i], .segment.fd = -1};
}

/* The boundary is where silence begins: asked once more, by a way with small answers if there is
 * one. */
static void confirm(struct probe *probe)
{
    struct path *path = state_of(probe);
    unsigned uses = path->by;
    if (path->by == BY_ECHO && !path->answers[WAY_UDP] && !path->knocked) {
        enter(path, FIND_TCP);
        knock(probe);
        return;
    }
    if (path->by == BY_ECHO && path->answers[WAY_UDP])
        uses |= BY_UDP;
    else if (path->by == BY_ECHO && path->port)
        uses |= BY_TCP;
    enter(path, CONFIRM);
    begin_round(path, &path->search.silent, 1, uses);
}

/* The next sizes; where none is left, what the boundary calls for. False when the probe is over. */
static bool next_round(struct probe *probe)
{
    struct path *path = state_of(probe);
    unsigned sizes[TRIALS_MOST];
    size_t most = path->by == BY_ECHO ? TRIALS_ECHO : path->by == BY_TCP ? TRIALS_TCP : TRIALS_MOST;
    size_t count = mtu_search_next(&path->search, sizes, most);
    bool top = count == 1 && sizes[0] == path->search.top;
    if (count) {
        enter(path, ROUND);
        begin_round(path, sizes, count, path->by | (top && path->answers[WAY_UDP] ? BY_UDP : 0));
        return true;
    }
    if (mtu_search_bound(&path->search) == path->search.silent &&
        path->search.passed < path->search.top) {
        confirm(probe);
        return true;
    }
    finish_known(probe);
    return false;
}

/* A boundary that only pings could not cross was a fault of the way back: the search goes on with
 * small answers. */
static bool confirmed(struct probe *probe)
{
    struct path *path = state_of(probe);
    if (path->trials[0].state == TRIAL_PASSED || path->trials[0].state == TRIAL_REFUSED) {
        if (path->small_way_passed && path->by == BY_ECHO)
            path->by = path->port ? BY_TCP : BY_UDP;
        return next_round(probe);
    }
    if (path->trials[0].capped)
        finish_unknown(probe, "reply", "the destination accepts no larger TCP segments");
    else if (path->search.passed <= WIRE_SMALL)
        finish_unknown(probe, "timeout", "only the smallest packets are answered");
    else
        enter(path, HOPS);
    return path->phase == HOPS;
}

static bool end_round(struct probe *probe)
{
    struct path *path = state_of(probe);
    for (size_t i = 0; i < path->trial_count; i++) {
        segment_close(probe, &path->trials[i].segment);
        if (path->trials[i].state == TRIAL_SILENT)
            mtu_search_silent(&path->search, path->trials[i].size);
    }
    return path->phase == CONFIRM ? confirmed(probe) : next_round(probe);
}

static void advance_round(struct probe *probe)
{
    struct path *path = state_of(probe);
    look_at_segments(path);
    bool due = probe_now(probe) >= path->next_try;
    if (round_open(path) && due && !tried_enough(path)) {
        try_all(probe);
        due = false;
    }
    for (size_t i = 0; i < path->trial_count && due; i++)
        if (path->trials[i].state == TRIAL_OPEN)
            path->trials[i].state = TRIAL_SILENT;
    if (!round_open(path)) {
        if (end_round(probe))
            plan_next(probe, 0);
        return;
    }
    plan_next(probe, path->uses & BY_TCP ? probe_now(probe) + LOOK_EVERY : path->next_try);
}

/* ---- hello ---- */

static bool hello_over(struct probe *probe)
{
    struct path *path = state_of(probe);
    int64_t now = probe_now(probe);
    bool echo = path->answers[WAY_ECHO], udp = path->answers[WAY_UDP];
    if (!echo && !path->knocked && now >= probe_started(probe) + TCP_AFTER)
        knock(probe);
    bool knocked = path->knocked && !path->port ? knocking_over(probe) : path->port != 0;
    if (echo && udp)
        return true;
    if (echo)
        return now >= path->first_answer + path->longest / 2 + MS(50);
    return path->port || (udp && knocked);
}

static void advance_hello(struct probe *probe)
{
    struct path *path = state_of(probe);
    int64_t now = probe_now(probe);
    if (hello_over(probe)) {
        path->by = path->answers[WAY_ECHO] ? BY_ECHO : path->port ? BY_TCP : BY_UDP;
        path->reason = NULL;
        if (next_round(probe))
            plan_next(probe, 0);
        return;
    }
    if (!path->first_answer && now >= path->next_try &&
        path->tries >= (path->reason ? HELLOS_REFUSED : HELLOS)) {
        silent_destination(probe);
        return;
    }
    if (now >= path->next_try) {
        if (path->wire.echo.fd >= 0)
            send_size(probe, WAY_ECHO, WIRE_SMALL);
        send_size(probe, WAY_UDP, WIRE_SMALL);
        path->tries++;
        path->next_try = now + HELLO_EVERY;
    }
    plan_next(probe, now + LOOK_EVERY);
}

static void advance(struct probe *probe)
{
    struct path *path = state_of(probe);
    switch (path->phase) {
    case HELLO:
        advance_hello(probe);
        break;
    case FIND_TCP:
        if (knocking_over(probe))
            confirm(probe);
        plan_next(probe, probe_now(probe) + LOOK_EVERY);
        break;
    case ROUND:
    case CONFIRM:
        advance_round(probe);
        break;
    case HOPS:
        advance_hops(probe);
        break;
    }
}

/* ---- what comes back ---- */

/* What was sent before it has had its time; but a limited host needs its pause before the next try.
 */
static void take_control(struct probe *probe)
{
    struct path *path = state_of(probe);
    int64_t soon = probe_now(probe) + MS(20);
    path->control_answered = true;
    if (soon < path->next_try && !(path->phase == CONFIRM && path->by == BY_UDP))
        path->next_try = soon;
}

static void take_arrival(struct probe *probe, const struct wire_packet *packet)
{
    struct path *path = state_of(probe);
    bool small = packet->size == WIRE_SMALL;
    if (packet->ttl) {
        path->hops[packet->ttl].arrived |= small;
        return;
    }
    note_answer(path, probe_now(probe), packet->sent);
    path->answers[packet->way] = true;
    bool in_round = path->phase == ROUND || path->phase == CONFIRM;
    if (small && in_round && packet->way == WAY_UDP &&
        packet >= path->wire.packets + path->round_began)
        take_control(probe);
    if (!small)
        path->small_way_passed |= packet->way == WAY_UDP;
    if (!small)
        pass(path, packet->size);
}

static void take_event(struct probe *probe, const struct wire_event *event)
{
    struct path *path = state_of(probe);
    const struct wire_packet *packet = event->packet;
    /* No IPv6 router may ask for less than every link must carry (RFC 8201). */
    bool possible = path->wire.family == AF_INET || event->mtu >= IPV6_LEAST;
    switch (event->kind) {
    case WIRE_ARRIVED:
        take_arrival(probe, packet);
        break;
    case WIRE_TOO_BIG:
        path->icmp = true;
        if (packet->size > WIRE_SMALL && path->phase != HELLO)
            refuse(path, packet->size, possible ? event->mtu : 0);
        break;
    case WIRE_EXPIRED:
        if (!packet->ttl)
            path->reason = "unreachable";
        else if (packet->size == WIRE_SMALL)
            path->hops[packet->ttl].small = event->from;
        else
            path->hops[packet->ttl].large = event->from;
        break;
    case WIRE_UNREACHABLE:
        path->reason = event->reason;
        break;
    }
}

static void ready(struct probe *probe, int fd, uint32_t events)
{
    struct wire_event event;
    (void)events;
    while (wire_next(&state_of(probe)->wire, fd, &event))
        take_event(probe, &event);
    plan_next(probe, 0);
}

/* ---- start ---- */

/* The largest packet that the link to there takes; 0: unknown. */
static unsigned link_mtu(struct probe *probe, const union endpoint *to, struct error *error)
{
    struct address address = endpoint_address(to);
    struct route route;
    struct links links;
    if (!route_to(&address, &route, error) || !links_read(probe_arena(probe), &links, error))
        return 0;
    const struct link *link = links_find(&links, route.link);
    unsigned mtu = link ? link->mtu : 0;
    return mtu > WIRE_SIZE_MOST ? WIRE_SIZE_MOST : mtu;
}

static void found(struct probe *probe, const char *result, size_t length)
{
    struct path *path = state_of(probe);
    struct host host;
    const char *reason;
    struct error error = {0};
    if (!host_read(probe, result, length, &host, &reason))
        return;
    if (reason) {
        finish_unknown(probe, reason, "the name has no address");
        return;
    }
    if (!wire_open(probe, &path->wire, &host.at[0], ready, &reason, &error)) {
        if (reason)
            finish_unknown(probe, reason, "there is no way to the destination");
        else
            probe_unknown(probe, "%s", error.message);
        return;
    }
    if (path->wire.echo.fd < 0)
        path->no_echo = arena_format(probe_arena(probe), "%s%s%s", error.message,
                                     error.hint[0] ? ": " : "", error.hint);
    unsigned top = link_mtu(probe, &path->wire.to, &error);
    if (top <= WIRE_SMALL) {
        probe_unknown(probe, "the MTU of the link to there is not known: %s", error.message);
        return;
    }
    mtu_search_start(&path->search, WIRE_SMALL, top);
    advance(probe);
}

static void start(struct probe *probe)
{
    host_find(probe, probe_string(probe, "host"), AF_UNSPEC, found);
}

static void expire(struct probe *probe)
{
    struct path *path = state_of(probe);
    if (path->phase == HOPS)
        finish_known(probe);
    else if (path->phase == HELLO)
        silent_destination(probe);
    else
        finish_unknown(probe, "timeout", "the search did not end in time");
}

static const struct argument arguments[] = {
    HOST_ARGUMENT,
    {0},
};

static const struct field fields[] = {
    {"mtu",
     {.kind = KIND_NUMBER},
     {"the largest IP packet, header included, that gets there; measured, up to the link's own MTU",
      "届く最大のIPパケット（ヘッダーを含む）。リンクのMTUを上限とする実測値"}},
    {"icmp",
     {.kind = KIND_BOOLEAN},
     {"\"fragmentation needed\" or \"packet too big\" came back",
      "ICMPの「要分割」「パケット過大」が返ってきた"}},
    {"hop",
     {.kind = KIND_ADDRESS},
     {"who swallows larger packets without a word: the last hop that got one, or the first hop "
      "where "
      "not even that did",
      "大きいパケットを黙って捨てるホップ（それを受け取った最後のホップ。最初のホップにも届かなけれ"
      "ば最初のホップ）"}},
    REASON_FIELD,
    {0},
};

const struct action net_path_mtu_action = {
    .name = "net.path_mtu",
    .role = ROLE_PROBE,
    .summary = {"measures the largest packet that gets to a host",
                "ホストまで届く最大のパケットサイズを測る"},
    .arguments = arguments,
    .fields = fields,
    .ok = {"a size was established; never where the destination is silent",
           "サイズが確定した（宛先が応答しなければ確定しない）"},
    .costly = true,
    .timeout = SECONDS(TIMEOUT_SEARCH_S),
    .start = start,
    .expire = expire,
};
