/* The planner: what a fix sees while it plans. Each kind of change adds its own plan_* function. */
#include "engine/change/plan.h"

struct planner {
    struct plan *plan;
    const struct action *action;
    struct arguments arguments;
    const struct answer *answers;
};

bool plan_fix(struct plan *plan, const struct action *action, const struct value *arguments,
              const struct answer *answers, struct error *error)
{
    struct planner planner = {.plan = plan,
                              .action = action,
                              .arguments = {action->arguments, arguments},
                              .answers = answers};
    return action->plan(&planner, error);
}

const struct arguments *plan_arguments(const struct planner *planner)
{
    return &planner->arguments;
}

struct arena *plan_arena(struct planner *planner)
{
    return planner->plan->arena;
}

const struct answer *plan_need(const struct planner *planner, size_t index)
{
    return &planner->answers[index];
}

struct plan *planner_plan(struct planner *planner)
{
    return planner->plan;
}

/* Outside WSL there is nothing to restart. */
void plan_raise_restart(struct planner *planner, enum effective restart)
{
    struct plan *plan = planner->plan;
    if (restart <= plan->restart || !machine_is_wsl2())
        return;
    plan->restart = restart;
    plan->restarts = planner->action;
}

void plan_stands_unread(struct planner *planner)
{
    plan_raise_restart(planner, planner->action->effective);
}

struct change *plan_add(struct planner *planner, const struct change_kind *kind, const char *target)
{
    struct plan *plan = planner->plan;
    plan->changes = arena_grow(plan->arena, plan->changes, plan->count, sizeof(*plan->changes));
    struct change *change = &plan->changes[plan->count++];
    *change = (struct change){
        .kind = kind, .action = planner->action, .target = arena_string(plan->arena, target)};
    plan_raise_restart(planner, planner->action->effective);
    return change;
}

void plan_restart_alone(struct plan *plan)
{
    struct planner planner = {.plan = plan, .action = plan->restarts};
    bool whole = plan->restart == EFFECTIVE_WSL_RESTART;
    if (plan->count > plan->list || !plan->restart)
        return;
    struct change *change = plan_add(&planner, &restart_kind, whole ? "WSL" : "distribution");
    restart_kind.describe(change, plan->arena);
}

enum right plan_lacks(const struct plan *plan, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (plan->changes[i].lacks)
            return plan->changes[i].lacks;
    return RIGHT_HELD;
}
