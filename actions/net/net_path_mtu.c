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
#include "actions/net/mtu_hops.h"
#include "actions/net/mtu_round.h"
#include "actions/net/mtu_search.h"
#include "actions/net/mtu_segment.h"
#include "actions/net/mtu_wire.h"
#include "actions/net/reasons.h"
#include "actions/net/route.h"
#include "actions/net/wakeup.h"

enum {
    IPV6_LEAST = 1280,
    TRIALS_ECHO = 8,
    TRIALS_TCP = 8,
    HELLOS = 6,
    HELLOS_REFUSED = 2, /* where a router or a rule of this machine says no */
    HOP_TRIES = 2,
};

#define MS(n)        ((int64_t)(n)*NS_PER_MS)
#define HELLO_EVERY  MS(500)
#define TCP_AFTER    MS(300) /* without an answer to a ping */
#define WAIT_LEAST   MS(150)
#define WAIT_MOST    SECONDS(1)
#define SEGMENT_WAIT MS(700)  /* and a round trip or two: TCP has sent it three times by then */
#define LIMITED_WAIT MS(1100) /* until a Linux host gives the next "port unreachable" */
#define LOOK_EVERY   MS(10)

struct path {
    enum phase { HELLO, FIND_TCP, ROUND, CONFIRM, HOPS } phase;
    struct wire wire;
    const char *no_echo;      /* why pings cannot be sent; NULL: they can */
    bool answers[WAYS];       /* the destination answered a small packet that way */
    struct knocking knocking; /* for a TCP port that listens */
    const char *reason;       /* what spoke against the path so far */
    int64_t first_answer;     /* 0: none yet */
    int64_t longest;          /* round trip */

    struct mtu_search search;
    unsigned by; /* the way of ordinary rounds */
    struct round round;

