/* session: the two processes of a command that asks the machine. This one becomes the executor, its
 * fork the prober, before any playbook byte is read. */
#ifndef PLAYBOOK_SESSION_H
#define PLAYBOOK_SESSION_H

#include "engine/change/executor.h"
#include "engine/cli/command.h"
#include "engine/io/output.h"

struct session_options {
    bool dry_run;                   /* nothing is ever applied */
    bool yes;                       /* apply without asking */
    bool restart;                   /* WSL may be restarted after the run */
    bool free;                      /* what looks is not confined */
    const char *playbook;           /* as it was typed, for the journal */
    FILE *plans;                    /* where plans are shown; NULL: nowhere */
    const struct saved_plan *saved; /* nothing else is applied; NULL: anything may be */
    const struct waits *waits;      /* what an earlier run left to wait; NULL: nothing */
    struct output *output;          /* where a plan is saved; NULL: nowhere */
};

/* Runs `work` in the prober, with cli->executor to ask, and serves it; returns its exit code. */
int session_run(struct cli *cli, const struct session_options *options,
                int (*work)(struct cli *cli, const void *data), const void *data);

/* Is there a terminal to ask a person on? */
bool session_has_terminal(void);

#endif
