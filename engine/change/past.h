/* past: a run that is over or was cut off, out of the journal, to be taken back or left as it is.
 * Holds the lock of the machine while it is open. */
#ifndef PLAYBOOK_PAST_H
#define PLAYBOOK_PAST_H

#include "engine/change/safeguard.h"
#include "engine/change/transaction.h"

/* Which changes of the run: all that are left, or only those that nobody verified. */
enum past_part { PAST_ALL, PAST_UNSETTLED };

struct past {
    struct arena *arena;
    struct programs programs;
    const struct action *const *registry;
    int lock;
    const char *folder; /* of the journal */
    enum past_part part;
    struct journal *journal;
    struct journal_run run;
    struct change *changes; /* that the machine may still show, in the order they were made */
    size_t count;
    struct safeguards safeguards;   /* of the run, that are not gone yet */
    const char *left;               /* why one of them could not be removed; NULL: none is left */
    bool kept;                      /* some others of the run stay */
    bool begun;                     /* past_undo() has written or changed something */
    struct differences differences; /* that its undo leaves */
    size_t waiting;                 /* fixes of it that wait for a restart, and go on waiting */
};

/* `folder`: of the journal; `id` 0: the newest run that left something; `wait`: until the lock is
 * free. What the kernel forgot at a restart is left out. False with `error`, and nothing is open;
 * code ENOENT: there is no such run.
 */
bool past_open(struct past *past, const struct programs *programs,
               const struct action *const *registry, const char *folder, uint64_t id,
               enum past_part part, bool wait, struct error *error);
void past_close(struct past *past);

/* It was cut off behind its verdict: nothing of it is unsettled but its safeguards and the marker.
 */
bool past_is_decided(const struct past *past);
/* Removes them; of a run that could not be taken back, what would try that again by itself. The
 * marker, where it names the run, says what the journal does. */
bool past_finish(struct past *past, struct error *error);

/* Is the machine as the run left it? False with `error`, which names the difference. */
bool past_stands(struct past *past, struct error *error);

/* The newest later run that changed something that this one did, and has not taken it back; 0:
 * none.
 */
uint64_t past_later(struct past *past);

/* Takes it back and measures that it is gone. False with `error`: what differs. */
bool past_undo(struct past *past, bool force, struct error *error);

/* Leaves the machine as it is: the run counts as finished. */
bool past_keep(struct past *past, struct error *error);

#endif
