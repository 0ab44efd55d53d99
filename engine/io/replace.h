/* replace: files and links that change from one moment to the next, and durably: a temporary beside
 * the path gets content and look, is synced, takes the name by rename(2), and the folder is synced.
 * On a Windows drive, or another machine's, that last step may be refused: what has the name has
 * it, and nobody knows whether it outlasts a power cut there. The journal, which does, knows of the
 * change.
 *
 * The temporary's name is always the same for a path: what a crash left of it is found, and the
 * next replacement takes its place. Whoever replaces holds the lock of the machine. Where rename
 * cannot work (a mount point), or would part the names of one file, it is written in place. A link
 * takes one name alone.
 */
#ifndef PLAYBOOK_REPLACE_H
#define PLAYBOOK_REPLACE_H

#include <sys/types.h>
#include <time.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"

/* What a file is besides its content. */
struct file_look {
    mode_t mode; /* of a link: not used */
    bool owned;  /* set the owner, as far as this process may */
    uid_t uid;
    gid_t gid;
    const struct timespec *times; /* of access and change; NULL: now */
    const char *attributes;       /* as attributes_take() packs them */
    size_t attributes_length;
    const struct timespec *folder_times; /* of the folder, set at the end; NULL: as they become */
};

bool file_replace(const char *path, const char *bytes, size_t length, const struct file_look *look,
                  struct error *error);
bool link_replace(const char *path, const char *target, const struct file_look *look,
                  struct error *error);
/* Missing already: fine. */
bool file_remove(const char *path, const struct timespec *folder_times, struct error *error);

/* What stands there, or that nothing does, outlives a power cut. */
bool file_sync(const char *path, struct error *error);

/* Removes what a crash left beside the path. */
bool file_forget_temporary(const char *path, struct error *error);
/* Its name, where it is there; NULL: it is not. */
const char *file_temporary(struct arena *arena, const char *path);

/* Writes a file of our own, for its owner alone (mode 0600), whatever stood there; without the
 * lock, and so with a temporary of its own name. */
bool file_save_private(const char *path, const char *bytes, size_t length, struct error *error);

/* The extended attributes of a path, not followed: name NUL, size, value; ... None where the file
 * system has none. */
const char *attributes_take(struct arena *arena, const char *path, size_t *length);
/* Are the bytes, which may come from a file, packed so? */
bool attributes_are_whole(const char *bytes, size_t length);

#endif
