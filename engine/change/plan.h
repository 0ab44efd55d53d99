/* plan: the ordered changes of a fix, and how fixes add to it.
 *
 * plan_fix() runs one fix action's planner. Later steps see the files as earlier ones will leave
 * them. Nothing of the machine changes here.
 */
#ifndef PLAYBOOK_PLAN_H
#define PLAYBOOK_PLAN_H

#include "engine/change/kind.h"

struct plan {
    struct arena *arena;
    struct change *changes;
    size_t count;
    size_t base; /* changes before this one are history: they are not laid over the machine */
    size_t list; /* index of the first change of the list (fix or persist) being planned: two edits
                    of one file become one change only inside a list */
    enum effective restart;        /* what that list needs before it is in force */
    const struct action *restarts; /* the fix that needs it */
};

/* Adds the changes of one fix. `answers` are those to action->needs, in order. */
bool plan_fix(struct plan *plan, const struct action *action, const struct value *arguments,
              const struct answer *answers, struct error *error);

/* Where the list planned last changes nothing, and what it sets is not in force: adds the restart
 * that brings it. */
void plan_restart_alone(struct plan *plan);

/* The first right that changes[from..to) lack. */
enum right plan_lacks(const struct plan *plan, size_t from, size_t to);

/* For the kinds: adds an empty change of this fix. */
struct change *plan_add(struct planner *planner, const struct change_kind *kind,
                        const char *target);
struct plan *planner_plan(struct planner *planner);

/* For the kinds: what this fix plans is in force after that restart. */
void plan_raise_restart(struct planner *planner, enum effective restart);

#endif
