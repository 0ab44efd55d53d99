/* Packets in question go first: where they pass, they are answered before their controls, and a
 * host that answers one datagram a second answers one of them. */
#include "actions/net/mtu_boundary.h"

enum { DATAGRAMS = 22 /* three rounds with their one control */ };
#define GRACE ((int64_t)20 * NS_PER_MS) /* for answers that were overtaken */

void boundary_begin(struct boundary *boundary, enum way by, unsigned size)
{
    *boundary =
        (struct boundary){.by = by, .size = size, .control = size - 1, .chance = SILENCE_NONE};
    for (size_t i = 0; i < BOUNDARY_SEGMENTS; i++)
        boundary->segments[i].fd = -1;
}

void boundary_close(struct probe *probe, struct boundary *boundary)
{
    for (size_t i = 0; i < BOUNDARY_SEGMENTS; i++)
        segment_close(probe, &boundary->segments[i]);
}

void boundary_ask(struct probe *probe, struct boundary *boundary, struct wire *wire, unsigned port)
{
    boundary->first_packet = wire->count;
    boundary->complete = 0;
    boundary->rounds++;
    if (boundary->by == BY_UDP) {
        for (unsigned i = 0; i < DATAGRAMS; i++)
            (void)wire_send(probe, wire, WAY_UDP, boundary->size, 0);
        (void)wire_send(probe, wire, WAY_UDP, boundary->control, 0);
        return;
    }
    for (size_t i = 0; i < BOUNDARY_SEGMENTS; i++) {
        unsigned size = i % 2 ? boundary->control : boundary->size;
        if (boundary->by == BY_ECHO)
            (void)wire_send(probe, wire, WAY_ECHO, size, 0);
        else
            segment_open(probe, &boundary->segments[i], &wire->to, port, size);
    }
    if (boundary->by == BY_TCP) /* a router says "too big" to this one in a way that we can read */
        (void)wire_send(probe, wire, WAY_UDP, boundary->size, 0);
}

bool boundary_look(struct probe *probe, struct boundary *boundary)
{
    bool passed = false;
    for (size_t i = 0; i < BOUNDARY_SEGMENTS && boundary->by == BY_TCP; i++) {
        segment_look(probe, &boundary->segments[i]);
        passed |= i % 2 == 0 && boundary->segments[i].state == SEGMENT_ARRIVED;
    }
    return passed;
}

struct counts {
    unsigned asked, controls, answered;
};

static struct counts count_packets(const struct boundary *boundary, const struct wire *wire)
{
    struct counts counts = {0};
    enum wire_way way = boundary->by == BY_ECHO ? WAY_ECHO : WAY_UDP;
    for (size_t i = boundary->first_packet; i < wire->count; i++) {
        const struct wire_packet *packet = &wire->packets[i];
        if (packet->way != way || packet->ttl)
            continue;
        counts.asked += packet->size == boundary->size;
        counts.controls += packet->size == boundary->control;
        counts.answered += packet->size == boundary->control && packet->answered;
    }
    return counts;
}

static struct counts count_segments(const struct boundary *boundary)
{
    struct counts counts = {0};
    for (size_t i = 0; i < BOUNDARY_SEGMENTS; i++) {
        enum segment_state state = boundary->segments[i].state;
        bool left = state == SEGMENT_LEFT || state == SEGMENT_ARRIVED;
        counts.asked += i % 2 == 0 && left;
        counts.controls += i % 2 == 1 && left;
        counts.answered += i % 2 == 1 && state == SEGMENT_ARRIVED;
    }
    return counts;
}

static bool segment_waits(const struct segment *segment, int64_t now, int64_t wait)
{
    switch (segment->state) {
    case SEGMENT_CONNECTING:
    case SEGMENT_CONNECTED:
        return now < segment->opened + wait;
    case SEGMENT_LEFT:
        return now < segment->left + wait;
    default:
        return false;
    }
}

bool boundary_round_over(const struct probe *probe, struct boundary *boundary,
                         const struct wire *wire, int64_t began, int64_t wait)
{
    int64_t now = probe_now(probe);
    if (boundary->by != BY_TCP) {
        struct counts counts = count_packets(boundary, wire);
        if (!boundary->complete && counts.answered == counts.controls)
            boundary->complete = now;
        return now >= began + wait || (boundary->complete && now >= boundary->complete + GRACE);
    }
    for (size_t i = 0; i < BOUNDARY_SEGMENTS; i++)
        if (segment_waits(&boundary->segments[i], now, wait))
            return false;
    return true;
}

void boundary_end_round(struct probe *probe, struct boundary *boundary, const struct wire *wire)
{
    struct counts counts =
        boundary->by == BY_TCP ? count_segments(boundary) : count_packets(boundary, wire);
    for (size_t i = 0; i < BOUNDARY_SEGMENTS; i++) {
        enum segment_state state = boundary->segments[i].state;
        boundary->held += i % 2 == 0 && segment_is_held(state);
        boundary->capped += state == SEGMENT_CAPPED;
    }
    boundary->chance =
        silence_after(boundary->chance, counts.asked, counts.controls, counts.answered);
    boundary_close(probe, boundary);
}
