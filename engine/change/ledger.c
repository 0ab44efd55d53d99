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
    struct marker marker = {.run = ledger->run.id,
                            .state = state,
                            .pid = getpid(),
                            .user = geteuid(),
                            .folder = ledger->options->folder,
                            .playbook = ledger->options->playbook};
    return marker_write(ledger->lock, &marker, error);
}

static bool unfinished(struct arena *arena, const struct marker *marker, struct error *error)
{
    error_set(error, "%s is not finished", marker_words(arena, marker));
    error_hint(error, "'playbook undo' takes it back, 'playbook keep' leaves it as it is");
    return false;
}

/* Both are asked: the marker may speak of the journal of another user, and may have been lost. */
static bool nothing_unfinished(struct ledger *ledger, struct arena *arena, struct error *error)
{
    struct marker marker = marker_look(arena);
    struct journal_run *runs;
    size_t count;
    if (marker.run)
        return unfinished(arena, &marker, error);
    if (!journal_runs(ledger->journal, arena, &runs, &count, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        marker =
            (struct marker){.run = runs[i].id, .user = geteuid(), .playbook = runs[i].playbook};
        if (runs[i].state == RUN_OPEN || runs[i].state == RUN_FAILED)
            return unfinished(arena, &marker, error);
    }
    return true;
}

static bool open_ledger(struct ledger *ledger, struct arena *arena, struct error *error)
{
    if (!ledger->options->folder) {
        error_set(error, "there is no home to keep a journal in");
        error_hint(error, "set HOME or XDG_STATE_HOME");
        return false;
    }
    ledger->lock = marker_lock(false, error);
    ledger->journal = ledger->lock >= 0 ? journal_open(ledger->options->folder, true, error) : NULL;
    if (!ledger->journal || !nothing_unfinished(ledger, arena, error))
        return false;
    ledger->run = (struct journal_run){.playbook = ledger->options->playbook,
                                       .command = ledger->options->command,
                                       .boot = machine_boot_id(arena),
                                       .state = RUN_OPEN,
                                       .free = ledger->options->free};
    ledger->run.id = journal_next(ledger->journal, error);
    if (!ledger->run.id || !mark(ledger, run_state_name(ledger->run.state), error))
        return false;
    if (journal_begin(ledger->journal, &ledger->run, error))
        return true;
    struct error none;
    (void)marker_empty(ledger->lock, &none); /* else `playbook undo` does it */
    return false;
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

static bool open_again(struct ledger *ledger, struct error *error)
{
    ledger->run.state = RUN_OPEN;
    return mark(ledger, run_state_name(ledger->run.state), error) &&
           journal_set_run(ledger->journal, ledger->run.id, RUN_OPEN, error);
}

bool ledger_begin(struct ledger *ledger, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    if (ledger->lock >= 0)
        return open_again(ledger, error) && arm(ledger, error);
    if (open_ledger(ledger, arena, error))
        return arm(ledger, error);
    ledger_close(ledger);
    return false;
}

bool ledger_wait(struct ledger *ledger, struct error *error)
{
    return mark(ledger, MARKER_WAITS, error);
}

static bool settle(struct ledger *ledger, enum run_state state, struct error *error)
{
    ledger->run.state = state;
    if (!journal_set_run(ledger->journal, ledger->run.id, state, error))
        return false;
    guard_settle(&ledger->guard);
    return state == RUN_FAILED ? mark(ledger, run_state_name(ledger->run.state), error)
                               : marker_empty(ledger->lock, error);
}

bool ledger_keep(struct ledger *ledger, struct error *error)
{
    ledger->kept = true;
    return journal_keep(ledger->journal, ledger->run.id, error) && settle(ledger, RUN_KEPT, error);
}

bool ledger_undone(struct ledger *ledger, bool whole, struct error *error)
{
    return settle(ledger, !whole ? RUN_FAILED : ledger->kept ? RUN_KEPT : RUN_UNDONE, error);
}
