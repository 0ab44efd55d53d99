/* wslconfig.unset: takes one setting out of .wslconfig, so that WSL uses its default after a
 * restart. Every other byte of the file stays.
 */
#include "actions/wsl/change.h"
#include "actions/wsl/keyed.h"

static bool plan(struct planner *planner, struct error *error)
{
    const char *path = change_wslconfig_path(planner, error);
    return path && change_setting(planner, INI_WSLCONFIG, path, error);
}

/* For the file's path, which only Windows knows, and what is in force. */
static const struct need needs[] = {
    {.probe = "wslconfig.get",
     .arguments = {{.name = "section", .from = "section"}, {.name = "key", .from = "key"}}},
    {.probe = NULL},
};

static const struct argument arguments[] = {KEYED_ARGUMENTS, {.name = NULL}};

const struct action wslconfig_unset_action = {
    .name = "wslconfig.unset",
    .role = ROLE_FIX,
    .summary = {"remove a setting from .wslconfig", ".wslconfigの設定を取り除く"},
    .arguments = arguments,
    .check = keyed_check_wslconfig,
    .type_of = keyed_type_wslconfig,
    .effect = "wslconfig",
    .touches = (const struct touch[]){{"file", "*/.wslconfig"}, {"restart", "WSL"}, {NULL, NULL}},
    .effective = EFFECTIVE_WSL_RESTART,
    .needs = needs,
    .plan = plan,
};
