/* Names and types of expressions (language reference §3). A bare literal takes the type of what it
 * meets, so the known side of a comparison is settled first. A part whose error has been reported
 * has KIND_NONE and fits everything. It evaluates nothing. */
#include "engine/lang/typing.h"

#include <string.h>

#include "engine/lang/fields.h"
#include "engine/lang/template.h"
#include "engine/lang/type.h"

/* The element of the innermost any, all or count. */
struct element {
    const struct type *type;
    const struct element *outer;
};

struct typing {
    struct scope *scope;
    const struct element *element;
};

static struct arena *arena_of(const struct typing *typing)
{
    return typing->scope->arena;
}

/* Reports at `span`; the part has no type from here on. */
static void fail_at(struct typing *typing, struct expr *expr, struct span span, const char *hint,
                    const char *message)
{
    expr->type = *type_of_kind(KIND_NONE);
    diagnose(typing->scope->diagnostics, span, hint, "%s", message);
}

static void fail(struct typing *typing, struct expr *expr, const char *hint, const char *message)
{
    fail_at(typing, expr, expr->span, hint, message);
}

/* True recursion: an expression in an expression. `wanted` is what a bare literal meets, or NULL.
 */
static void settle(struct typing *typing, struct expr *expr, const struct type *wanted);

static void make_constant(struct typing *typing, struct expr *expr, const struct value *value)
{
    struct value *constant = arena_alloc(arena_of(typing), sizeof(*constant));
    *constant = *value;
    expr->op = OP_CONSTANT;
    expr->value = constant;
    expr->type = *type_of_kind(value->kind);
}

static void settle_literal(struct typing *typing, struct expr *expr, const struct type *wanted)
{
    struct arena *arena = arena_of(typing);
    const char *text = expr->name;
    struct value value;
    if (!wanted || wanted->kind == KIND_NONE) {
        value = value_guess(arena, text);
        if (value.kind != KIND_STRING || value_read(arena, KIND_VERSION, text, &value))
            make_constant(typing, expr, &value);
        else
            fail(
                typing, expr, arena_format(arena, "text is quoted: '%s'", text),
                arena_format(arena, "'%s' is no number, duration, size, address or version", text));
        return;
    }
    if (wanted->kind == KIND_STRING) {
        fail(typing, expr,
             arena_format(arena, "text is quoted: '%s'; number(...) reads text", text),
             arena_format(arena, "'%s' is compared with a string", text));
        return;
    }
    if (value_read(arena, wanted->kind, text, &value)) {
        make_constant(typing, expr, &value);
        return;
    }
    const char *hint = kind_example(wanted->kind);
    if (wanted->kind == KIND_ADDRESS && value_read(arena, KIND_NETWORK, text, &value))
        hint = "`in` asks whether an address is in a network";
    fail(typing, expr, hint,
         arena_format(arena, "'%s' is compared with %s", text, type_describe(arena, wanted)));
}

/* The text that an expression always is: in quotes, or a variable's. */
static const char *constant_text(const struct expr *expr)
{
    const struct value *value = expr->op == OP_CONSTANT ? expr->value : NULL;
    if (expr->op == OP_VARIABLE && expr->template && template_is_constant(expr->template))
        value = &expr->template->value;
    return value && value->kind == KIND_STRING ? value->string : NULL;
}

/* Constant text where the other side has fixed words. */
static void check_words(struct typing *typing, const struct expr *expr, const struct type *type,
                        const char *name)
{
    const char *text = constant_text(expr);
    if (type->words && text && !word_allowed(type->words, text))
        diagnose(typing->scope->diagnostics, expr->span,
                 words_hint(arena_of(typing), type->words, text), "'%s' is never '%s'", name, text);
}

static bool is_bare(const struct expr *expr)
{
    return expr->op == OP_LITERAL || expr->op == OP_LIST;
}

static const char *mismatch_hint(const struct typing *typing, const struct expr *left,
                                 const struct expr *right)
{
    struct arena *arena = arena_of(typing);
    const struct expr *check = left->op == OP_CHECK ? left : right->op == OP_CHECK ? right : NULL;
    if (check)
        return fields_hint(typing->scope, check->name);
    if (!type_scalar(&left->type) || !type_scalar(&right->type))
        return NULL;
    const struct expr *text = left->type.kind == KIND_STRING ? left : right;
    const struct expr *other = text == left ? right : left;
    if (text->type.kind != KIND_STRING)
        return NULL;
    if (text->op == OP_CONSTANT)
        return arena_format(arena, "write it without quotes; %s", kind_example(other->type.kind));
    if (other->op == OP_CONSTANT)
        return "text is quoted";
    return arena_format(arena, "%s(...) reads text", kind_name(other->type.kind));
}

