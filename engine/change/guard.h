/* guard: the automatic revert of a run's changes. A process of its own, armed before the first
 * change: its own session, deaf to hang-ups, without terminal and lock. It outlives the run's
 * terminal and the run. When the executor ends without having settled the run, or has not settled
 * it within GUARD_PATIENCE, the guard takes the lock, asks the journal whether the run is still
 * open, and takes back what is still as the run left it.
 */
#ifndef PLAYBOOK_GUARD_H
#define PLAYBOOK_GUARD_H

#include "engine/action.h"

/* No verification takes so long: an executor that is silent for so long hangs. */
enum { GUARD_PATIENCE_S = 15 * 60 };

struct guard_options {
    const char *folder; /* of the journal */
    const struct action *const *registry;
    const char *const *environment;
    uint64_t run;
};

/* The pipe that the guard listens to, -1 with `error`. Its closing is the alarm. */
int guard_start(const struct guard_options *options, struct error *error);

/* The run is kept or taken back, and the journal says so: the guard ends. */
void guard_settle(int *guard);

#endif
