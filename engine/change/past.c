#include "engine/change/past.h"

#include <errno.h>
#include <unistd.h>

#include "engine/change/marker.h"

static bool is_left(struct past *past, const struct journal_entry *entry, enum past_part part)
{
    if (entry->state == ENTRY_UNDONE || change_is_gone(&entry->change))
        return false;
    past->kept = past->kept || (entry->state == ENTRY_KEPT && part == PAST_UNSETTLED);
    return part == PAST_ALL || (entry->state != ENTRY_KEPT && entry->state != ENTRY_WAITING);
}

/* It never stays with what is kept; only those that a person starts wait with what waits. */
static bool is_left_over(const struct journal_entry *entry, enum past_part part)
{
    return entry->state != ENTRY_UNDONE && (entry->state != ENTRY_WAITING || part == PAST_ALL ||
                                            entry->change.kind == &boot_file_kind);
}

static bool read_changes(struct past *past, enum past_part part, struct error *error)
{
    struct journal_entry *entries;
    size_t count;
    if (!journal_entries(past->journal, past->registry, past->arena, past->run.id, &entries, &count,
                         error))
        return false;
    if (part == PAST_UNSETTLED &&
        !journal_waits(past->journal, past->arena, past->run.id, &(struct journal_wait *){NULL},
                       &past->waiting, error))
        return false;
    past->changes = arena_alloc(past->arena, (count + 1) * sizeof(*past->changes));
    past->safeguards.changes = arena_alloc(past->arena, (count + 1) * sizeof(*past->changes));
    for (size_t i = 0; i < count; i++)
        if (entries[i].change.kind->safeguard) {
            if (is_left_over(&entries[i], part))
                past->safeguards.changes[past->safeguards.count++] = entries[i].change;
        } else if (is_left(past, &entries[i], part)) {
            past->changes[past->count++] = entries[i].change;
        }
    return true;
}

