/* wslconf.set: one setting in /etc/wsl.conf, in force after a restart of this distro. Every other
 * byte of the file stays; nothing is added where WSL would not read it.
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

static const struct argument arguments[] = {
    KEYED_ARGUMENTS,
    {.name = "value",
     .type = {.depends = true},
     .doc = {"what WSL is to read; the key decides the type", "WSLに読ませる値。型はキーで決まる"}},
    {.name = NULL},
};

const struct action wslconf_set_action = {
    .name = "wslconf.set",
    .role = ROLE_FIX,
    .summary = {"set a setting in /etc/wsl.conf", "/etc/wsl.confの設定を変更する"},
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
