/* executor: the other process, as the prober sees it (design: prober and executor).
 *
 * The prober loads playbooks, talks to the network, parses and decides. It may not start programs,
 * ask the person or change anything; for that it asks the executor through this header. Everything
 * crosses as messages (message.h); the executor's side is serve.h.
 *
 * A request that takes time is a struct request: its `done` is called from the loop, once, and
 * never after request_drop(). The others wait for the answer.
 */
#ifndef PLAYBOOK_EXECUTOR_H
#define PLAYBOOK_EXECUTOR_H

#include "engine/change/message.h"
#include "engine/change/plan.h"
#include "engine/io/channel.h"
#include "engine/io/loop.h"

struct executor;
struct mounts;
struct origin;
struct request;

/* Takes over `end` of the channel; lives in `arena`. `environment` is that of started programs.
 * NULL with `error` where it cannot be watched. */
struct executor *executor_open(struct arena *arena, struct loop *loop,
                               const char *const *environment, int end, struct error *error);
void executor_close(struct executor *executor);
struct loop *executor_loop(const struct executor *executor);
const char *executor_environment(const struct executor *executor, const char *name);
/* What is mounted, as this process sees it; kept as long as the executor is. */
struct mounts *executor_mounts(const struct executor *executor);

/* Is the run interrupted, by a signal to either process? Without turning the loop: for work that
 * takes long. What else has come meanwhile waits for the loop. */
bool executor_interrupted(struct executor *executor);

/* ---- looking ---- */

/* Starts a program for `action`. What a constant program printed is asked once: then `done` is
 * called before this returns, and the request is NULL. The result's memory is `arena`'s. */
struct request *executor_run(struct executor *executor, struct arena *arena,
                             const struct action *action, const struct program *program,
                             void (*done)(void *data, const struct program_result *result),
                             void *data);

/* Has action->help called with `input` in a process of its own. NULL bytes: it broke. */
struct request *executor_help(struct executor *executor, struct arena *arena,
                              const struct action *action, const void *input, size_t length,
                              void (*done)(void *data, const char *bytes, size_t length),
                              void *data);

/* Asks the person; 1 yes, 0 no, -1 there is no terminal. One question at a time. */
struct request *executor_ask(struct executor *executor, struct arena *arena, const char *question,
                             void (*done)(void *data, int yes), void *data);

/* It is no longer wanted: stopped, withdrawn, forgotten. Clears the pointer; NULL inside, and a
 * request that is done, are accepted. */
void request_drop(struct request **request);

/* A line that the person types; NULL where there is no terminal. */
const char *executor_line(struct executor *executor, struct arena *arena, const char *question);

/* A raw ICMP socket of the family, or -1 with `error`. */
int executor_raw_icmp(struct executor *executor, int family, struct error *error);

/* Fills in who holds the sockets, as far as the executor may know. */
void executor_socket_owners(struct executor *executor, struct socket_owner *owners, size_t count);

/* ---- changing ---- */

/* The effects that the playbook allows itself, NULL-terminated; once, before the first offer. */
void executor_allow(struct executor *executor, const char *const *effects);

enum consent {
    CONSENT_YES,
    CONSENT_NO,
    CONSENT_NOT_ASKED, /* a dry run, no terminal, or a right is missing: only shown */
    CONSENT_REFUSED,   /* the executor does not make such changes: `error` */
    CONSENT_UNSAVED,   /* a saved plan is applied, and this is not in it: `error` */
};

/* What is offered: the fix of a cause. */
struct offered {
    const char *cause; /* ids from the top, "elsewhere/tunnel" */
    struct change *changes;
    size_t count, persist; /* changes[persist..count) come after verify */
};

/* Shows the changes and asks for consent. Fills in what each of them lacks. Turns the loop
 * meanwhile. */
enum consent executor_offer(struct executor *executor, const struct offered *offered,
                            struct error *error);

/* The first list of what was offered and agreed to; `error` where it is not APPLIED. */
enum applied executor_apply(struct executor *executor, struct error *error);

/* The second one, after the first has verified; on its own as above. */
enum applied executor_persist(struct executor *executor, struct error *error);

/* Takes back what was applied. APPLIED: the machine is then as before; APPLIED_HALF: `error` names
 * the difference; APPLIED_KEPT: the owner, whose connection was cut, wants it as it is. */
enum applied executor_undo(struct executor *executor, struct error *error);

/* What the last of these left that is not as before; lives as long as the executor. */
const struct differences *executor_differences(const struct executor *executor);

/* What was applied stays. Without this word the executor takes it back when the prober ends. False
 * with `error` where that could not be written down. */
bool executor_keep(struct executor *executor, struct error *error);

/* What was applied stays until a restart shows whether it helps. */
struct waiting {
    enum effective restart;
    const char *const *held; /* checks of `keep` that held before the change, NULL-terminated */
    const struct origin *origin;
};
bool executor_wait(struct executor *executor, const struct waiting *waiting, struct error *error);

/* After it: what waits as `index`, of which `changes` are this process's copy, counts as applied;
 * verify, then persist, keep or undo it. Where the run ends before, it waits on. */
enum applied executor_resume(struct executor *executor, size_t index, struct change *changes,
                             size_t count, struct error *error);

/* ---- saved plans ---- */

struct saved_plan;

/* Is the machine as the saved plan has it, which the executor was started to apply? False with
 * `error`, which names the difference. */
bool executor_fits(struct executor *executor, struct error *error);

/* Has the plan written to the file that the command line named. */
bool executor_save(struct executor *executor, const struct saved_plan *plan, struct error *error);

#endif