    unsigned tries; /* of hello and hops */
    int64_t next_try;
    bool icmp;
    struct hops hops;
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

/* ---- the answer ---- */

static void finish_known(struct probe *probe)
{
    struct path *path = state_of(probe);
    bool swallowed = path->phase == HOPS;
    const union endpoint *hop = swallowed ? hops_swallower(&path->hops) : NULL;
    probe_set(probe, "mtu", value_number(path->search.passed));
    probe_set(probe, "icmp", value_boolean(path->icmp));
    probe_set(probe, "reason", value_string(probe_arena(probe), "reply"));
    if (hop) {
        struct address address = endpoint_address(hop);
        probe_set(probe, "hop", value_address(&address));
    } else {
        probe_absent(probe, "hop",
                     path->hops.blocked ? "a firewall rule of this machine drops larger packets"
                     : swallowed        ? "the routers there do not show themselves"
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

static void note_answer(struct path *path, int64_t now, int64_t took)
{
    path->first_answer = path->first_answer ? path->first_answer : now;
    path->longest = took > path->longest ? took : path->longest;
}

/* ---- rounds ---- */

static void advance(struct probe *probe);

static void plan_next(struct probe *probe, int64_t at)
{
    wakeup_at(probe, &state_of(probe)->wakeup, at, advance);
}

static void enter(struct path *path, enum phase phase)
{
    path->phase = phase;
    path->tries = 0;
    path->next_try = 0;
}

static void refuse(struct path *path, unsigned size, unsigned suggested)
{
    mtu_search_refused(&path->search, size, suggested);
    round_refused(&path->round, size);
}

static void pass(struct path *path, unsigned size)
{
    mtu_search_passed(&path->search, size);
    round_passed(&path->round, size);
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
    if (path->round.uses & BY_UDP || !echo)
        send_size(probe, WAY_UDP, trial->size);
    if (path->round.uses & BY_TCP && path->round.tries < ROUND_TRIES_SEGMENT) {
        segment_close(probe, &trial->segment);
        segment_open(probe, &trial->segment, &path->wire.to, path->knocking.port, trial->size);
    }
}

static void try_all(struct probe *probe)
{
    struct path *path = state_of(probe);
    /* The largest first: a host that answers one datagram only then answers the largest that came,
     * and the small one at the end only where nothing came before it. */
    for (size_t i = path->round.count; i-- > 0;)
        if (path->round.trials[i].state == TRIAL_OPEN)
            try_size(probe, &path->round.trials[i]);
    if (path->round.uses & BY_UDP && (path->by == BY_UDP || path->round.tries > 0))
        (void)wire_send(probe, &path->wire, WAY_UDP, WIRE_SMALL, 0);
    int64_t wait = patience(path);
    if (path->round.uses & BY_TCP && path->round.tries < ROUND_TRIES_SEGMENT)
        wait = SEGMENT_WAIT + 2 * path->longest;
    else if (path->round.uses & BY_UDP && (path->by == BY_UDP || !path->round.control_answered) &&
             path->round.tries >= 1)
        wait = LIMITED_WAIT;
    path->round.tries++;
    path->next_try = probe_now(probe) + wait;
}

static void look_at_segments(struct path *path)
{
    for (size_t i = 0; i < path->round.count; i++) {
        struct trial *trial = &path->round.trials[i];
        if (!(path->round.uses & BY_TCP) || trial->state != TRIAL_OPEN || path->round.tries == 0)
            continue;
        segment_look(&trial->segment);
        if (trial->segment.state == SEGMENT_ARRIVED) {
            path->round.small_way_passed = true;
            pass(path, trial->size);
        } else if (trial->segment.state == SEGMENT_REFUSED) {
            refuse(path, trial->size, 0);
        } else if (trial->segment.state == SEGMENT_CAPPED && !(path->round.uses & BY_ECHO)) {
            trial->capped = true;
            trial->state = TRIAL_SILENT;
        }
    }
}

static void begin_round(struct path *path, enum phase phase, const unsigned *sizes, size_t count,
                        unsigned uses)
{
    enter(path, phase);
    round_begin(&path->round, sizes, count, uses);
    path->round.first_packet = path->wire.count;
    path->round.confirms = phase == CONFIRM;
}

/* The boundary is where silence begins: asked once more, by a way with small answers if there is
 * one. */
static void confirm(struct probe *probe)
{
    struct path *path = state_of(probe);
    unsigned uses = path->by;
    if (path->by == BY_ECHO && !path->answers[WAY_UDP] && !path->knocking.began) {
        enter(path, FIND_TCP);
        knocking_start(probe, &path->knocking, &path->wire.to);
        return;
    }
    if (path->by == BY_ECHO && path->answers[WAY_UDP])
        uses |= BY_UDP;
    else if (path->by == BY_ECHO && path->knocking.port)
        uses |= BY_TCP;
    begin_round(path, CONFIRM, &path->search.silent, 1, uses);
}

/* The next sizes; where none is left, what the boundary calls for. False when the probe is over. */
static bool next_round(struct probe *probe)
{
    struct path *path = state_of(probe);
    unsigned sizes[ROUND_TRIALS_MOST];
    size_t most = path->by == BY_ECHO  ? TRIALS_ECHO
                  : path->by == BY_TCP ? TRIALS_TCP
                                       : ROUND_TRIALS_MOST;
    size_t count = mtu_search_next(&path->search, sizes, most);
    bool top = count == 1 && sizes[0] == path->search.top;
    if (count) {
        begin_round(path, ROUND, sizes, count,
                    path->by | (top && path->answers[WAY_UDP] ? BY_UDP : 0));
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
    if (path->round.trials[0].state == TRIAL_PASSED ||
        path->round.trials[0].state == TRIAL_REFUSED) {
        if (path->round.small_way_passed && path->by == BY_ECHO)
            path->by = path->knocking.port ? BY_TCP : BY_UDP;
        return next_round(probe);
    }
    if (path->round.trials[0].capped)
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
    for (size_t i = 0; i < path->round.count; i++) {
        segment_close(probe, &path->round.trials[i].segment);
        if (path->round.trials[i].state == TRIAL_SILENT)
            mtu_search_silent(&path->search, path->round.trials[i].size);
    }
    return path->phase == CONFIRM ? confirmed(probe) : next_round(probe);
}

static void advance_round(struct probe *probe)
{
    struct path *path = state_of(probe);
    look_at_segments(path);
    bool due = probe_now(probe) >= path->next_try;
    if (round_open(&path->round) && due && !round_tried_enough(&path->round)) {
        try_all(probe);
        due = false;
    }
    if (round_open(&path->round) && due)
        round_silent(&path->round);
    if (!round_open(&path->round)) {
        if (end_round(probe))
            plan_next(probe, 0);
        return;
    }
    plan_next(probe, path->round.uses & BY_TCP ? probe_now(probe) + LOOK_EVERY : path->next_try);
}

/* ---- hops ---- */

static enum wire_way hop_way(const struct path *path)
{
    if (path->answers[WAY_UDP] && !path->answers[WAY_ECHO])
        return WAY_UDP;
    return path->wire.echo.fd >= 0 ? WAY_ECHO : WAY_UDP;
}

static void advance_hops(struct probe *probe)
{
    struct path *path = state_of(probe);
    if (path->search.silent > path->search.top) { /* a late answer: it was not the boundary */
        if (next_round(probe))
            plan_next(probe, 0);
        return;
    }
    if (probe_now(probe) < path->next_try) {
        plan_next(probe, path->next_try);
        return;
    }
    if (path->tries == HOP_TRIES) {
        finish_known(probe);
        return;
    }
    hops_ask(probe, &path->hops, &path->wire, hop_way(path), path->search.silent);
    path->tries++;
    path->next_try = probe_now(probe) + patience(path);
    plan_next(probe, path->next_try);
}

/* ---- hello ---- */

static bool hello_over(struct probe *probe)
{
    struct path *path = state_of(probe);
    int64_t now = probe_now(probe);
    bool echo = path->answers[WAY_ECHO], udp = path->answers[WAY_UDP];
    if (!echo && !path->knocking.began && now >= probe_started(probe) + TCP_AFTER)
        knocking_start(probe, &path->knocking, &path->wire.to);
    bool knocked = path->knocking.began && knocking_over(probe, &path->knocking);
    if (path->knocking.port)
        note_answer(path, now, path->knocking.took);
    if (echo && udp)
        return true;
    if (echo)
        return now >= path->first_answer + path->longest / 2 + MS(50);
    return path->knocking.port || (udp && knocked);
}

static void advance_hello(struct probe *probe)
{
    struct path *path = state_of(probe);
    int64_t now = probe_now(probe);
    if (hello_over(probe)) {
        path->by = path->answers[WAY_ECHO] ? BY_ECHO : path->knocking.port ? BY_TCP : BY_UDP;
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
        if (knocking_over(probe, &path->knocking))
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
    path->round.control_answered = true;
    if (soon < path->next_try && !(path->phase == CONFIRM && path->by == BY_UDP))
        path->next_try = soon;
}

static void take_arrival(struct probe *probe, const struct wire_packet *packet)
{
    struct path *path = state_of(probe);
    bool small = packet->size == WIRE_SMALL;
    note_answer(path, probe_now(probe), probe_now(probe) - packet->sent);
    path->answers[packet->way] = true;
    bool in_round = path->phase == ROUND || path->phase == CONFIRM;
    if (small && in_round && packet->way == WAY_UDP &&
        packet >= path->wire.packets + path->round.first_packet)
        take_control(probe);
    if (!small)
        path->round.small_way_passed |= packet->way == WAY_UDP;
    if (!small)
        pass(path, packet->size);
}

static void take_event(struct probe *probe, const struct wire_event *event)
{
    struct path *path = state_of(probe);
    const struct wire_packet *packet = event->packet;
    /* No IPv6 router may ask for less than every link must carry (RFC 8201). */
    bool possible = path->wire.family == AF_INET || event->mtu >= IPV6_LEAST;
    if (packet->ttl && event->kind != WIRE_TOO_BIG) {
        hops_take(&path->hops, event);
        return;
    }
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
        path->reason = "unreachable";
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
    .help = host_help,
    .start = start,
    .expire = expire,
};
