/* command: one subcommand of `playbook`, and what all of them share.
 *
 * One subcommand = one file cmd_NAME.c with one constant declaration. Only engine/cli prints usage,
 * reads the environment and knows exit codes.
 */
#ifndef PLAYBOOK_COMMAND_H
#define PLAYBOOK_COMMAND_H

#include "engine/change/executor.h"
#include "engine/cli/options.h"
#include "engine/io/sandbox.h"
#include "engine/lang/playbook.h"
#include "engine/report/terminal.h"

/* Exit codes that are not outcomes of a run (language reference §7). */
enum { EXIT_OK = 0, EXIT_INVALID = 2 };

struct cli {
    struct arena *arena;
    const char *const *arguments; /* as typed, from the command's name on; NULL-terminated */
    const struct action *const *registry;
    const char *language;           /* "en", "ja", ... from LC_ALL, LC_MESSAGES, LANG */
    bool utf8;                      /* the locale's encoding */
    bool colour_allowed;            /* no NO_COLOR, TERM is not dumb */
    const char *const *environment; /* for started programs: the own one in the C locale */
    struct executor *executor;      /* of a prober (session.h); NULL: nobody can be asked */
    struct sandbox_state sandbox;   /* what this process has given up */
    const char *state_folder;       /* of this user's journal; NULL: no home */
    const char *config_folder;      /* of this user's playbooks; NULL: none, or this is root */
    uid_t caller;                   /* of sudo; 0: nobody called it */
    bool silence; /* a file system did not answer: no other that may hang is waited for */
};

struct command {
    const char *name;
    const char *operands; /* for the usage: "FILE|NAME"; "" for none */
    struct words summary;
    const struct option *options; /* ends with a NULL name */
    bool unconfined; /* main() does not confine it: it does so itself, or reads no playbook */
    int (*run)(struct cli *cli, const struct options *options);
};

/* The words of the person's language. */
const char *cli_words(const struct cli *cli, struct words words);

/* "playbook: message" and the hint, on standard error. Returns EXIT_INVALID. */
int cli_refuse(const struct error *error);
/* Ends a process that was forked and does not go back to main(). */
_Noreturn void cli_leave(int code);
/* The exit code once all output is written: where it cannot be, that is said, and is no success. */
int cli_flush(int code);

/* All diagnostics on standard error, as people read them. Returns EXIT_INVALID. */
int cli_show_diagnostics(struct cli *cli, struct diagnostics *diagnostics);

#endif
