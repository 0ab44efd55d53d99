/* net.path_mtu: the largest IP packet that gets to a host, measured.
 *
 * The phases stand in mtu_path.h; here are their frame, what comes back on the wire, and the
 * answer. A number is given only when it was measured: a packet of that size was seen to arrive, by
 * an answer that nobody nearer can have given, and one byte more was refused, or kept silent so
 * often that loss cannot be why. RFC 1191, RFC 8201, RFC 2923 (black holes), RFC 8899. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "actions/net/links.h"
#include "actions/net/mtu_path.h"
#include "actions/net/reasons.h"
#include "actions/net/route.h"

enum { IPV6_LEAST = 1280 };

#define WAIT_LEAST MS(150)
#define WAIT_MOST  SECONDS(1)

/* ---- the answer ---- */

static void set_address(struct probe *probe)
{
    struct address address = endpoint_address(&about_of(probe)->wire.to);
    probe_set(probe, "address", value_address(&address));
}

void path_known(struct probe *probe)
{
    struct about *path = about_of(probe);
    bool swallowed = path->phase == HOPS;
    const union endpoint *hop = swallowed ? hops_swallower(&path->hops) : NULL;
    probe_set(probe, "mtu", value_number(path->search.passed));
    probe_set(probe, "icmp", value_boolean(path->icmp));
    probe_set(probe, "reason", value_string(probe_arena(probe), "reply"));
    set_address(probe);
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

void path_unknown(struct probe *probe, const char *reason, const char *why)
{
    struct about *path = about_of(probe);
    probe_set(probe, "icmp", value_boolean(path->icmp));
    probe_set(probe, "reason", value_string(probe_arena(probe), reason));
    probe_absent(probe, "mtu", "%s", why);
    probe_absent(probe, "hop", "%s", why);
    if (path->phase > HELLO)
        set_address(probe);
    else
        probe_absent(probe, "address", "%s", why);
    probe_answer(probe, false);
}

/* ---- for the phases ---- */

static void step(struct probe *probe)
{
    static void (*const steps[])(struct probe *) = {
        [HELLO] = hello_step, [VOUCH] = vouch_step,       [ROUND] = round_step,
        [AGREE] = agree_step, [BOUNDARY] = boundary_step, [HOPS] = hops_step,
    };
    steps[about_of(probe)->phase](probe);
}

void path_plan(struct probe *probe, int64_t at)
{
    wakeup_at(probe, &path_of(probe)->wakeup, at, step);
}

void path_enter(struct about *path, enum phase phase)
{
    path->phase = phase;
    path->tries = 0;
    path->next_try = 0;
}

int64_t path_patience(const struct about *path)
{
    int64_t wait = 2 * path->longest + MS(50);
    return wait < WAIT_LEAST ? WAIT_LEAST : wait > WAIT_MOST ? WAIT_MOST : wait;
}

void path_note_answer(struct about *path, int64_t now, int64_t took)
{
    path->first_answer = path->first_answer ? path->first_answer : now;
    path->longest = took > path->longest ? took : path->longest;
}

void path_refused(struct about *path, unsigned size, unsigned suggested)
{
    mtu_search_refused(&path->search, size, suggested);
    round_refused(&path->round, size);
}

void path_passed(struct about *path, unsigned size)
{
    mtu_search_passed(&path->search, size);
    round_passed(&path->round, size);
}

void path_agreed(struct about *path, unsigned size)
{
    path->agreed = size > path->agreed ? size : path->agreed;
    path_passed(path, size);
}

void path_send(struct probe *probe, enum wire_way way, unsigned size)
{
    struct about *path = about_of(probe);
    int code = wire_send(probe, &path->wire, way, size, 0);
    if (code == EMSGSIZE)
        path_refused(path, size, 0); /* the link itself does not take it */
    else if (code == EPERM)
        path->reason = "blocked";
}

/* ---- what comes back ---- */

/* What was sent before it has had its time. */
static void take_control(struct probe *probe)
{
    struct about *path = about_of(probe);
    int64_t soon = probe_now(probe) + MS(20);
    path->round.control_answered = true;
    if (soon < path->next_try)
        path->next_try = soon;
}

static void take_arrival(struct probe *probe, const struct wire_packet *packet)
{
    struct about *path = about_of(probe);
    size_t index = (size_t)(packet - path->wire.packets);
    path_note_answer(path, probe_now(probe), probe_now(probe) - packet->sent);
    path->answers[packet->way] = true;
    if (packet->size > WIRE_SMALL && packet->way == WAY_UDP)
        path_agreed(path, packet->size);
    else if (packet->size > WIRE_SMALL)
        path_passed(path, packet->size);
    else if (path->phase == ROUND && path->round.by == BY_UDP && packet->way == WAY_UDP &&
             index >= path->round.first_packet)
        take_control(probe);
}

static void take_event(struct probe *probe, const struct wire_event *event)
{
    struct about *path = about_of(probe);
    const struct wire_packet *packet = event->packet;
    /* No IPv6 router may ask for less than every link must carry (RFC 8201). */
    bool possible = path->wire.family == AF_INET || event->mtu >= IPV6_LEAST;
    if (packet->ttl && event->kind != WIRE_TOO_BIG) {
        if (path->phase == VOUCH)
            vouch_take(&path->vouch, &path->wire, event);
        else
            hops_take(&path->hops, event);
        return;
    }
    switch (event->kind) {
    case WIRE_ARRIVED:
        take_arrival(probe, packet);
        break;
    case WIRE_TOO_BIG:
        path->icmp = true;
        if (packet->size > WIRE_SMALL)
            path_refused(path, packet->size, possible ? event->mtu : 0);
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
    while (wire_next(&about_of(probe)->wire, fd, &event))
        take_event(probe, &event);
    path_plan(probe, 0);
}

/* ---- start ---- */

/* The largest packet that the link to there takes; 0: unknown. */
static unsigned look_at_route(struct probe *probe, struct about *path, struct error *error)
{
    struct address address = endpoint_address(&path->wire.to);
    struct route route;
    struct links links;
    if (!route_to(&address, &route, error) || !links_read(probe_arena(probe), &links, error))
        return 0;
    const struct link *link = links_find(&links, route.link);
    unsigned mtu = link ? link->mtu : 0;
    path->behind_gateway = route.has_gateway;
    return mtu > WIRE_SIZE_MOST ? WIRE_SIZE_MOST : mtu;
}

static void measure(struct probe *probe)
{
    struct path *state = path_of(probe);
    struct about *path = &state->now;
    const char *reason;
    struct error error = {0};
    *path = (struct about){0};
    if (!wire_open(probe, &path->wire, &state->first[state->family], ready, &reason, &error)) {
        path->reason = reason;
        if (reason)
            path_silent(probe);
        else
            probe_unknown(probe, "%s", error.message);
        return;
    }
    if (path->wire.echo.fd < 0) {
        path->not_permitted = true;
        path->no_echo = arena_format(probe_arena(probe), "%s%s%s", error.message,
                                     error.hint[0] ? ": " : "", error.hint);
    }
    unsigned top = look_at_route(probe, path, &error);
    if (top <= WIRE_SMALL) {
        probe_unknown(probe, "the MTU of the link to there is not known: %s", error.message);
        return;
    }
    mtu_search_start(&path->search, WIRE_SMALL, top);
    step(probe);
}

static void silent_at_last(struct probe *probe, const char *reason)
{
    struct about *path = about_of(probe);
    if (path->not_permitted && !path->reason)
        probe_unknown(probe, "the destination answers neither UDP nor TCP, and %s", path->no_echo);
    else if (path->no_echo && !path->not_permitted)
        path_unknown(
            probe, reason,
            "the destination answers neither UDP nor TCP, and a gateway on the way answers "
            "pings in its place");
    else
        path_unknown(probe, reason,
                     path->wire.udp < 0 ? "there is no way to the destination"
                                        : "the destination does not answer");
}

void path_silent(struct probe *probe)
{
    struct path *state = path_of(probe);
    const char *reason =
        reason_stronger(state->other_reason, state->now.reason ? state->now.reason : "timeout");
    if (state->family + 1 == state->families) {
        silent_at_last(probe, reason);
        return;
    }
    knocking_close(probe, &state->now.knocking);
    wire_close(probe, &state->now.wire);
    state->other_reason = reason;
    state->family++;
    measure(probe);
}

static void found(struct probe *probe, const char *result, size_t length)
{
    struct path *state = path_of(probe);
    struct host host;
    const char *reason;
    if (!host_read(probe, result, length, &host, &reason))
        return;
    state->families = host_by_family(&host, state->first);
    if (reason)
        path_unknown(probe, reason, "the name has no address");
    else
        measure(probe);
}

static void start(struct probe *probe)
{
    host_find(probe, probe_string(probe, "host"), AF_UNSPEC, found);
}

static void expire(struct probe *probe)
{
    struct about *path = about_of(probe);
    switch (path->phase) {
    case HELLO:
        silent_at_last(probe, reason_stronger(path_of(probe)->other_reason,
                                              path->reason ? path->reason : "timeout"));
        break;
    case VOUCH:
        path_unknown(probe, "timeout",
                     "it could not be told in time whether the host itself answers pings");
        break;
    case ROUND:
    case AGREE:
        path_unknown(probe, "timeout", "the search did not end in time");
        break;
    case BOUNDARY:
        path_unknown(probe, "timeout",
                     "too much is lost on the way to tell in time whether larger packets pass");
        break;
    case HOPS:
        path_known(probe);
        break;
    }
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
    {"address",
     {.kind = KIND_ADDRESS},
     {"which address of the host was measured", "測定したアドレス"}},
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
