/* marker: the lock of the machine, and the sign that a run is not finished; both are one file that
 * everybody can read, so that one open(2) tells a command of both.
 *
 * A process that holds the lock (flock(2)) is changing the machine. Text in the file: a run is open
 * or pending; without a holder it was cut off. The file is never removed, or two processes could
 * lock two of them. What it says is for people, and whoever can write it can mislead: no path in it
 * is ever opened, and which run is open, and what becomes of it, the reader's own journal decides.
 */
#ifndef PLAYBOOK_MARKER_H
#define PLAYBOOK_MARKER_H

#include "engine/change/journal.h"

/* The state of a run whose owner, cut off, may confirm it (SIGUSR1). */
#define MARKER_WAITS "waits"

struct marker {
    bool held;          /* by a living process */
    uint64_t run;       /* 0: no run is open or pending */
    const char *state;  /* run_state_name(), or MARKER_WAITS */
    pid_t pid;          /* of the run's executor */
    uid_t user;         /* whose run it is */
    const char *folder; /* of its journal */
    const char *playbook;
};

/* What the file says now; nothing, and no string is NULL, where there is none. */
struct marker marker_look(struct arena *arena);

/* What a run of this process says; `folder` is that of its journal. */
struct marker marker_of(const struct journal_run *run, const char *state, const char *folder);

/* Its run waits for a restart. */
bool marker_is_pending(const struct marker *marker);

/* "run 3 of 'vpn-dns' by user 0 (process 123)". */
const char *marker_words(struct arena *arena, const struct marker *marker);

/* Takes the lock, `wait`: when it is free; the descriptor, or -1 with `error`: who holds it. It is
 * held until it is closed everywhere; only what programs_start() starts inherits it. */
int marker_lock(bool wait, struct error *error);

/* Durable before they return. */
bool marker_write(int lock, const struct marker *marker, struct error *error);
bool marker_empty(int lock, struct error *error);

/* Does it name that run of that journal? */
bool marker_names(const struct marker *marker, uint64_t run, const char *folder);

/* Empties it where it does. False with `error` where somebody holds it. */
bool marker_forget(uint64_t run, const char *folder, struct error *error);

/* Its folder, for people. */
const char *marker_folder(struct arena *arena, const struct marker *marker);

#endif
