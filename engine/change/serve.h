/* serve: the executor's side of the seam (executor.h is the prober's).
 *
 * It starts programs, answers what the prober may not ask the kernel, shows plans, asks the person,
 * and is the only one that changes the machine. It believes nothing: a change must be one that its
 * fix declares and that the playbook allows, and only what the person agreed to is applied.
 */
#ifndef PLAYBOOK_SERVE_H
#define PLAYBOOK_SERVE_H

#include "engine/change/ledger.h"
#include "engine/change/owners.h"
#include "engine/change/saved.h"

/* How the person is shown plans and asked; the command line fills it in. */
struct person {
    void *context;
    /* Asks a yes-or-no question and calls `done` from the loop with 1 or 0. False, and `done` is
     * not called, where there is no terminal. One question at a time. */
    bool (*ask)(void *context, const char *question, void (*done)(void *data, int yes), void *data);
    /* The question is no longer asked; its `done` will not be called. */
    void (*withdraw)(void *context);
    /* A line that the person types, NULL where there is no terminal. */
    const char *(*line)(void *context, struct arena *arena, const char *question);
    /* Shows a plan, of which changes[persist..count) come after verify. */
    void (*show)(void *context, const struct change *changes, size_t count, size_t persist);
    /* Writes a plan to the file that the command line named. NULL: it named none. */
    bool (*save)(void *context, const struct saved_plan *plan, struct error *error);
    /* Something went wrong that the prober can no longer tell. */
    void (*warn)(void *context, const char *message);
};

struct serve {
    struct programs programs;
    const struct action *const *registry; /* NULL-terminated */
    struct person person;
    int64_t patience;     /* how long an owner whose connection was cut may take to come back and
                             confirm     what was changed (SIGUSR1); 0: there is no connection to cut */
    const char *question; /* before a fix, in the person's language */
    struct owners_finder *finder;   /* NULL: this process finds owners itself */
    bool dry_run;                   /* nothing is ever applied */
    bool yes;                       /* apply without asking */
    bool restart;                   /* WSL is restarted after the run, where that is the fix */
    bool free;                      /* what looks is not confined */
    bool only_waits;                /* nothing is applied beyond what waits */
    struct ledger_options ledger;   /* where and as what its changes are written down */
    const struct saved_plan *saved; /* nothing else is applied; NULL: anything may be */
};

/* Serves the process `prober` over `end` until it ends; takes over `end`. Returns its wait status.
 * What it applied and did not keep is taken back. */
int serve(const struct serve *serve, int end, pid_t prober);

#endif
