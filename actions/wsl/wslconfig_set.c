/* wslconfig.set: one setting in .wslconfig, in force after a restart of WSL. Every other byte of
 * the file stays; a value that WSL would not read back is refused.
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

static const struct argument arguments[] = {
    KEYED_ARGUMENTS,
    {.name = "value",
     .type = {.depends = true},
     .doc = {"what WSL is to read; the key decides the type", "WSLに読ませる値。型はキーで決まる"}},
    {.name = NULL},
};

const struct action wslconfig_set_action = {
    .name = "wslconfig.set",
    .role = ROLE_FIX,
    .summary = {"set a setting in .wslconfig", ".wslconfigの設定を変更する"},
    .arguments = arguments,
    .check = keyed_check_wslconfig,
    .type_of = keyed_type_wslconfig,
    .effect = "wslconfig",
    .touches = (const struct touch[]){{"file", "*/.wslconfig"}, {"restart", "WSL"}, {NULL, NULL}},
    .effective = EFFECTIVE_WSL_RESTART,
    .needs = needs,
    .plan = plan,
};
