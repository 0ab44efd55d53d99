/* command: one subcommand of `playbook`, and what all of them share.
 *
 * One subcommand = one file cmd_NAME.c with one constant declaration. Only engine/cli prints usage,
 * reads the environment and knows exit codes.
 */
#ifndef PLAYBOOK_COMMAND_H
#define PLAYBOOK_COMMAND_H

#include <stdio.h>

#include "engine/cli/options.h"

/* Exit codes (language reference §7); EXIT_* beyond these are outcomes of a run. */
enum { EXIT_OK = 0, EXIT_INVALID = 2 };

struct cli {
    struct arena *arena;
    const struct action *const *registry;
    const char *language;           /* "en", "ja", ... from LC_ALL, LC_MESSAGES, LANG */
    const char *const *environment; /* for started programs */
    const char *config_folder;      /* $XDG_CONFIG_HOME/playbook, or below $HOME; NULL */
    bool colour_allowed;            /* no NO_COLOR, TERM is not dumb */
};

struct command {
    const char *name;
    const char *operands; /* for the usage: "FILE|NAME" */
    struct words summary;
    const struct option *options; /* ends with a NULL name */
    int (*run)(struct cli *cli, const struct options *options);
};

extern const struct command *const commands[]; /* NULL-terminated */

/* The words of the person's language. */
const char *cli_words(const struct cli *cli, struct words words);

/* "playbook: message" and the hint, on standard error. Returns EXIT_INVALID. */
int cli_refuse(const struct error *error);

#endif
