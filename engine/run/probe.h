/* probe: one probe in flight. Implements what engine/action.h lets a probe do.
 *
 * probe_start() calls the action at once; `done` is called exactly once, later or during the start,
 * unless probe_cancel() comes first. The answer and everything in it live in the probe's arena,
 * which belongs to the caller and may outlive the probe.
 *
 * States: running, then finished (answered, unknown) or cancelled. At the end of either, everything
 * the probe holds is closed: descriptors, timers, processes, a question being asked.
 */
#ifndef PLAYBOOK_PROBE_H
#define PLAYBOOK_PROBE_H

#include "engine/action.h"
#include "engine/change/executor.h"

typedef void probe_fn(void *data, const struct answer *answer);

/* `timeout` in nanoseconds, 0: none. */
struct probe *probe_start(struct arena *arena, struct executor *executor,
                          const struct action *action, const struct value *arguments,
                          int64_t timeout, probe_fn *done, void *data);

/* Clears the pointer; NULL inside, and a finished probe, are accepted. */
void probe_cancel(struct probe **probe);

/* An answer that needs no probe: unknown, with the reason. */
struct answer answer_unknown(struct arena *arena, const struct action *action, const char *format,
                             ...) __attribute__((format(printf, 3, 4)));

/* The memory that its fields take. */
size_t answer_bytes(const struct answer *answer);

/* A copy whose parts all live in `arena`. */
struct answer answer_copy(struct arena *arena, const struct answer *answer);

#endif
