/* Tests of actions/wsl/version.c and of the texts that profile.c reads: what Windows prints in
 * several languages. */
#include "actions/wsl/version.h"

#include <check.h>
#include <string.h>

#include "actions/wsl/profile.h"

static void assert_version(bool found, const struct version *version, const char *expected)
{
    struct arena *arena ARENA_AUTO = arena_new();
    ck_assert(found == (expected != NULL));
    struct value value = {.kind = KIND_VERSION, .version = *version};
    if (found)
        ck_assert_str_eq(value_print(arena, &value), expected);
}

START_TEST(version__reads_a_kernel_release)
{
    struct version version = {0};
    assert_version(version_leading("6.6.87.2-microsoft-standard-WSL2\n", &version), &version,
                   "6.6.87.2");
    assert_version(version_leading("5.15.0+", &version), &version, "5.15.0");
    assert_version(version_leading("2.6.3.0\n", &version), &version, "2.6.3.0");
    assert_version(version_leading("unknown", &version), &version, NULL);
    assert_version(version_leading("", &version), &version, NULL);
}
END_TEST

START_TEST(version__finds_lines_whatever_the_language)
{
    static const char japanese[] = "WSL バージョン: 2.6.3.0\r\nカーネル バージョン: 6.6.87.2-1\r\n"
                                   "WSLg バージョン: 1.0.71\r\nMSRDC バージョン: 1.2.6353\r\n"
                                   "Direct3D バージョン: 1.611.1-81528511\r\n"
                                   "DXCore バージョン: 10.0.26100.1-240331-1435.ge-release\r\n"
                                   "Windows バージョン: 10.0.26100.4949\r\n";
    struct version version = {0}, build = {0};
    assert_version(version_from_line(japanese, 1, &version), &version, "2.6.3.0");
    assert_version(version_from_line(japanese, 2, &version), &version, "6.6.87.2");
    assert_version(version_from_line(japanese, 7, &version), &version, "10.0.26100.4949");
    assert_version(version_windows_build(&version, &build), &build, "26100.4949");
    assert_version(version_from_line("Version WSL\xc2\xa0: 2.6.3.0", 1, &version), &version,
                   "2.6.3.0");
    assert_version(version_from_line("WSL 版本：2.6.3.0", 1, &version), &version, "2.6.3.0");
    assert_version(version_from_line(japanese, 8, &version), &version, NULL);
}
END_TEST

START_TEST(version__reads_ver)
{
    struct version build = {0};
    assert_version(version_from_ver("\r\nMicrosoft Windows [Version 10.0.19045.3803]\r\n", &build),
                   &build, "19045.3803");
    assert_version(version_from_ver("Microsoft Windows [\xef\xbf\xbd 10.0.22631.1]", &build),
                   &build, "22631.1");
    assert_version(version_from_ver("[Version", &build), &build, NULL);
    assert_version(version_from_ver("", &build), &build, NULL);
}
END_TEST

static void assert_variable(const char *output, const char *expected)
{
    struct arena *arena ARENA_AUTO = arena_new();
    const char *path = profile_from_set(arena, output);
    if (expected)
        ck_assert_str_eq(path, expected);
    else
        ck_assert_ptr_null(path);
}

START_TEST(profile__reads_a_variable)
{
    assert_variable("USERPROFILE=C:\\Users\\me\r\n", "C:\\Users\\me");
    assert_variable("UserProfile=D:\\R&D^2 100%\\me\r\n", "D:\\R&D^2 100%\\me");
    assert_variable("USERPROFILE=C:\\Users\\me\r\nUSERPROFILE_OLD=E:\\x\r\n", "C:\\Users\\me");
    assert_variable("USERPROFILE_OLD=E:\\x\r\nUSERPROFILE=C:\\Users\\me\r\n", "C:\\Users\\me");
    assert_variable(
        "'\\\\wsl.localhost\\Ubuntu\\home\\me'\r\nCMD.EXE was started with the above path as "
        "the current directory.\r\nUNC paths are not supported.  Defaulting to Windows "
        "directory.\r\nUSERPROFILE=C:\\Users\\me\r\n",
        "C:\\Users\\me");
    assert_variable("USERPROFILE=C:\\Users\\\xef\xbf\xbd\xef\xbf\xbd\r\n", NULL);
    assert_variable("Environment variable USERPROFILE not defined\r\n", NULL);
    assert_variable("USERPROFILE=\\\\server\\me\r\n", NULL);
    assert_variable("", NULL);
}
END_TEST

START_TEST(profile__reads_base64)
{
    struct arena *arena ARENA_AUTO = arena_new();
    ck_assert_str_eq(profile_from_base64(arena, "QzpcVXNlcnNc5bGx55Sw\r\n"), "C:\\Users\\山田");
    ck_assert_str_eq(profile_from_base64(arena, "QQ=="), "A");
    ck_assert_ptr_null(profile_from_base64(arena, "no, an error"));
    ck_assert_ptr_null(profile_from_base64(arena, ""));
}
END_TEST

Suite *actions_wsl_version_suite(void)
{
    Suite *suite = suite_create("actions/wsl/version");
    TCase *tests = tcase_create("texts of Windows");
    tcase_add_test(tests, version__reads_a_kernel_release);
    tcase_add_test(tests, version__finds_lines_whatever_the_language);
    tcase_add_test(tests, version__reads_ver);
    tcase_add_test(tests, profile__reads_a_variable);
    tcase_add_test(tests, profile__reads_base64);
    suite_add_tcase(suite, tests);
    return suite;
}
