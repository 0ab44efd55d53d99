/* Every way in which a setting can be without effect is one obstacle: it bars the key, or cannot be
 * told. What bars comes first, so that the reason is the one that nothing else could change.
 */
#include "actions/wsl/in_force.h"

#include <string.h>

#include "actions/wsl/version.h"

static const char edited_reason[] =
    "the file was edited after WSL started: it takes effect when WSL is restarted";

enum way { WAY_OPEN, WAY_UNSURE, WAY_BARRED };

static const struct setting *asked(const struct settings *settings, const char *name)
{
    return settings_get(settings, keys_find(INI_WSLCONFIG, "wsl2", name));
}

static bool is_key(const struct wsl_key *key, const char *name)
{
    return text_equal(key->name, name);
}

static bool is_mode(const struct circumstances *now, const char *mode)
{
    return now->mode && text_equal(now->mode, mode);
}

/* What the file of this start asked for; NULL: it is another file now, or WSL refused it. */
static const char *mode_asked_then(const struct circumstances *now)
{
    return now->edited ? NULL : in_force_mode_asked(now->settings);
}

/* ---- obstacles ---- */

static enum way by_safe_mode(struct arena *arena, const struct wsl_key *key,
                             const struct circumstances *now, const char **reason)
{
    const struct setting *safe = asked(now->settings, "safeMode");
    if (now->edited || !safe->value.boolean ||
        !(is_key(key, "dnsTunneling") || is_key(key, "autoProxy")))
        return WAY_OPEN;
    *reason = arena_format(arena, "safeMode (line %u) switches it off", safe->entry->line);
    return WAY_BARRED;
}

static enum way by_version(struct arena *arena, const struct wsl_key *key,
                           const struct circumstances *now, const char **reason)
{
    const struct version *wsl = &now->settings->wsl;
    if (wsl->count == 0 && key->settled.count) {
        *reason = "the version of WSL is not known";
        return WAY_UNSURE;
    }
    if (wsl->count == 0 || !version_before(wsl, &key->since))
        return WAY_OPEN;
    *reason = arena_format(arena, "WSL %s does not know '%s', which came with %s",
                           version_print(arena, wsl), key->name, version_print(arena, &key->since));
    return WAY_BARRED;
}

static const char *too_old(struct arena *arena, const struct version *windows,
                           const struct version *needed, const char *what)
{
    const char *name = needed->count > 1 ? "Windows 11 22H2 with the update of September 2023"
                       : needed->parts[0] >= 22621 ? "Windows 11 22H2"
                                                   : "Windows 11";
    return arena_format(arena, "Windows build %s is older than %s (%s), which %s needs",
                        version_print(arena, windows), version_print(arena, needed), name, what);
}

static enum way by_build(struct arena *arena, const struct wsl_key *key,
                         const struct circumstances *now, const char **reason)
{
    if (key->build.count == 0 ||
        (now->windows.count && !version_before(&now->windows, &key->build)))
        return WAY_OPEN;
    if (now->windows.count == 0) {
        *reason = "the build of Windows is not known";
        return WAY_UNSURE;
    }
    *reason = too_old(arena, &now->windows, &key->build, key->name);
    return WAY_BARRED;
}

static enum way by_mode(struct arena *arena, const struct wsl_key *key,
                        const struct circumstances *now, const char **reason)
{
    struct text modes = text_new(arena);
    if (key->modes == 0 || (now->mode && keys_mode(now->mode) & key->modes))
        return WAY_OPEN;
    *reason = now->mode_reason;
    if (!now->mode)
        return WAY_UNSURE;
    for (const char *const *mode = networking_modes; *mode; mode++)
        if (keys_mode(*mode) & key->modes)
            text_format(&modes, "%s%s", modes.length ? ", " : "", *mode);
    *reason = arena_format(arena, "only networking mode %s has a use for it, and the mode is %s",
                           text_string(&modes), now->mode);
    return WAY_BARRED;
}

