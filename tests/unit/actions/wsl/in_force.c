/* actions/wsl/in_force.c: one file under many versions, builds and modes. */
#include "actions/wsl/in_force.h"

#include <check.h>
#include <string.h>

#include "actions/wsl/version.h"

/* `key`: of [wsl2] or [experimental]. Expected: the value ("?": none), and words of the reason ("":
 * no reason at all). */
struct scene {
    const char *text, *wsl, *windows, *mode;
    const char *key, *value, *reason;
    bool edited;
    enum seen tunnel, secure_access;
};

#define W10 "19045.5011"
#define W11 "26100.4061"
#define OFF "[wsl2]\nfirewall=false\ndnsTunneling=false\nautoProxy=false\n"
#define ON  "[wsl2]\nfirewall=true\ndnsTunneling=true\nautoProxy=true\n"
#define TEN "[wsl2]\nsafeMode=true\n" ON

#define IN(file, of_wsl, of_windows, in_mode, name, expected, why, ...)                            \
    {                                                                                              \
        .text = file, .wsl = of_wsl, .windows = of_windows, .mode = in_mode, .key = name,          \
        .value = expected, .reason = why, __VA_ARGS__                                              \
    }

static const struct scene scenes[] = {
    /* the firewall */
    IN("", "2.7.1", W11, "nat", "firewall", "true", ""),
    IN("", "2.7.1", W10, "nat", "firewall", "false", "build 19045.5011 is older than 22621"),
    IN(ON, "2.0.2", "22621.1700", "nat", "firewall", "true", ""),
    IN("", "2.0.8", W11, "nat", "firewall", "false", ""),
    IN("", "2.0.9", W11, "nat", "firewall", "true", ""),
    IN("", "", W11, "nat", "firewall", "?", "depends on the version of WSL"),
    IN(ON, "", W11, "nat", "firewall", "?", "version of WSL is not known"),
    IN(ON, "", W10, "nat", "firewall", "false", "older than 22621"),
    IN(ON, "2.7.1", "", "nat", "firewall", "?", "build of Windows is not known"),
    IN(OFF, "2.7.1", "", "nat", "firewall", "false", ""),
    IN(ON, "1.2.5.0", W11, "nat", "firewall", "false", ""),
    IN(OFF, "2.7.1", W11, "mirrored", "firewall", "true", "mirrored mode has the firewall on"),
    IN(ON, "2.7.1", W11, "consomme", "firewall", "false", "nat, mirrored has a use for it"),
    IN(ON, "2.7.1", W11, "none", "firewall", "false", "the mode is none"),
    IN(ON, "2.7.1", W11, "bridged", "firewall", "false", "the mode is bridged"),
    IN(ON, "2.7.1", W11, NULL, "firewall", "?", "nobody tells"),
    IN(ON "networkingMode=mirrored", "2.7.1", W11, "nat", "firewall", "?", "one cause"),
    IN(ON, "2.7.1", W11, "nat", "firewall", "?", "edited after WSL started", .edited = true),
    IN(ON, "2.7.1", W10, "nat", "firewall", "false", "older than 22621", .edited = true),
    /* the tunnel, seen or not */
    IN("", "2.7.1", W11, "nat", "dnsTunneling", "true", "", .tunnel = SEEN_YES),
    IN(OFF, "2.7.1", W11, "nat", "dnsTunneling", "true", "edited", .edited = true,
       .tunnel = SEEN_YES),
    IN(OFF, "2.7.1", W11, "nat", "dnsTunneling", "false", "", .tunnel = SEEN_NO),
    IN(ON, "2.7.1", W11, "nat", "dnsTunneling", "false", "edited", .edited = true,
       .tunnel = SEEN_NO),
    IN(ON, "2.7.1", "22621.2134", "nat", "dnsTunneling", "false", "older than 22621.2359",
       .tunnel = SEEN_NO),
    IN("", "2.2.0", W11, "nat", "dnsTunneling", "false", "", .tunnel = SEEN_NO),
    IN("", "", W11, "nat", "dnsTunneling", "false", "", .tunnel = SEEN_NO),
    IN("", "2.7.1", W11, "none", "dnsTunneling", "false", "the mode is none", .tunnel = SEEN_NO),
    IN(TEN, "2.7.1", W11, "none", "dnsTunneling", "false", "safeMode (line 2)", .tunnel = SEEN_NO),
    IN(ON, "2.7.1", W11, "mirrored", "dnsTunneling", "false", "Global Secure Access",
       .tunnel = SEEN_NO, .secure_access = SEEN_YES),
    IN(ON, "2.7.1", W11, "mirrored", "dnsTunneling", "false", "policy", .tunnel = SEEN_NO,
       .secure_access = SEEN_NO),
    IN(ON, "2.7.1", W11, "nat", "dnsTunneling", "?", "no socket", .tunnel = SEEN_NOT),
    /* consomme has its end on Windows */
    IN(ON, "2.9.1", W11, "consomme", "dnsTunneling", "true", "", .tunnel = SEEN_NO),
    IN(ON "networkingMode=consomme", "2.9.1", W11, "consomme", "dnsTunneling", "true", "",
       .tunnel = SEEN_NO),
    IN(ON "networkingMode=virtioproxy", "2.6.3.0", W11, "consomme", "dnsTunneling", "false",
       "networkingMode is virtioproxy", .tunnel = SEEN_NO),
    IN(ON "networkingMode=virtioproxy", "2.7.0.0", W11, "consomme", "dnsTunneling", "true", "",
       .tunnel = SEEN_NO),
    IN(ON, "2.6.3.0", W11, "consomme", "dnsTunneling", "true", "", .tunnel = SEEN_NO),
    IN(ON, "2.9.1", W10, "consomme", "dnsTunneling", "false", "older than", .tunnel = SEEN_NO),
    /* the mode itself */
    IN("[wsl2]\nnetworkingMode=mirrored", "2.7.1", "22621.1", "nat", "networkingMode", "nat",
       "older than 22621.2359"),
    IN("[wsl2]\nnetworkingMode=mirrored", "2.7.1", W11, "nat", "networkingMode", "nat",
       "fell back"),
    IN("[wsl2]\nnetworkingMode=mirrored", "2.7.1", W11, "mirrored", "networkingMode", "mirrored",
       ""),
    IN("", "2.7.1", W11, "consomme", "networkingMode", "consomme", "could not create the NAT"),
    IN(TEN, "2.7.1", W11, "none", "networkingMode", "none", ""),
    IN("", "2.7.1", W11, NULL, "networkingMode", "?", "nobody tells"),
    /* the rest */
    IN("", "2.7.1", W11, "nat", "autoProxy", "true", ""),
    IN("", "2.7.1", W10, "nat", "autoProxy", "false", "older than 22621"),
    IN("", "2.0.5", W11, "nat", "autoProxy", "?", "in this version of WSL is not known"),
    IN(TEN, "2.7.1", W11, "none", "autoProxy", "false", "safeMode (line 2)"),
    IN("[experimental]\nignoredPorts=8022", "2.7.1", W11, "nat", "ignoredPorts", "[]",
       "only networking mode mirrored"),
    IN("[experimental]\nignoredPorts=8022", "2.7.1", W11, "mirrored", "ignoredPorts", "[8022]", ""),
    IN("", "2.7.1", W11, "nat", "hostAddressLoopback", "false", ""),
    IN("[experimental]\nhostAddressLoopback=1", "2.7.1", W11, "consomme", "hostAddressLoopback",
       "false", "the mode is consomme"),
    IN("[experimental]\nbestEffortDnsParsing=1", "2.7.1", W11, "nat", "bestEffortDnsParsing",
       "false", "dnsTunneling is not in force: Windows did not", .tunnel = SEEN_NO),
    IN("[experimental]\nbestEffortDnsParsing=1", "2.7.1", W11, "nat", "bestEffortDnsParsing",
       "true", "", .tunnel = SEEN_YES),
    IN("", "2.7.1", W11, "mirrored", "dnsProxy", "false", "only networking mode nat"),
    IN("", "2.7.1", W11, "mirrored", "localhostForwarding", "false", "the mode is mirrored"),
    IN("[wsl2]\nnestedVirtualization=1", "2.7.1", W10, "nat", "nestedVirtualization", "false",
       "older than 22000 (Windows 11)"),
    IN("[wsl2]\nswap=0", "2.7.1", W10, "nat", "swap", "0", ""),
    IN("[wsl2]\nmacAddress=1", "2.7.1", W11, "nat", "firewall", "?", ""),
};

