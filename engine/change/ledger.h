/* ledger: one run's hold on the machine: the lock, the journal, its row in it, the marker. Opened
 * when the first change is about to be made, so that a run that changes nothing costs nothing. */
#ifndef PLAYBOOK_LEDGER_H
#define PLAYBOOK_LEDGER_H

#include "engine/change/transaction.h"
#include "engine/change/wait.h"

struct ledger_options {
    const char *folder; /* of the journal */
    const struct action *const *registry;
    const char *const *environment; /* of the guard's programs */
    const char *playbook;           /* as it was typed */
    const char *command;
    bool free;                 /* looking is not confined */
    const struct waits *waits; /* of the run that is gone on with; NULL: a new one */
};

struct ledger {
    const struct ledger_options *options;
    int lock;  /* -1: not open */
    int guard; /* the pipe to it; -1: none */
    struct journal *journal;
    struct journal_run run;
    bool kept;      /* some of its changes stay */
    size_t waiting; /* fixes of it that wait for a restart */
};

struct ledger ledger_new(const struct ledger_options *options);
void ledger_close(struct ledger *ledger);

/* Before the changes of a repair: the run is open, and says so. False with `error`: somebody else
 * holds the machine, an earlier run is not finished, there is no journal, no guard can be started.
 * Nothing is changed then, and no run is open. */
bool ledger_begin(struct ledger *ledger, struct error *error);

/* Has the run made such a change before, that still stands? */
bool ledger_has(struct ledger *ledger, const struct change *change, struct arena *arena);

/* The marker says that the run waits for its owner's confirmation. */
bool ledger_wait(struct ledger *ledger, struct error *error);

/* What `wait` did, and has waited, counts as unverified from here on. */
bool ledger_end_wait(struct ledger *ledger, uint64_t wait, struct error *error);

/* The verdict: what was done stays, and so does what `wait` (0: none) did, which is over... */
bool ledger_keep(struct ledger *ledger, uint64_t wait, struct error *error);
/* ... or it waits for a restart. Whoever settles the run from here on, after a crash too, takes
 * back its safeguards alone. */
bool ledger_await_restart(struct ledger *ledger, const struct wait *wait, struct error *error);

/* After them: the verdict is told, and the safeguards that do not stay are gone... */
bool ledger_settled(struct ledger *ledger, struct error *error);
/* ... or the changes are gone, whole or not... */
bool ledger_undone(struct ledger *ledger, bool whole, struct error *error);
/* ... or waits on. */
bool ledger_wait_on(struct ledger *ledger, struct error *error);

#endif
