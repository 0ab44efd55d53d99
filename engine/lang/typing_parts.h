/* typing_parts: what the two halves of typing share. typing.c knows names and values, and calls
 * typing_compare.c for what compares; both settle the parts of what they look at.
 */
#ifndef PLAYBOOK_TYPING_PARTS_H
#define PLAYBOOK_TYPING_PARTS_H

#include "engine/lang/expr.h"

/* The element of the innermost any, all or count. */
struct element {
    const struct type *type;
    const struct element *outer;
};

struct typing {
    struct scope *scope;
    const struct element *element;
};

/* Names and types of one expression in another; the recursion ends at LIMIT_NESTING. `wanted` is
 * the type that a bare literal meets, or NULL. Settling twice does no harm. */
void typing_part(struct typing *typing, struct expr *expr, const struct type *wanted);

/* Reports; the part has no type from here on. */
void typing_fail(struct typing *typing, struct expr *expr, const char *hint, const char *message);
void typing_fail_at(struct typing *typing, struct expr *expr, struct span span, const char *hint,
                    const char *message);

/* A name that is nothing: probably text without quotes. */
bool typing_is_lost(const struct typing *typing, const struct expr *expr);

/* typing_compare.c */
void compare_settle(struct typing *typing, struct expr *expr);
void compare_settle_match(struct typing *typing, struct expr *expr);
void compare_settle_in(struct typing *typing, struct expr *expr);
/* A literal or a list of them: takes its type from what it meets. */
bool compare_is_bare(const struct expr *expr);

#endif
