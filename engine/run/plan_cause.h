/* plan_cause: the plan of one cause: its fix and persist steps, with the answers they need. */
#ifndef PLAYBOOK_PLAN_CAUSE_H
#define PLAYBOOK_PLAN_CAUSE_H

#include "engine/run/state.h"

/* Adds the changes of the fix of `repair->cause` to the plan and fills in the range of `repair`,
 * and what restart they need; where only that is missing, it is the plan. False with `error`, and
 * then nothing was added. */
bool plan_cause(struct run *run, struct repair *repair, struct error *error);

/* Adds those of `persist`; where they cannot be planned, none. */
void plan_persist(struct run *run, struct repair *repair);

#endif
