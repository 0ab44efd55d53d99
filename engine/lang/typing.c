/* Names and types of expressions (language reference §3), but for what compares
 * (typing_compare.c). A part whose error has been reported has KIND_NONE and fits everything. It
 * evaluates nothing. */
#include "engine/lang/typing.h"

#include "engine/lang/fields.h"
#include "engine/lang/template.h"
#include "engine/lang/type.h"
#include "engine/lang/typing_parts.h"

void typing_fail_at(struct typing *typing, struct expr *expr, struct span span, const char *hint,
                    const char *message)
{
    expr->type = *type_of_kind(KIND_NONE);
    diagnose(typing->scope->diagnostics, span, hint, "%s", message);
}

void typing_fail(struct typing *typing, struct expr *expr, const char *hint, const char *message)
{
    typing_fail_at(typing, expr, expr->span, hint, message);
}

static void make_constant(struct typing *typing, struct expr *expr, const struct value *value)
{
    struct value *constant = arena_alloc(typing->scope->arena, sizeof(*constant));
    *constant = *value;
    expr->op = OP_CONSTANT;
    expr->value = constant;
    expr->type = *type_of_kind(value->kind);
}

static void settle_literal(struct typing *typing, struct expr *expr, const struct type *wanted)
{
    struct arena *arena = typing->scope->arena;
    const char *text = expr->name;
    struct value value;
    if (!wanted || wanted->kind == KIND_NONE) {
        value = value_guess(arena, text);
        if (value.kind != KIND_STRING || value_read(arena, KIND_VERSION, text, &value))
            make_constant(typing, expr, &value);
        else
            typing_fail(
                typing, expr, arena_format(arena, "text is quoted: '%s'", text),
                arena_format(arena, "'%s' is no number, duration, size, address or version", text));
        return;
    }
    if (wanted->kind == KIND_STRING) {
        typing_fail(typing, expr,
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
    typing_fail(
        typing, expr, hint,
        arena_format(arena, "'%s' is compared with %s", text, type_describe(arena, wanted)));
}

/* The items of a list literal: the first of a known type gives it to the others. */
static void settle_list(struct typing *typing, struct expr *expr, const struct type *wanted)
{
    const struct type *element =
        wanted && wanted->kind == KIND_LIST && wanted->element ? wanted->element : NULL;
    for (size_t i = 0; i < expr->count && !element; i++) {
        if (compare_is_bare(expr->operands[i]))
            continue;
        typing_part(typing, expr->operands[i], NULL);
        element = &expr->operands[i]->type;
    }
    for (size_t i = 0; i < expr->count; i++) {
        struct expr *item = expr->operands[i];
        typing_part(typing, item, element);
        if (!element)
            element = &item->type;
        if (!type_same(&item->type, element))
            typing_fail(typing, item, NULL,
                        arena_format(typing->scope->arena, "%s is %s in a list of %s", item->name,
                                     type_describe(typing->scope->arena, &item->type),
                                     type_print(typing->scope->arena, element)));
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

bool typing_is_lost(const struct typing *typing, const struct expr *expr)
{
    size_t levels;
    return expr->op == OP_NAME && !scope_check(typing->scope, expr->name) &&
           !element_field(typing, expr->name, &levels);
}

/* What other languages, and YAML 1.1, take for a boolean. */
static const char *const yes_and_no[] = {"yes", "no", "on", "off", "True", "False", NULL};

static const char *unknown_name_hint(const struct typing *typing, const char *name,
                                     const struct type *wanted)
{
    struct arena *arena = typing->scope->arena;
    if (scope_variable(typing->scope, name))
        return arena_format(arena, "'%s' is a variable: write $%s", name, name);
    if (wanted && wanted->kind == KIND_STRING)
        return arena_format(arena, "text is quoted: '%s'", name);
    if (wanted && wanted->kind == KIND_BOOLEAN && word_allowed(yes_and_no, name))
        return kind_example(KIND_BOOLEAN);
    struct nearest nearest = {.wanted = name};
    if (diagnostics_full(typing->scope->diagnostics))
        return NULL;
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
        typing_fail(typing, expr, unknown_name_hint(typing, expr->name, wanted),
                    arena_format(typing->scope->arena, "there is no check '%s'", expr->name));
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
        typing_fail(typing, expr, NULL, "'it' has a meaning only inside any, all and count");
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
    if (!diagnostics_full(typing->scope->diagnostics))
        names_offer(&typing->scope->variable_names, &nearest);
    const char *hint = "a dollar sign is written $$";
    if (nearest.best)
        hint = arena_format(typing->scope->arena, "did you mean '$%s'?", nearest.best);
    else if (scope_check(typing->scope, name))
        hint = arena_format(typing->scope->arena,
                            "'%s' is a check: write %s, or $(%s.FIELD) in text", name, name, name);
    typing_fail(typing, expr, hint,
                arena_format(typing->scope->arena, "there is no variable '%s'", name));
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
    const char *hint = nearest_hint(typing->scope->arena, &nearest);
    if (!hint)
        hint = fields_hint(typing->scope, check->name);
    typing_fail_at(typing, expr, expr->member_span, hint, message);
}

static const char *not_a_check_hint(const struct typing *typing, const struct expr *expr)
{
    const char *name =
        arena_format(typing->scope->arena, "%s.%s", expr->operands[0]->name, expr->member);
    const struct action *action = scope_action(typing->scope, name, ROLE_PROBE);
    if (!action)
        return NULL;
    return arena_format(typing->scope->arena, "an action is called as a map: { %s: {} }", name);
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
            typing_fail(typing, expr, hint,
                        arena_format(typing->scope->arena, "there is no check '%s'", base->name));
        if (check || hint)
            return;
    }
    typing_part(typing, base, NULL);
    if (base->type.kind == KIND_NONE)
        return;
    if (base->type.kind != KIND_RECORD || !base->type.fields) {
        typing_fail_at(typing, expr, expr->member_span,
                       base->type.kind == KIND_LIST ? "take one: [0], or use any(...)" : NULL,
                       arena_format(typing->scope->arena, "%s is %s and has no fields", base->name,
                                    type_describe(typing->scope->arena, &base->type)));
        return;
    }
    const struct field *field = fields_find(base->type.fields, expr->member);
    if (field) {
        expr->type = field->type;
        return;
    }
    struct nearest nearest = {.wanted = expr->member};
    fields_offer(base->type.fields, &nearest);
    const char *hint = nearest_hint(typing->scope->arena, &nearest);
    typing_fail_at(
        typing, expr, expr->member_span,
        hint ? hint : fields_list(typing->scope->arena, base->type.fields),
        arena_format(typing->scope->arena, "%s has no field '%s'", base->name, expr->member));
}

static void settle_index(struct typing *typing, struct expr *expr)
{
    struct expr *base = expr->operands[0];
    typing_part(typing, base, NULL);
    if (base->type.kind == KIND_LIST)
        expr->type = *base->type.element;
    else if (base->type.kind != KIND_NONE)
        typing_fail(typing, expr, NULL,
                    arena_format(typing->scope->arena, "%s is %s, not a list", base->name,
                                 type_describe(typing->scope->arena, &base->type)));
}

static bool converts(const struct type *from, enum kind to)
{
    return from->kind == KIND_NONE || from->kind == KIND_STRING || from->kind == to ||
           (to == KIND_STRING && type_scalar(from)) ||
           (to == KIND_NETWORK && from->kind == KIND_ADDRESS);
}

static void settle_convert(struct typing *typing, struct expr *expr)
{
    struct arena *arena = typing->scope->arena;
    struct expr *operand = expr->operands[0];
    enum kind to = expr->type.kind;
    typing_part(typing, operand, &expr->type);
    if (!converts(&operand->type, to)) {
        typing_fail(typing, expr, NULL,
                    arena_format(arena, "%s(...) reads text, and %s is %s",
                                 type_print(arena, &expr->type), operand->name,
                                 type_describe(arena, &operand->type)));
        return;
    }
    struct value value;
    if (operand->op == OP_CONSTANT && operand->value->kind == KIND_STRING &&
        !value_read(arena, to, operand->value->string, &value))
        typing_fail(typing, expr, kind_example(to),
                    arena_format(arena, "'%s' is not %s", operand->value->string,
                                 type_describe(arena, type_of_kind(to))));
}

/* Where only true or false can stand. */
static void want_boolean(struct typing *typing, struct expr *expr)
{
    if (expr->op == OP_LITERAL)
        settle_literal(typing, expr, NULL);
    else
        typing_part(typing, expr, NULL);
    if (expr->type.kind == KIND_NONE || expr->type.kind == KIND_BOOLEAN)
        return;
    typing_fail(typing, expr, "compare it with something",
                arena_format(typing->scope->arena, "%s is %s, but a condition is needed here",
                             expr->name, type_describe(typing->scope->arena, &expr->type)));
}

static void settle_logic(struct typing *typing, struct expr *expr)
{
    for (size_t i = 0; i < expr->count; i++)
        want_boolean(typing, expr->operands[i]);
    expr->type = *type_of_kind(KIND_BOOLEAN);
}

static void settle_over(struct typing *typing, struct expr *expr)
{
    struct expr *list = expr->operands[0];
    typing_part(typing, list, NULL);
    expr->type = *type_of_kind(expr->op == OP_COUNT ? KIND_NUMBER : KIND_BOOLEAN);
    if (list->type.kind != KIND_LIST && list->type.kind != KIND_NONE)
        typing_fail(typing, list, NULL,
                    arena_format(typing->scope->arena, "%s is %s, not a list", list->name,
                                 type_describe(typing->scope->arena, &list->type)));
    if (expr->count == 1 || list->type.kind != KIND_LIST)
        return;
    struct element element = {.type = list->type.element, .outer = typing->element};
    struct typing inner = {.scope = typing->scope, .element = &element};
    want_boolean(&inner, expr->operands[1]);
}

void typing_part(struct typing *typing, struct expr *expr, const struct type *wanted)
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
        compare_settle_match(typing, expr);
        break;
    case OP_IN:
        compare_settle_in(typing, expr);
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
        compare_settle(typing, expr);
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
    typing_part(&typing, expr, NULL);
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
    return template_within_limit(scope, expr->span, expr_weight(expr)) ? expr : NULL;
}
