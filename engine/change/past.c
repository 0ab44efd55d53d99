#include "engine/change/past.h"

#include <errno.h>
#include <unistd.h>

#include "engine/change/marker.h"

/* A safeguard goes when the others are kept: it never stays with them. */
static bool is_left(struct past *past, const struct journal_entry *entry, enum past_part part)
{
    bool kept = entry->state == ENTRY_KEPT && !entry->change.kind->safeguard;
    if (entry->state == ENTRY_UNDONE || change_is_gone(&entry->change))
        return false;
    past->kept = past->kept || (kept && part == PAST_UNSETTLED);
    return part == PAST_ALL || (!kept && entry->state != ENTRY_WAITING);
}

static bool read_changes(struct past *past, const struct action *const *registry,
                         enum past_part part, struct error *error)
{
    struct journal_entry *entries;
    size_t count;
    if (!journal_entries(past->journal, registry, past->arena, past->run.id, &entries, &count,
                         error))
        return false;
    if (part == PAST_UNSETTLED &&
        !journal_waits(past->journal, past->arena, past->run.id, &(struct journal_wait *){NULL},
                       &past->waiting, error))
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
    struct error none;
    *past = (struct past){.arena = arena_new(), .programs = *programs, .lock = -1};
    past->differences.arena = past->arena;
    past->folder = arena_string(past->arena, folder);
    past->part = part;
    past->journal = journal_open(folder, false, error);
    bool opened = past->journal;
    bool there = opened && journal_run(past->journal, past->arena, id, &past->run, error);
    journal_close(&past->journal);
    /* A run that was cut off before it was in the journal has changed nothing. */
    if (opened && !there && error->code == ENOENT)
        (void)marker_forget(id, &none); /* else it is told of again */
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

uint64_t past_later(struct past *past, const struct action *const *registry)
{
    struct journal_run *runs;
    struct journal_entry *entries;
    size_t run_count, count;
    struct error error;
    uint64_t later = 0;
    if (!journal_runs(past->journal, past->arena, &runs, &run_count, &error))
        return 0;
    for (size_t i = 0; i < run_count; i++) {
        if (runs[i].id <= past->run.id || !journal_entries(past->journal, registry, past->arena,
                                                           runs[i].id, &entries, &count, &error))
            continue;
        for (size_t j = 0; j < count; j++)
            if (entries[j].state == ENTRY_KEPT && runs[i].id > later &&
                changes_have(past->changes, past->count, entries[j].change.target))
                later = runs[i].id;
    }
    return later;
}

static struct transaction transaction_of(struct past *past)
{
    return (struct transaction){.programs = &past->programs,
                                .journal = past->journal,
                                .run = past->run.id,
                                .arena = past->arena,
                                .differences = &past->differences};
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
    if (!journal_set_run(past->journal, past->run.id, state, error))
        return false;
    if (state == RUN_PENDING) {
        marker.state = run_state_name(state);
        return marker.run != past->run.id || marker_write(past->lock, &marker, error);
    }
    return journal_end_waits(past->journal, past->run.id, error) &&
           (marker.run != past->run.id || marker_empty(past->lock, error));
}

bool past_is_kept(const struct past *past)
{
    return past->part == PAST_UNSETTLED && past->run.state == RUN_KEPT;
}

/* A run that was settled is open again until it is undone: a crash half way is found. What is left
 * of one that is kept are its safeguards. */
static bool reopen(struct past *past, struct error *error)
{
    struct marker earlier = marker_look(past->arena);
    struct marker marker = marker_of(&past->run, run_state_name(RUN_OPEN), past->folder);
    struct error none;
    if (past->run.state == RUN_OPEN || past_is_kept(past))
        return true;
    if (marker_write(past->lock, &marker, error) &&
        (past->part == PAST_ALL ? journal_reopen(past->journal, past->run.id, error)
                                : journal_set_run(past->journal, past->run.id, RUN_OPEN, error)))
        return true;
    if (!earlier.run)
        (void)marker_empty(past->lock, &none); /* else it says of a settled run that it is not */
    return false;
}

static enum run_state state_after(const struct past *past)
{
    return past->waiting ? RUN_PENDING : past->kept ? RUN_KEPT : RUN_UNDONE;
}

bool past_undo(struct past *past, bool force, struct error *error)
{
    struct transaction transaction = transaction_of(past);
    struct error none;
    if (past->count > 0 && !reopen(past, error))
        return false;
    past->begun = true;
    if (transaction_undo(&transaction, past->changes, past->count, force, error))
        return settle(past, state_after(past), error);
    journal_set_run(past->journal, past->run.id, RUN_FAILED, &none);
    return false;
}

/* What was about to be made, and is not there, is not kept. */
static bool keep_one(struct past *past, struct change *change, struct error *error)
{
    struct transaction transaction = transaction_of(past);
    if (change->kind->safeguard)
        return transaction_undo(&transaction, change, 1, false, error);
    bool made =
        change->state == CHANGE_DONE || change->kind->differs(change, past->arena, &past->programs);
    past->kept = past->kept || made;
    return journal_set_entry(past->journal, change, made ? ENTRY_KEPT : ENTRY_UNDONE, error);
}

bool past_keep(struct past *past, struct error *error)
{
    for (size_t i = 0; i < past->count; i++)
        if (!keep_one(past, &past->changes[i], error))
            return false;
    return settle(past, past->kept ? RUN_KEPT : RUN_UNDONE, error);
}
