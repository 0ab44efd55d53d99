/* mtu_boundary: the last question of net.path_mtu: does one byte more than what has passed really
 * not pass, or was it only lost?
 *
 * Rounds of packets of that size, each with controls of the size that has passed, until an answer
 * comes or the silence is evidence (mtu_silence.h). By the way whose answers are smallest, so that
 * a fault of the way back is not taken for one of the way there: TCP, datagrams, pings.
 */
#ifndef PLAYBOOK_NET_MTU_BOUNDARY_H
#define PLAYBOOK_NET_MTU_BOUNDARY_H

#include "actions/net/mtu_round.h"
#include "actions/net/mtu_silence.h"
#include "actions/net/mtu_wire.h"

enum { BOUNDARY_PAIRS = 5, BOUNDARY_SEGMENTS = 2 * BOUNDARY_PAIRS };

struct boundary {
    enum way by;
    unsigned size;    /* in question */
    unsigned control; /* known to pass */
    silence chance;
    unsigned rounds; /* begun */
    size_t first_packet;
    int64_t complete; /* when all controls of the round were answered; 0: not yet */
    struct segment segments[BOUNDARY_SEGMENTS]; /* in question and control by turns */
    unsigned held;   /* segments in question that this machine did not send for their size */
    unsigned capped; /* segments of either size that the destination does not accept */
};

void boundary_begin(struct boundary *boundary, enum way by, unsigned size);
/* Starts a round. `to` and `port`: for TCP. */
void boundary_ask(struct probe *probe, struct boundary *boundary, struct wire *wire, unsigned port);
/* TCP: to be called every few milliseconds. True: a segment in question has arrived. */
bool boundary_look(struct probe *probe, struct boundary *boundary);
/* Every packet has its answer, or has had its time: `wait` after it left (for TCP: also after the
 * connection was asked for). Or every control is answered, and those in question came before them.
 */
bool boundary_round_over(const struct probe *probe, struct boundary *boundary,
                         const struct wire *wire, int64_t began, int64_t wait);
/* Counts a round that is over. */
void boundary_end_round(struct probe *probe, struct boundary *boundary, const struct wire *wire);
void boundary_close(struct probe *probe, struct boundary *boundary);

#endif
