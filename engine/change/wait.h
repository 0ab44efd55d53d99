/* wait: a fix that is kept until a restart shows whether it helps, as the journal remembers it and
 * `playbook resume` goes on with it. Its changes are entries of its run; what stands here is the
 * rest.
 *
 * Source: design, "Restart and rescue"; language reference §2.10.
 */
#ifndef PLAYBOOK_WAIT_H
#define PLAYBOOK_WAIT_H

#include "engine/change/journal.h"
#include "engine/change/origin.h"
#include "engine/change/safeguard.h"

struct wait {
    uint64_t id; /* in the journal; from 1 */
    struct origin origin;
    bool only;               /* a saved plan was applied: nothing may come after this */
    const char *cause;       /* ids from the top, "elsewhere/tunnel" */
    const char *const *held; /* checks of `keep` that held before the change, NULL-terminated */
    enum effective restart;  /* what it waits for */
    const char *boot;        /* the start of the kernel, and of process 1, that it was made in */
    uint64_t started;
    struct change *changes; /* those made that may still show, then those to persist */
    size_t count, persist;
    struct safeguards safeguards;
};

/* All of a run that still wait, oldest first. */
struct waits {
    struct journal_run run;
    struct wait *items;
    size_t count;
};

/* All but the id and the changes that are made: changes[persist..count) are written. */
void wait_write(const struct wait *wait, struct text *record);
bool wait_read(struct wait *wait, const struct action *const *registry, struct reading *reading);

/* What waits in the run, with its changes out of the journal. */
bool waits_load(struct waits *waits, struct journal *journal, const struct action *const *registry,
                struct arena *arena, struct error *error);

/* Fills in which start of the machine this is. */
void wait_begin(struct wait *wait, struct arena *arena);

/* The strongest restart that one of them still waits for; EFFECTIVE_NOW: what they need has
 * happened. */
enum effective waits_for(const struct waits *waits, struct arena *arena);

#endif
