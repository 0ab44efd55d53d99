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

/* What a playbook is made of: given are the settings, the rest is noted while it is loaded, also
 * where loading fails. */
struct ingredients {
    struct setting *settings; /* of the command line, then those that the person typed */
    size_t setting_count;
    struct source *sources; /* every text that was opened, in order; the playbook's own first */
    size_t source_count;
};

/* Adds "name=value"; false where it is none. */
bool load_setting(struct arena *arena, struct ingredients *ingredients, const char *text);

/* Reads --set. */
void load_settings(struct cli *cli, const struct options *options, struct ingredients *ingredients,
                   struct diagnostics *diagnostics);

/* A missing variable is asked for where there is an executor; `only_check`: as in struct load. NULL
 * with `diagnostics` filled. */
const struct playbook *load_playbook(struct cli *cli, const char *name,
                                     struct ingredients *ingredients, bool only_check,
                                     struct diagnostics *diagnostics);

#endif
