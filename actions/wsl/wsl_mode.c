/* wsl.mode: the networking mode in effect, the one that .wslconfig asks for, and why they differ.
 * The mode in effect costs nothing; the one asked for needs Windows, and is left out when Windows
 * does not answer soon.
 * Source: microsoft/WSL, wslinfo.cpp, WslCoreVm.cpp (ValidateNetworkingMode and its fallbacks).
 */
#include <string.h>

#include "actions/wsl/keyed.h"
#include "actions/wsl/mode.h"
#include "actions/wsl/profile.h"
#include "actions/wsl/queries.h"
#include "actions/wsl/version.h"

enum { MIRRORED_BUILD = 22621 };

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

static const struct setting *asked(struct probe *probe, const char *name)
{
    return settings_get(guest_of(probe)->settings, keys_find(INI_WSLCONFIG, "wsl2", name));
}

/* The mode that Windows was to set up: safeMode overrides the key. */
static const char *requested(struct probe *probe)
{
    if (guest_of(probe)->settings->refused)
        return NULL;
    return asked(probe, "safeMode")->value.boolean ? "none"
                                                   : asked(probe, "networkingMode")->value.string;
}

static void have_build(struct probe *probe, const struct program_result *result)
{
    struct version build;
    const char *reason = "WSL fell back to another mode; it says why when it is started "
                         "('wsl.exe --shutdown', then a new terminal)";
    if (!result->failure && version_from_ver(result->output, &build) &&
        build.parts[0] < MIRRORED_BUILD)
        reason = arena_format(probe_arena(probe),
                              "Windows build %u is older than %d (Windows 11 22H2), which "
                              "mirrored mode needs",
                              (unsigned)build.parts[0], MIRRORED_BUILD);
    answer(probe, reason);
}

/* WSL's fallbacks; NULL asks for any mode. The first that fits. */
static const char *fallback_reason(const char *wanted, const char *got)
{
    static const struct {
        const char *wanted, *got, *reason;
    } fallbacks[] = {
        {NULL, "mirrored", "a policy of this computer decides the mode"},
        {NULL, "none", "WSL could not set up its network at all"},
        {"nat", "consomme", "Windows could not create the NAT network, and WSL fell back"},
        {"consomme", "nat", "virtio is off, or this WSL does not know the mode"},
        {NULL, NULL, "WSL fell back to another mode, or a policy of this computer decides it"},
    };
    size_t i = 0;
    while ((fallbacks[i].wanted && !text_equal(fallbacks[i].wanted, wanted)) ||
           (fallbacks[i].got && !text_equal(fallbacks[i].got, got)))
        i++;
    return fallbacks[i].reason;
}

static void have_profile(struct probe *probe)
{
    struct guest *guest = guest_of(probe);
    if (guest->failure) {
        probe_absent(probe, "requested", "%s", guest->failure);
        answer(probe, NULL);
        return;
    }
    const char *mode = requested(probe);
    const char *note = settings_reason(probe_arena(probe), guest->settings,
                                       keys_find(INI_WSLCONFIG, "wsl2", "networkingMode"));
    if (mode)
        probe_set(probe, "requested", value_string(probe_arena(probe), mode));
    else
        probe_absent(probe, "requested", "%s", note);
    if (!mode || !guest->mode || text_equal(mode, guest->mode))
        answer(probe, note ? arena_format(probe_arena(probe), ".wslconfig: %s", note) : NULL);
    else if (guest->edited)
        answer(probe, ".wslconfig was edited after WSL started: it takes effect when WSL is "
                      "restarted");
    else if (text_equal(mode, "mirrored") && text_equal(guest->mode, "nat"))
        probe_run(probe,
                  &(struct program){.argv = ask_windows_version, .windows = true, .constant = true},
                  have_build);
    else
        answer(probe, fallback_reason(mode, guest->mode));
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
