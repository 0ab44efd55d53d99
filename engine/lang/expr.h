/* expr: expressions as trees, parsed (expr.c), then named and typed (typing.c), then immutable.
 *
 * Trees are never deeper than LIMIT_NESTING: `and` and `or` hold all their operands side by side.
 */
#ifndef PLAYBOOK_EXPR_H
#define PLAYBOOK_EXPR_H

#include "engine/lang/scope.h"
#include "engine/lang/token.h"
#include "engine/lang/yaml.h"

enum op {
    OP_CONSTANT, /* value */
    OP_LITERAL,  /* name: a bare literal that has not met its type; only before typing */
    OP_NAME,     /* name: a check or an element's field; only before typing */
    OP_LIST,     /* operands */
    OP_IT,       /* index: how many any/all/count further out */
    OP_ELEMENT,  /* a field of the element: name, index as in OP_IT */
    OP_CHECK,    /* index: a check's `ok` */
    OP_FIELD,    /* index: the check, field: which of its action's */
    OP_MEMBER,   /* operand: a record, member: its field */
    OP_INDEX,    /* operand: a list, index: which */
    OP_VARIABLE, /* template */
    OP_CONVERT,  /* operand, read as `type` */
    OP_NOT,
    OP_AND,
    OP_OR,
    OP_EQUAL, /* comparisons in the order of their tokens */
    OP_NOT_EQUAL,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_MATCH, /* operand, regex */
    OP_IN,
    OP_ANY, /* list, condition */
    OP_ALL,
    OP_COUNT, /* list, condition or nothing */
};

struct expr {
    enum op op;
    struct type type; /* KIND_NONE: not typed yet, or an error in it has been reported */
    struct span span;
    const char *name;   /* as the author wrote it, for messages and evidence */
    const char *member; /* OP_MEMBER, OP_ELEMENT */
    struct span member_span;
    struct expr **operands;
    size_t count;
    size_t index;
    size_t field;
    union {
        const struct value *value;       /* OP_CONSTANT */
        const struct regex *regex;       /* OP_MATCH */
        const struct template *template; /* OP_VARIABLE */
    };
};

/* Parses a scalar's whole text; NULL with a diagnostic. */
struct expr *expr_parse(struct scope *scope, const struct node *scalar);

/* Parses the operand of `$(...)` in a scalar from `at` on; `*end` is after its bracket. */
struct expr *expr_parse_substitution(struct scope *scope, const struct node *scalar, size_t at,
                                     size_t *end);

/* The OP_VARIABLE of `$name` found in a scalar at [start, end). */
struct expr *expr_variable(struct scope *scope, const struct node *scalar, const char *name,
                           size_t start, size_t end);

/* Calls `each` for every check that the value of `expr` may need; also through variables. */
void expr_checks(const struct expr *expr, void (*each)(void *context, size_t check), void *context);

/* How many substitutions evaluating it may walk, those inside its variables included. */
size_t expr_weight(const struct expr *expr);

#endif
