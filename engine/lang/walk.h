/* walk: evaluation, shared by what is true (eval.c), what is still needed (needs.c) and what is
 * shown (evidence.c).
 *
 * Needs are found in a second walk, only where the first one ended pending: so a check whose answer
 * cannot matter any more is never asked for.
 */
#ifndef PLAYBOOK_WALK_H
#define PLAYBOOK_WALK_H

#include "engine/lang/eval.h"
#include "engine/lang/expr.h"
#include "engine/lang/template.h"

/* What a named condition came to in this walk: each is evaluated once, however often it is named.
 */
struct seen {
    bool known;
    enum truth truth;
    struct reason reason;
    enum urgency asked; /* the needs walk has been here with this urgency */
};

/* The element that a condition of any, all or count looks at. */
struct scene {
    const struct value *element;
    const struct expr *list; /* what it is an element of */
    const struct scene *outer;
};

struct walk {
    const struct view *view;
    struct arena *scratch;     /* made when first needed, freed by walk_end() */
    struct seen *seen;         /* by check */
    const struct scene *scene; /* the element of the innermost any, all or count */
};

void walk_end(struct walk *walk);

/* TRUTH_TRUE: `value` is known; TRUTH_UNKNOWN: `reason`; TRUTH_PENDING. */
enum truth walk_value(struct walk *walk, const struct expr *expr, struct value *value,
                      struct reason *reason);

/* The truth of a boolean expression. */
enum truth walk_truth(struct walk *walk, const struct expr *expr, struct reason *reason);

enum truth walk_check(struct walk *walk, size_t check, struct reason *reason);

enum truth walk_template(struct walk *walk, const struct template *template, struct value *value,
                         struct reason *reason);

struct seen *walk_seen(struct walk *walk, size_t check);

/* Raises view->needs for what `expr` waits for. */
void needs_expr(struct walk *walk, const struct expr *expr, enum urgency urgency);
void needs_check(struct walk *walk, size_t check, enum urgency urgency);
void needs_template(struct walk *walk, const struct template *template, enum urgency urgency);

#endif
