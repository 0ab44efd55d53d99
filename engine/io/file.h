/* file: reading and writing whole, the door through which the content of files comes in. Putting a
 * file in place of another is replace.h. */
#ifndef PLAYBOOK_FILE_H
#define PLAYBOOK_FILE_H

#include <sys/stat.h>

#include "engine/action.h"
#include "engine/base/record.h"

/* Reads a regular file of at most `limit` bytes; never blocks on a FIFO or device, and no longer
 * than bounded.h says on a file system that hangs. What failed is in file->code and file->reason.
 */
void file_read(struct arena *arena, const char *path, size_t limit, struct file_text *file);

/* The same, in this process: for what the kernel itself answers (/proc, /sys), and where a process
 * was started that may hang. */
void file_read_here(struct arena *arena, const char *path, size_t limit, struct file_text *file);
/* From what is open already; `path` is for the reason. */
void file_read_open(struct arena *arena, int fd, const char *path, size_t limit,
                    struct file_text *file);

/* What was read, on its way between two processes. False where it is none. */
void file_text_write(const struct file_text *file, struct text *record);
bool file_text_read(struct file_text *file, struct reading *reading);

/* Writes all of it, whatever the descriptor is; false with errno. */
bool write_all(int fd, const void *bytes, size_t length);

/* "/etc" of "/etc/resolv.conf"; "." of a bare name. */
const char *path_folder(struct arena *arena, const char *path);
/* What `name` is where it stands in a file of that path: beside it, where it is not absolute. */
const char *path_beside(struct arena *arena, const char *path, const char *name);

#endif
