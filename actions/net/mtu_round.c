/* The trials of one round of net.path_mtu. Linux answers a datagram to a closed port six times,
 * then once a second (icmp_ratelimit in icmp(7)): silence of such a host is no evidence by itself.
 */
#include "actions/net/mtu_round.h"

enum {
    TRIES = 3,         /* before silence counts, in a round */
    TRIES_CONFIRM = 8, /* and at the boundary */
    TRIES_LIMITED = 3, /* of a host that answers a datagram only once a second */
};

void round_begin(struct round *round, const unsigned *sizes, size_t count, unsigned uses)
{
    *round = (struct round){.uses = uses, .count = count};
    for (size_t i = 0; i < count; i++)
        round->trials[i] = (struct trial){.size = sizes[i], .segment.fd = -1};
}

static bool any_in(const struct round *round, int state)
{
    for (size_t i = 0; i < round->count; i++)
        if ((int)round->trials[i].state == state)
            return true;
    return false;
}

bool round_open(const struct round *round)
{
    return any_in(round, TRIAL_OPEN);
}

void round_passed(struct round *round, unsigned size)
{
    for (size_t i = 0; i < round->count; i++)
        if (round->trials[i].size <= size)
            round->trials[i].state = TRIAL_PASSED;
}

void round_refused(struct round *round, unsigned size)
{
    for (size_t i = 0; i < round->count; i++)
        if (round->trials[i].size >= size && round->trials[i].state == TRIAL_OPEN)
            round->trials[i].state = TRIAL_REFUSED;
}

void round_silent(struct round *round)
{
    for (size_t i = 0; i < round->count; i++)
        if (round->trials[i].state == TRIAL_OPEN)
            round->trials[i].state = TRIAL_SILENT;
}

bool round_tried_enough(const struct round *round)
{
    unsigned wanted = 1;
    if (round->uses & BY_ECHO)
        wanted = round->confirms ? TRIES_CONFIRM : TRIES;
    else if (round->uses & BY_TCP)
        wanted = ROUND_TRIES_SEGMENT;
    else if (round->confirms)
        wanted = TRIES_LIMITED;
    /* A host that limits its answers is silent for that too, unless it answered a smaller datagram
     * that came behind. */
    bool telling = !(round->uses & BY_UDP) || round->control_answered ||
                   (round->uses == BY_UDP && any_in(round, TRIAL_PASSED));
    return round->tries >= wanted && (telling || round->tries >= TRIES_LIMITED + wanted);
}
