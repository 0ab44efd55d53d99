/* What is still needed: the second walk, over what the first one (eval.c) left pending. In a chain
 * of `and` or `or`, what stands behind a pending operand only may be needed. Where a limit ends the
 * walk, everything that is pending may be needed. */
#include "engine/lang/walk.h"

static void needs_expr(struct walk *walk, const struct expr *expr, enum urgency urgency);

static void raise(struct walk *walk, size_t check, enum urgency urgency)
{
    if (walk->view->needs[check] < urgency)
        walk->view->needs[check] = (unsigned char)urgency;
}

/* True where the condition has not been walked with this urgency. */
static bool first_time(struct walk *walk, size_t check, enum urgency urgency)
{
    struct seen *seen = walk_seen(walk, check);
    bool first = seen->asked < urgency;
    if (first)
        seen->asked = urgency;
    return first;
}

static void needs_check(struct walk *walk, size_t check, enum urgency urgency)
{
    struct reason reason;
    if (walk_check(walk, check, &reason) != TRUTH_PENDING)
        return;
    raise(walk, check, urgency);
    const struct expr *condition = walk->view->playbook->checks[check].condition;
    if (condition && first_time(walk, check, urgency))
        needs_of_expr(walk, condition, urgency);
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
    for (size_t i = 0; i < list.list.count && !walk->effort.limit; i++) {
        scene.element = &list.list.items[i];
        needs_expr(walk, expr->operands[1], urgency);
    }
    walk->scene = scene.outer;
}

static void needs_template(struct walk *walk, const struct template *template, enum urgency urgency)
{
    for (size_t i = 0; i < template->count; i++) {
        if (template->items)
            needs_template(walk, template->items[i], urgency);
        else if (template->parts[i].expr)
            needs_expr(walk, template->parts[i].expr, urgency);
    }
}

static void needs_expr(struct walk *walk, const struct expr *expr, enum urgency urgency)
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

/* ---- one expression, its work bounded ---- */

struct raising {
    struct walk *walk;
    enum urgency urgency;
};

static void raise_named(void *context, size_t check)
{
    struct raising *raising = context;
    needs_check(raising->walk, check, raising->urgency);
}

/* Back in what goes on; true where the limit of what ends was met. */
static bool cut_short(struct walk *walk, struct effort outer)
{
    struct reason reason;
    bool cut = walk->effort.limit && !walk->over && !walk->interrupted;
    walk_leave(walk, outer, TRUTH_PENDING, NULL, NULL, &reason);
    return cut;
}

void needs_of_expr(struct walk *walk, const struct expr *expr, enum urgency urgency)
{
    const struct scene *scene = walk->scene;
    struct effort outer = walk_enter(walk);
    walk->scene = NULL;
    needs_expr(walk, expr, urgency);
    walk->scene = scene;
    if (cut_short(walk, outer))
        expr_checks(expr, raise_named, &(struct raising){walk, urgency});
}

void needs_of_check(struct walk *walk, size_t check, enum urgency urgency)
{
    struct effort outer = walk_enter(walk);
    needs_check(walk, check, urgency);
    cut_short(walk, outer);
}

void needs_of_template(struct walk *walk, const struct template *template, enum urgency urgency)
{
    struct effort outer = walk_enter(walk);
    needs_template(walk, template, urgency);
    if (cut_short(walk, outer))
        template_checks(template, raise_named, &(struct raising){walk, urgency});
}
