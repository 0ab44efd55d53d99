/* Sizes: rounds of several at once, then the boundary, then the hops. */
#include "actions/net/mtu_path.h"

enum {
    TRIALS = 8, /* at once; datagrams, whose answers are few, all there is room for */
    HOP_TRIES = 2,
};

#define LIMITED_WAIT MS(1100) /* until a Linux host gives the next "port unreachable" */
#define TCP_REPEATS  MS(250)  /* after this, and a round trip, TCP has sent a segment twice */
#define HOPE         MS(1300)
#define PING_EVERY   MS(150)

/* ---- loss ---- */

static double wire_loss(const struct about *path, int64_t until)
{
    unsigned sent = 0, answered = 0;
    for (size_t i = 0; i < path->wire.count; i++) {
        const struct wire_packet *packet = &path->wire.packets[i];
        if (packet->way != WAY_ECHO || packet->ttl || packet->size > path->search.passed ||
            packet->sent > until)
            continue;
        sent++;
        answered += packet->answered;
    }
    return loss_seen(sent, answered);
}

static double loss(const struct probe *probe, const struct about *path)
{
    return path->round.by == BY_TCP ? loss_seen(path->connects, path->joined)
                                    : wire_loss(path, probe_now(probe) - path_patience(path));
}

/* ---- rounds ---- */

static void begin_round(struct about *path, const unsigned *sizes, size_t count)
{
    path_enter(path, ROUND);
    round_begin(&path->round, sizes, count, path->by);
    path->round.first_packet = path->wire.count;
    path->round.with_udp =
        path->by == BY_ECHO && path->answers[WAY_UDP] && sizes[0] == path->search.top;
}

/* The next sizes; where none is left, what the boundary calls for. */
static void go_on(struct probe *probe)
{
    struct about *path = about_of(probe);
    unsigned sizes[ROUND_TRIALS_MOST];
    size_t count =
        mtu_search_next(&path->search, sizes, path->by == BY_UDP ? ROUND_TRIALS_MOST : TRIALS);
    if (count) {
        begin_round(path, sizes, count);
    } else if (path->search.passed < path->search.top &&
               mtu_search_bound_is_silence(&path->search)) {
        path_enter(path, BOUNDARY);
        path->boundary = (struct boundary){0};
    } else {
        path_enter(path, AGREE);
    }
    path_plan(probe, 0);
}

void ask_start(struct probe *probe)
{
    go_on(probe);
}

static int64_t segment_wait(const struct about *path)
{
    return 2 * path->handshake + TCP_REPEATS;
}

static void count_connect(struct about *path, const struct segment *segment)
{
    if (segment->round_trip && segment->round_trip < path->handshake)
        path->handshake = segment->round_trip;
    path->connects++;
    path->joined += segment->state != SEGMENT_CONNECTING && segment->state != SEGMENT_FAILED;
}

/* Takes up what has become of a trial's segment; true: another one is to be sent. */
static bool look_at_trial(struct probe *probe, struct trial *trial)
{
    struct about *path = about_of(probe);
    struct segment *segment = &trial->segment;
    int64_t now = probe_now(probe), wait = segment_wait(path);
    if (segment->fd < 0)
        return now >= segment->opened + wait;
    segment_look(probe, segment);
    bool slow = segment->state <= SEGMENT_CONNECTED && now >= segment->opened + wait;
    bool lost = segment->state == SEGMENT_LEFT && now >= segment->left + wait;
    if (segment->state < SEGMENT_ARRIVED && !slow && !lost)
        return false;
    count_connect(path, segment);
    trial->left += lost;
    trial->held += segment_is_held(segment->state) || segment->state == SEGMENT_CAPPED;
    if (segment->state == SEGMENT_ARRIVED)
        path_agreed(path, trial->size);
    segment_close(probe, segment);
    if (trial->state == TRIAL_OPEN && trial_tried_enough(trial, loss(probe, path)))
        trial->state = TRIAL_SILENT;
    return trial->state == TRIAL_OPEN && (slow || lost);
}

static void look_at_trials(struct probe *probe)
{
    struct about *path = about_of(probe);
    for (size_t i = 0; i < path->round.count; i++) {
        struct trial *trial = &path->round.trials[i];
        if (trial->state == TRIAL_OPEN && look_at_trial(probe, trial))
            segment_open(probe, &trial->segment, &path->wire.to, path->knocking.port, trial->size);
    }
}

