/* Counting what silence is worth. Of all ways to choose the `answered` ones among the packets of a
 * round, those that choose controls only: C(controls, answered) / C(asked + controls, answered). */
#include "actions/net/mtu_silence.h"

enum { TRIES_MOST = 12 };
#define EVIDENCE 1e-4
#define MISSED   0.01

silence silence_after(silence before, unsigned asked, unsigned controls, unsigned answered)
{
    for (unsigned i = 0; i < answered && i < controls; i++)
        before *= (double)(controls - i) / (asked + controls - i);
    return before;
}

bool silence_is_evidence(silence chance)
{
    return chance <= EVIDENCE;
}

/* Krichevsky and Trofimov's estimate. */
double loss_seen(unsigned sent, unsigned answered)
{
    unsigned lost = sent > answered ? sent - answered : 0;
    return (lost + 0.5) / (sent + 1.0);
}

unsigned loss_tries(double loss)
{
    unsigned tries = 1;
    for (double missed = loss; missed > MISSED && tries < TRIES_MOST; missed *= loss)
        tries++;
    return tries;
}
