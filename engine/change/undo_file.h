/* undo_file: what lies beside .wslconfig while a change of it is neither kept nor taken back, and
 * puts it back by a double click in Windows. */
#ifndef PLAYBOOK_UNDO_FILE_H
#define PLAYBOOK_UNDO_FILE_H

#include "engine/change/kind.h"

/* The ones that must be made before changes[0..count), as changes of their own. */
struct change *undo_files(struct arena *arena, const struct change *changes, size_t count,
                          size_t *made);

#endif
