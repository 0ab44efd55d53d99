/* file: reading whole files, and replacing them without a moment in which there is half a file. */
#ifndef PLAYBOOK_FILE_H
#define PLAYBOOK_FILE_H

#include <sys/stat.h>

#include "engine/action.h"

/* Reads a regular file of at most `limit` bytes; never blocks on a FIFO or device. What failed is
 * in file->code and file->reason. */
void file_read(struct arena *arena, const char *path, size_t limit, struct file_text *file);

/* The path lies on a file system that can hang (9p, drvfs, virtiofs, fuse, network ones). */
bool file_may_hang(const char *path);

/* Makes `path` a regular file with these bytes: temporary beside it, fsync, rename, fsync of the
 * folder. Mode, owner and extended attributes of a regular file that stands there are kept; a link
 * is replaced, not followed. Where rename cannot work (a bind mount) the file is written in place.
 */
bool file_replace(const char *path, const char *bytes, size_t length, struct error *error);

/* Writes a file of our own in the same way, but for its owner alone (mode 0600), whatever stood
 * there. */
bool file_save_private(const char *path, const char *bytes, size_t length, struct error *error);

/* Makes `path` a symbolic link, in the same way. */
bool link_replace(const char *path, const char *target, struct error *error);

/* "/etc" of "/etc/resolv.conf"; "." of a bare name. */
const char *path_folder(struct arena *arena, const char *path);

#endif
