/* points: which system calls change something, and what each of them is about to do.
 *
 * A point is a call of the table in points.c that would change the machine: writes to regular files
 * count, writes to pipes, terminals and memory files do not; a netlink message counts where it
 * makes, changes or removes something. A Windows program is a point when it starts, when its
 * stand-in hands the request over and when it ends, since what it does is done elsewhere.
 *
 * Not seen: shared writable mappings, io_uring, calls of a foreign architecture (32 bit).
 */
#ifndef PLAYBOOK_FAULTS_POINTS_H
#define PLAYBOOK_FAULTS_POINTS_H

#include <limits.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum {
    POINT_PROGRAM_MAX = 512,
    POINT_WHAT_MAX = 2 * PATH_MAX + 128,
    POINT_LINE_MAX = POINT_WHAT_MAX + 128,
};

struct point {
    const char *kind;          /* "write", "sync", "netlink", ... : point_kinds() */
    const char *call;          /* the system call's name */
    char what[POINT_WHAT_MAX]; /* a path, `from -> to`, or what a message does */
};

/* The names of all kinds, NULL-terminated. */
const char *const *point_kinds(void);

/* The seccomp program that stops (SECCOMP_RET_TRACE) at calls which may be points and lets all
 * others through; returns its length, which is below POINT_PROGRAM_MAX. */
unsigned short point_program(struct sock_filter program[POINT_PROGRAM_MAX]);

/* Whether the call that thread `tid` is stopped at is a point; fills in `point` if so. */
bool point_read(pid_t tid, uint64_t number, const uint64_t args[6], struct point *point);

#endif