static void send_trial(struct probe *probe, const struct trial *trial)
{
    struct about *path = about_of(probe);
    if (path->round.by == BY_ECHO)
        path_send(probe, WAY_ECHO, trial->size);
    /* Where only TCP is answered, a datagram still makes a router say "too big". */
    if (path->round.by != BY_ECHO || path->round.with_udp)
        path_send(probe, WAY_UDP, trial->size);
}

/* Pings follow one another quickly, and the last one is given its time. */
static int64_t next_send(const struct probe *probe, const struct about *path)
{
    int64_t patience = path_patience(path);
    if (path->round.by == BY_UDP)
        return LIMITED_WAIT;
    if (path->round.by == BY_TCP)
        return segment_wait(path);
    bool last = round_tried_enough(&path->round, loss(probe, path));
    return last || patience < PING_EVERY ? patience : PING_EVERY;
}

static void send_all(struct probe *probe)
{
    struct about *path = about_of(probe);
    struct round *round = &path->round;
    /* The largest first: a host that answers one datagram only then answers the largest that came,
     * and the small one at the end only where nothing came before it. */
    for (size_t i = round->count; i-- > 0;)
        if (round->trials[i].state == TRIAL_OPEN)
            send_trial(probe, &round->trials[i]);
    if (round->by == BY_UDP)
        path_send(probe, WAY_UDP, WIRE_SMALL);
    round->tries++;
    path->next_try = probe_now(probe) + next_send(probe, path);
}

/* TCP or UDP did not agree: who answers pings is not where they end, or they go another way. */
static void agreed_or_not(struct probe *probe, const struct trial *trial)
{
    struct about *path = about_of(probe);
    bool asked = path->round.by != BY_TCP || trial->left > 0 || trial->state == TRIAL_REFUSED;
    if (path->agreed >= path->search.passed || !asked) {
        path_known(probe);
        return;
    }
    wire_close_echo(probe, &path->wire);
    path->answers[WAY_ECHO] = false;
    path->by = path->round.by;
    mtu_search_start(&path->search, path->agreed > WIRE_SMALL ? path->agreed : WIRE_SMALL,
                     path->search.top);
    go_on(probe);
}

/* Datagrams and segments are asked only for the size that pings have found. */
void agree_step(struct probe *probe)
{
    struct about *path = about_of(probe);
    unsigned passed = path->search.passed;
    if (path->by != BY_ECHO || path->agreed >= passed) {
        path_known(probe);
    } else if (!knocking_over(probe, &path->knocking, HOPE)) {
        path_plan(probe, probe_now(probe) + LOOK_EVERY);
    } else if (path->knocking.port || path->answers[WAY_UDP]) {
        path_enter(path, ROUND);
        round_begin(&path->round, &passed, 1, path->knocking.port ? BY_TCP : BY_UDP);
        path->round.first_packet = path->wire.count;
        path_plan(probe, 0);
    } else {
        path_known(probe);
    }
}

static void end_round(struct probe *probe)
{
    struct about *path = about_of(probe);
    bool agreeing = path->by == BY_ECHO && path->round.by != BY_ECHO;
    for (size_t i = 0; i < path->round.count; i++) {
        segment_close(probe, &path->round.trials[i].segment);
        if (path->round.trials[i].state == TRIAL_SILENT && !agreeing)
            mtu_search_silent(&path->search, path->round.trials[i].size);
    }
    if (agreeing)
        agreed_or_not(probe, &path->round.trials[0]);
    else
        go_on(probe);
}

void round_step(struct probe *probe)
{
    struct about *path = about_of(probe);
    struct round *round = &path->round;
    bool tcp = round->by == BY_TCP, due = probe_now(probe) >= path->next_try;
    if (tcp)
        look_at_trials(probe);
    if (round_open(round) && due && !tcp && round_tried_enough(round, loss(probe, path)))
        round_silent(round);
    if (!round_open(round)) {
        end_round(probe);
        return;
    }
    if (due)
        send_all(probe);
    path_plan(probe, tcp ? probe_now(probe) + LOOK_EVERY : path->next_try);
}

/* ---- the boundary ---- */

static void choose_boundary_way(struct about *path)
{
    enum way by = path->knocking.port ? BY_TCP : path->answers[WAY_UDP] ? BY_UDP : path->by;
    boundary_begin(&path->boundary, by, mtu_search_bound(&path->search));
}

/* What only pings could not cross was a fault of the way back: the search goes on with small
 * answers. */
