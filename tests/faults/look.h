/* look: what a stopped thread holds: its memory, its descriptors, its paths. Nothing is changed. */
#ifndef PLAYBOOK_FAULTS_LOOK_H
#define PLAYBOOK_FAULTS_LOOK_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { LOOK_NAME_MAX = 17 };

/* Copies up to `size` bytes from `address`; how many could be read. */
size_t look_memory(pid_t tid, uint64_t address, void *bytes, size_t size);

/* An absolute path for the text at `address` (0: none, the folder itself is meant), which is
 * relative to `folder` (a descriptor, or AT_FDCWD). */
void look_path(pid_t tid, int folder, uint64_t address, char path[PATH_MAX]);

/* The path that a descriptor is open on, as /proc shows it. */
void look_descriptor(pid_t tid, int fd, char path[PATH_MAX]);

/* Whether the descriptor is a regular file or a folder that others can see (no memory file). */
bool look_is_file(pid_t tid, int fd);

/* A file of /proc that is about one process (its name, its maps) and not about the machine. */
bool look_is_own(const char *path);

/* Domain and protocol of a socket; false where the descriptor is none. */
bool look_socket(pid_t tid, int fd, int *domain, int *protocol);

/* The name of the process, as in /proc/PID/comm. */
void look_name(pid_t tid, char name[LOOK_NAME_MAX]);

/* Whether the process is the guest's end of a Windows program (a name in .exe). */
bool look_is_windows(pid_t tid);

#endif
