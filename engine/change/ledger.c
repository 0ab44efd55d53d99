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

static bool mark(struct ledger *ledger, struct error *error)
{
    struct marker marker = {.run = ledger->run.id,
                            .state = run_state_name(ledger->run.state),
                            .pid = getpid(),
                            .user = geteuid(),
                            .folder = ledger->options->folder,
                            .playbook = ledger->options->playbook};
    return marker_write(ledger->lock, &marker, error);
}

static bool nothing_unfinished(struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct marker marker = marker_look(arena);
    if (!marker.run)
        return true;
    error_set(error, "%s is not finished", marker_words(arena, &marker));
    error_hint(error, "'playbook undo' takes it back, 'playbook keep' leaves it as it is");
    return false;
}

static bool open_ledger(struct ledger *ledger, struct arena *arena, struct error *error)
{
    if (!ledger->options->folder) {
        error_set(error, "there is no home to keep a journal in");
        error_hint(error, "set HOME or XDG_STATE_HOME");
        return false;
    }
    ledger->lock = marker_lock(false, error);
    if (ledger->lock < 0 || !nothing_unfinished(error))
        return false;
    ledger->journal = journal_open(ledger->options->folder, true, error);
    ledger->run = (struct journal_run){.playbook = ledger->options->playbook,
                                       .command = ledger->options->command,
                                       .boot = machine_boot_id(arena),
                                       .state = RUN_OPEN,
                                       .free = ledger->options->free};
    return ledger->journal && journal_begin(ledger->journal, &ledger->run, error);
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

bool ledger_begin(struct ledger *ledger, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    bool opened = ledger->lock >= 0;
    if (!opened && !open_ledger(ledger, arena, error)) {
        ledger_close(ledger);
        return false;
    }
    ledger->run.state = RUN_OPEN;
    return mark(ledger, error) &&
           (!opened || journal_set_run(ledger->journal, ledger->run.id, RUN_OPEN, error)) &&
           arm(ledger, error);
}

static bool settle(struct ledger *ledger, enum run_state state, struct error *error)
{
    ledger->run.state = state;
    if (!journal_set_run(ledger->journal, ledger->run.id, state, error))
        return false;
    guard_settle(&ledger->guard);
    return state == RUN_FAILED ? mark(ledger, error) : marker_empty(ledger->lock, error);
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
