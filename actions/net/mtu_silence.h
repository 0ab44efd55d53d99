/* mtu_silence: when silence is evidence, whatever the loss.
 *
 * Packets in question are sent together with controls, which are known to pass. If those in
 * question passed as well, loss would strike both kinds alike: that of all packets the ones
 * answered were controls is then a matter of chance, and how small a one can be counted (Fisher's
 * exact test). No loss has to be estimated: the more there is, the fewer controls are answered and
 * the longer it takes. The chance multiplies over rounds, and looking after each makes it no better
 * (the inverse is a martingale; Ville's inequality). Pure.
 */
#ifndef PLAYBOOK_NET_MTU_SILENCE_H
#define PLAYBOOK_NET_MTU_SILENCE_H

#include <stdbool.h>

/* The chance that mere loss has made the silence so far. Begin with SILENCE_NONE. */
typedef double silence;
#define SILENCE_NONE 1.0

/* A round: `asked` packets in question, sent before or among the `controls`, none of them answered,
 * and `answered` of the controls. */
silence silence_after(silence before, unsigned asked, unsigned controls, unsigned answered);
/* One in ten thousand, or less. */
bool silence_is_evidence(silence chance);

/* The share of round trips that are lost, as seen: never 0, and a half where nothing was seen. */
double loss_seen(unsigned sent, unsigned answered);
/* How often something has to be tried until it has probably got through (all but 1 %). */
unsigned loss_tries(double loss);

#endif
