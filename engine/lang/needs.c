/* What is still needed: the second walk, over what the first one (eval.c) left pending. In a chain
 * of `and` or `or`, what stands behind a pending operand only may be needed. */
#include "engine/lang/walk.h"

static void raise(struct walk *walk, size_t check, enum urgency urgency)
{
    if (walk->view->needs[check] < urgency)
        walk->view->needs[check] = (unsigned char)urgency;
}

void needs_check(struct walk *walk, size_t check, enum urgency urgency)
{
    struct reason reason;
    if (walk_check(walk, check, &reason) != TRUTH_PENDING)
        return;
    raise(walk, check, urgency);
    const struct expr *condition = walk->view->playbook->checks[check].condition;
    if (!condition)
        return;
    struct seen *seen = walk_seen(walk, check);
    if (seen->asked >= urgency)
        return;
    seen->asked = urgency;
    needs_expr(walk, condition, urgency);
}

static void needs_chain(struct walk *walk, const struct expr *expr, enum urgency urgency)
{
    for (size_t i = 0; i < expr->count; i++) {
        struct reason reason;
        if (walk_truth(walk, expr->operands[i], &reason) != TRUTH_PENDING)
            continue;
        needs_expr(walk, expr->operands[i], urgency);
        urgency = NEED_MAYBE;
    }
}

/* The list first; where it is there, the condition for each element. */
static void needs_over(struct walk *walk, const struct expr *expr, enum urgency urgency)
{
    struct value list;
    struct reason reason;
    if (walk_value(walk, expr->operands[0], &list, &reason) == TRUTH_PENDING) {
        needs_expr(walk, expr->operands[0], urgency);
        return;
    }
    struct scene scene = {.list = expr->operands[0], .outer = walk->scene};
    walk->scene = &scene;
    for (size_t i = 0; i < list.list.count; i++) {
        scene.element = &list.list.items[i];
        needs_expr(walk, expr->operands[1], urgency);
    }
    walk->scene = scene.outer;
}

void needs_template(struct walk *walk, const struct template *template, enum urgency urgency)
{
    for (size_t i = 0; i < template->count; i++) {
        if (template->items)
            needs_template(walk, template->items[i], urgency);
        else if (template->parts[i].expr)
            needs_expr(walk, template->parts[i].expr, urgency);
    }
}

void needs_expr(struct walk *walk, const struct expr *expr, enum urgency urgency)
{
    struct value value;
    struct reason reason;
    if (walk_value(walk, expr, &value, &reason) != TRUTH_PENDING)
        return;
    switch (expr->op) {
    case OP_CHECK:
    case OP_FIELD:
        needs_check(walk, expr->index, urgency);
        break;
    case OP_VARIABLE:
        needs_template(walk, expr->template, urgency);
        break;
    case OP_AND:
    case OP_OR:
        needs_chain(walk, expr, urgency);
        break;
    case OP_ANY:
    case OP_ALL:
    case OP_COUNT:
        needs_over(walk, expr, urgency);
        break;
    default:
        for (size_t i = 0; i < expr->count; i++)
            needs_expr(walk, expr->operands[i], urgency);
        break;
    }
}
