/* snapshot: a path as it stands, with everything that a restore must bring back: content or link
 * target, mode, owner, times, extended attributes, and the times of its folder. */
#ifndef PLAYBOOK_SNAPSHOT_H
#define PLAYBOOK_SNAPSHOT_H

#include <sys/stat.h>

#include "engine/action.h"
#include "engine/base/record.h"
#include "engine/change/differences.h"
#include "engine/io/replace.h"

struct snapshot {
    const char *path;
    bool exists;
    struct stat status;
    const char *bytes; /* of a regular file */
    size_t length;
    const char *target;     /* of a link */
    const char *attributes; /* as attributes_take() packs them */
    size_t attributes_length;
    struct timespec folder_times[2];
};

/* False with `error` for what cannot be saved whole (unreadable, neither file nor link), and for
 * what gives rights to whoever runs it: a restore could be made to give them. */
bool snapshot_take(struct arena *arena, const char *path, struct snapshot *snapshot,
                   struct error *error);

/* The same for a plan, before anything is changed: an interrupt ends it too (bounded_look()). */
bool snapshot_glance(struct arena *arena, const char *path, struct snapshot *snapshot,
                     struct error *error);

/* As if nothing had stood there. */
void snapshot_empty(struct snapshot *snapshot);

/* How a file that takes its place must look: as it, but for the times; of a missing one, 0644. */
struct file_look snapshot_look(const struct snapshot *snapshot);

/* Brings it back; does nothing where nothing differs. */
bool snapshot_restore(struct arena *arena, const struct snapshot *snapshot, struct error *error);

void snapshot_write(const struct snapshot *snapshot, struct text *record);
/* False where it is none, or of another path. */
bool snapshot_read(struct snapshot *snapshot, const char *path, struct reading *reading);

/* Kind, content and link target are the same. */
bool snapshot_same_content(const struct snapshot *a, const struct snapshot *b);

/* What differs from the snapshot now: NULL, or "'/etc/wsl.conf': content". */
const char *snapshot_differs(struct arena *arena, const struct snapshot *snapshot);

/* Adds the shell line that brings it back, but for extended attributes; none where the content is
 * too long for one. */
void snapshot_by_hand(const struct snapshot *snapshot, struct differences *differences);

#endif
