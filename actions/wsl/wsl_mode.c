/* wsl.mode: the networking mode in effect, the one that .wslconfig asks for, and why they differ.
 * The mode in effect costs nothing; the one asked for needs Windows, and is left out when Windows
 * does not answer soon.
 * Source: microsoft/WSL, wslinfo.cpp, WslCoreVm.cpp (ValidateNetworkingMode and its fallbacks).
 */
#include "actions/wsl/mode.h"
#include "actions/wsl/profile.h"
#include "actions/wsl/queries.h"
#include "actions/wsl/versions.h"

static void answer(struct probe *probe, const char *reason)
{
    struct guest *guest = guest_of(probe);
    struct arena *arena = probe_arena(probe);
    probe_set(probe, "wsl2", value_boolean(true));
    if (guest->mode)
        probe_set(probe, "effective", value_string(arena, guest->mode));
    else
        probe_absent(probe, "effective", "%s",
                     guest->mode_reason ? guest->mode_reason : "wslinfo did not answer");
    if (reason)
        probe_set(probe, "reason", value_string(arena, reason));
    else
        probe_absent(probe, "reason", "nothing is odd");
    probe_answer(probe, true);
}

static void set_requested(struct probe *probe)
{
    struct guest *guest = guest_of(probe);
    struct arena *arena = probe_arena(probe);
    const char *mode = in_force_mode_asked(guest->settings);
    const char *note =
        settings_reason(arena, guest->settings, keys_find(INI_WSLCONFIG, "wsl2", "networkingMode"));
    const struct circumstances now = guest_circumstances(guest);
    const char *reason = in_force_mode_reason(arena, &now);
    if (mode)
        probe_set(probe, "requested", value_string(arena, mode));
    else
        probe_absent(probe, "requested", "%s", note);
    if (note && !reason)
        reason = arena_format(arena, ".wslconfig: %s", note);
    answer(probe, reason);
}

/* Windows' build alone can tell why there is NAT where mirrored mode was asked for. */
static void have_version(struct probe *probe)
{
    struct guest *guest = guest_of(probe);
    profile_parse(probe);
    const char *mode = in_force_mode_asked(guest->settings);
    if (mode && text_equal(mode, "mirrored") && guest->mode && text_equal(guest->mode, "nat") &&
        !guest->edited)
        versions_ask(probe, true, set_requested);
    else
        set_requested(probe);
}

static void have_profile(struct probe *probe)
{
    struct guest *guest = guest_of(probe);
    if (!guest->failure) {
        versions_ask(probe, false, have_version);
        return;
    }
    probe_absent(probe, "requested", "%s", guest->failure);
    answer(probe, NULL);
}

static void expire(struct probe *probe)
{
    probe_absent(probe, "requested", "Windows did not answer in time");
    answer(probe, NULL);
}

static void have_mode(struct probe *probe)
{
    profile_read(probe, have_profile);
}

static void start(struct probe *probe)
{
    static const char *const rest[] = {"effective", "requested"};
    enum guest_kind kind = guest_kind();
    if (kind == GUEST_WSL2) {
        mode_ask(probe, have_mode);
    } else if (kind == GUEST_CONTAINER) {
        probe_unknown(probe, "%s", guest_kind_reason(kind));
    } else {
        probe_set(probe, "wsl2", value_boolean(false));
        for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
            probe_absent(probe, rest[i], "%s", guest_kind_reason(kind));
        probe_set(probe, "reason", value_string(probe_arena(probe), guest_kind_reason(kind)));
        probe_answer(probe, false);
    }
}

static const struct argument arguments[] = {{.name = NULL}};

static const struct field fields[] = {
    {.name = "wsl2",
     .type = {.kind = KIND_BOOLEAN},
     .doc = {"this is a WSL 2 guest", "WSL 2のゲスト上で動いている"}},
    {.name = "effective",
     .type = {.kind = KIND_STRING, .words = networking_modes},
     .doc = {"the networking mode in effect (virtioproxy reads as consomme)",
             "実際に動作しているネットワークモード（virtioproxyはconsommeとして扱う）"}},
    {.name = "requested",
     .type = {.kind = KIND_STRING, .words = networking_modes},
     .doc = {"the mode that .wslconfig asks for; nat without it",
             ".wslconfigが要求するモード（指定がなければnat）"}},
    {.name = "reason",
     .type = {.kind = KIND_STRING},
     .doc = {"why the requested mode is not in effect, where it can be known",
             "要求したモードになっていない理由（分かる場合のみ）"}},
    {.name = NULL},
};

const struct action wsl_mode_action = {
    .name = "wsl.mode",
    .role = ROLE_PROBE,
    .summary = {"which networking mode WSL is in, and which was asked for",
                "WSLの現在のネットワークモードと、要求されたモードを調べる"},
    .arguments = arguments,
    .fields = fields,
    .ok = {"this is WSL 2", "WSL 2である"},
    .timeout = SECONDS(TIMEOUT_PROGRAM_S),
    .queries = wsl_queries,
    .start = start,
    .expire = expire,
};
