/* resolvconf.restore: puts back the /etc/resolv.conf that WSL would have made, which is a link to
 * the file that WSL keeps. It invents no name server. It lives in this family, not beside
 * resolvconf.get, because whether WSL makes the link, and where to, stands in wsl.conf as this very
 * plan leaves it.
 * Source: microsoft/WSL, src/linux/init/config.cpp; ioctl_iflags(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "actions/wsl/change.h"

#define RESOLVCONF "/etc/resolv.conf"

/* `chattr +i` is what people protect the file from WSL with. A link cannot carry it. */
static bool is_immutable(void)
{
    int flags = 0;
    int fd = open(RESOLVCONF, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool known = fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
    if (fd >= 0)
        close(fd);
    return known && flags & FS_IMMUTABLE_FL;
}

/* Where WSL's link will point; NULL where WSL makes none. */
static const char *find_target(struct planner *planner, struct error *error)
{
    struct document document;
    if (!change_open(planner, INI_WSLCONF, "/etc/wsl.conf", &document, error))
        return NULL;
    const struct settings *settings =
        settings_read(plan_arena(planner), INI_WSLCONF, document.bytes, document.length);
    const struct setting *generate =
        settings_get(settings, keys_find(INI_WSLCONF, "network", "generateResolvConf"));
    const struct setting *root =
        settings_get(settings, keys_find(INI_WSLCONF, "automount", "root"));
    if (!generate->value.boolean) {
        error_set(error, "WSL makes no '%s': generateResolvConf is false in line %u of '%s'",
                  RESOLVCONF, generate->entry->line, document.name);
        error_hint(error, "set [network] generateResolvConf to true first, in the same fix");
        return NULL;
    }
    return arena_format(plan_arena(planner), "%swsl/resolv.conf", root->value.string);
}

static bool check_target(struct planner *planner, const char *target, struct error *error)
{
    struct path_state state;
    if (!plan_look(planner, target, &state, error))
        return false;
    if (state.kind == PATH_FILE || state.kind == PATH_LINK)
        return true;
    error_set(error, "WSL's own '%s' is not there", target);
    error_hint(error, "restart WSL ('wsl.exe --shutdown'): it writes the file when it starts");
    return false;
}

static bool plan(struct planner *planner, struct error *error)
{
    enum guest_kind kind = guest_kind();
    if (kind != GUEST_WSL2)
        return error_set(error, "nothing to restore: WSL did not make '%s' here, because %s",
                         RESOLVCONF, guest_kind_reason(kind));
    const char *target = find_target(planner, error);
    if (!target || !check_target(planner, target, error))
        return false;
    if (is_immutable()) {
        error_set(error, "cannot replace '%s': it is immutable (chattr +i)", RESOLVCONF);
        error_hint(error, "take that away with 'chattr -i %s', then run this again", RESOLVCONF);
        return false;
    }
    return plan_link(planner, RESOLVCONF, target, error);
}

static const struct argument arguments[] = {{.name = NULL}};

const struct action resolvconf_restore_action = {
    .name = "resolvconf.restore",
    .role = ROLE_FIX,
    .summary = {"put back the /etc/resolv.conf that WSL makes",
                "WSLが生成する/etc/resolv.confに戻す"},
    .arguments = arguments,
    .effect = "resolvconf",
    .touches = (const struct touch[]){{"file", "/etc/resolv.conf"}, {NULL, NULL}},
    .effective = EFFECTIVE_NOW,
    .settle = SECONDS(2),
    .plan = plan,
};
