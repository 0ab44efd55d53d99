/* diagnostic: an author's mistakes, collected, sorted and printed together.
 *
 * The machine's refusals are struct error (base/error.h), not this.
 */
#ifndef PLAYBOOK_DIAGNOSTIC_H
#define PLAYBOOK_DIAGNOSTIC_H

#include "engine/base/text.h"
#include "engine/lang/source.h"

struct diagnostic {
    struct span span;
    const char *message;
    const char *hint; /* what to do, or the near name; NULL where there is nothing to say */
};

struct diagnostics {
    struct arena *arena;
    struct diagnostic *items;
    size_t count;
    size_t dropped; /* beyond LIMIT_ERRORS */
};

/* Adds one; the same message at the same place is added once. `hint` may be NULL. */
void diagnose(struct diagnostics *diagnostics, struct span span, const char *hint,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* No more will be kept: looking for hints is wasted. */
bool diagnostics_full(const struct diagnostics *diagnostics);

/* By file in order of first use, then place. */
void diagnostics_sort(struct diagnostics *diagnostics);

/* "file:line:column: error: message", the source line, a caret line, and the hint. Control and
 * bidirectional characters of the source are escaped. */
void diagnostic_print(const struct diagnostic *diagnostic, struct text *out);

#endif
