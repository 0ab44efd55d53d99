/* The marker is written first and emptied last: what it points to can be looked up in the journal,
 * the other way round an unfinished run would be forgotten. */
#include "engine/change/ledger.h"

#include <unistd.h>

#include "engine/change/guard.h"
#include "engine/change/marker.h"
#include "engine/io/machine.h"

struct ledger ledger_new(const struct ledger_options *options)
{
    return (struct ledger){.options = options, .lock = -1, .guard = -1};
}

void ledger_close(struct ledger *ledger)
{
    journal_close(&ledger->journal);
    if (ledger->lock >= 0)
        close(ledger->lock);
    ledger->lock = -1;
}

static bool mark(struct ledger *ledger, const char *state, struct error *error)
{
    struct marker marker = marker_of(&ledger->run, state, ledger->options->folder);
    return marker_write(ledger->lock, &marker, error);
}

static bool is_own(const struct ledger *ledger, const struct marker *marker)
{
    const struct waits *waits = ledger->options->waits;
    return waits && marker->run == waits->run.id &&
           text_equal(marker->folder, ledger->options->folder);
}

static bool unfinished(struct arena *arena, const struct marker *marker, struct error *error)
{
    if (marker_is_pending(marker)) {
        error_set(error, "%s waits for a restart", marker_words(arena, marker));
        error_hint(error, "'playbook resume' after it goes on, 'playbook undo' takes it back");
        return false;
    }
    error_set(error, "%s is not finished", marker_words(arena, marker));
    error_hint(error, "'playbook undo' takes it back, 'playbook keep' leaves it as it is");
    return false;
}

/* It may speak of the journal of another user, or of one that is lost. */
static bool marker_is_free(const struct ledger *ledger, struct arena *arena, struct error *error)
{
    struct marker marker = marker_look(arena);
    return !marker.run || is_own(ledger, &marker) || unfinished(arena, &marker, error);
}

