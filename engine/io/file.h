/* file: reading and writing whole. Putting a file in place of another is replace.h. */
#ifndef PLAYBOOK_FILE_H
#define PLAYBOOK_FILE_H

#include <sys/stat.h>

#include "engine/action.h"

/* Reads a regular file of at most `limit` bytes; never blocks on a FIFO or device, but on a file
 * system that hangs (mounts.h). What failed is in file->code and file->reason. */
void file_read(struct arena *arena, const char *path, size_t limit, struct file_text *file);

/* Writes all of it, whatever the descriptor is; false with errno. */
bool write_all(int fd, const void *bytes, size_t length);

/* "/etc" of "/etc/resolv.conf"; "." of a bare name. */
const char *path_folder(struct arena *arena, const char *path);

#endif
