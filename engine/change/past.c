#include "engine/change/past.h"

#include <unistd.h>

#include "engine/change/marker.h"
#include "engine/io/machine.h"

/* What a change of an earlier start of the kernel set is gone with it. */
static bool is_void(struct arena *arena, const struct journal_entry *entry)
{
    return entry->boot && !text_equal(entry->boot, machine_boot_id(arena));
}

static bool is_left(struct past *past, const struct journal_entry *entry, enum past_part part)
{
    if (entry->state == ENTRY_UNDONE || is_void(past->arena, entry))
        return false;
    past->kept = past->kept || (entry->state == ENTRY_KEPT && part == PAST_UNSETTLED);
    return part == PAST_ALL || entry->state != ENTRY_KEPT;
}

static bool read_changes(struct past *past, const struct action *const *registry,
                         enum past_part part, struct error *error)
{
    struct journal_entry *entries;
    size_t count;
    if (!journal_entries(past->journal, registry, past->arena, past->run.id, &entries, &count,
                         error))
        return false;
    past->changes = arena_alloc(past->arena, (count + 1) * sizeof(*past->changes));
    for (size_t i = 0; i < count; i++)
        if (is_left(past, &entries[i], part))
            past->changes[past->count++] = entries[i].change;
    return true;
}

bool past_open(struct past *past, const struct programs *programs,
               const struct action *const *registry, const char *folder, uint64_t id,
               enum past_part part, bool wait, struct error *error)
{
    *past = (struct past){.arena = arena_new(), .programs = *programs, .lock = -1};
    past->journal = journal_open(folder, false, error);
    bool there = past->journal && journal_run(past->journal, past->arena, id, &past->run, error);
    journal_close(&past->journal);
    if (there) {
        past->lock = marker_lock(wait, error);
        past->journal = past->lock >= 0 ? journal_open(folder, true, error) : NULL;
        past->programs.lock = past->lock;
    }
    /* Read again: whoever held the lock may have changed it meanwhile. */
    if (past->journal && journal_run(past->journal, past->arena, past->run.id, &past->run, error) &&
        read_changes(past, registry, part, error))
        return true;
    past_close(past);
    return false;
}

void past_close(struct past *past)
{
    journal_close(&past->journal);
    if (past->lock >= 0)
        close(past->lock);
    past->lock = -1;
    arena_free(&past->arena);
}

static struct transaction transaction_of(struct past *past)
{
    return (struct transaction){.programs = &past->programs,
                                .journal = past->journal,
                                .run = past->run.id,
                                .arena = past->arena};
}

bool past_stands(struct past *past, struct error *error)
{
    struct transaction transaction = transaction_of(past);
    return transaction_stands(&transaction, past->changes, past->count, error);
}

/* The marker may speak of another run by now. */
static bool settle(struct past *past, enum run_state state, struct error *error)
{
    struct marker marker = marker_look(past->arena);
    return journal_set_run(past->journal, past->run.id, state, error) &&
           (marker.run != past->run.id || marker_empty(past->lock, error));
}

bool past_undo(struct past *past, bool force, struct error *error)
{
    struct transaction transaction = transaction_of(past);
    struct error none;
    if (transaction_undo(&transaction, past->changes, past->count, force, error))
        return settle(past, past->kept ? RUN_KEPT : RUN_UNDONE, error);
    journal_set_run(past->journal, past->run.id, RUN_FAILED, &none);
    return false;
}

bool past_keep(struct past *past, struct error *error)
{
    for (size_t i = 0; i < past->count; i++)
        if (!journal_set_entry(past->journal, &past->changes[i], ENTRY_KEPT, error))
            return false;
    return settle(past, RUN_KEPT, error);
}
