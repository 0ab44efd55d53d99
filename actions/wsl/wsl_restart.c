/* wsl.restart: the restart of WSL as the cure itself. What it closes and who starts it is the
 * engine's matter; it needs consent of its own.
 */
#include "engine/action.h"

static bool plan(struct planner *planner, struct error *error)
{
    return plan_restart(planner, error);
}

static const struct argument arguments[] = {{.name = NULL}};

const struct action wsl_restart_action = {
    .name = "wsl.restart",
    .role = ROLE_FIX,
    .summary = {"restart WSL, which closes every distribution",
                "WSLを再起動する（すべてのディストリビューションが終了する）"},
    .arguments = arguments,
    .effect = "restart",
    .touches = (const struct touch[]){{"restart", "WSL"}, {NULL, NULL}},
    .effective = EFFECTIVE_NOW,
    .plan = plan,
};
