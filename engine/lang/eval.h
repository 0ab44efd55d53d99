/* eval: what is true, given the answers so far (language reference §2, §3).
 *
 * Kleene's three values and a fourth, pending: an answer that has not come yet. The tables are
 * monotone: a pending that becomes an answer can turn a pending result into true, false or unknown,
 * never one of these into another. So the order of replies cannot change a verdict, and what is
 * still needed falls out of the same walk:
 *
 *   false and X = false; true or X = true, whatever X is.
 *   unknown and pending = pending (a false could still come); the same for `or`.
 *
 * Needs. Where evaluation meets a check without an answer it raises view.needs[check] to
 * view.urgency. In `a and b` and `a or b` with `a` pending, `b` is walked with NEED_MAYBE: a cheap
 * probe may start early, a costly one waits. A check that is not answered because its own arguments
 * wait is raised the same way; its caller asks for the arguments by template_value().
 *
 * Work is bounded by steps and by memory (limits.h): a condition, or an `any`, `all` or `count`
 * that is not inside another, that goes beyond is unknown, and the limit is the reason. While an
 * answer that it asks for is pending it stays pending: the verdict does not depend on the order of
 * replies there either. Beyond the steps of the run, everything is unknown; interrupted, it is
 * pending.
 */
#ifndef PLAYBOOK_EVAL_H
#define PLAYBOOK_EVAL_H

#include "engine/action.h"
#include "engine/base/shell.h"
#include "engine/lang/playbook.h"

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN, TRUTH_PENDING };

enum urgency { NEED_NOT, NEED_MAYBE, NEED_NOW };

/* The evaluation of a whole run. */
struct budget {
    size_t steps;                       /* taken so far */
    size_t asked;                       /* the steps when `interrupted` was asked last */
    bool (*interrupted)(void *context); /* asked now and then; NULL: nobody interrupts */
    void *context;
};

/* What named conditions came to: while the same answers stand, and those that are decided for
 * good, each is evaluated once. */
struct memo;
struct memo *memo_new(struct arena *arena, const struct playbook *playbook);
/* Answers have come: what was pending is evaluated again, and raises needs again. */
void memo_renew(struct memo *memo);

struct view {
    const struct playbook *playbook;
    const struct answer *answers; /* by index of playbook->checks; conditions are not looked up */
    unsigned char *needs;         /* enum urgency, same index, only ever raised; NULL: not wanted */
    enum urgency urgency;
    struct arena *arena;   /* for values and reasons */
    struct memo *memo;     /* of these answers; NULL: of one evaluation only */
    struct budget *budget; /* NULL: only the limits of one condition hold */
};

/* Why something is unknown. */
struct reason {
    const char *text;  /* names the check as well */
    const char *check; /* its name: its answer would decide. NULL: none would */
};

/* The truth of a boolean expression. `reason` is set for TRUTH_UNKNOWN. */
enum truth eval_truth(const struct expr *expr, const struct view *view, struct reason *reason);

/* The truth of a check's `ok`, a named condition's too. */
enum truth eval_check(size_t check, const struct view *view, struct reason *reason);

/* A template's value: TRUTH_TRUE with `value`, TRUTH_UNKNOWN with `reason`, or TRUTH_PENDING. */
enum truth template_value(const struct template *template, const struct view *view,
                          struct value *value, struct reason *reason);

/* A template as words for a person: unknown parts are "?" and the reason in parentheses. */
const char *template_words(const struct template *template, const struct view *view);

/* A template as a command that a person can paste, its values quoted for the shell. NULL, and
 * `why`, where one is not known or cannot be quoted: a command without it would be another one. */
const char *template_command(const struct template *template, const struct view *view,
                             const struct shell_grammar *shell, const char **why);

/* Where the expression or template stands. */
struct span expr_span(const struct expr *expr);
struct span template_span(const struct template *template);

/* Calls `each` once for every check field and variable that `expr` names ("dns", "mode.wsl2",
 * "$ip"), in order, as written, with its value where it has one; what has none (not asked, unknown,
 * no value) is left out. Named conditions are followed: their own names and what they name. */
void eval_evidence(const struct expr *expr, const struct view *view,
                   void (*each)(void *context, const char *name, const struct value *value),
                   void *context);

#endif
