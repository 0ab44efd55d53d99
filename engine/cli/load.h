/* load: loading a playbook the way all commands do it. */
#ifndef PLAYBOOK_LOAD_H
#define PLAYBOOK_LOAD_H

#include "engine/cli/command.h"

/* --set of the command line; may be given more than once. */
#define OPTION_SET                                                                                 \
    {                                                                                              \
        "set", 0, "NAME=VALUE",                                                                    \
        {                                                                                          \
            "give a variable its value", "変数に値を与える"                                \
        }                                                                                          \
    }

/* Settings are read from `options`; a missing variable is asked for where there is an executor;
 * `only_check`: as in struct load. NULL with `diagnostics` filled. */
const struct playbook *load_playbook(struct cli *cli, const char *name,
                                     const struct options *options, bool only_check,
                                     struct diagnostics *diagnostics);

#endif
