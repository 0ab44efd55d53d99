/* The journal is read before the prober is forked; the playbook that it names is read in there, and
 * only where it is still the same, byte for byte. */
#include "engine/cli/resume.h"

#include <errno.h>

#include "engine/cli/undo.h"

static bool find_run(struct cli *cli, struct journal *journal, struct waits *waits,
                     struct error *error)
{
    struct journal_run *runs;
    size_t count;
    if (!journal_runs(journal, cli->arena, &runs, &count, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (runs[i].state != RUN_PENDING)
            continue;
        waits->run = runs[i];
        return waits_load(waits, journal, cli->registry, cli->arena, error);
    }
    return true;
}

bool resume_find(struct cli *cli, struct waits *waits, struct error *error)
{
    struct marker marker = marker_look(cli->arena);
    *waits = (struct waits){.count = 0};
    if (undo_is_lost(cli, &marker, error))
        return false;
    if (marker.run && !undo_is_own(cli, &marker)) {
        error_set(error, "%s is not yours", marker_words(cli->arena, &marker));
        error_hint(error, "that user can go on with it");
        return false;
    }
    struct journal *journal = NULL;
    if (cli->state_folder)
        journal = journal_open(cli->state_folder, false, error);
    if (!journal)
        return !cli->state_folder || error->code == ENOENT;
    bool found = find_run(cli, journal, waits, error);
    journal_close(&journal);
    return found;
}

int resume_run(struct cli *cli, struct order *order, const struct waits *waits)
{
    order->name = waits->items[0].origin.name;
    order->waits = waits;
    enum effective restart = waits_for(waits, cli->arena);
    if (restart == EFFECTIVE_NOW)
        return order_carry_out(cli, order);
    return order_end_early(cli, order, OUTCOME_RESTART_PENDING, restart,
                           restart == EFFECTIVE_WSL_RESTART
                               ? "WSL has not been restarted since the change"
                               : "this distribution has not been restarted since the change");
}
