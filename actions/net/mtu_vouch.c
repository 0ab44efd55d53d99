/* Pings with every TTL up to the nearest one that is answered, and datagrams that end there. RFC
 * 1812 §5.3.1 (TTL); silence counts as in mtu_silence.h, the controls being pings of the nearest
 * TTL. */
#include "actions/net/mtu_vouch.h"

enum { PER_ROUND = 5 };
/* Many routers say "time exceeded" once a second and no more. */
#define LIMITED ((int64_t)1100 * NS_PER_MS)

void vouch_begin(struct vouch *vouch, bool behind_gateway)
{
    *vouch = (struct vouch){
        .behind_gateway = behind_gateway, .nearest = VOUCH_HOPS_MOST + 1, .chance = SILENCE_NONE};
}

/* Beyond the most: without a limit. */
static unsigned ttl_at(unsigned distance)
{
    return distance > VOUCH_HOPS_MOST ? 0 : distance;
}

/* Datagrams to the nearest place where a ping is answered, and to those right behind it. */
static void ask_beyond(struct probe *probe, struct vouch *vouch, struct wire *wire, unsigned n)
{
    if (vouch->nearest + n > VOUCH_HOPS_MOST)
        return;
    vouch->asked = vouch->asked ? vouch->asked : probe_now(probe);
    (void)wire_send(probe, wire, WAY_UDP, WIRE_SMALL, vouch->nearest);
    if (n > 0)
        (void)wire_send(probe, wire, WAY_UDP, WIRE_SMALL, vouch->nearest + n);
}

void vouch_ask(struct probe *probe, struct vouch *vouch, struct wire *wire)
{
    vouch->first_packet = wire->count;
    for (unsigned n = 0; n < PER_ROUND; n++) {
        /* How far it is is not known yet: one of each is enough. */
        for (unsigned hop = 1; hop < vouch->nearest && (vouch->rounds > 0 || n == 0); hop++)
            if (!vouch->expired[hop])
                (void)wire_send(probe, wire, WAY_ECHO, WIRE_SMALL, hop);
        if (vouch->rounds > 0)
            ask_beyond(probe, vouch, wire, n);
        (void)wire_send(probe, wire, WAY_ECHO, WIRE_SMALL, ttl_at(vouch->nearest));
    }
    vouch->rounds++;
}

void vouch_take(struct vouch *vouch, const struct wire *wire, const struct wire_event *event)
{
    unsigned hop = event->packet->ttl;
    bool echo = event->packet->way == WAY_ECHO, arrived = event->kind == WIRE_ARRIVED;
    bool expired = event->kind == WIRE_EXPIRED;
    if (hop == 0 || hop > VOUCH_HOPS_MOST)
        return;
    if (!echo && expired && endpoint_same_address(&event->from, &wire->to))
        arrived = true; /* the host is a router that hands datagrams on */
    if (!echo && arrived)
        vouch->reached[hop] = true;
    else if (expired)
        *(echo ? &vouch->expired[hop] : &vouch->forwards[hop]) = true;
    else if (arrived && hop < vouch->nearest) {
        vouch->nearest = hop;
        vouch->moved = true;
        vouch->chance = SILENCE_NONE; /* what was silent so far was not asked against this one */
    }
}

static bool nearer_all_known(const struct vouch *vouch)
{
    for (unsigned hop = 1; hop < vouch->nearest; hop++)
        if (!vouch->expired[hop])
            return false;
    return true;
}

bool vouch_measured(const struct vouch *vouch)
{
    return vouch->rounds == 1 && vouch->nearest <= VOUCH_HOPS_MOST && nearer_all_known(vouch);
}

enum verdict vouch_verdict(const struct vouch *vouch, int64_t now)
{
    for (unsigned hop = vouch->nearest; hop <= VOUCH_HOPS_MOST; hop++)
        if (vouch->forwards[hop])
            return VOUCH_PRETENDER;
    if (vouch->nearest == 1 && vouch->behind_gateway)
        return VOUCH_PRETENDER;
    bool there = vouch->nearest > VOUCH_HOPS_MOST || vouch->reached[vouch->nearest];
    bool silent = silence_is_evidence(vouch->chance) && (there || now >= vouch->asked + LIMITED);
    return silent || (there && nearer_all_known(vouch)) ? VOUCH_HOST : VOUCH_OPEN;
}

/* Of each hop in question as many were sent as controls, so that one chance holds for each of them,
 * but for a round that has only found out how far it is. */
void vouch_end_round(struct vouch *vouch, const struct wire *wire)
{
    unsigned answered = 0;
    for (size_t i = vouch->first_packet; i < wire->count; i++) {
        const struct wire_packet *packet = &wire->packets[i];
        answered +=
            packet->way == WAY_ECHO && packet->ttl == ttl_at(vouch->nearest) && packet->answered;
    }
    if (vouch->rounds > 1 && !vouch->moved)
        vouch->chance = silence_after(vouch->chance, PER_ROUND, PER_ROUND, answered);
    vouch->moved = false;
}
