/* programs: starting programs, on the executor's side of the seam. */
#ifndef PLAYBOOK_PROGRAMS_H
#define PLAYBOOK_PROGRAMS_H

#include "engine/action.h"
#include "engine/io/process.h"
#include "engine/io/sandbox.h"

struct programs {
    struct loop *loop;
    const char *const *environment; /* of started programs, NULL-terminated, with PATH */
    int lock; /* the lock of the machine: programs that change it hold it until they end, also when
                 this process is killed; 0: not held */
};

/* The value of a variable; NULL: not set. */
const char *environment_value(const char *const *environment, const char *name);

/* What a process gives up before it looks. */
struct confinement {
    enum sandbox_profile profile;
    unsigned rights; /* enum query_right */
};
/* The `enter` of process_run() and process_help(); `data` is a struct confinement. False also where
 * neither Landlock nor seccomp holds. */
bool confine(void *data, struct error *error);

/* Starts a program (engine/action.h says how); `confinement` NULL: with all rights of this process.
 * NULL with `error` where it cannot be started. */
struct process *programs_start(const struct programs *programs, struct arena *arena,
                               const struct program *program, struct confinement *confinement,
                               process_fn *done, void *data, struct error *error);

/* Runs a program and waits for it, turning the loop; killed at `deadline`. */
struct program_result programs_wait(const struct programs *programs, struct arena *arena,
                                    const struct program *program, int64_t deadline);

/* What a process that has ended means to an action; memory from `arena`. */
struct program_result program_result_of(struct arena *arena, const struct process_end *end);

#endif
