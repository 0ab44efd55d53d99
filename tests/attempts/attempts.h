/* attempts: named ways in which a program could change the machine.
 *
 * Each runs in a process of its own and says how it went: what its decisive system call returned,
 * -1 with errno. EPERM, EACCES and ENOSYS count as refused. Where an attempt that gets through
 * would harm the machine beyond a lab (a clock, a restart), its arguments are wrong on purpose: any
 * other errno then means that the kernel went as far as looking at them. */
#ifndef PLAYBOOK_ATTEMPTS_H
#define PLAYBOOK_ATTEMPTS_H

#include <stdbool.h>
#include <sys/types.h>

/* What is attempted on; made by tests/escape. */
struct target {
    const char *folder;   /* holds the files "file", "other" and "spare", the empty folders "empty"
                             and "hollow" */
    const char *file;     /* FOLDER/file */
    const char *terminal; /* a pseudo-terminal of somebody else */
    const char *service;  /* a listening stream socket, and with ".datagram" a datagram one */
    pid_t victim;         /* a process of the same user */
    int port;             /* TCP on 127.0.0.1 */
};

enum outcome {
    REFUSED, /* must be */
    OPEN,    /* stays open, or is harmless: it may succeed */
};

struct attempt {
    const char *class; /* a name of sandbox_classes, or "harmless" */
    const char *name;
    long (*run)(const struct target *target);
    enum outcome expected;
    bool wrong; /* its arguments are wrong on purpose */
};

#define ATTEMPT(name) static long name(const struct target *target __attribute__((unused)))

/* Each ends with a NULL name. */
extern const struct attempt file_attempts[], attribute_attempts[], system_attempts[],
    process_attempts[], service_attempts[];

/* "FOLDER/NAME" in static memory of the calling process, one at a time. */
const char *inside(const struct target *target, const char *name);

#endif
