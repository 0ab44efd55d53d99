/* The restart as a change of its own. It comes last, after the run, by change/rescue.h, where the
 * command line allowed it; else it is left to the person. So nothing is done here, and there is
 * nothing to take back. */
#include "engine/change/plan.h"

static bool nothing(struct change *change, struct arena *arena, const struct programs *programs,
                    struct error *error)
{
    (void)change;
    (void)arena;
    (void)programs;
    (void)error;
    return true;
}

/* No restart has to be taken back before another. */
static bool same(const struct change *a, const struct change *b)
{
    (void)a;
    (void)b;
    return false;
}

static const char *differs(struct change *change, struct arena *arena,
                           const struct programs *programs)
{
    (void)change;
    (void)arena;
    (void)programs;
    return NULL;
}

static enum right lacks(const struct change *change, struct arena *arena)
{
    (void)change;
    (void)arena;
    return RIGHT_RESTART;
}

static void write_change(const struct change *change, struct text *record)
{
    (void)change;
    (void)record;
}

static bool read_change(struct change *change, struct reading *reading)
{
    (void)change;
    (void)reading;
    return true;
}

static void describe(struct change *change, struct arena *arena)
{
    (void)arena;
    change->before = "running";
    change->after = "restarted";
}

const struct change_kind restart_kind = {.name = "restart",
                                         .write = write_change,
                                         .read = read_change,
                                         .parts = change_only_part,
                                         .same = same,
                                         .describe = describe,
                                         .lacks = lacks,
                                         .prepare = nothing,
                                         .apply = nothing,
                                         .stands = nothing,
                                         .undo = nothing,
                                         .differs = differs};

bool plan_restart(struct planner *planner, struct error *error)
{
    if (!machine_is_wsl2())
        return error_set(error, "there is no WSL to restart here");
    struct change *change = plan_add(planner, &restart_kind, "WSL");
    plan_raise_restart(planner, EFFECTIVE_WSL_RESTART);
    describe(change, plan_arena(planner));
    return true;
}
