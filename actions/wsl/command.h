/* command: the value of boot.command, which WSL gives to `/bin/sh -c` at every start of the distro.
 */
#ifndef PLAYBOOK_WSL_COMMAND_H
#define PLAYBOOK_WSL_COMMAND_H

#include "engine/action.h"

/* `argv` (a list of strings) as one command of sh: words that need it stand in single quotes. */
const char *command_quote(struct arena *arena, const struct value *argv);

/* `existing` with `added` behind it; `existing` itself where it runs `added` already. False where
 * nothing can be put behind it: an open quote, a comment, a trailing backslash. */
bool command_join(struct arena *arena, const char *existing, const char *added, const char **joined,
                  struct error *error);

#endif
