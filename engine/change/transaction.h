/* transaction: the only way to change the machine.
 *
 * Changes are prepared, written into the journal, and applied, in order; an undo takes them back in
 * reverse order and then measures that the machine is as it was.
 */
#ifndef PLAYBOOK_TRANSACTION_H
#define PLAYBOOK_TRANSACTION_H

#include "engine/change/differences.h"
#include "engine/change/journal.h"

struct transaction {
    const struct programs *programs;
    struct journal *journal;
    uint64_t run;
    struct arena *arena;             /* of what is saved */
    struct differences *differences; /* where what an undo leaves is named */
};

/* Applies changes[0..count). Where one fails, all of them are taken back before it returns false:
 * `error` says what failed, `clean` whether the machine is as before. */
bool transaction_apply(const struct transaction *transaction, struct change *changes, size_t count,
                       struct error *error, bool *clean);

/* Is every change of which the machine still shows something as the run left it? Only the last of
 * several changes of one thing can be. False with `error`, which names the difference. */
bool transaction_stands(const struct transaction *transaction, struct change *changes, size_t count,
                        struct error *error);

/* Takes back what is done or in doubt among changes[0..count), but not what somebody else has
 * changed since, unless `force`. True where the machine is then as before; else `error` and
 * `differences` name what is not. A journal that cannot be written holds up no undo. */
bool transaction_undo(const struct transaction *transaction, struct change *changes, size_t count,
                      bool force, struct error *error);

#endif
