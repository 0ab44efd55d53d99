/* wslconf.unset: takes one setting out of /etc/wsl.conf, so that WSL uses its default after a
 * restart of this distro. Every other byte of the file stays.
 */
#include "actions/wsl/change.h"
#include "actions/wsl/keyed.h"

static bool plan(struct planner *planner, struct error *error)
{
    return change_setting(planner, INI_WSLCONF, "/etc/wsl.conf", error);
}

/* For what is in force. */
static const struct need needs[] = {
    {.probe = "wslconf.get",
     .arguments = {{.name = "section", .from = "section"}, {.name = "key", .from = "key"}}},
    {.probe = NULL},
};

static const struct argument arguments[] = {KEYED_ARGUMENTS, {.name = NULL}};

const struct action wslconf_unset_action = {
    .name = "wslconf.unset",
    .role = ROLE_FIX,
    .summary = {"remove a setting from /etc/wsl.conf", "/etc/wsl.confの設定を取り除く"},
    .arguments = arguments,
    .check = keyed_check_wslconf,
    .type_of = keyed_type_wslconf,
    .effect = "wslconf",
    .touches = (const struct touch[]){{"file", "/etc/wsl.conf"},
                                      {"restart", "distribution"},
                                      {NULL, NULL}},
    .effective = EFFECTIVE_DISTRO_RESTART,
    .needs = needs,
    .plan = plan,
};
