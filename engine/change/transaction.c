/* A change is planned, then done or failed, then undone. Failed ones are undone as well: what a
 * change did before it failed is not known, prepare() saw the state before.
 *
 * The journal knows of a change before the machine does, and of its undoing after: whenever the
 * process ends, what is written there brings back the state before. */
#include "engine/change/transaction.h"

static bool apply_one(const struct transaction *transaction, struct change *change,
                      struct error *error)
{
    const struct change_kind *kind = change->kind;
    struct arena *arena = transaction->arena;
    const struct programs *programs = transaction->programs;
    if ((kind->fits && !kind->fits(change, arena, programs, error)) ||
        (kind->prepare && !kind->prepare(change, arena, programs, error)) ||
        !journal_intend(transaction->journal, transaction->run, change, error))
        return false;
    /* Writing that down took its time: compared again right before the change. */
    if (kind->fits && !kind->fits(change, arena, programs, error))
        return false;
    change->state = CHANGE_FAILED;
    if (!kind->apply(change, arena, programs, error) ||
        (kind->note && !kind->note(change, arena, programs, error)) ||
        !journal_set_entry(transaction->journal, change, ENTRY_DONE, error))
        return false;
    change->state = CHANGE_DONE;
    return true;
}

bool transaction_apply(const struct transaction *transaction, struct change *changes, size_t count,
                       struct error *error, bool *clean)
{
    *clean = true;
    for (size_t i = 0; i < count; i++) {
        if (apply_one(transaction, &changes[i], error))
            continue;
        struct error undo_error;
        *clean = transaction_undo(transaction, changes, i + 1, false, &undo_error);
        if (!*clean)
            error_hint(error, "and it could not be taken back: %s", undo_error.message);
        return false;
    }
    return true;
}

static bool shows(const struct change *change)
{
    return change->state == CHANGE_DONE || change->state == CHANGE_FAILED;
}

static bool is_covered(const struct change *changes, size_t count, size_t index)
{
    for (size_t i = index + 1; i < count; i++)
        if (shows(&changes[i]) && change_same(&changes[i], &changes[index]))
            return true;
    return false;
}

bool transaction_stands(const struct transaction *transaction, struct change *changes, size_t count,
                        struct error *error)
{
    for (size_t i = count; i > 0; i--) {
        struct change *change = &changes[i - 1];
        if (shows(change) && !is_covered(changes, count, i - 1) &&
            !change->kind->stands(change, transaction->arena, transaction->programs, error))
            return false;
    }
    return true;
}

/* Each is measured as soon as it is undone: what it saw before is the work of the ones before it,
 * which are undone next. Two changes of one file differ from each other's start. */
static bool try_undo(const struct transaction *transaction, struct change *change,
                     struct error *error)
{
    const struct change_kind *kind = change->kind;
    change->state = CHANGE_FAILED;
    if (!kind->undo(change, transaction->arena, transaction->programs, error))
        return false;
    const char *difference = kind->differs(change, transaction->arena, transaction->programs);
    return !difference || error_set(error, "%s", difference);
}

/* What could not be undone may be as before all the same, but not on the disk. */
static void name_difference(const struct transaction *transaction, const struct change *change,
                            const char *difference, const char *why)
{
    struct differences *differences = transaction->differences;
    struct arena *arena = differences->arena;
    const char *what =
        difference ? difference
                   : arena_format(arena, "'%s': it may not outlast a power cut", change->target);
    differences_add(differences,
                    text_equal(what, why) ? what : arena_format(arena, "%s (%s)", what, why));
    if (!difference)
        differences_add_line(differences, "sync");
    else if (change->kind->by_hand)
        change->kind->by_hand(change, differences);
}

/* Twice: a machine that refuses once may have had a bad moment. */
static void write_state(const struct transaction *transaction, struct change *change,
                        enum entry_state state)
{
    struct error error;
    if (!journal_set_entry(transaction->journal, change, state, &error) &&
        !journal_set_entry(transaction->journal, change, state, &error))
        transaction->differences->untold =
            arena_string(transaction->differences->arena, error.message);
}

/* Half undone must be told from changed by somebody else, whoever comes next; what somebody else
 * has changed keeps its state in the journal, so that it is compared again. */
static bool undo_one(const struct transaction *transaction, struct change *change, bool force,
                     struct error *error)
{
    const struct change_kind *kind = change->kind;
    struct arena *arena = transaction->arena;
    const struct programs *programs = transaction->programs;
    bool ours = kind->stands(change, arena, programs, error) ||
                kind->stands(change, arena, programs, error) || force;
    enum entry_state was = change->state == CHANGE_DONE ? ENTRY_DONE : ENTRY_FAILED;
    if (ours)
        write_state(transaction, change, ENTRY_UNDOING);
    if (ours && !force && !kind->stands(change, arena, programs, error)) {
        ours = false;
        write_state(transaction, change, was);
    }
    bool undone =
        ours && (try_undo(transaction, change, error) || try_undo(transaction, change, error));
    change->state = undone ? CHANGE_UNDONE : CHANGE_FAILED;
    if (!undone)
        name_difference(transaction, change, kind->differs(change, arena, programs),
                        error->message);
    if (ours)
        write_state(transaction, change, undone ? ENTRY_UNDONE : ENTRY_FAILED);
    return undone;
}

bool transaction_undo(const struct transaction *transaction, struct change *changes, size_t count,
                      bool force, struct error *error)
{
    bool clean = true;
    for (size_t i = count; i > 0; i--)
        if (shows(&changes[i - 1]))
            clean = undo_one(transaction, &changes[i - 1], force, error) && clean;
    return clean || differences_error(transaction->differences, error);
}
