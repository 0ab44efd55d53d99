/* Tests of actions/wsl/keyed.c: what an author is told about a section and a key before anything
 * runs. */
#include "actions/wsl/keyed.h"

#include <check.h>
#include <stdio.h>

static const struct argument declared[] = {KEYED_ARGUMENTS, {.name = NULL}};

/* "argument: message; hint", or "" where there is nothing wrong. */
static void assert_finding(enum ini_file file, const char *section, const char *key,
                           const char *expected)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct value values[] = {value_string(arena, section), value_string(arena, key)};
    struct arguments literals = {declared, values};
    struct finding finding = {0};
    bool good = file == INI_WSLCONFIG ? keyed_check_wslconfig(&literals, &finding)
                                      : keyed_check_wslconf(&literals, &finding);
    ck_assert_str_eq(
        good ? ""
             : arena_format(arena, "%s: %s; %s", finding.argument, finding.message, finding.hint),
        expected);
}

START_TEST(keyed__accepts_known_keys)
{
    assert_finding(INI_WSLCONFIG, "wsl2", "dnsTunneling", "");
    assert_finding(INI_WSLCONFIG, "experimental", "dnsTunneling", "");
    assert_finding(INI_WSLCONF, "Network", "GENERATERESOLVCONF", "");
}
END_TEST

START_TEST(keyed__names_what_was_meant)
{
    assert_finding(INI_WSLCONFIG, "wsl2", "dnsTunnelling",
                   "key: [wsl2] of .wslconfig has no key 'dnsTunnelling'; did you mean "
                   "'dnsTunneling'?");
    assert_finding(INI_WSLCONFIG, "wsl3", "dnsTuneling",
                   "section: .wslconfig has no section 'wsl3'; did you mean 'wsl2'?");
    assert_finding(INI_WSLCONFIG, "wsl2", "ignoredPorts",
                   "section: [wsl2] of .wslconfig has no key 'ignoredPorts'; WSL reads "
                   "'ignoredPorts' in [experimental]");
    assert_finding(INI_WSLCONFIG, "network", "generateResolvConf",
                   "key: .wslconfig has no key 'generateResolvConf'; it belongs in [network] of "
                   "wsl.conf: use the actions wslconf.*");
    assert_finding(INI_WSLCONF, "wsl2", "networkingMode",
                   "key: wsl.conf has no key 'networkingMode'; it belongs in [wsl2] of .wslconfig: "
                   "use the actions wslconfig.*");
}
END_TEST

START_TEST(keyed__lets_the_key_decide_the_type)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct value values[] = {value_string(arena, "experimental"),
                             value_string(arena, "ignoredPorts")};
    struct arguments literals = {declared, values};
    struct type type;
    ck_assert(keyed_type_wslconfig(&literals, "value", &type));
    ck_assert_int_eq(type.kind, KIND_LIST);
    ck_assert_int_eq(type.element->kind, KIND_NUMBER);
    ck_assert(!keyed_type_wslconfig(&literals, "reason", &type));
    ck_assert(!keyed_type_wslconf(&literals, "value", &type));
}
END_TEST

Suite *actions_wsl_keyed_suite(void)
{
    Suite *suite = suite_create("actions/wsl/keyed");
    TCase *tests = tcase_create("load time");
    tcase_add_test(tests, keyed__accepts_known_keys);
    tcase_add_test(tests, keyed__names_what_was_meant);
    tcase_add_test(tests, keyed__lets_the_key_decide_the_type);
    suite_add_tcase(suite, tests);
    return suite;
}
