/* loaded: firewall chains in the kernel, as `iptables-save` prints them and `iptables-restore -n`
 * brings them back.
 *
 * A program that changes such chains may load more than what it was told to change: ufw loads its
 * files anew and so makes every difference between them and the kernel disappear. An undo command
 * cannot bring that back; the printed chains can. Packet counters do not count.
 */
#ifndef PLAYBOOK_LOADED_H
#define PLAYBOOK_LOADED_H

#include "engine/change/programs.h"

/* The chains as they are now; NULL where they cannot be told (the program is missing, or this
 * kernel has no such tables): then there is nothing to bring back. */
const char *loaded_take(const struct loaded_state *loaded, struct arena *arena,
                        const struct programs *programs);

/* Is no rule in such chains? ufw leaves them, empty, where it is switched off. */
bool loaded_is_nothing(const char *taken);

/* Are they as they were when taken? */
bool loaded_holds(const struct loaded_state *loaded, const char *taken, struct arena *arena,
                  const struct programs *programs);

/* Brings it back where it no longer holds. */
bool loaded_restore(const struct loaded_state *loaded, const char *taken, struct arena *arena,
                    const struct programs *programs, struct error *error);

#endif