/* Where virtioproxy was asked for. As the fallback of NAT it leaves the setting alone. */
static enum way by_virtioproxy(struct arena *arena, const struct wsl_key *key,
                               const struct circumstances *now, const char **reason)
{
    static const struct version last = {.parts = {2, 6, 3, UINT64_MAX}, .count = 4};
    const struct version *wsl = &now->settings->wsl;
    const char *mode = mode_asked_then(now);
    if (!is_key(key, "dnsTunneling") || !is_mode(now, "consomme") ||
        !text_equal(mode ? mode : "", "consomme") || version_before(&last, wsl))
        return WAY_OPEN;
    *reason = arena_format(arena,
                           "WSL %s switches it off where networkingMode is virtioproxy, as "
                           "up to 2.6.3",
                           version_print(arena, wsl));
    return wsl->count ? WAY_BARRED : WAY_UNSURE;
}

/* Mirrored mode fails for want of the very firewall, among other reasons. */
static enum way by_fallback(struct arena *arena, const struct wsl_key *key,
                            const struct circumstances *now, const char **reason)
{
    (void)arena;
    const char *mode = mode_asked_then(now);
    if (!is_key(key, "firewall") || !is_mode(now, "nat") ||
        !text_equal(mode ? mode : "", "mirrored"))
        return WAY_OPEN;
    *reason =
        "mirrored mode was asked for and refused, and a Hyper-V firewall that is off would be "
        "one cause of that";
    return WAY_UNSURE;
}

static enum way by_other_key(struct arena *arena, const struct wsl_key *key,
                             const struct circumstances *now, const char **reason)
{
    if (!key->serves)
        return WAY_OPEN;
    struct in_force other = in_force(arena, keys_find(INI_WSLCONFIG, "wsl2", key->serves), now);
    if (other.value.kind == KIND_BOOLEAN && other.value.boolean)
        return WAY_OPEN;
    bool known = other.value.kind == KIND_BOOLEAN;
    *reason = arena_format(arena, "%s %s%s%s", key->serves,
                           known ? "is not in force" : "may not be in force",
                           other.reason ? ": " : "", other.reason ? other.reason : "");
    return known ? WAY_BARRED : WAY_UNSURE;
}

static enum way obstacle(struct arena *arena, const struct wsl_key *key,
                         const struct circumstances *now, const char **reason)
{
    static enum way (*const obstacles[])(struct arena *, const struct wsl_key *,
                                         const struct circumstances *, const char **) = {
        by_safe_mode, by_version, by_build, by_mode, by_virtioproxy, by_fallback, by_other_key,
    };
    enum way way = WAY_OPEN;
    for (size_t i = 0; i < sizeof(obstacles) / sizeof(obstacles[0]) && way != WAY_BARRED; i++) {
        const char *why = NULL;
        enum way found = obstacles[i](arena, key, now, &why);
        if (found > way) {
            way = found;
            *reason = why;
        }
    }
    return way;
}

/* ---- the mode ---- */

const char *in_force_mode_asked(const struct settings *settings)
{
    if (settings->refused)
        return NULL;
    return asked(settings, "safeMode")->value.boolean
               ? "none"
               : asked(settings, "networkingMode")->value.string;
}

/* WSL's fallbacks; NULL stands for any mode. The first that fits. */
static const char *fallback_reason(const char *wanted, const char *got)
{
    static const struct {
        const char *wanted, *got, *reason;
    } fallbacks[] = {
        {NULL, "mirrored", "a policy of this computer decides the mode"},
        {NULL, "none", "WSL could not set up its network at all"},
        {"nat", "consomme", "Windows could not create the NAT network, and WSL fell back"},
        {"consomme", "nat", "virtio is off, or this WSL does not know the mode"},
        {"mirrored", "nat",
         "WSL fell back to another mode; it says why when it is started ('wsl.exe --shutdown', "
         "then "
         "a new terminal)"},
        {NULL, NULL, "WSL fell back to another mode, or a policy of this computer decides it"},
    };
    size_t i = 0;
    while ((fallbacks[i].wanted && !text_equal(fallbacks[i].wanted, wanted)) ||
           (fallbacks[i].got && !text_equal(fallbacks[i].got, got)))
        i++;
    return fallbacks[i].reason;
}

const char *in_force_mode_reason(struct arena *arena, const struct circumstances *now)
{
    const struct version *needed = &keys_find(INI_WSLCONFIG, "wsl2", "networkingMode")->build;
    const char *wanted = in_force_mode_asked(now->settings);
    if (!wanted || !now->mode || text_equal(wanted, now->mode))
        return NULL;
    if (now->edited)
        return edited_reason;
    if (text_equal(wanted, "mirrored") && now->windows.count &&
        version_before(&now->windows, needed))
        return too_old(arena, &now->windows, needed, "mirrored mode");
    return fallback_reason(wanted, now->mode);
}