/* The marker may have been lost. */
static bool all_settled(struct ledger *ledger, struct arena *arena, struct error *error)
{
    struct marker marker;
    struct journal_run *runs;
    size_t count;
    if (!journal_runs(ledger->journal, arena, &runs, &count, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        marker = (struct marker){.run = runs[i].id,
                                 .state = run_state_name(runs[i].state),
                                 .user = geteuid(),
                                 .folder = ledger->options->folder,
                                 .playbook = runs[i].playbook};
        if (!run_is_settled(runs[i].state) && !is_own(ledger, &marker))
            return unfinished(arena, &marker, error);
    }
    return true;
}

/* The run that waits, as it is now that the lock is held. */
static bool go_on(struct ledger *ledger, struct arena *arena, struct error *error)
{
    struct journal_run run;
    struct journal_wait *waits;
    uint64_t id = ledger->options->waits->run.id;
    if (!journal_run(ledger->journal, arena, id, &run, error) ||
        !journal_waits(ledger->journal, arena, id, &waits, &ledger->waiting, error))
        return false;
    if (run.state != RUN_PENDING)
        return error_set(error, "run %llu waits no longer: it is %s", (unsigned long long)id,
                         run_state_name(run.state));
    ledger->run.id = id;
    return true;
}

static bool open_again(struct ledger *ledger, struct error *error)
{
    ledger->run.state = RUN_OPEN;
    return mark(ledger, run_state_name(ledger->run.state), error) &&
           journal_set_run(ledger->journal, ledger->run.id, RUN_OPEN, error);
}

static bool open_ledger(struct ledger *ledger, struct arena *arena, struct error *error)
{
    if (!journal_has_home(ledger->options->folder, error))
        return false;
    ledger->lock = marker_lock(false, error);
    if (ledger->lock < 0 || !marker_is_free(ledger, arena, error))
        return false;
    ledger->journal = journal_open(ledger->options->folder, true, error);
    if (!ledger->journal || !all_settled(ledger, arena, error))
        return false;
    ledger->run = (struct journal_run){.playbook = ledger->options->playbook,
                                       .command = ledger->options->command,
                                       .boot = machine_boot_id(arena),
                                       .state = RUN_OPEN,
                                       .free = ledger->options->free};
    if (ledger->options->waits)
        return go_on(ledger, arena, error) && open_again(ledger, error);
    ledger->run.id = journal_next(ledger->journal, error);
    return ledger->run.id && mark(ledger, run_state_name(ledger->run.state), error) &&
           journal_begin(ledger->journal, &ledger->run, error);
}

static bool arm(struct ledger *ledger, struct error *error)
{
    const struct guard_options options = {.folder = ledger->options->folder,
                                          .registry = ledger->options->registry,
                                          .environment = ledger->options->environment,
                                          .run = ledger->run.id};
    ledger->guard = guard_start(&options, error);
    return ledger->guard >= 0;
}

bool ledger_has(struct ledger *ledger, const struct change *change, struct arena *arena)
{
    struct journal_entry *entries;
    struct error none;
    size_t count;
    if (!journal_entries(ledger->journal, ledger->options->registry, arena, ledger->run.id,
                         &entries, &count, &none))
        return false;
    for (size_t i = 0; i < count; i++)
        if (entries[i].state != ENTRY_UNDONE && change_same(&entries[i].change, change))
            return true;
    return false;
}

bool ledger_wait(struct ledger *ledger, struct error *error)
{
    return mark(ledger, MARKER_WAITS, error);
}

/* A run that was cut off can still be told by its marker: it is emptied last. */
bool ledger_settled(struct ledger *ledger, struct error *error)
{
    enum run_state state = ledger->run.state;
    bool open = state == RUN_FAILED || state == RUN_PENDING;
    bool told =
        open ? mark(ledger, run_state_name(state), error) : marker_empty(ledger->lock, error);
    guard_settle(&ledger->guard);
    return told;
}

static bool settle(struct ledger *ledger, enum run_state state, struct error *error)
{
    ledger->run.state = state;
    return journal_set_run(ledger->journal, ledger->run.id, state, error) &&
           ledger_settled(ledger, error);
}

static enum run_state state_after(const struct ledger *ledger)
{
    return ledger->waiting ? RUN_PENDING : ledger->kept ? RUN_KEPT : RUN_UNDONE;
}

/* Nothing was changed: what was kept or waited before still does. Where that cannot be written
 * either, `playbook undo` finds a run of which there is nothing to undo. */
static void abandon(struct ledger *ledger)
{
    struct error none;
    ledger->run.state = state_after(ledger);
    (void)journal_set_run(ledger->journal, ledger->run.id, ledger->run.state, &none);
    (void)ledger_settled(ledger, &none);
}

bool ledger_begin(struct ledger *ledger, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    bool holds = ledger->lock >= 0;
    bool begun = holds ? open_again(ledger, error) : open_ledger(ledger, arena, error);
    if (begun && arm(ledger, error))
        return true;
    if (ledger->run.id)
        abandon(ledger);
    if (!holds)
        ledger_close(ledger);
    return false;
}

bool ledger_keep(struct ledger *ledger, uint64_t wait, struct error *error)
{
    struct ledger after = *ledger;
    after.kept = true;
    after.waiting -= wait ? 1 : 0;
    after.run.state = state_after(&after);
    if (!journal_keep(ledger->journal, ledger->run.id, wait, after.run.state, error))
        return false;
    *ledger = after;
    return true;
}

bool ledger_end_wait(struct ledger *ledger, uint64_t wait, struct error *error)
{
    if (!journal_end_wait(ledger->journal, wait, error))
        return false;
    ledger->waiting--;
    return true;
}

bool ledger_undone(struct ledger *ledger, bool whole, struct error *error)
{
    return settle(ledger, whole ? state_after(ledger) : RUN_FAILED, error);
}

bool ledger_await_restart(struct ledger *ledger, const struct wait *wait, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = text_new(arena);
    wait_write(wait, &record);
    if (!journal_wait(ledger->journal, ledger->run.id, &record, error))
        return false;
    ledger->waiting++;
    ledger->run.state = RUN_PENDING;
    return true;
}

bool ledger_wait_on(struct ledger *ledger, struct error *error)
{
    return settle(ledger, RUN_PENDING, error);
}
