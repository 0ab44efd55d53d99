/* Which ways the destination answers on, all asked at once: pings, datagrams to closed ports, TCP;
 * and whether pings are to be believed. */
#include "actions/net/mtu_path.h"

enum {
    HELLOS = 6,
    HELLOS_REFUSED = 2, /* where a router or a rule of this machine says no */
};
#define HELLO_EVERY MS(500)
#define HOPE        MS(1300) /* for a TCP port, where another way answers: a SYN sent twice */
#define HOPE_ALONE  SECONDS(4)
#define SYN_AGAIN   SECONDS(1) /* a SYN that is answered later was lost (RFC 6298) */
#define STRAGGLE    MS(50)     /* between the answers to what was sent at once */

static void choose_way(struct about *path)
{
    path->by = path->answers[WAY_ECHO] ? BY_ECHO : path->knocking.port > 0 ? BY_TCP : BY_UDP;
    path->reason = NULL;
}

/* Pings, the cheapest way, alone are enough to go on with; TCP may join later. */
static bool hello_over(struct probe *probe)
{
    struct about *path = about_of(probe);
    int64_t now = probe_now(probe);
    bool echo = path->answers[WAY_ECHO], udp = path->answers[WAY_UDP];
    bool knocked = knocking_over(probe, &path->knocking, echo || udp ? HOPE : HOPE_ALONE);
    if (path->knocking.port && !path->connects) {
        path_note_answer(path, now, path->knocking.round_trip);
        path->handshake = path->knocking.round_trip;
        path->connects = 1;
        path->joined = now < path->knocking.began + SYN_AGAIN;
    }
    bool waited = now >= path->first_answer + path->longest / 2 + STRAGGLE;
    if (echo)
        return udp || waited;
    bool listens = path->knocking.port > 0;
    return waited && (listens || (udp && knocked));
}

static void hello_ends(struct probe *probe)
{
    struct about *path = about_of(probe);
    choose_way(path);
    if (path->by == BY_ECHO) {
        path_enter(path, VOUCH);
        vouch_begin(&path->vouch, path->behind_gateway);
        path_plan(probe, 0);
    } else {
        ask_start(probe);
    }
}

void hello_step(struct probe *probe)
{
    struct about *path = about_of(probe);
    int64_t now = probe_now(probe);
    if (!path->knocking.began)
        knocking_start(probe, &path->knocking, &path->wire.to);
    if (hello_over(probe)) {
        hello_ends(probe);
        return;
    }
    if (!path->first_answer && now >= path->next_try &&
        path->tries >= (path->reason ? HELLOS_REFUSED : HELLOS)) {
        path_silent(probe);
        return;
    }
    if (now >= path->next_try) {
        if (path->wire.echo.fd >= 0)
            path_send(probe, WAY_ECHO, WIRE_SMALL);
        path_send(probe, WAY_UDP, WIRE_SMALL);
        path->tries++;
        path->next_try = now + HELLO_EVERY;
    }
    path_plan(probe, now + LOOK_EVERY);
}

/* Without pings it is said hello once more, for they kept the other ways from being waited for. */
static void unmask(struct probe *probe)
{
    struct about *path = about_of(probe);
    wire_close_echo(probe, &path->wire);
    path->no_echo = "a gateway on the way answers pings in its place";
    path->answers[WAY_ECHO] = false;
    path->first_answer = path->answers[WAY_UDP] ? path->first_answer : 0;
    path_enter(path, HELLO);
    path_plan(probe, 0);
}

void vouch_step(struct probe *probe)
{
    struct about *path = about_of(probe);
    int64_t now = probe_now(probe);
    enum verdict verdict = vouch_verdict(&path->vouch, now);
    if (verdict == VOUCH_OPEN && (now >= path->next_try || vouch_measured(&path->vouch))) {
        if (path->vouch.rounds)
            vouch_end_round(&path->vouch, &path->wire);
        verdict = vouch_verdict(&path->vouch, now);
        if (verdict == VOUCH_OPEN)
            vouch_ask(probe, &path->vouch, &path->wire);
        path->next_try = now + path_patience(path) * (path->vouch.rounds > 2 ? 2 : 1);
    }
    if (verdict == VOUCH_OPEN)
        path_plan(probe, path->next_try);
    else if (verdict == VOUCH_HOST)
        ask_start(probe);
    else
        unmask(probe);
}
