/* keyed: what the actions that take a section and a key of a settings file share. */
#ifndef PLAYBOOK_WSL_KEYED_H
#define PLAYBOOK_WSL_KEYED_H

#include "actions/wsl/guest.h"

/* The first two arguments of such an action. */
/* clang-format off */
#define KEYED_ARGUMENTS \
    {.name = "section", \
     .type = {.kind = KIND_STRING}, \
     .flags = ARGUMENT_LITERAL, \
     .doc = {"the section, without brackets", "セクション名（角括弧なし）"}}, \
    {.name = "key", \
     .type = {.kind = KIND_STRING}, \
     .flags = ARGUMENT_LITERAL, \
     .doc = {"a key that WSL knows in that section; it decides the type of the value", \
             "そのセクションでWSLが認識するキー。値の型はキーで決まる"}}
/* clang-format on */

/* Fields of wslconfig.get and wslconf.get. */
extern const struct field keyed_fields[];

/* action.check: the key must be one that WSL knows in that section of that file. */
bool keyed_check_wslconfig(const struct arguments *literals, struct finding *finding);
bool keyed_check_wslconf(const struct arguments *literals, struct finding *finding);

/* action.type_of: of the fields `value` and `effective`, and of the argument `value`. */
bool keyed_type_wslconfig(const struct arguments *literals, const char *name, struct type *type);
bool keyed_type_wslconf(const struct arguments *literals, const char *name, struct type *type);

/* The key that the arguments name; NULL: WSL knows none of that name. */
const struct wsl_key *keyed_key(enum ini_file file, const struct arguments *arguments);

/* Sets present, value, reason and line. `not_in_force`: why what the file says is not so now, or
 * NULL. */
void keyed_set_fields(struct probe *probe, const struct settings *settings,
                      const struct wsl_key *key, bool exists, const char *not_in_force);

#endif
