/* Types of what compares: ==, <, =~, in. Different types never compare, and a bare literal takes
 * the type of the other side, so the side that knows its type is settled first (language reference
 * §3). */
#include <string.h>

#include "engine/lang/fields.h"
#include "engine/lang/template.h"
#include "engine/lang/type.h"
#include "engine/lang/typing_parts.h"

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
                 words_hint(typing->scope->arena, type->words, text), "'%s' is never '%s'", name,
                 text);
}

bool compare_is_bare(const struct expr *expr)
{
    return expr->op == OP_LITERAL || expr->op == OP_LIST;
}

static const char *mismatch_hint(const struct typing *typing, const struct expr *left,
                                 const struct expr *right)
{
    struct arena *arena = typing->scope->arena;
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
    struct arena *arena = typing->scope->arena;
    bool left_constant = left->op == OP_CONSTANT, right_constant = right->op == OP_CONSTANT;
    struct span span = left_constant == right_constant ? expr->span
                       : left_constant                 ? left->span
                                                       : right->span;
    typing_fail_at(typing, expr, span, mismatch_hint(typing, left, right),
                   arena_format(arena, "%s is %s and %s is %s: different types never compare",
                                left->name, type_describe(arena, &left->type), right->name,
                                type_describe(arena, &right->type)));
}

/* Settles both sides, first the one that knows its type. */
static void settle_sides(struct typing *typing, struct expr *left, struct expr *right)
{
    bool left_waits = compare_is_bare(left) || typing_is_lost(typing, left);
    bool right_waits = compare_is_bare(right) || typing_is_lost(typing, right);
    if (left_waits && !right_waits) {
        typing_part(typing, right, NULL);
        typing_part(typing, left, &right->type);
    } else {
        typing_part(typing, left, NULL);
        typing_part(typing, right, &left->type);
    }
}

void compare_settle(struct typing *typing, struct expr *expr)
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
        typing_fail(typing, expr, NULL,
                    arena_format(typing->scope->arena, "%s %s", left->name, message));
    check_words(typing, right, &left->type, left->name);
    check_words(typing, left, &right->type, right->name);
}

void compare_settle_match(struct typing *typing, struct expr *expr)
{
    struct expr *left = expr->operands[0];
    typing_part(typing, left, NULL);
    expr->type = *type_of_kind(KIND_BOOLEAN);
    if (left->type.kind != KIND_STRING && left->type.kind != KIND_NONE)
        typing_fail(typing, expr, type_scalar(&left->type) ? "string(...) makes text of it" : NULL,
                    arena_format(typing->scope->arena, "%s is %s, and a pattern matches only text",
                                 left->name, type_describe(typing->scope->arena, &left->type)));
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
        typing_part(typing, right, type_of_kind(KIND_NETWORK));
    else
        typing_part(typing, right, right->op == OP_LIST ? &list : NULL);
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

void compare_settle_in(struct typing *typing, struct expr *expr)
{
    struct arena *arena = typing->scope->arena;
    struct expr *left = expr->operands[0], *right = expr->operands[1];
    expr->type = *type_of_kind(KIND_BOOLEAN);
    if (compare_is_bare(left) && !compare_is_bare(right)) {
        typing_part(typing, right, NULL);
        typing_part(typing, left, element_met(&right->type));
    } else {
        typing_part(typing, left, NULL);
        settle_container(typing, left, right);
    }
    if (left->type.kind == KIND_NONE || right->type.kind == KIND_NONE)
        return;
    if (right->type.kind != KIND_LIST && right->type.kind != KIND_NETWORK) {
        typing_fail(typing, expr,
                    right->type.kind == KIND_STRING ? "=~ /.../ looks into text" : NULL,
                    arena_format(arena, "%s is %s: `in` needs a list or a network", right->name,
                                 type_describe(arena, &right->type)));
    } else if (!holds(&right->type, &left->type)) {
        typing_fail(typing, expr, NULL,
                    arena_format(arena, "%s is %s and is never in %s", left->name,
                                 type_describe(arena, &left->type),
                                 type_describe(arena, &right->type)));
    } else if (right->op == OP_LIST) {
        for (size_t i = 0; i < right->count; i++)
            check_words(typing, right->operands[i], &left->type, left->name);
    } else if (right->type.kind == KIND_LIST) {
        check_words(typing, left, right->type.element, right->name);
    }
}