/* Points at the constant where only one side is one: that is the side to change. */
static void mismatch(struct typing *typing, struct expr *expr, const struct expr *left,
                     const struct expr *right)
{
    struct arena *arena = arena_of(typing);
    bool left_constant = left->op == OP_CONSTANT, right_constant = right->op == OP_CONSTANT;
    struct span span = left_constant == right_constant ? expr->span
                       : left_constant                 ? left->span
                                                       : right->span;
    fail_at(typing, expr, span, mismatch_hint(typing, left, right),
            arena_format(arena, "%s is %s and %s is %s: different types never compare", left->name,
                         type_describe(arena, &left->type), right->name,
                         type_describe(arena, &right->type)));
}

/* The items of a list literal: the first of a known type gives it to the others. */
static void settle_list(struct typing *typing, struct expr *expr, const struct type *wanted)
{
    const struct type *element =
        wanted && wanted->kind == KIND_LIST && wanted->element ? wanted->element : NULL;
    for (size_t i = 0; i < expr->count && !element; i++) {
        if (is_bare(expr->operands[i]))
            continue;
        settle(typing, expr->operands[i], NULL);
        element = &expr->operands[i]->type;
    }
    for (size_t i = 0; i < expr->count; i++) {
        struct expr *item = expr->operands[i];
        settle(typing, item, element);
        if (!element)
            element = &item->type;
        if (!type_same(&item->type, element))
            fail(typing, item, NULL,
                 arena_format(arena_of(typing), "%s is %s in a list of %s", item->name,
                              type_describe(arena_of(typing), &item->type),
                              type_print(arena_of(typing), element)));
    }
    expr->type =
        (struct type){.kind = KIND_LIST, .element = element ? element : type_of_kind(KIND_NONE)};
}

/* The field of the innermost element that has one of this name. */
static const struct field *element_field(const struct typing *typing, const char *name,
                                         size_t *levels)
{
    *levels = 0;
    for (const struct element *at = typing->element; at; at = at->outer, (*levels)++) {
        if (at->type->kind != KIND_RECORD || !at->type->fields)
            continue;
        const struct field *field = fields_find(at->type->fields, name);
        if (field)
            return field;
    }
    return NULL;
}

static const char *unknown_name_hint(const struct typing *typing, const char *name,
                                     const struct type *wanted)
{
    struct arena *arena = arena_of(typing);
    if (scope_variable(typing->scope, name))
        return arena_format(arena, "'%s' is a variable: write $%s", name, name);
    if (wanted && wanted->kind == KIND_STRING)
        return arena_format(arena, "text is quoted: '%s'", name);
    struct nearest nearest = {.wanted = name};
    names_offer(&typing->scope->check_names, &nearest);
    for (const struct element *at = typing->element; at; at = at->outer)
        if (at->type->kind == KIND_RECORD && at->type->fields)
            fields_offer(at->type->fields, &nearest);
    return nearest_hint(arena, &nearest);
}

static void settle_name(struct typing *typing, struct expr *expr, const struct type *wanted)
{
    size_t levels;
    const struct field *field = element_field(typing, expr->name, &levels);
    if (field) {
        expr->op = OP_ELEMENT;
        expr->member = field->name;
        expr->index = levels;
        expr->type = field->type;
        return;
    }
    const struct declared *check = scope_check(typing->scope, expr->name);
    if (!check) {
        fail(typing, expr, unknown_name_hint(typing, expr->name, wanted),
             arena_format(arena_of(typing), "there is no check '%s'", expr->name));
        return;
    }
    expr->op = OP_CHECK;
    expr->index = check->index;
    expr->type = *type_of_kind(KIND_BOOLEAN);
}

static void settle_it(struct typing *typing, struct expr *expr)
{
    if (typing->element)
        expr->type = *typing->element->type;
    else
        fail(typing, expr, NULL, "'it' has a meaning only inside any, all and count");
}

static void settle_variable(struct typing *typing, struct expr *expr)
{
    const char *name = expr->name + 1;
    const struct variable *variable = scope_variable(typing->scope, name);
    if (variable) {
        expr->type = variable->type;
        expr->template = variable->value;
        return;
    }
    struct nearest nearest = {.wanted = name};
    names_offer(&typing->scope->variable_names, &nearest);
    const char *hint = "a dollar sign is written $$";
    if (nearest.best)
        hint = arena_format(arena_of(typing), "did you mean '$%s'?", nearest.best);
    else if (scope_check(typing->scope, name))
        hint = arena_format(arena_of(typing), "'%s' is a check: write %s, or $(%s.FIELD) in text",
                            name, name, name);
    fail(typing, expr, hint, arena_format(arena_of(typing), "there is no variable '%s'", name));
}

