/* edit: changes one setting in the bytes of a .wslconfig or wsl.conf and keeps every other byte:
 * comments, order, blank lines, CRLF, byte order mark, UTF-16, a missing last newline.
 *
 * The result is read again before it is returned: it is what WSL reads as wanted, and every other
 * setting reads as before, or the edit fails.
 */
#ifndef PLAYBOOK_WSL_EDIT_H
#define PLAYBOOK_WSL_EDIT_H

#include "actions/wsl/keys.h"

struct document {
    enum ini_file file;
    const char *name;  /* the file itself: "/etc/wsl.conf" */
    const char *asked; /* the name it was asked for by: the same, or a link to it */
    const char *bytes;
    size_t length;
};

/* Sets `key` to `value`. The line that counts gets the new value, also where its old one is
 * invalid; without one, a line is added to the end of its section (`section`: the name as the
 * author gave it, for a new section), and a section to the end of the file. Nothing changes where
 * WSL reads `value` already. In wsl.conf nothing is added below a line at which WSL stops: that is
 * an error. `document` is replaced. */
bool edit_set(struct arena *arena, struct document *document, const struct wsl_key *key,
              const char *section, const struct value *value, struct error *error);

/* Removes every line of `key` that WSL sees. An inline comment stays as a line of its own. */
bool edit_unset(struct arena *arena, struct document *document, const struct wsl_key *key,
                struct error *error);

#endif
