/* wslconf.boot: has the distro run one more command, as root, at each of its starts. Only one
 * `command` key counts in wsl.conf, so the command is joined to the one that is there. Whether it
 * succeeds nobody sees: WSL does not wait for it.
 * Source: microsoft/WSL, src/linux/init/config.cpp.
 */
#include "actions/wsl/change.h"
#include "actions/wsl/command.h"

static bool plan(struct planner *planner, struct error *error)
{
    struct arena *arena = plan_arena(planner);
    struct document document;
    if (!change_open(planner, INI_WSLCONF, "/etc/wsl.conf", &document, error))
        return false;
    struct document before = document;
    const struct wsl_key *key = keys_find(INI_WSLCONF, "boot", "command");
    const struct settings *settings =
        settings_read(arena, INI_WSLCONF, document.bytes, document.length);
    const char *existing = settings_get(settings, key)->value.string, *joined;
    const char *added = command_quote(arena, arguments_get(plan_arguments(planner), "argv"));
    if (!command_join(arena, existing, added, &joined, error))
        return false;
    struct value command = value_string(arena, joined);
    return edit_set(arena, &document, key, "boot", &command, error) &&
           change_save(planner, &before, &document, key, error);
}

static bool check(const struct arguments *literals, struct finding *finding)
{
    const struct value *argv = arguments_get(literals, "argv");
    if (!argv || argv->kind != KIND_LIST || argv->list.count > 0)
        return true;
    *finding = (struct finding){.argument = "argv", .message = "argv names no program"};
    return false;
}

static const struct type word = {.kind = KIND_STRING};

/* For what the last start has run. */
static const struct need needs[] = {
    {.probe = "wslconf.get",
     .arguments = {{.name = "section", .literal = "boot"}, {.name = "key", .literal = "command"}}},
    {.probe = NULL},
};

static const struct argument arguments[] = {
    {.name = "argv",
     .type = {.kind = KIND_LIST, .element = &word},
     .flags = ARGUMENT_ANY_SCALAR,
     .doc =
         {"the program and its arguments, each reaching it as it is written; name the program by "
          "its whole path",
          "プログラムと引数。書いたとおりに渡される。プログラムは絶対パスで指定する"}},
    {.name = NULL},
};

const struct action wslconf_boot_action = {
    .name = "wslconf.boot",
    .role = ROLE_FIX,
    .summary = {"run a command at every start of this distribution",
                "このディストリビューションの起動ごとにコマンドを実行する"},
    .arguments = arguments,
    .check = check,
    .effect = "wslconf",
    .touches = (const struct touch[]){{"file", "/etc/wsl.conf"},
                                      {"restart", "distribution"},
                                      {NULL, NULL}},
    .effective = EFFECTIVE_DISTRO_RESTART,
    .needs = needs,
    .plan = plan,
};
