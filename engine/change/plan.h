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
};

/* Adds the changes of one fix. `answers` are those to action->needs, in order. */
bool plan_fix(struct plan *plan, const struct action *action, const struct value *arguments,
              const struct answer *answers, struct error *error);

/* The first right that changes[from..to) lack. */
enum right plan_lacks(const struct plan *plan, size_t from, size_t to);

/* For the kinds: adds an empty change of this fix. */
struct change *plan_add(struct planner *planner, const struct change_kind *kind,
                        const char *target);
struct plan *planner_plan(struct planner *planner);

#endif
