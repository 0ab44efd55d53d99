/* sandbox: what a process gives up before it touches anything that a playbook says.
 *
 * sandbox_enter() drops capabilities, sets no-new-privs, enters a Landlock domain at whatever ABI
 * the kernel has and installs a seccomp filter that was made at build time (filters.c). It cannot
 * be taken back, children inherit it, and a child may give up more. It holds for the calling thread
 * alone, so that it may be called between vfork(2) and execve(2): it allocates nothing.
 *
 * A layer that the kernel lacks is no error: struct sandbox_state says what holds. Each layer that
 * is missing makes the filter tighter, at the cost of what programs may do:
 *   - without Landlock a filter cannot tell /dev/null from other files, so nothing at all is opened
 *     for writing (a program that writes to /dev/null fails), and no pair of local sockets is made;
 *   - below ABI 6 it cannot tell a child from another process, so a program of a playbook may
 *     signal its own process group and nobody else.
 *
 * The executor while it looks is in a domain too: children inherit its filter, and only Landlock
 * can let `>/dev/null` through and nothing else. But under any domain nobody reads /proc/PID/fd of
 * others: a process that finds the owners of sockets must be started before, and enters
 * SANDBOX_OWNERS. With scopes (ABI 6) a process signals only itself and what it starts afterwards.
 */
#ifndef PLAYBOOK_SANDBOX_H
#define PLAYBOOK_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/action.h"

enum sandbox_profile {
    SANDBOX_PROBER,           /* reads files, talks to the network, forks what only reads */
    SANDBOX_PROGRAM,          /* a program that a playbook names: no local sockets, no rights */
    SANDBOX_QUERY,            /* a built-in program with fixed arguments, with its `rights` */
    SANDBOX_HELPER,           /* a fork that asks the resolver of the system: local sockets */
    SANDBOX_EXECUTOR_LOOKING, /* starts the three above, changes nothing itself */
    SANDBOX_OWNERS,           /* reads /proc of every process; no domain, starts nothing */
};

struct sandbox_state {
    unsigned landlock_abi; /* 0: no domain */
    bool seccomp;
    bool capabilities; /* none are left but those of the profile */
};

/* What there is on this machine, without entering anything. */
struct sandbox_state sandbox_available(void);

/* Without Landlock and without seccomp the programs of a playbook are not run. */
bool sandbox_holds(const struct sandbox_state *state);

/* `rights` (enum query_right of action.h) count for SANDBOX_QUERY alone. False with `error` where
 * capabilities cannot be given up: the caller must not go on. */
bool sandbox_enter(enum sandbox_profile profile, unsigned rights, struct sandbox_state *state,
                   struct error *error);

/* ---- what holds against what ----------------------------------------------------------------- */

enum sandbox_layer {
    SANDBOX_LANDLOCK = 1 << 0,
    SANDBOX_SECCOMP = 1 << 1,
    SANDBOX_CAPABILITIES = 1 << 2
};

/* One class of attempt of a program that a playbook names. */
struct sandbox_class {
    const char *name; /* for programs: "file-content" */
    struct words title;
    unsigned least_abi;    /* of Landlock; 0: it never holds */
    unsigned other_layers; /* SANDBOX_SECCOMP, SANDBOX_CAPABILITIES */
};

/* Ends with a NULL name; those that no layer holds come last. */
extern const struct sandbox_class sandbox_classes[];

/* The layers (enum sandbox_layer) of `state` that hold against the class; 0: it stays open. */
unsigned sandbox_holders(const struct sandbox_class *class, const struct sandbox_state *state);

#endif