static void boundary_falls(struct probe *probe)
{
    struct about *path = about_of(probe);
    boundary_close(probe, &path->boundary);
    if (path->by == BY_ECHO)
        path->by = path->boundary.by;
    go_on(probe);
}

/* The destination or this machine does not let TCP ask; pings or datagrams may. */
static void tcp_cannot_ask(struct probe *probe)
{
    struct about *path = about_of(probe);
    unsigned size = path->boundary.size;
    if (path->by != BY_TCP) {
        boundary_begin(&path->boundary, path->answers[WAY_UDP] ? BY_UDP : BY_ECHO, size);
        path->next_try = 0;
        path_plan(probe, 0);
    } else if (path->boundary.capped) {
        path_unknown(probe, "reply", "the destination accepts no larger TCP segments");
    } else if (path->reason && text_equal(path->reason, "blocked")) {
        path_unknown(probe, "blocked", "a firewall rule of this machine drops larger packets");
    } else {
        path_unknown(probe, "reply",
                     "this machine was told that the path takes less, and sends no larger TCP "
                     "segments");
    }
}

static void boundary_holds(struct probe *probe)
{
    struct about *path = about_of(probe);
    if (path->search.passed <= WIRE_SMALL) {
        path_unknown(probe, "timeout", "only the smallest packets are answered");
        return;
    }
    path_enter(path, HOPS);
    path_plan(probe, 0);
}

enum { ASKS_IN_VAIN = 3 };

static void boundary_round_ends(struct probe *probe)
{
    struct about *path = about_of(probe);
    struct boundary *boundary = &path->boundary;
    for (size_t i = 0; boundary->by == BY_TCP && i < BOUNDARY_SEGMENTS; i++)
        count_connect(path, &boundary->segments[i]);
    boundary_end_round(probe, boundary, &path->wire);
    if (silence_is_evidence(boundary->chance))
        boundary_holds(probe);
    else if (boundary->capped || boundary->held >= ASKS_IN_VAIN * BOUNDARY_PAIRS)
        tcp_cannot_ask(probe);
    else {
        path->next_try = 0;
        path_plan(probe, 0);
    }
}

static int64_t boundary_wait(const struct about *path)
{
    return path->boundary.by == BY_TCP   ? segment_wait(path)
           : path->boundary.by == BY_UDP ? LIMITED_WAIT
                                         : path_patience(path);
}

static bool way_is_known(struct probe *probe)
{
    struct about *path = about_of(probe);
    if (path->boundary.size)
        return true;
    if (!knocking_over(probe, &path->knocking, HOPE))
        return false;
    choose_boundary_way(path);
    return true;
}

void boundary_step(struct probe *probe)
{
    struct about *path = about_of(probe);
    struct boundary *boundary = &path->boundary;
    int64_t now = probe_now(probe), look = now + LOOK_EVERY;
    if (!way_is_known(probe)) {
        path_plan(probe, look);
        return;
    }
    if (boundary_look(probe, boundary))
        path_agreed(path, boundary->size);
    if (mtu_search_bound(&path->search) != boundary->size ||
        !mtu_search_bound_is_silence(&path->search)) {
        boundary_falls(probe);
        return;
    }
    if (path->next_try &&
        boundary_round_over(probe, boundary, &path->wire, path->began, boundary_wait(path))) {
        boundary_round_ends(probe);
        return;
    }
    if (!path->next_try) {
        boundary_ask(probe, boundary, &path->wire, path->knocking.port);
        path->began = now;
        path->next_try = now + boundary_wait(path);
    }
    path_plan(probe, look);
}

/* ---- hops ---- */

static enum wire_way hop_way(const struct about *path)
{
    if (path->answers[WAY_UDP] && !path->answers[WAY_ECHO])
        return WAY_UDP;
    return path->wire.echo.fd >= 0 ? WAY_ECHO : WAY_UDP;
}

void hops_step(struct probe *probe)
{
    struct about *path = about_of(probe);
    unsigned bound = mtu_search_bound(&path->search);
    if (bound != path->boundary.size) { /* a late answer: it was not the boundary */
        go_on(probe);
        return;
    }
    if (probe_now(probe) < path->next_try) {
        path_plan(probe, path->next_try);
        return;
    }
    if (path->tries == HOP_TRIES) {
        path_known(probe);
        return;
    }
    hops_ask(probe, &path->hops, &path->wire, hop_way(path), bound);
    path->tries++;
    path->next_try = probe_now(probe) + path_patience(path);
    path_plan(probe, path->next_try);
}
