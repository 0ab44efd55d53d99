/* owners: which processes hold sockets.
 *
 * Under Landlock nobody reads what other processes hold. An executor that is going to confine
 * itself starts a finder before: a process that can do this and nothing else.
 */
#ifndef PLAYBOOK_OWNERS_H
#define PLAYBOOK_OWNERS_H

#include "engine/action.h"

struct owners_finder;

/* Lives in `arena`, ends with this process or owners_end(). NULL with `error`. */
struct owners_finder *owners_start(struct arena *arena, struct error *error);
/* For a fork of this process: the finder is not its own. */
void owners_leave(struct owners_finder *finder);
void owners_end(struct owners_finder *finder);

/* Fills in who holds the sockets, as far as the finder may know; NULL: this process. */
void owners_find(struct owners_finder *finder, struct socket_owner *owners, size_t count);

#endif
