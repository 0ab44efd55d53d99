/* executor: the privileged side of the seam (design: prober and executor).
 *
 * The prober loads playbooks, talks to the network, parses and decides; everything else goes
 * through this header: starting programs, the fixed questions that need rights the prober does not
 * keep, asking the person, and making changes (transaction.h, which takes an executor). Both sides
 * are one process today; nothing but this header and transaction.h knows that.
 */
#ifndef PLAYBOOK_EXECUTOR_H
#define PLAYBOOK_EXECUTOR_H

#include "engine/action.h"
#include "engine/io/loop.h"
#include "engine/io/process.h"

/* How the person is asked; the command line fills it in. */
struct consent {
    void *context;
    /* Asks a yes-or-no question and calls `done` from the loop with 1 or 0. False, and `done` is
     * not called, where there is no terminal. One question at a time. */
    bool (*ask)(void *context, const char *question, void (*done)(void *data, int yes), void *data);
    /* The question is no longer asked; its `done` will not be called. */
    void (*withdraw)(void *context);
};

/* What constant programs printed. Starts zeroed, lives as long as its arena. */
struct recall {
    struct arena *arena;
    struct recalled *first;
};

struct executor {
    struct loop *loop;
    const char *const *environment; /* of started programs, NULL-terminated, with PATH */
    struct consent consent;
    struct recall *recall; /* NULL: nothing is remembered */
};

/* The result of a constant program that ran before; NULL: it has to run. */
const struct program_result *executor_recall(const struct executor *executor,
                                             const struct program *program);
/* Keeps the result of a constant program that ended well. */
void executor_remember(const struct executor *executor, const struct program *program,
                       const struct program_result *result);

/* Starts a program (engine/action.h says how); `done` gets a struct program_result through
 * executor_result(). NULL with `error` where it cannot be started. */
struct process *executor_run(const struct executor *executor, struct arena *arena,
                             const struct program *program, process_fn *done, void *data,
                             struct error *error);

/* What a process that has ended means to an action; memory from `arena`. */
struct program_result executor_result(struct arena *arena, const struct process_end *end);

/* Runs a program and waits for it, turning the loop; killed at `deadline`. */
struct program_result executor_run_wait(const struct executor *executor, struct arena *arena,
                                        const struct program *program, int64_t deadline);

/* A raw ICMP socket of the family, or -1 with `error`. */
int executor_raw_icmp(int family, struct error *error);

/* Fills in who holds the sockets, as far as this process may know. */
void executor_socket_owners(struct socket_owner *owners, size_t count);

#endif
