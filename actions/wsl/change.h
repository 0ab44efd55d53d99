/* change: plans an edit of a settings file. */
#ifndef PLAYBOOK_WSL_CHANGE_H
#define PLAYBOOK_WSL_CHANGE_H

#include "actions/wsl/edit.h"
#include "actions/wsl/guest.h"

/* The file as the plan so far leaves it; a missing one is empty. A link is followed, so that it
 * stays a link: `document->name` is the file that will be written. */
bool change_open(struct planner *planner, enum ini_file file, const char *path,
                 struct document *document, struct error *error);

/* Plans the edit of `key` that made `document` of `before`; where no byte differs, says whether
 * what stands there is in force, by the answer to the first need, which asks for that key. */
bool change_save(struct planner *planner, const struct document *before,
                 const struct document *document, const struct wsl_key *key, struct error *error);

/* The whole of a `set` or `unset` action: `path` is the file, the arguments name section, key and,
 * for set, value; the first need is the `get` of the same key. */
bool change_setting(struct planner *planner, enum ini_file file, const char *path,
                    struct error *error);

/* Where .wslconfig is, from the answer to the first need, which is wslconfig.get. */
const char *change_wslconfig_path(struct planner *planner, struct error *error);

#endif
