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

/* What a named condition came to. */
struct seen {
    bool known;
    enum truth truth;
    struct reason reason;
    size_t round;       /* of answers, in which the others are right */
    enum urgency asked; /* in this round the needs walk has been here with this urgency */
};

struct memo {
    struct arena *arena;
    size_t round;       /* of answers */
    struct seen seen[]; /* by check */
};

/* What is bounded on its own: a whole expression, a named condition, an outermost any, all or
 * count. What it makes on the way is freed at its end. */
struct effort {
    struct arena *scratch; /* made when first needed */
    size_t steps;
    size_t charged;    /* of the steps, to the budget of the run */
    bool pending;      /* an answer that has not come was asked for */
    const char *limit; /* that was met: it is left, whatever comes out */
};

/* The element that a condition of any, all or count looks at. */
struct scene {
    const struct value *element;
    const struct expr *list; /* what it is an element of */
    const struct scene *outer;
};

struct walk {
    const struct view *view;
    struct memo *memo;         /* the view's, or its own */
    const struct scene *scene; /* the element of the innermost any, all or count */
    struct effort effort;      /* of what is being evaluated */
    struct arena *own;         /* of its own memo */
    bool over;                 /* the run's steps are used up */
    bool interrupted;
};

/* Begins something that is bounded on its own; gives what to go back to. */
struct effort walk_enter(struct walk *walk);
/* Its end: what it came to, the reason copied into `keep`; NULL: into what goes on. `what` names
 * it; NULL: the caller does. */
enum truth walk_leave(struct walk *walk, struct effort outer, enum truth truth, const char *what,
                      struct arena *keep, struct reason *reason);
void walk_end(struct walk *walk);

/* For what is made on the way. */
struct arena *walk_arena(struct walk *walk);

/* False where evaluation must end: a limit was met, or an interrupt came. */
bool walk_step(struct walk *walk, size_t steps);
/* On the way out then: walk_leave() says what comes of it. */
enum truth walk_unknown_at_limit(const struct walk *walk, struct reason *reason);

/* TRUTH_TRUE: `value` is known; TRUTH_UNKNOWN: `reason`; TRUTH_PENDING. */
enum truth walk_value(struct walk *walk, const struct expr *expr, struct value *value,
                      struct reason *reason);

/* The truth of a boolean expression. */
enum truth walk_truth(struct walk *walk, const struct expr *expr, struct reason *reason);

enum truth walk_check(struct walk *walk, size_t check, struct reason *reason);

enum truth walk_template(struct walk *walk, const struct template *template, struct value *value,
                         struct reason *reason);

struct seen *walk_seen(struct walk *walk, size_t check);

/* Raises view->needs for what it waits for. */
void needs_of_expr(struct walk *walk, const struct expr *expr, enum urgency urgency);
void needs_of_check(struct walk *walk, size_t check, enum urgency urgency);
void needs_of_template(struct walk *walk, const struct template *template, enum urgency urgency);

#endif
