/* safeguard: what lies on the machine only while a run is neither kept nor taken back, for when the
 * run cannot take its changes back any more: the file beside .wslconfig that a double click runs in
 * Windows (undo_file_change.c), and what the next start of the machine runs (boot.c). They are
 * changes of their own, made before the first of the run and taken back when it is settled.
 */
#ifndef PLAYBOOK_SAFEGUARD_H
#define PLAYBOOK_SAFEGUARD_H

#include "engine/change/kind.h"

struct transaction;

struct safeguards {
    struct change *changes;
    size_t count;
};

/* The ones for changes[0..persist); nothing that one of changes[0..count) needs as it is now is
 * touched. What cannot be made here is left out. */
struct safeguards safeguards_plan(struct arena *arena, const struct change *changes, size_t persist,
                                  size_t count);

/* Takes them back, or without `all` only what the next start of the machine runs: a run that waits
 * for a restart, or that a person has to decide, is not taken back by itself, and those that a
 * person starts stay as long as there is something that they put back. False with `error`: one of
 * them is left, which finds nothing to do. */
bool safeguards_remove(struct safeguards *safeguards, const struct transaction *transaction,
                       bool all, bool force, struct error *error);

/* For those who plan them: adds an empty one that stands or falls with `change`. */
struct change *safeguards_add(struct safeguards *safeguards, struct arena *arena,
                              const struct change_kind *kind, const struct change *change,
                              const char *target);

/* Each adds its own. */
void undo_files_plan(struct safeguards *safeguards, struct arena *arena,
                     const struct change *changes, size_t count);
void boot_plan(struct safeguards *safeguards, struct arena *arena, const struct change *changes,
               size_t persist, size_t count);

/* The files and links of boot_plan(). */
extern const struct touch boot_touches[];

/* For boot_plan(): a file or link as a safeguard (file_change.c). Adds nothing where the path is
 * not as `before` says. */
void file_safeguard(struct safeguards *safeguards, struct arena *arena, const struct change *change,
                    const char *path, const struct path_state *before,
                    const struct path_state *after);

#endif
