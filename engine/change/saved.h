/* saved: a plan that was kept for later, with everything that it was made from. What was audited is
 * what is applied: a playbook, a machine or an offer that is no longer the same is told here.
 *
 * Its record (saved_write) is what counts; the file that people read is made from it
 * (report/plan_file.h).
 */
#ifndef PLAYBOOK_SAVED_H
#define PLAYBOOK_SAVED_H

#include "engine/change/kind.h"
#include "engine/change/origin.h"

enum { MOST_CHANGES = 1000, MOST_OFFERS = 1000 };

/* The fix of one cause, as the executor was offered it. */
struct saved_offer {
    const char *cause; /* ids from the top, "elsewhere/tunnel" */
    struct change *changes;
    size_t count, persist;            /* changes[persist..count) come after verify */
    const char *const *const *states; /* of each change, by its kind's state(); NULL: nothing */
};

struct saved_plan {
    struct origin origin;
    struct saved_offer *offers;
    size_t offer_count;
};

void saved_write(const struct saved_plan *plan, struct text *record);
/* False where it is none: hostile bytes are expected. */
bool saved_read(struct saved_plan *plan, const struct action *const *registry,
                struct reading *reading);

/* Notes what else of the machine the changes were planned from. */
void saved_note_states(struct saved_plan *plan, struct arena *arena);

/* Is the machine as it was when the plan was made? False with `error`, which names the difference.
 * Of several changes of one thing the first is asked: the others start from what that one leaves.
 */
bool saved_fits(const struct saved_plan *plan, struct arena *arena, const struct programs *programs,
                struct error *error);

/* Is this what was saved, byte for byte? False with `error`, which names the difference. */
bool saved_has_offer(const struct saved_plan *plan, const struct saved_offer *offer,
                     struct arena *arena, struct error *error);

#endif