/* ---- the verdict ---- */

bool in_force_depends(const struct wsl_key *key)
{
    return key->build.count || key->since.count || key->modes || key->serves;
}

/* What a key is that is not in force. */
static struct value off(const struct wsl_key *key)
{
    if (key->type == KEY_BOOLEAN)
        return value_boolean(false);
    return key->type == KEY_PORTS ? value_list(NULL, 0) : (struct value){0};
}

/* Whether the file asks for what an obstacle takes away. */
static bool wants(const struct wsl_key *key, const struct setting *setting)
{
    struct value nothing = off(key);
    return setting->value.kind != KIND_NONE && !value_equal(&setting->value, &nothing);
}

static struct in_force from_file(const struct wsl_key *key, const struct circumstances *now,
                                 enum way way, const char *obstacle_reason)
{
    const struct setting *setting = settings_get(now->settings, key);
    if (now->edited)
        return (struct in_force){.reason = edited_reason};
    if (setting->value.kind == KIND_NONE)
        return (struct in_force){.reason = setting->unsure};
    if (way == WAY_UNSURE && wants(key, setting))
        return (struct in_force){.reason = obstacle_reason};
    return (struct in_force){.value = setting->value};
}

static struct in_force of_mode(struct arena *arena, const struct circumstances *now)
{
    if (!now->mode)
        return (struct in_force){.reason = now->mode_reason};
    return (struct in_force){
        .value = value_string(arena, now->mode),
        .reason = in_force_mode_reason(arena, now),
    };
}

/* Why there is no tunnel although nothing known bars it. */
static struct in_force tunnel_is_off(const struct circumstances *now)
{
    struct in_force found = {.value = value_boolean(false), .reason = edited_reason};
    if (now->edited)
        return found;
    found.unexplained = now->secure_access == SEEN_NOT;
    found.reason =
        now->secure_access == SEEN_YES
            ? "Global Secure Access runs on Windows, and WSL does without DNS tunnelling "
              "beside it"
            : "Windows did not switch it on, as where a policy of this computer forbids "
              "it";
    return found;
}

/* Where the tunnel ends in the guest it can be seen. */
static struct in_force of_tunnel(const struct wsl_key *key, const struct circumstances *now,
                                 enum way way, const char *reason)
{
    const struct setting *setting = settings_get(now->settings, key);
    bool wanted = wants(key, setting), unknown = setting->value.kind == KIND_NONE;
    struct value seen = value_boolean(now->tunnel == SEEN_YES);
    if (now->tunnel == SEEN_YES && !wanted && !unknown)
        return (struct in_force){.value = seen,
                                 .reason = now->edited ? edited_reason
                                                       : "Windows has it on all the "
                                                         "same"};
    if (now->tunnel == SEEN_NO && way == WAY_BARRED)
        return (struct in_force){.value = seen, .reason = wanted ? reason : NULL};
    if (now->tunnel == SEEN_NO && wanted)
        return tunnel_is_off(now);
    if (now->tunnel == SEEN_NOT)
        return (struct in_force){.reason = now->tunnel_reason};
    return (struct in_force){.value = seen};
}

struct in_force in_force(struct arena *arena, const struct wsl_key *key,
                         const struct circumstances *now)
{
    const struct setting *setting = settings_get(now->settings, key);
    const char *reason = NULL;
    if (is_key(key, "networkingMode"))
        return of_mode(arena, now);
    if (is_key(key, "firewall") && is_mode(now, "mirrored"))
        return (struct in_force){
            .value = value_boolean(true),
            .reason = setting->value.kind == KIND_BOOLEAN && !setting->value.boolean
                          ? "mirrored mode has the firewall on, whatever the file says"
                          : NULL};
    enum way way = obstacle(arena, key, now, &reason);
    if (is_key(key, "dnsTunneling") && (now->tunnel == SEEN_YES || !is_mode(now, "consomme")))
        return of_tunnel(key, now, way, reason);
    if (way == WAY_BARRED)
        return (struct in_force){.value = off(key), .reason = wants(key, setting) ? reason : NULL};
    return from_file(key, now, way, reason);
}
