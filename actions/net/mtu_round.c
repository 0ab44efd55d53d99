/* The trials of one round of net.path_mtu. Linux answers a datagram to a closed port six times,
 * then once a second (icmp_ratelimit in icmp(7)): silence of such a host is no evidence by itself.
 */
#include "actions/net/mtu_round.h"

#include "actions/net/mtu_silence.h"

enum {
    TRIES_LEAST = 2,
    TRIES_LIMITED = 3, /* of a host that answers a datagram only once a second */
    HELD_MOST = 3,     /* by then a router would have said so about one of our datagrams too */
};

void round_begin(struct round *round, const unsigned *sizes, size_t count, enum way by)
{
    *round = (struct round){.by = by, .count = count};
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

bool round_tried_enough(const struct round *round, double loss)
{
    unsigned wanted = loss_tries(loss);
    if (round->by == BY_ECHO)
        return round->tries >= (wanted < TRIES_LEAST ? TRIES_LEAST : wanted);
    /* A host that limits its answers is silent for that too, unless it answered a smaller datagram
     * that came behind. */
    bool telling = round->control_answered || any_in(round, TRIAL_PASSED);
    return round->tries > 0 && (telling || round->tries > TRIES_LIMITED);
}

bool trial_tried_enough(const struct trial *trial, double loss)
{
    return trial->held >= HELD_MOST || trial->left >= loss_tries(loss * loss);
}
