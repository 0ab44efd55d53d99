/* mtu_round: several sizes in flight at once, and when the search may go on without an answer.
 *
 * Pure but for the TCP segments that its trials hold. The owner sends, counts `tries`, and says
 * what passed and what was refused; a round is over when no trial is open. Its silences are
 * guesses, cheap ones: what they end at is asked again, until the silence is evidence
 * (mtu_boundary.h).
 */
#ifndef PLAYBOOK_NET_MTU_ROUND_H
#define PLAYBOOK_NET_MTU_ROUND_H

#include "actions/net/mtu_segment.h"

enum { ROUND_TRIALS_MOST = 40 };

/* The way whose answers count. */
enum way { BY_ECHO, BY_UDP, BY_TCP };

struct trial {
    unsigned size;
    enum { TRIAL_OPEN, TRIAL_PASSED, TRIAL_SILENT, TRIAL_REFUSED } state;
    struct segment segment;
    unsigned left; /* segments that left, had their time, and were not acknowledged */
    unsigned held; /* segments that this machine did not send for their size */
};

struct round {
    enum way by;
    bool with_udp;                          /* beside it */
    struct trial trials[ROUND_TRIALS_MOST]; /* by ascending size */
    size_t count;
    size_t first_packet;   /* of this round */
    unsigned tries;        /* made so far, all trials at once */
    bool control_answered; /* a small datagram sent behind the sizes of this round */
};

void round_begin(struct round *round, const unsigned *sizes, size_t count, enum way by);
bool round_open(const struct round *round);

/* Smaller sizes pass too; larger ones are refused too. */
void round_passed(struct round *round, unsigned size);
void round_refused(struct round *round, unsigned size);
/* What is still open was not heard of. */
void round_silent(struct round *round);

/* Pings or datagrams: as many tries were made as the loss calls for. */
bool round_tried_enough(const struct round *round, double loss);
/* TCP: the same for one trial, whose segments the kernel sends twice. */
bool trial_tried_enough(const struct trial *trial, double loss);

#endif
