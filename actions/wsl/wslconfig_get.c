/* wslconfig.get: what .wslconfig asks for, and what of it is in force. Read as WSL reads it; other
 * settings of Windows (group policy) stay unseen.
 * Source: microsoft/WSL, WslCoreConfig.cpp, WslCoreVm.cpp (the settings that a mode overrides).
 */
#include <string.h>

#include "actions/wsl/keyed.h"
#include "actions/wsl/mode.h"
#include "actions/wsl/network.h"
#include "actions/wsl/profile.h"
#include "actions/wsl/queries.h"

static const struct wsl_key *key_of(const struct probe *probe)
{
    return keyed_key(INI_WSLCONFIG, probe_arguments(probe));
}

static bool mode_is(const struct guest *guest, const char *mode)
{
    return guest->mode && text_equal(guest->mode, mode);
}

/* What the file says is in force if WSL has read it as it stands. */
static void set_from_file(struct probe *probe)
{
    const struct guest *guest = guest_of(probe);
    const struct setting *setting = settings_get(guest->settings, key_of(probe));
    if (guest->edited)
        probe_absent(probe, "effective", "the file was edited after WSL started");
    else if (setting->value.kind == KIND_NONE)
        probe_absent(probe, "effective", "the host decides");
    else
        probe_set(probe, "effective", setting->value);
}

static void set_mode(struct probe *probe)
{
    const struct guest *guest = guest_of(probe);
    if (guest->mode)
        probe_set(probe, "effective", value_string(probe_arena(probe), guest->mode));
    else
        probe_absent(probe, "effective", "%s", guest->mode_reason);
}

/* Mirrored mode forces the firewall. */
static void set_firewall(struct probe *probe)
{
    if (mode_is(guest_of(probe), "mirrored"))
        probe_set(probe, "effective", value_boolean(true));
    else
        set_from_file(probe);
}

/* The tunnel ends in the guest, where it can be seen; but for consomme, where Windows has it. */
static void set_tunnel(struct probe *probe)
{
    const struct guest *guest = guest_of(probe);
    const struct wsl_key *key = keys_find(INI_WSLCONFIG, "experimental", "dnsTunnelingIpAddress");
    const struct setting *asked = settings_get(guest->settings, key);
    struct error error;
    bool found;
    if (!network_tunnel(asked->present ? &asked->value.address : NULL, &found, &error))
        probe_absent(probe, "effective", "%s", error.message);
    else if (!found && mode_is(guest, "consomme"))
        set_from_file(probe);
    else
        probe_set(probe, "effective", value_boolean(found));
}

/* Settings that WSL clears outside mirrored mode. */
static void set_mirrored(struct probe *probe)
{
    const struct guest *guest = guest_of(probe);
    if (!guest->mode || mode_is(guest, "mirrored"))
        set_from_file(probe);
    else if (key_of(probe)->type == KEY_PORTS)
        probe_set(probe, "effective", value_list(NULL, 0));
    else
        probe_set(probe, "effective", value_boolean(false));
}

static void (*observer(const struct wsl_key *key))(struct probe *)
{
    if (text_equal(key->name, "networkingMode"))
        return set_mode;
    if (text_equal(key->name, "firewall"))
        return set_firewall;
    if (text_equal(key->name, "dnsTunneling"))
        return set_tunnel;
    return key->mirrored ? set_mirrored : NULL;
}

static void answer(struct probe *probe)
{
    const struct guest *guest = guest_of(probe);
    const struct wsl_key *key = key_of(probe);
    keyed_set_fields(probe, guest->settings, key, guest->exists);
    probe_set(probe, "path", value_string(probe_arena(probe), guest->path));
    probe_set(probe, "edited_after_boot", value_boolean(guest->edited));
    if (observer(key))
        observer(key)(probe);
    else
        set_from_file(probe);
    probe_answer(probe, settings_get(guest->settings, key)->present);
}

static void have_profile(struct probe *probe)
{
    const struct guest *guest = guest_of(probe);
    if (guest->failure)
        probe_unknown(probe, "%s", guest->failure);
    else if (observer(key_of(probe)))
        mode_ask(probe, answer);
    else
        answer(probe);
}

static void start(struct probe *probe)
{
    enum guest_kind kind = guest_kind();
    if (!key_of(probe))
        probe_unknown(probe, "WSL knows no such key");
    else if (kind != GUEST_WSL2)
        probe_unknown(probe, "%s", guest_kind_reason(kind));
    else
        profile_read(probe, have_profile);
}

static const struct argument arguments[] = {KEYED_ARGUMENTS, {.name = NULL}};

const struct action wslconfig_get_action = {
    .name = "wslconfig.get",
    .role = ROLE_PROBE,
    .summary = {"read a setting of .wslconfig as WSL does",
                ".wslconfigの設定をWSLと同じ規則で読む"},
    .arguments = arguments,
    .check = keyed_check_wslconfig,
    .type_of = keyed_type_wslconfig,
    .fields = keyed_fields,
    .ok = {"the key is present", "キーが設定されている"},
    .costly_here = machine_is_wsl2,
    .timeout = SECONDS(TIMEOUT_PROGRAM_S),
    .queries = wsl_queries,
    .start = start,
};
