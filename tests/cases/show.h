/* show: a loaded playbook, its truths and its diagnostics as text, for comparing with what a case
 * expects. */
#ifndef PLAYBOOK_CASES_SHOW_H
#define PLAYBOOK_CASES_SHOW_H

#include "engine/lang/eval.h"

/* All diagnostics as a person sees them. */
void show_diagnostics(const struct diagnostics *diagnostics, struct text *out);

/* Messages and hints on one line, without places. */
void show_messages(const struct diagnostics *diagnostics, struct text *out);

/* "true", "false", "unknown: why", "pending: needed, (perhaps needed)". */
void show_truth(const struct expr *expr, const struct view *view, struct text *out);

/* One part of the playbook by name; false where there is no such part. */
bool show_part(const struct view *view, const char *part, struct text *out);

#endif
