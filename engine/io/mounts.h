/* mounts: what is mounted where (proc_pid_mountinfo(5)), and whether a path leads to a file system
 * that can hang.
 *
 * A file system whose server is another machine, a virtual machine's host or a process (9p, drvfs
 * and virtiofs, which are WSL's Windows drives; FUSE; network ones) answers when its server likes
 * to. Any call that touches it can wait for ever, some of them where not even SIGKILL is heard. The
 * table is read from the kernel, and a path is followed link by link up to the first such mount
 * point, without touching what is behind it.
 */
#ifndef PLAYBOOK_MOUNTS_H
#define PLAYBOOK_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"

struct mount {
    const char *point;
    const char *type;
    const char *source;
    const char *options; /* of the file system: those behind the `-` */
};

struct mounts;

/* Lives in `arena`, and is read anew once the kernel says that it has changed; closed by
 * mounts_close(). Empty where it cannot be read. */
struct mounts *mounts_open(struct arena *arena);
void mounts_close(struct mounts *mounts);

/* In the order of the kernel: what covers another comes later. Valid until the next call. */
const struct mount *mounts_now(struct mounts *mounts, size_t *count);

/* Does the path, or one of the links on its way, lead into a file system that can hang? The one at
 * "/" counts as one that does not: this program lives in it too. */
bool mounts_may_hang(struct mounts *mounts, const char *path);

/* The same, once. */
bool path_may_hang(const char *path);

#endif
