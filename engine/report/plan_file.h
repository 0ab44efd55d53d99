/* plan_file: a saved plan as one file, a JSON document that a person can read: the playbook and the
 * SHA-256 of its texts, the settings, and per cause the same `changes` as in `run --json`. What is
 * applied is `record` (change/saved.h, in base64); everything else is made from it, and a file in
 * which it does not say the same is refused. The SHA-256 over all of it, at the end, finds a file
 * that was cut or edited; it does not tell who made it.
 */
#ifndef PLAYBOOK_PLAN_FILE_H
#define PLAYBOOK_PLAN_FILE_H

#include "engine/change/saved.h"

enum { LIMIT_PLAN_BYTES = 64 * 1024 * 1024 }; /* its files may have 16 MiB each */

/* The file's text. */
const char *plan_file_text(struct arena *arena, const struct saved_plan *plan);

/* False with `error` where the bytes are no whole plan; `name` is for the message. */
bool plan_file_parse(struct arena *arena, const struct action *const *registry, const char *name,
                     const char *bytes, size_t length, struct saved_plan *plan,
                     struct error *error);

/* May a plan be written there? Only where there is nothing, or a plan. */
bool plan_file_may_replace(const struct action *const *registry, const char *path,
                           struct error *error);

#endif