/* check.field */
static void settle_field(struct typing *typing, struct expr *expr, const struct declared *check)
{
    expr->op = OP_FIELD;
    expr->index = check->index;
    expr->count = 0;
    if (text_equal(expr->member, "ok")) {
        expr->op = OP_CHECK;
        expr->type = *type_of_kind(KIND_BOOLEAN);
        return;
    }
    struct nearest nearest = {.wanted = expr->member};
    nearest_offer(&nearest, "ok");
    const char *message =
        fields_type(typing->scope, check, expr->member, &expr->field, &expr->type, &nearest);
    if (!message)
        return;
    const char *hint = nearest_hint(arena_of(typing), &nearest);
    if (!hint)
        hint = fields_hint(typing->scope, check->name);
    fail_at(typing, expr, expr->member_span, hint, message);
}

static const char *not_a_check_hint(const struct typing *typing, const struct expr *expr)
{
    const char *name =
        arena_format(arena_of(typing), "%s.%s", expr->operands[0]->name, expr->member);
    const struct action *action = scope_action(typing->scope, name, ROLE_PROBE);
    if (!action)
        return NULL;
    return arena_format(arena_of(typing), "an action is called as a map: { %s: {} }", name);
}

static void settle_member(struct typing *typing, struct expr *expr)
{
    struct expr *base = expr->operands[0];
    size_t levels;
    if (base->op == OP_NAME && !element_field(typing, base->name, &levels)) {
        const struct declared *check = scope_check(typing->scope, base->name);
        const char *hint = check ? NULL : not_a_check_hint(typing, expr);
        if (check)
            settle_field(typing, expr, check);
        else if (hint)
            fail(typing, expr, hint,
                 arena_format(arena_of(typing), "there is no check '%s'", base->name));
        if (check || hint)
            return;
    }
    settle(typing, base, NULL);
    if (base->type.kind == KIND_NONE)
        return;
    if (base->type.kind != KIND_RECORD || !base->type.fields) {
        fail_at(typing, expr, expr->member_span,
                base->type.kind == KIND_LIST ? "take one: [0], or use any(...)" : NULL,
                arena_format(arena_of(typing), "%s is %s and has no fields", base->name,
                             type_describe(arena_of(typing), &base->type)));
        return;
    }
    const struct field *field = fields_find(base->type.fields, expr->member);
    if (field) {
        expr->type = field->type;
        return;
    }
    struct nearest nearest = {.wanted = expr->member};
    fields_offer(base->type.fields, &nearest);
    const char *hint = nearest_hint(arena_of(typing), &nearest);
    fail_at(typing, expr, expr->member_span,
            hint ? hint : fields_list(arena_of(typing), base->type.fields),
            arena_format(arena_of(typing), "%s has no field '%s'", base->name, expr->member));
}

static void settle_index(struct typing *typing, struct expr *expr)
{
    struct expr *base = expr->operands[0];
    settle(typing, base, NULL);
    if (base->type.kind == KIND_LIST)
        expr->type = *base->type.element;
    else if (base->type.kind != KIND_NONE)
        fail(typing, expr, NULL,
             arena_format(arena_of(typing), "%s is %s, not a list", base->name,
                          type_describe(arena_of(typing), &base->type)));
}

static bool converts(const struct type *from, enum kind to)
{
    return from->kind == KIND_NONE || from->kind == KIND_STRING || from->kind == to ||
           (to == KIND_STRING && type_scalar(from)) ||
           (to == KIND_NETWORK && from->kind == KIND_ADDRESS);
}

static void settle_convert(struct typing *typing, struct expr *expr)
{
    struct arena *arena = arena_of(typing);
    struct expr *operand = expr->operands[0];
    enum kind to = expr->type.kind;
    settle(typing, operand, &expr->type);
    if (!converts(&operand->type, to)) {
        fail(typing, expr, NULL,
             arena_format(arena, "%s(...) reads text, and %s is %s", type_print(arena, &expr->type),
                          operand->name, type_describe(arena, &operand->type)));
        return;
    }
    struct value value;
    if (operand->op == OP_CONSTANT && operand->value->kind == KIND_STRING &&
        !value_read(arena, to, operand->value->string, &value))
        fail(typing, expr, kind_example(to),
             arena_format(arena, "'%s' is not %s", operand->value->string,
                          type_describe(arena, type_of_kind(to))));
}

