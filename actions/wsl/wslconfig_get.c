/* wslconfig.get: what .wslconfig asks for, and what of it is in force. Read as this version of WSL
 * reads it; what is in force, and why not, decides in_force.h.
 */
#include <string.h>

#include "actions/wsl/keyed.h"
#include "actions/wsl/mode.h"
#include "actions/wsl/network.h"
#include "actions/wsl/profile.h"
#include "actions/wsl/queries.h"
#include "actions/wsl/versions.h"

static const struct wsl_key *key_of(const struct probe *probe)
{
    return keyed_key(INI_WSLCONFIG, probe_arguments(probe));
}

/* Looks for the end of DNS tunnelling in this guest. */
static void see_tunnel(struct probe *probe, struct circumstances *now)
{
    const struct wsl_key *key = keys_find(INI_WSLCONFIG, "experimental", "dnsTunnelingIpAddress");
    const struct setting *asked = settings_get(now->settings, key);
    struct error error;
    bool found;
    if (network_tunnel(asked->present ? &asked->value.address : NULL, &found, &error))
        now->tunnel = found ? SEEN_YES : SEEN_NO;
    else
        now->tunnel_reason = arena_string(probe_arena(probe), error.message);
}

static void answer(struct probe *probe, const struct in_force *found)
{
    const struct guest *guest = guest_of(probe);
    const struct wsl_key *key = key_of(probe);
    keyed_set_fields(probe, guest->settings, key, guest->exists, found->reason);
    probe_set(probe, "path", value_string(probe_arena(probe), guest->path));
    probe_set(probe, "edited_after_boot", value_boolean(guest->edited));
    if (found->value.kind != KIND_NONE)
        probe_set(probe, "effective", found->value);
    else
        probe_absent(probe, "effective", "%s", found->reason ? found->reason : "the host decides");
    probe_answer(probe, settings_get(guest->settings, key)->present);
}

static struct in_force judge(struct probe *probe, enum seen secure_access)
{
    struct circumstances now = guest_circumstances(guest_of(probe));
    now.secure_access = secure_access;
    see_tunnel(probe, &now);
    return in_force(probe_arena(probe), key_of(probe), &now);
}

static void have_service(struct probe *probe, const struct program_result *result)
{
    bool runs = !result->failure && strncmp(result->output, "Running", strlen("Running")) == 0;
    struct in_force found = judge(probe, runs ? SEEN_YES : SEEN_NO);
    answer(probe, &found);
}

static void have_mode(struct probe *probe)
{
    struct in_force found = judge(probe, SEEN_NOT);
    if (found.unexplained)
        probe_run(probe,
                  &(struct program){.argv = ask_secure_access, .windows = true, .constant = true},
                  have_service);
    else
        answer(probe, &found);
}

static void have_versions(struct probe *probe)
{
    profile_parse(probe);
    if (in_force_depends(key_of(probe)))
        mode_ask(probe, have_mode);
    else
        have_mode(probe);
}

static void have_profile(struct probe *probe)
{
    const struct guest *guest = guest_of(probe);
    if (guest->failure)
        probe_unknown(probe, "%s", guest->failure);
    else if (in_force_depends(key_of(probe)))
        versions_ask(probe, true, have_versions);
    else
        have_versions(probe);
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
