/* order: what `run` and `apply` share: a playbook is loaded, run and reported, in the two processes
 * of a session. */
#ifndef PLAYBOOK_ORDER_H
#define PLAYBOOK_ORDER_H

#include "engine/change/saved.h"
#include "engine/change/wait.h"
#include "engine/cli/command.h"
#include "engine/run/result.h"

/* What the command line says, for both processes. */
struct order {
    const char *name;              /* of the playbook */
    const struct options *options; /* --set, where there is no plan */
    const struct saved_plan *plan; /* the only one that may be applied; NULL: any */
    const struct waits *waits;     /* of the run that is gone on with; NULL: a new one */
    const char *save;              /* the file for the plan; NULL: none */
    size_t jobs;
    bool json, dry_run, yes;
    bool restart; /* WSL, where a change needs it */
    bool free;    /* what looks is not confined */
};

#define OPTION_YES                                                                                 \
    {                                                                                              \
        "yes", 'y', NULL,                                                                          \
        {                                                                                          \
            "apply without asking", "確認せずに適用する"                                  \
        }                                                                                          \
    }
#define OPTION_JSON                                                                                \
    {                                                                                              \
        "json", 0, NULL,                                                                           \
        {                                                                                          \
            "one JSON document on standard output", "結果をJSONで標準出力に出す"        \
        }                                                                                          \
    }
#define OPTION_NO_SANDBOX                                                                          \
    {                                                                                              \
        "no-sandbox", 0, NULL,                                                                     \
        {                                                                                          \
            "do not confine what looks", "調べる側のプロセスを隔離しない"           \
        }                                                                                          \
    }
#define OPTION_JOBS                                                                                \
    {                                                                                              \
        "jobs", 'j', "N",                                                                          \
        {                                                                                          \
            "probes in flight at most (64)", "同時に実行するプローブの上限(64)"      \
        }                                                                                          \
    }

/* Reads the four above. */
bool order_read(struct order *order, const struct options *options, struct error *error);

/* Returns the exit code. */
int order_carry_out(struct cli *cli, const struct order *order);

/* Ends before anything is asked; returns the exit code. */
int order_end_early(struct cli *cli, const struct order *order, enum outcome outcome,
                    enum effective restart, const char *why);

/* With --json also what is wrong with the command line is a document. Returns EXIT_INVALID. */
int order_refuse(struct cli *cli, const struct order *order, const struct error *error);

#endif