/* Where only true or false can stand. */
static void want_boolean(struct typing *typing, struct expr *expr)
{
    if (expr->op == OP_LITERAL)
        settle_literal(typing, expr, NULL);
    else
        settle(typing, expr, NULL);
    if (expr->type.kind == KIND_NONE || expr->type.kind == KIND_BOOLEAN)
        return;
    fail(typing, expr, "compare it with something",
         arena_format(arena_of(typing), "%s is %s, but a condition is needed here", expr->name,
                      type_describe(arena_of(typing), &expr->type)));
}

static void settle_logic(struct typing *typing, struct expr *expr)
{
    for (size_t i = 0; i < expr->count; i++)
        want_boolean(typing, expr->operands[i]);
    expr->type = *type_of_kind(KIND_BOOLEAN);
}

/* A name that is nothing: probably text without quotes. */
static bool is_lost_name(const struct typing *typing, const struct expr *expr)
{
    size_t levels;
    return expr->op == OP_NAME && !scope_check(typing->scope, expr->name) &&
           !element_field(typing, expr->name, &levels);
}

/* Settles both sides, first the one that knows its type. */
static void settle_sides(struct typing *typing, struct expr *left, struct expr *right)
{
    bool left_waits = is_bare(left) || is_lost_name(typing, left);
    bool right_waits = is_bare(right) || is_lost_name(typing, right);
    if (left_waits && !right_waits) {
        settle(typing, right, NULL);
        settle(typing, left, &right->type);
    } else {
        settle(typing, left, NULL);
        settle(typing, right, &left->type);
    }
}

static void settle_comparison(struct typing *typing, struct expr *expr)
{
    struct expr *left = expr->operands[0], *right = expr->operands[1];
    settle_sides(typing, left, right);
    expr->type = *type_of_kind(KIND_BOOLEAN);
    if (left->type.kind == KIND_NONE || right->type.kind == KIND_NONE)
        return;
    bool ordering = expr->op != OP_EQUAL && expr->op != OP_NOT_EQUAL;
    const char *message = NULL;
    if (!type_same(&left->type, &right->type)) {
        mismatch(typing, expr, left, right);
        return;
    }
    if (left->type.kind == KIND_RECORD)
        message = "is a record: compare its fields";
    else if (ordering && (!kind_ordered(left->type.kind) || left->type.words))
        message = left->type.words ? "has fixed words, which have no order"
                                   : "has no order: only == and != compare it";
    if (message)
        fail(typing, expr, NULL, arena_format(arena_of(typing), "%s %s", left->name, message));
    check_words(typing, right, &left->type, left->name);
    check_words(typing, left, &right->type, right->name);
}

static void settle_match(struct typing *typing, struct expr *expr)
{
    struct expr *left = expr->operands[0];
    settle(typing, left, NULL);
    expr->type = *type_of_kind(KIND_BOOLEAN);
    if (left->type.kind != KIND_STRING && left->type.kind != KIND_NONE)
        fail(typing, expr, type_scalar(&left->type) ? "string(...) makes text of it" : NULL,
             arena_format(arena_of(typing), "%s is %s, and a pattern matches only text", left->name,
                          type_describe(arena_of(typing), &left->type)));
}

/* What the right side of `in` is when the left side is known: a list of that, or networks for an
 * address. */
static void settle_container(struct typing *typing, const struct expr *left, struct expr *right)
{
    struct type list = {.kind = KIND_LIST, .element = &left->type};
    bool networks = false;
    for (size_t i = 0; right->op == OP_LIST && i < right->count; i++)
        networks |= right->operands[i]->op == OP_LITERAL && strchr(right->operands[i]->name, '/');
    if (left->type.kind == KIND_ADDRESS && networks)
        list.element = type_of_kind(KIND_NETWORK);
    if (left->type.kind == KIND_ADDRESS && right->op == OP_LITERAL)
        settle(typing, right, type_of_kind(KIND_NETWORK));
    else
        settle(typing, right, right->op == OP_LIST ? &list : NULL);
}

/* What the left side of `in` meets, given the right. */
static const struct type *element_met(const struct type *container)
{
    if (container->kind == KIND_NETWORK)
        return type_of_kind(KIND_ADDRESS);
    return container->kind == KIND_LIST ? container->element : NULL;
}

static bool holds(const struct type *container, const struct type *element)
{
    if (container->kind == KIND_NETWORK)
        return element->kind == KIND_ADDRESS;
    if (container->kind != KIND_LIST)
        return false;
    return type_same(container->element, element) ||
           (container->element->kind == KIND_NETWORK && element->kind == KIND_ADDRESS);
}