bool past_open(struct past *past, const struct programs *programs,
               const struct action *const *registry, const char *folder, uint64_t id,
               enum past_part part, bool wait, struct error *error)
{
    struct error none;
    *past = (struct past){
        .arena = arena_new(), .programs = *programs, .registry = registry, .lock = -1};
    past->differences.arena = past->arena;
    past->folder = arena_string(past->arena, folder);
    past->part = part;
    past->journal = journal_open(folder, false, error);
    bool opened = past->journal;
    bool there = opened && journal_run(past->journal, past->arena, id, &past->run, error);
    journal_close(&past->journal);
    /* A run that was cut off before it was in the journal has changed nothing. */
    if (id && opened && !there && error->code == ENOENT)
        (void)marker_forget(id, folder, &none); /* else it is told of again */
    if (there) {
        past->lock = marker_lock(wait, error);
        past->journal = past->lock >= 0 ? journal_open(folder, true, error) : NULL;
        past->programs.lock = past->lock;
    }
    /* Read again: whoever held the lock may have changed it meanwhile. */
    if (past->journal && journal_run(past->journal, past->arena, past->run.id, &past->run, error) &&
        read_changes(past, part, error))
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

static bool is_covered_by(const struct past *past, const struct journal_entry *later)
{
    const struct change *change = &later->change;
    if (later->state == ENTRY_UNDONE || change->kind->safeguard || change_is_gone(change))
        return false;
    for (size_t i = 0; i < past->count; i++)
        if (change_same(&past->changes[i], change))
            return true;
    return false;
}

uint64_t past_later(struct past *past)
{
    struct journal_run *runs;
    struct journal_entry *entries;
    size_t run_count, count;
    struct error error;
    uint64_t later = 0;
    if (!journal_runs(past->journal, past->arena, &runs, &run_count, &error))
        return 0;
    for (size_t i = 0; i < run_count; i++) {
        if (runs[i].id <= past->run.id ||
            !journal_entries(past->journal, past->registry, past->arena, runs[i].id, &entries,
                             &count, &error))
            continue;
        for (size_t j = 0; j < count; j++)
            if (runs[i].id > later && is_covered_by(past, &entries[j]))
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
static bool tell(struct past *past, enum run_state state, struct error *error)
{
    struct marker marker = marker_look(past->arena);
    if (!marker_names(&marker, past->run.id, past->folder))
        return true;
    if (run_is_settled(state))
        return marker_empty(past->lock, error);
    bool told = text_equal(marker.state, run_state_name(state));
    marker.state = run_state_name(state);
    return told || marker_write(past->lock, &marker, error);
}

static bool settle(struct past *past, enum run_state state, struct error *error)
{
    return journal_set_run(past->journal, past->run.id, state, error) &&
           (state == RUN_PENDING || journal_end_waits(past->journal, past->run.id, error)) &&
           tell(past, state, error);
}

static void drop_safeguards(struct past *past, bool all, bool force)
{
    struct transaction transaction = transaction_of(past);
    struct error error;
    if (!safeguards_remove(&past->safeguards, &transaction, all, force, &error))
        past->left = arena_string(past->arena, error.message);
}

bool past_is_decided(const struct past *past)
{
    return past->part == PAST_UNSETTLED &&
           (past->run.state == RUN_PENDING || run_is_settled(past->run.state));
}

bool past_finish(struct past *past, struct error *error)
{
    if (past->run.state != RUN_OPEN)
        drop_safeguards(past, past->run.state != RUN_FAILED, false);
    return tell(past, past->run.state, error);
}

/* Of this journal, and a crash came before the marker was emptied. */
static bool is_over(struct past *past, const struct marker *marker)
{
    struct journal_run run;
    struct error none;
    return text_equal(marker->folder, past->folder) &&
           journal_run(past->journal, past->arena, marker->run, &run, &none) &&
           run_is_settled(run.state);
}

/* A run that was settled is open again until it is undone: a crash half way is found. */
static bool reopen(struct past *past, struct error *error)
{
    struct marker earlier = marker_look(past->arena);
    struct marker marker = marker_of(&past->run, run_state_name(RUN_OPEN), past->folder);
    struct error none;
    if (past->run.state == RUN_OPEN)
        return true;
    if (earlier.run && !marker_names(&earlier, past->run.id, past->folder) &&
        !is_over(past, &earlier)) {
        error_set(error, "%s is not finished", marker_words(past->arena, &earlier));
        error_hint(error, "that one has to be taken back or kept first");
        return false;
    }
    if (marker_write(past->lock, &marker, error) &&
        (past->part == PAST_ALL ? journal_reopen(past->journal, past->run.id, error)
                                : journal_set_run(past->journal, past->run.id, RUN_OPEN, error)))
        return true;
    (void)(earlier.run ? marker_write(past->lock, &earlier, &none)
                       : marker_empty(past->lock, &none)); /* it is not open after all */
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
    if (transaction_undo(&transaction, past->changes, past->count, force, error)) {
        drop_safeguards(past, true, force);
        return settle(past, state_after(past), error);
    }
    if (journal_set_run(past->journal, past->run.id, RUN_FAILED, &none))
        (void)tell(past, RUN_FAILED, &none); /* the journal decides */
    drop_safeguards(past, false, force);
    return false;
}

/* What was about to be made, and is not there, is not kept. */
static bool write_kept(struct past *past, struct error *error)
{
    for (size_t i = 0; i < past->count; i++) {
        const struct change *change = &past->changes[i];
        if (!journal_set_entry(past->journal, change,
                               change->state == CHANGE_DONE ? ENTRY_KEPT : ENTRY_UNDONE, error))
            return false;
        past->kept = past->kept || change->state == CHANGE_DONE;
    }
    past->run.state = past->kept || !past->count ? RUN_KEPT : RUN_UNDONE;
    return journal_set_run(past->journal, past->run.id, past->run.state, error) &&
           journal_end_waits(past->journal, past->run.id, error);
}

bool past_keep(struct past *past, struct error *error)
{
    for (size_t i = 0; i < past->count; i++) {
        struct change *change = &past->changes[i];
        if (change->state != CHANGE_DONE &&
            change->kind->differs(change, past->arena, &past->programs))
            change->state = CHANGE_DONE;
    }
    if (!journal_begin_step(past->journal, error) ||
        !journal_end_step(past->journal, write_kept(past, error), error))
        return false;
    drop_safeguards(past, true, false);
    return tell(past, past->run.state, error);
}