static const struct wsl_key *find(const char *name)
{
    const struct wsl_key *key = keys_find(INI_WSLCONFIG, "wsl2", name);
    return key ? key : keys_find(INI_WSLCONFIG, "experimental", name);
}

static struct version version_of(const char *text)
{
    struct version version = {0};
    if (*text)
        ck_assert(version_leading(text, &version));
    return version;
}

START_TEST(in_force__by_build_version_and_mode)
{
    const struct scene *scene = &scenes[_i];
    struct arena *arena ARENA_AUTO = arena_new();
    struct version wsl = version_of(scene->wsl);
    struct circumstances now = {
        .settings = settings_read_by(arena, &wsl, INI_WSLCONFIG, scene->text, strlen(scene->text)),
        .edited = scene->edited,
        .mode = scene->mode,
        .mode_reason = "nobody tells",
        .windows = version_of(scene->windows),
        .tunnel = scene->tunnel,
        .tunnel_reason = "no socket",
        .secure_access = scene->secure_access,
    };
    struct in_force found = in_force(arena, find(scene->key), &now);
    const char *reason = found.reason ? found.reason : "";
    ck_assert_msg(text_equal(value_print(arena, &found.value), scene->value) &&
                      (*scene->reason ? strstr(reason, scene->reason) != NULL : !*reason),
                  "%d %s: %s '%s', expected %s '%s'", _i, scene->key,
                  value_print(arena, &found.value), reason, scene->value, scene->reason);
}
END_TEST

