/* transaction: the only way to change the machine.
 *
 * Changes are prepared and applied in order; an undo takes them back in reverse order and then
 * measures that the machine is as it was. The record of what was done is in memory: struct change
 * carries its state and what undoes it.
 */
#ifndef PLAYBOOK_TRANSACTION_H
#define PLAYBOOK_TRANSACTION_H

#include "engine/change/kind.h"

/* Applies changes[0..count). Where one fails, all of them are taken back before it returns false:
 * `error` says what failed, `clean` whether the machine is as before. */
bool transaction_apply(const struct programs *programs, struct arena *arena, struct change *changes,
                       size_t count, struct error *error, bool *clean);

/* Takes back what is done among changes[0..count). True where the machine is then as before; else
 * `error` names the difference. */
bool transaction_undo(const struct programs *programs, struct arena *arena, struct change *changes,
                      size_t count, struct error *error);

#endif
