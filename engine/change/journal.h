/* journal: the durable record of runs that change the machine. The only user of sqlite3.h.
 *
 * What undoes a change is on the disk before the change is made: one row for each, committed with
 * fsync(2). Opened only where a change is about to be made, or the past is asked for. A rollback
 * journal, not a WAL: it is read where the file system is read-only, too.
 *
 * Source: sqlite.org, "Atomic Commit In SQLite", pragmas journal_mode and synchronous.
 */
#ifndef PLAYBOOK_JOURNAL_H
#define PLAYBOOK_JOURNAL_H

#include "engine/change/kind.h"

struct journal;

enum run_state {
    RUN_OPEN,    /* it is going on, or was cut off */
    RUN_KEPT,    /* its changes stay */
    RUN_UNDONE,  /* none of its changes is left */
    RUN_PENDING, /* its changes stay until a restart shows whether they help */
    RUN_FAILED,  /* it could not be taken back whole */
};

/* "open", "kept", ... */
const char *run_state_name(enum run_state state);
/* Nobody has to decide anything about it any more. */
bool run_is_settled(enum run_state state);

struct journal_run {
    uint64_t id;     /* from 1 */
    int64_t started; /* CLOCK_REALTIME nanoseconds */
    const char *playbook;
    const char *command; /* as it was typed, for people */
    const char *boot;    /* boot id of the kernel that it ran on */
    enum run_state state;
    bool free; /* looking was not confined */
};

enum entry_state {
    ENTRY_INTENDED, /* may be made, or half made */
    ENTRY_DONE,     /* made, not verified yet */
    ENTRY_KEPT,     /* verified */
    ENTRY_UNDOING,  /* may be half undone */
    ENTRY_UNDONE,
    ENTRY_FAILED,  /* could not be undone whole */
    ENTRY_WAITING, /* made; a restart will show whether it helps */
};

/* Creates the folder and the file where `write` and they are missing. NULL with `error`; code
 * ENOENT: there is no journal yet. */
struct journal *journal_open(const char *folder, bool write, struct error *error);
void journal_close(struct journal **journal);
/* One that this user wrote. */
bool journal_exists(const char *folder);
/* `folder` is the user's, NULL where there is no home to keep it in. */
bool journal_has_home(const char *folder, struct error *error);

/* The number of the next run; 0 with `error`. Only the holder of the lock begins one. */
uint64_t journal_next(struct journal *journal, struct error *error);
bool journal_begin(struct journal *journal, struct journal_run *run, struct error *error);
/* A run that was kept, or waits, is about to be taken back: its changes count as unverified from
 * here on. */
bool journal_reopen(struct journal *journal, uint64_t run, struct error *error);
bool journal_set_run(struct journal *journal, uint64_t run, enum run_state state,
                     struct error *error);

/* What is written between the two is written together, or where `done` is false not at all. */
bool journal_begin_step(struct journal *journal, struct error *error);
bool journal_end_step(struct journal *journal, bool done, struct error *error);

/* A prepared change that is about to be made; fills in change->entry. */
bool journal_intend(struct journal *journal, uint64_t run, struct change *change,
                    struct error *error);
/* What became of it; what was saved is written again, for what the change left is now known. */
bool journal_set_entry(struct journal *journal, const struct change *change, enum entry_state state,
                       struct error *error);
/* Every done change of the run is kept, and those of `wait`, which is over (0: none); `state` is
 * then the run's. One step. */
bool journal_keep(struct journal *journal, uint64_t run, uint64_t wait, enum run_state state,
                  struct error *error);

/* Every done change of the run waits for a restart from here on; `record` says the rest (wait.h).
 * One step: whenever the process ends, the run waits or it is open. */
bool journal_wait(struct journal *journal, uint64_t run, const struct text *record,
                  struct error *error);
/* It is over: its changes count as unverified from here on. */
bool journal_end_wait(struct journal *journal, uint64_t wait, struct error *error);
/* Nothing of the run waits any more. */
bool journal_end_waits(struct journal *journal, uint64_t run, struct error *error);

struct journal_wait {
    uint64_t id;
    struct reading record;
};
bool journal_waits(struct journal *journal, struct arena *arena, uint64_t run,
                   struct journal_wait **waits, size_t *count, struct error *error);

/* The runs, newest first; one by its number (0: the newest that changed something). */
bool journal_runs(struct journal *journal, struct arena *arena, struct journal_run **runs,
                  size_t *count, struct error *error);
bool journal_run(struct journal *journal, struct arena *arena, uint64_t id, struct journal_run *run,
                 struct error *error);

struct journal_entry {
    struct change change; /* with what was saved; its state says done or in doubt */
    enum entry_state state;
    uint64_t wait; /* whose it is, or was; 0: none's */
};

/* The changes of a run in the order in which they were made. */
bool journal_entries(struct journal *journal, const struct action *const *registry,
                     struct arena *arena, uint64_t run, struct journal_entry **entries,
                     size_t *count, struct error *error);

#endif
