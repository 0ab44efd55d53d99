/* What a condition speaks of, with its values: every check field and variable it names, once, in
 * order. Named conditions are followed. It decides nothing. */
#include "engine/lang/names.h"
#include "engine/lang/walk.h"

struct gathering {
    struct walk walk;
    struct names names;
    struct arena *scratch;
    void (*each)(void *context, const char *name, const struct value *value);
    void *context;
};

static void show(struct gathering *gathering, const struct expr *expr, const char *name)
{
    struct value value;
    struct reason reason;
    if (names_add(gathering->scratch, &gathering->names, name) == NAMES_NONE)
        return;
    struct effort outer = walk_enter(&gathering->walk);
    enum truth truth = walk_value(&gathering->walk, expr, &value, &reason);
    if (truth == TRUTH_TRUE && !gathering->walk.effort.limit)
        gathering->each(gathering->context, name, &value);
    walk_leave(&gathering->walk, outer, truth, name, NULL, &reason);
}

/* A member of a member of a check's field: `m.groups.mtu`. */
static bool is_path(const struct expr *expr)
{
    while (expr->op == OP_MEMBER)
        expr = expr->operands[0];
    return expr->op == OP_FIELD || expr->op == OP_VARIABLE;
}

static void gather(struct gathering *gathering, const struct expr *expr)
{
    bool path = expr->op == OP_FIELD || expr->op == OP_VARIABLE || expr->op == OP_CHECK ||
                (expr->op == OP_MEMBER && is_path(expr));
    if (path) {
        bool again = names_find(&gathering->names, expr->name) != NAMES_NONE;
        show(gathering, expr, expr->name);
        const struct expr *condition =
            expr->op == OP_CHECK ? gathering->walk.view->playbook->checks[expr->index].condition
                                 : NULL;
        if (condition && !again)
            gather(gathering, condition);
        return;
    }
    for (size_t i = 0; i < expr->count; i++)
        gather(gathering, expr->operands[i]);
}

void eval_evidence(const struct expr *expr, const struct view *view,
                   void (*each)(void *context, const char *name, const struct value *value),
                   void *context)
{
    ARENA_AUTO struct arena *scratch = arena_new();
    struct gathering gathering = {
        .walk = {.view = view}, .scratch = scratch, .each = each, .context = context};
    gather(&gathering, expr);
    walk_end(&gathering.walk);
}