static void settle_in(struct typing *typing, struct expr *expr)
{
    struct arena *arena = arena_of(typing);
    struct expr *left = expr->operands[0], *right = expr->operands[1];
    expr->type = *type_of_kind(KIND_BOOLEAN);
    if (is_bare(left) && !is_bare(right)) {
        settle(typing, right, NULL);
        settle(typing, left, element_met(&right->type));
    } else {
        settle(typing, left, NULL);
        settle_container(typing, left, right);
    }
    if (left->type.kind == KIND_NONE || right->type.kind == KIND_NONE)
        return;
    if (right->type.kind != KIND_LIST && right->type.kind != KIND_NETWORK) {
        fail(typing, expr, right->type.kind == KIND_STRING ? "=~ /.../ looks into text" : NULL,
             arena_format(arena, "%s is %s: `in` needs a list or a network", right->name,
                          type_describe(arena, &right->type)));
    } else if (!holds(&right->type, &left->type)) {
        fail(typing, expr, NULL,
             arena_format(arena, "%s is %s and is never in %s", left->name,
                          type_describe(arena, &left->type), type_describe(arena, &right->type)));
    } else if (right->op == OP_LIST) {
        for (size_t i = 0; i < right->count; i++)
            check_words(typing, right->operands[i], &left->type, left->name);
    } else if (right->type.kind == KIND_LIST) {
        check_words(typing, left, right->type.element, right->name);
    }
}

static void settle_over(struct typing *typing, struct expr *expr)
{
    struct expr *list = expr->operands[0];
    settle(typing, list, NULL);
    expr->type = *type_of_kind(expr->op == OP_COUNT ? KIND_NUMBER : KIND_BOOLEAN);
    if (list->type.kind != KIND_LIST && list->type.kind != KIND_NONE)
        fail(typing, list, NULL,
             arena_format(arena_of(typing), "%s is %s, not a list", list->name,
                          type_describe(arena_of(typing), &list->type)));
    if (expr->count == 1 || list->type.kind != KIND_LIST)
        return;
    struct element element = {.type = list->type.element, .outer = typing->element};
    struct typing inner = {.scope = typing->scope, .element = &element};
    want_boolean(&inner, expr->operands[1]);
}

static void settle(struct typing *typing, struct expr *expr, const struct type *wanted)
{
    switch (expr->op) {
    case OP_LITERAL:
        settle_literal(typing, expr, wanted);
        break;
    case OP_LIST:
        settle_list(typing, expr, wanted);
        break;
    case OP_NAME:
        settle_name(typing, expr, wanted);
        break;
    case OP_IT:
        settle_it(typing, expr);
        break;
    case OP_VARIABLE:
        settle_variable(typing, expr);
        break;
    case OP_MEMBER:
        settle_member(typing, expr);
        break;
    case OP_INDEX:
        settle_index(typing, expr);
        break;
    case OP_CONVERT:
        settle_convert(typing, expr);
        break;
    case OP_NOT:
    case OP_AND:
    case OP_OR:
        settle_logic(typing, expr);
        break;
    case OP_MATCH:
        settle_match(typing, expr);
        break;
    case OP_IN:
        settle_in(typing, expr);
        break;
    case OP_ANY:
    case OP_ALL:
    case OP_COUNT:
        settle_over(typing, expr);
        break;
    case OP_EQUAL:
    case OP_NOT_EQUAL:
    case OP_LESS:
    case OP_LESS_EQUAL:
    case OP_GREATER:
    case OP_GREATER_EQUAL:
        settle_comparison(typing, expr);
        break;
    case OP_CONSTANT:
    case OP_ELEMENT:
    case OP_CHECK:
    case OP_FIELD:
        break;
    }
}

void typing_settle(struct scope *scope, struct expr *expr)
{
    struct typing typing = {.scope = scope};
    settle(&typing, expr, NULL);
}

const struct expr *typing_condition(struct scope *scope, const struct node *node)
{
    if (node->kind == NODE_NONE)
        return NULL;
    if (node->kind != NODE_SCALAR) {
        struct span span = {node->span.source, node->span.start, node->span.start + 1};
        diagnose(scope->diagnostics, span,
                 "an expression that begins with a bracket is put in quotes",
                 "expected an expression, found a %s", node->kind == NODE_LIST ? "list" : "map");
        return NULL;
    }
    struct expr *expr = expr_parse(scope, node);
    if (!expr)
        return NULL;
    struct typing typing = {.scope = scope};
    want_boolean(&typing, expr);
    return expr;
}
