/* yaml_explain: what a YAML error means to the author: usually, that plain text was cut. */
#ifndef PLAYBOOK_YAML_EXPLAIN_H
#define PLAYBOOK_YAML_EXPLAIN_H

#include "engine/lang/diagnostic.h"

/* libyaml's complaint: `problem` at byte `at`, while doing `context` that began at `began`. */
struct complaint {
    const char *problem;
    const char *context; /* may be NULL */
    size_t at;
    size_t began;
};

void explain_syntax(struct diagnostics *diagnostics, const struct source *source,
                    const struct complaint *complaint);

/* A key or list item without a value. `at` is where the value would stand, `key` the key's span
 * (empty for a list item), `flow` whether it stands inside { } or [ ]. */
void explain_null(struct diagnostics *diagnostics, const struct source *source, size_t at,
                  struct span key, bool flow);

#endif
