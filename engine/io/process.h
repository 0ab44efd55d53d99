/* process: child processes on the loop. Programs by argv, and helpers for work that can block.
 *
 * A child is in a session of its own without a terminal, has /dev/null as input and no descriptor
 * but its outputs, and is killed with its whole process group. `done` is called once, from the
 * loop, with what it wrote; never after process_kill(). Output beyond the limit is read and
 * dropped, so that the child does not block.
 *
 * Nobody waits for a child longer than it takes a process to die: one that hangs in a system call,
 * deaf to SIGKILL, is left to its file system and to init.
 */
#ifndef PLAYBOOK_PROCESS_H
#define PLAYBOOK_PROCESS_H

#include "engine/action.h"
#include "engine/io/loop.h"

struct process;

struct process_output {
    const char *bytes;
    size_t length;
    bool cut;
};

struct process_end {
    const struct error *failure; /* it never became the program: why; NULL otherwise */
    int status;                  /* wait status, as waitpid(2) gives it */
    struct process_output output, errors;
    struct program_course course;
};

typedef void process_fn(void *data, const struct process_end *end);

/* Where a program may be. */
struct process_image {
    const char *path;
    const char *directory; /* it is run from there; NULL: stay */
};

struct process_start {
    const struct process_image *images; /* in the order of search, as execvp(3) tries them; ends
                                           with a NULL path */
    const char **argv;                  /* NULL-terminated; argv[0] becomes the path found */
    const char *const *environment;     /* NULL-terminated */
    bool may_hang; /* they lie where starting one can wait for ever: this process does not wait for
                      it, and a failure is told at the end */
    size_t limit;  /* bytes kept of each output */
    struct program_bounds bounds;
    int inherited; /* a descriptor that it keeps, as 3; 0: none */
    /* Runs in the child just before it becomes the program, to give up rights; NULL: nothing. It
     * shares memory with this process, which stands still meanwhile: it neither allocates nor takes
     * locks. False with `error`: the program is not started. */
    bool (*enter)(void *data, struct error *error);
    void *enter_data;
};

/* NULL with `error` (code: errno) where it cannot be started. The outputs live in `arena`. */
struct process *process_run(struct loop *loop, struct arena *arena,
                            const struct process_start *start, process_fn *done, void *data,
                            struct error *error);

struct process_work {
    void (*work)(const void *input, size_t length, int out); /* what it writes is its output */
    const void *input;
    size_t length;
    /* Called first, to give up rights; without success nothing is done. NULL: nothing. */
    bool (*enter)(void *data, struct error *error);
    void *enter_data;
};

/* Does the work in a fork of this process. */
struct process *process_help(struct loop *loop, struct arena *arena,
                             const struct process_work *work, process_fn *done, void *data,
                             struct error *error);

/* Kills the group, reaps, closes, and clears the pointer; NULL inside is accepted. */
void process_kill(struct process **process);

/* Kills a child, and reaps it if it dies; where it may not be signalled it is left alone. */
void child_end(pid_t pid);

/* In a child: standard input, output and error lead nowhere. Opens for reading alone, which every
 * profile of the sandbox may. */
bool child_is_mute(void);

#endif
