/* wslconf.get: what /etc/wsl.conf asks for, and what of it is in force since this distro started.
 * Works wherever there is such a file; only in a WSL2 guest is anything in force.
 * Source: microsoft/WSL, WslDistributionConfig.cpp, src/linux/init/config.cpp.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actions/wsl/keyed.h"
#include "actions/wsl/queries.h"

#define WSLCONF    "/etc/wsl.conf"
#define RESOLVCONF "/etc/resolv.conf"

/* The distro's start is counted from a boot time in whole seconds. */
#define START_DIFFERS SECONDS(1)

static const struct wsl_key *key_of(const struct probe *probe)
{
    return keyed_key(INI_WSLCONF, probe_arguments(probe));
}

static int64_t modified_of(const struct stat *status)
{
    return status->st_mtim.tv_sec * (int64_t)NS_PER_S + status->st_mtim.tv_nsec;
}

/* At its start WSL replaces resolv.conf by its link, or removes that link: one that is there was
 * generated; nothing there, or something older than the start, was not. */
static void set_from_resolvconf(struct probe *probe, const struct settings *settings)
{
    const struct wsl_key *root = keys_find(INI_WSLCONF, "automount", "root");
    const char *link = arena_format(probe_arena(probe), "%swsl/resolv.conf",
                                    settings_get(settings, root)->value.string);
    char target[4096];
    ssize_t length = readlink(RESOLVCONF, target, sizeof(target) - 1);
    target[length > 0 ? length : 0] = '\0';
    struct stat status;
    int64_t started = guest_started();
    bool there = lstat(RESOLVCONF, &status) == 0;
    if (text_equal(target, link))
        probe_set(probe, "effective", value_boolean(true));
    else if (!there || (started && modified_of(&status) < started))
        probe_set(probe, "effective", value_boolean(false));
    else
        probe_absent(probe, "effective", "'%s' was edited after this distro started", WSLCONF);
}

static void set_effective(struct probe *probe, const struct settings *settings, bool edited)
{
    const struct setting *setting = settings_get(settings, key_of(probe));
    enum guest_kind kind = guest_kind();
    if (kind != GUEST_WSL2)
        probe_absent(probe, "effective", "%s", guest_kind_reason(kind));
    else if (text_equal(setting->key->name, "systemd"))
        probe_set(probe, "effective", value_boolean(access("/run/systemd/system", F_OK) == 0));
    else if (edited && text_equal(setting->key->name, "generateResolvConf"))
        set_from_resolvconf(probe, settings);
    else if (edited)
        probe_absent(probe, "effective", "'%s' was edited after this distro started", WSLCONF);
    else if (setting->value.kind == KIND_NONE)
        probe_absent(probe, "effective", "the host decides");
    else
        probe_set(probe, "effective", setting->value);
}

static void have_file(struct probe *probe, const struct file_text *file)
{
    bool exists = file->code == 0;
    if (file->code && file->code != ENOENT) {
        probe_unknown(probe, "%s", file->reason);
        return;
    }
    if (file->length > SETTINGS_LIMIT) {
        probe_unknown(probe, "'%s' has more than %d bytes, the limit", WSLCONF, SETTINGS_LIMIT);
        return;
    }
    const struct settings *settings = settings_read(
        probe_arena(probe), INI_WSLCONF, exists ? file->bytes : "", exists ? file->length : 0);
    int64_t started = guest_started();
    bool edited = exists && started && file->modified > started + START_DIFFERS;
    keyed_set_fields(probe, settings, key_of(probe), exists, NULL);
    probe_set(probe, "path", value_string(probe_arena(probe), WSLCONF));
    if (guest_kind() == GUEST_WSL2)
        probe_set(probe, "edited_after_boot", value_boolean(edited));
    else
        probe_absent(probe, "edited_after_boot", "%s", guest_kind_reason(guest_kind()));
    set_effective(probe, settings, edited);
    probe_answer(probe, settings_get(settings, key_of(probe))->present);
}

static void start(struct probe *probe)
{
    if (key_of(probe))
        probe_read(probe, WSLCONF, have_file);
    else
        probe_unknown(probe, "WSL knows no such key");
}

static const struct argument arguments[] = {KEYED_ARGUMENTS, {.name = NULL}};

const struct action wslconf_get_action = {
    .name = "wslconf.get",
    .role = ROLE_PROBE,
    .summary = {"read a setting of /etc/wsl.conf as WSL does",
                "/etc/wsl.confの設定をWSLと同じ規則で読む"},
    .arguments = arguments,
    .check = keyed_check_wslconf,
    .type_of = keyed_type_wslconf,
    .fields = keyed_fields,
    .ok = {"the key is present", "キーが設定されている"},
    .timeout = SECONDS(TIMEOUT_LOCAL_S),
    .queries = wsl_queries,
    .start = start,
};