static void assert_read(const char *wsl, const char *text, const char *key, const char *expected)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct version version = version_of(wsl);
    const struct settings *settings =
        settings_read_by(arena, &version, INI_WSLCONFIG, text, strlen(text));
    const struct setting *setting = settings_get(settings, find(key));
    const char *reason = settings_reason(arena, settings, setting->key);
    ck_assert_str_eq(arena_format(arena, "%s%s%s%s", setting->present ? "" : "!",
                                  value_print(arena, &setting->value), reason ? ": " : "",
                                  reason ? reason : ""),
                     expected);
}

START_TEST(settings__are_read_by_the_wsl_that_is_there)
{
    assert_read("2.2.1", "", "dnsTunneling", "!true");
    assert_read("2.2.0.9", "", "dnsTunneling", "!false");
    assert_read("1.2.5", "", "dnsTunneling", "!false");
    assert_read("", "", "dnsTunneling", "!?");
    assert_read("", "[wsl2]\ndnsTunneling=false", "dnsTunneling", "false");
    assert_read("", "[experimental]\ndnsTunnelingIpAddress=x", "dnsTunneling",
                "!false: the invalid IP value 'x' in line 2 switches DNS tunnelling off");
    assert_read("2.0.14", "", "autoProxy", "!true");
    assert_read("", "", "hostAddressLoopback", "!false");
    assert_read("1.2.5", "[wsl2]\nfirewall=true", "firewall",
                "!false: line 2: WSL 1.2.5 does not know 'firewall', which came with 2.0.0");
    assert_read("2.6.3.0", "[wsl2]\nnetworkingMode=Consomme", "networkingMode",
                "!nat: line 2: WSL 2.6.3.0 does not know 'Consomme', which came with 2.9.0");
    assert_read("2.6.3.0", "[wsl2]\nnetworkingMode=VirtioProxy", "networkingMode", "consomme");
    assert_read("2.9.0", "[wsl2]\nnetworkingMode=consomme", "networkingMode", "consomme");
    assert_read("", "[wsl2]\nnetworkingMode=consomme", "networkingMode", "consomme");
    assert_read("1.2.5", "[wsl2]\nnetworkingMode=mirrored", "networkingMode",
                "!nat: line 2: WSL 1.2.5 does not know 'mirrored', which came with 2.0.0");
}
END_TEST

Suite *actions_wsl_in_force_suite(void);
Suite *actions_wsl_in_force_suite(void)
{
    Suite *suite = suite_create("actions/wsl/in_force");
    TCase *tests = tcase_create("in force");
    tcase_add_loop_test(tests, in_force__by_build_version_and_mode, 0,
                        sizeof(scenes) / sizeof(scenes[0]));
    tcase_add_test(tests, settings__are_read_by_the_wsl_that_is_there);
    suite_add_tcase(suite, tests);
    return suite;
}
