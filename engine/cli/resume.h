/* resume: going on with a run that waited for a restart, for `playbook resume` and for a run that
 * finds one. */
#ifndef PLAYBOOK_RESUME_H
#define PLAYBOOK_RESUME_H

#include "engine/cli/order.h"

/* What waits for a restart, out of this user's journal; count 0: nothing. False with `error`. */
bool resume_find(struct cli *cli, struct waits *waits, struct error *error);

/* Verifies it where the restart has happened, keeps it or takes it back, and goes on with its
 * playbook as `order` says. Returns the exit code. */
int resume_run(struct cli *cli, struct order *order, const struct waits *waits);

#endif
