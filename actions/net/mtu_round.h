/* mtu_round: several sizes in flight at once, and when silence about them means something.
 *
 * Pure but for the TCP segments that its trials hold. The owner sends, counts `tries`, and says
 * what passed and what was refused; a round is over when no trial is open.
 */
#ifndef PLAYBOOK_NET_MTU_ROUND_H
#define PLAYBOOK_NET_MTU_ROUND_H

#include "actions/net/mtu_segment.h"

enum { ROUND_TRIALS_MOST = 40, ROUND_TRIES_SEGMENT = 2 /* TCP repeats by itself */ };

/* The ways a round uses. */
enum { BY_ECHO = 1, BY_UDP = 2, BY_TCP = 4 };

struct trial {
    unsigned size;
    enum { TRIAL_OPEN, TRIAL_PASSED, TRIAL_SILENT, TRIAL_REFUSED } state;
    struct segment segment;
    bool capped; /* the destination accepts no TCP segment of that size */
};

struct round {
    unsigned uses;                          /* BY_... */
    bool confirms;                          /* asks about the boundary once more, with patience */
    struct trial trials[ROUND_TRIALS_MOST]; /* by ascending size */
    size_t count;
    size_t first_packet;   /* of this round */
    unsigned tries;        /* made so far */
    bool control_answered; /* a small datagram sent behind the sizes of this round */
    bool small_way_passed; /* something passed by a way with small answers */
};

void round_begin(struct round *round, const unsigned *sizes, size_t count, unsigned uses);
bool round_open(const struct round *round);

/* Smaller sizes pass too; larger ones are refused too. */
void round_passed(struct round *round, unsigned size);
void round_refused(struct round *round, unsigned size);
/* What is still open was not heard of. */
void round_silent(struct round *round);

/* Silence so far means that the open sizes do not pass. */
bool round_tried_enough(const struct round *round);

#endif
