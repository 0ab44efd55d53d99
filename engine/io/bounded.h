/* bounded: work on a path that may wait for its file system for ever, with an end.
 *
 * Where the path leads to a file system that can hang (mounts.h), the work is done by a fork of
 * this process, and this one waits BOUNDED_PATIENCE_S at most (awake.h). A fork that does not
 * answer is killed and left behind: it can be in a system call that hears no signal. What it had
 * begun may still take place, once its file system lives again. Elsewhere the work is done at once,
 * in this process.
 */
#ifndef PLAYBOOK_BOUNDED_H
#define PLAYBOOK_BOUNDED_H

#include "engine/base/error.h"
#include "engine/base/record.h"

enum { BOUNDED_PATIENCE_S = 5 };

/* Appends what it found out to `result`; false with `error` where it failed. Nothing else of what
 * it does to memory stays. */
typedef bool bounded_fn(const void *data, struct text *result, struct error *error);

/* Does the work. `result` (NULL: there is none) reads what it found out, from `arena`. False with
 * `error`: the work's own, or with code ETIMEDOUT where it did not end. */
bool bounded_work(struct arena *arena, const char *path, bounded_fn *work, const void *data,
                  struct reading *result, struct error *error);

/* The same for work that changes nothing: a signal that the loop has not heard yet (loop.h) ends it
 * too, with code ECANCELED, and is left to the loop. */
bool bounded_look(struct arena *arena, const char *path, bounded_fn *work, const void *data,
                  struct reading *result, struct error *error);

/* Does what is at `path`, or its folder where nothing is, answer at all? False with `error`. */
bool path_answers(const char *path, struct error *error);

#endif
