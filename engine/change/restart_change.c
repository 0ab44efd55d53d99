/* The restart as a change of its own. It is always left to the person: nothing here can carry a run
 * across the restart of the guest that it runs in. */
#include "engine/change/plan.h"

static bool prepare(struct change *change, struct arena *arena, const struct executor *executor,
                    struct error *error)
{
    (void)arena;
    (void)executor;
    return error_set(error, "%s is left to you", change->target);
}

static bool apply(struct change *change, struct arena *arena, const struct executor *executor,
                  struct error *error)
{
    return prepare(change, arena, executor, error);
}

static const char *differs(struct change *change, struct arena *arena,
                           const struct executor *executor)
{
    (void)change;
    (void)arena;
    (void)executor;
    return NULL;
}

static const struct change_kind restart_kind = {
    .name = "restart", .prepare = prepare, .apply = apply, .undo = apply, .differs = differs};

bool plan_restart(struct planner *planner, enum effective effective, struct error *error)
{
    if (!machine_is_wsl2())
        return error_set(error, "there is no WSL to restart here");
    bool all = effective == EFFECTIVE_WSL_RESTART;
    struct change *change = plan_add(planner, &restart_kind, all ? "WSL" : "this distribution");
    change->effective = effective;
    change->before = "running";
    change->after = "restarted";
    change->lacks = all ? RIGHT_RESTART_WSL : RIGHT_RESTART_DISTRO;
    return true;
}
