/* template: a YAML value that may hold substitutions (language reference §4).
 *
 * What is constant is read and checked when loading; the rest keeps its slot, which converts and
 * checks the value when it is known (eval.h: template_value).
 */
#ifndef PLAYBOOK_TEMPLATE_H
#define PLAYBOOK_TEMPLATE_H

#include "engine/lang/expr.h"
#include "engine/lang/slot.h"

enum template_form {
    TEMPLATE_CONSTANT, /* value */
    TEMPLATE_WHOLE,    /* one part: an expression whose value is taken as it is */
    TEMPLATE_TEXT,     /* parts joined to text, then read as the slot's type */
    TEMPLATE_LIST,     /* items */
    TEMPLATE_UNSET,    /* a required variable without value, in `playbook check` */
};

struct part {
    const char *text;        /* NULL: */
    const struct expr *expr; /* a substitution */
};

struct template
{
    enum template_form form;
    struct span span;
    const struct slot *slot;
    bool plain; /* TEMPLATE_TEXT: the scalar is not quoted */
    struct value value;
    const struct part *parts;
    const struct template *const *items;
    size_t count;     /* of parts or items */
    size_t weight;    /* substitutions in it, and in the variables that they name */
    const char *name; /* TEMPLATE_UNSET: of the variable */
};

/* A value for `slot`, which lives as long as the arena; NULL with diagnostics. Words may be a map
 * of languages. */
const struct template *template_compile(struct scope *scope, const struct node *node,
                                        const struct slot *slot);

/* Words: a title, advice, a question. */
const struct template *template_compile_words(struct scope *scope, const struct node *node,
                                              const char *what);

/* A command for a person to paste, whose values are quoted when they are known. */
const struct template *template_compile_command(struct scope *scope, const struct node *node);

const struct template *template_constant(struct arena *arena, struct span span, struct value value);

bool template_is_constant(const struct template *template);

/* Whether a scalar holds a substitution, of an answer or of a variable. */
bool template_has_substitution(const struct node *scalar);

/* The text with every substitution replaced by "x": for the named groups of a pattern. */
const char *template_sample(struct arena *arena, const struct node *scalar);

/* Joined text longer than a file may be is refused. */
enum { TEMPLATE_TEXT_LIMIT = 1024 * 1024 };

/* Variables that hold variables can multiply: reports what is beyond LIMIT_SUBSTITUTIONS. */
bool template_within_limit(struct scope *scope, struct span span, size_t weight);

/* Adds a value as part of joined text: literal inside a pattern. */
void template_join(struct text *text, const struct slot *slot, const struct value *value);

void template_checks(const struct template *template, void (*each)(void *context, size_t check),
                     void *context);

#endif
