/* trust: opening a file that says what this process does: a playbook, its includes, a plan.
 *
 * As root such a file, and the folder that it lies in, must belong to root or to who called sudo,
 * and be writable by nobody else; so must the folder of each link that leads to it. Owner and mode
 * are those of what was opened, and the file is opened in the folder that was looked at: nobody can
 * put another in its place in between. Whoever is not root is asked nothing.
 *
 * Source: open(2), O_PATH and O_NOFOLLOW; path_resolution(7).
 */
#ifndef PLAYBOOK_TRUST_H
#define PLAYBOOK_TRUST_H

#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"

/* A regular file, for reading; a FIFO, device or folder is refused unopened. `caller`: who called
 * sudo, 0 where nobody did. -1 with `error`, whose code is ENOENT where there is none. */
int trust_open(struct arena *arena, const char *path, uid_t caller, struct error *error);

#endif
