/* A change is planned, then done or failed, then undone. Failed ones are undone as well: what a
 * change did before it failed is not known, prepare() saw the state before. */
#include "engine/change/transaction.h"

static bool apply_one(const struct programs *programs, struct arena *arena, struct change *change,
                      struct error *error)
{
    if (!change->kind->prepare(change, arena, programs, error)) {
        change->state = CHANGE_PLANNED;
        return false;
    }
    change->state = CHANGE_FAILED;
    if (!change->kind->apply(change, arena, programs, error))
        return false;
    change->state = CHANGE_DONE;
    return true;
}

bool transaction_apply(const struct programs *programs, struct arena *arena, struct change *changes,
                       size_t count, struct error *error, bool *clean)
{
    *clean = true;
    for (size_t i = 0; i < count; i++) {
        if (apply_one(programs, arena, &changes[i], error))
            continue;
        struct error undo_error;
        *clean = transaction_undo(programs, arena, changes, i + 1, &undo_error);
        if (!*clean)
            error_hint(error, "and it could not be taken back: %s", undo_error.message);
        return false;
    }
    return true;
}

/* Each is measured as soon as it is undone: what it saw before is the work of the ones before it,
 * which are undone next. Two changes of one file differ from each other's start. */
static bool undo_one(const struct programs *programs, struct arena *arena, struct change *change,
                     struct error *error)
{
    bool undone = change->kind->undo(change, arena, programs, error);
    change->state = undone ? CHANGE_UNDONE : CHANGE_FAILED;
    if (!undone)
        return false;
    const char *difference = change->kind->differs(change, arena, programs);
    return !difference || error_set(error, "%s", difference);
}

bool transaction_undo(const struct programs *programs, struct arena *arena, struct change *changes,
                      size_t count, struct error *error)
{
    bool clean = true;
    for (size_t i = count; i > 0; i--) {
        struct change *change = &changes[i - 1];
        if (change->state == CHANGE_DONE || change->state == CHANGE_FAILED)
            clean = undo_one(programs, arena, change, error) && clean;
    }
    return clean;
}
