/* Tests of actions/wsl/settings.c and keys.c: real files against their verdicts, then the rules
 * that no real file shows. */
#include "actions/wsl/settings.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

#define SAMPLES "tests/unit/data/real-configs"
enum { SAMPLE_COUNT = 42, SAMPLE_LIMIT = 64 * 1024 };

static const char *slurp(struct arena *arena, const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    char *bytes = arena_alloc(arena, SAMPLE_LIMIT + 1);
    *length = fread(bytes, 1, SAMPLE_LIMIT, file);
    fclose(file);
    return bytes;
}

static const struct setting *setting_of(const struct settings *settings,
                                        const struct ini_entry *entry)
{
    for (size_t i = 0; i < settings->count; i++)
        if (settings->all[i].entry == entry && settings->all[i].present)
            return &settings->all[i];
    return NULL;
}

static void write_value(struct text *out, const char *value)
{
    for (const char *at = value; *at; at++)
        if (*at == '\t')
            text_add(out, "<TAB>");
        else if (*at == '\b')
            text_add(out, "<BACKSPACE>");
        else
            text_char(out, *at);
    text_char(out, '\n');
}

/* In the words of the .verdict files. */
static const char *verdict(struct arena *arena, const struct settings *settings)
{
    struct text out = text_new(arena);
    const struct ini *ini = settings->ini;
    for (size_t i = 0; i < ini->entry_count; i++) {
        const struct setting *setting = setting_of(settings, &ini->entries[i]);
        if (!setting)
            continue;
        text_format(&out, "%s.%s=", setting->key->section, setting->key->name);
        write_value(&out, ini->entries[i].value);
    }
    for (size_t i = 0; i < settings->message_count; i++) {
        char *text = arena_string(arena, settings->messages[i].text);
        char *more = strstr(text, " (");
        if (more)
            *more = '\0';
        text_format(&out, "%u: %s\n", settings->messages[i].line, text);
    }
    if (ini->stopped)
        text_format(&out, "%u: stops\n", ini->stopped);
    return text_string(&out);
}

static bool check_sample(const char *name)
{
    struct arena *arena ARENA_AUTO = arena_new();
    size_t length, expected_length;
    const char *dot = strchr(name, '.');
    if (!dot || text_equal(dot, ".verdict") || text_equal(dot, ".md") || dot == name)
        return false;
    enum ini_file file = text_equal(dot, ".wslconfig") ? INI_WSLCONFIG : INI_WSLCONF;
    const char *bytes = slurp(arena, arena_format(arena, SAMPLES "/%s", name), &length);
    const char *expected =
        slurp(arena, arena_format(arena, SAMPLES "/%.*s.verdict", (int)(dot - name), name),
              &expected_length);
    const char *found = verdict(arena, settings_read(arena, file, bytes, length));
    ck_assert_msg(text_equal(found, expected), "%s:\nexpected\n%sfound\n%s", name, expected, found);
    return true;
}

START_TEST(settings__judges_real_files_as_wsl_does)
{
    DIR *folder = opendir(SAMPLES);
    ck_assert_msg(folder != NULL, "run from the repository's root");
    int checked = 0;
    for (struct dirent *item; (item = readdir(folder)) != NULL;)
        checked += check_sample(item->d_name);
    closedir(folder);
    ck_assert_int_eq(checked, SAMPLE_COUNT);
}
END_TEST

/* The value of one key, "!" in front where it is absent, and the reason behind it. */
static void assert_setting(enum ini_file file, const char *section, const char *name,
                           const char *text, const char *expected)
{
    struct arena *arena ARENA_AUTO = arena_new();
    const struct settings *settings = settings_read(arena, file, text, strlen(text));
    const struct wsl_key *key = keys_find(file, section, name);
    ck_assert_ptr_nonnull(key);
    const struct setting *setting = settings_get(settings, key);
    const char *reason = settings_reason(arena, settings, key);
    ck_assert_str_eq(arena_format(arena, "%s%s%s%s", setting->present ? "" : "!",
                                  value_print(arena, &setting->value), reason ? ": " : "",
                                  reason ? reason : ""),
                     expected);
}

#define TUNNEL(text, expected) assert_setting(INI_WSLCONFIG, "wsl2", "dnsTunneling", text, expected)

START_TEST(settings__counts_the_first_occurrence)
{
    TUNNEL("[wsl2]\ndnsTunneling=false\n[experimental]\ndnsTunneling=true", "false");
    TUNNEL("[experimental]\ndnsTunneling=0\n[wsl2]\ndnsTunneling=true", "false");
    TUNNEL("[wsl2]\ndnsTunneling=off\ndnsTunneling=false",
           "!true: line 2: invalid boolean value 'off'; it hides line 3, because the first one "
           "counts");
    TUNNEL("[wsl2]\ndnsTunneling=\\x\ndnsTunneling=false", "false");
    TUNNEL("", "!true");
}
END_TEST

START_TEST(settings__says_why_a_key_is_absent)
{
    TUNNEL("[wsl2]\ndnsTunneling=yes", "!true: line 2: invalid boolean value 'yes'");
    TUNNEL("[wsl2]\ndnsTunneling=\\q",
           "!true: line 2: invalid escaped character 'q': WSL drops the whole line");
    TUNNEL("[network]\ndnsTunneling=false",
           "!true: line 2: unknown key 'network.dnsTunneling': it belongs in [wsl2]");
    TUNNEL("dnsTunneling=false", "!true: line 1: unknown key 'dnsTunneling': it belongs in [wsl2]");
    TUNNEL("#[wsl2]\ndnsTunneling=false",
           "!true: line 2: unknown key 'dnsTunneling': the header in line 1 does not count");
    TUNNEL("[experimental]\n[wsl2 ]\ndnsTunneling=false",
           "!true: line 3: unknown key 'wsl2': the header in line 2 does not count");
    TUNNEL("[wsl2]\n# dnsTunneling = false", "!true: commented out in line 2");
    assert_setting(INI_WSLCONFIG, "experimental", "ignoredPorts", "[wsl2]\nignoredPorts=80",
                   "![]: line 2: unknown key 'wsl2.ignoredPorts': it belongs in [experimental]");
    assert_setting(INI_WSLCONF, "boot", "systemd", "[network]\nstatic_ip=1\n[boot]\nsystemd=true",
                   "!false: line 4 is not read, because WSL stops reading at line 2: expected '='");
    assert_setting(INI_WSLCONF, "boot", "systemd", "boo!\n",
                   "!false: WSL stops reading at line 1: expected '='");
    assert_setting(INI_WSLCONF, "automount", "enabled", "[interop]\nenabled=false", "!true");
}
END_TEST

START_TEST(settings__lets_a_bad_address_switch_the_tunnel_off)
{
    static const char bad[] = "the invalid IP value 'x' in line 2 switches DNS tunnelling off";
    struct arena *arena ARENA_AUTO = arena_new();
    TUNNEL("[experimental]\ndnsTunnelingIpAddress=x", arena_format(arena, "!false: %s", bad));
    TUNNEL("[experimental]\ndnsTunnelingIpAddress=x\ndnsTunneling=true", "true");
    TUNNEL("[experimental]\ndnsTunneling=true\ndnsTunnelingIpAddress=x",
           "false: line 2: the invalid IP value 'x' in line 3 switches DNS tunnelling off");
    TUNNEL("[experimental]\ndnsTunnelingIpAddress=1.2.3.4", "!true");
}
END_TEST

START_TEST(settings__refuses_everything_for_a_bad_mac_address)
{
    TUNNEL("[wsl2]\ndnsTunneling=false\nmacAddress=\n", "!?: WSL refuses the file for its line 3");
    TUNNEL("[wsl2]\ndnsTunneling=false\nmacAddress=5c:bb:f6:9e:ee:fa\n", "false");
    TUNNEL("[wsl2]\ndnsTunneling=false\nmacAddress=5c-bb-f6-9e-ee:fa\n",
           "!?: WSL refuses the file for its line 3");
}
END_TEST

#define WSL2(name, value, expected)                                                                \
    assert_setting(INI_WSLCONFIG, "wsl2", name, "[wsl2]\n" name "=" value, expected)

START_TEST(keys__read_numbers_as_strtol_does)
{
    WSL2("vmIdleTimeout", "-1", "-1");
    WSL2("vmIdleTimeout", "0x10", "16");
    WSL2("vmIdleTimeout", "010", "8");
    WSL2("vmIdleTimeout", "\" +7\"", "7");
    WSL2("vmIdleTimeout", "99999999999", "2147483647");
    WSL2("vmIdleTimeout", "-99999999999999999999999", "-2147483648");
    WSL2("vmIdleTimeout", "08", "!60000: line 2: invalid integer value '08'");
    WSL2("vmIdleTimeout", "0b1", "!60000: line 2: invalid integer value '0b1'");
    WSL2("vmIdleTimeout", "5s", "!60000: line 2: invalid integer value '5s'");
    WSL2("vmIdleTimeout", "", "!60000: line 2: invalid integer value ''");
    assert_setting(INI_WSLCONF, "boot", "initTimeout", "[boot]\ninitTimeout=99999999999",
                   "!10000: line 2: invalid integer value '99999999999'");
    assert_setting(INI_WSLCONF, "filesystem", "umask", "", "!18");
}
END_TEST

START_TEST(keys__read_sizes)
{
    WSL2("memory", "8", "8");
    WSL2("memory", "1KB", "1KiB");
    WSL2("memory", "1G", "1GiB");
    WSL2("memory", "08GB", "8GiB");
    WSL2("memory", "2TB", "2TiB");
    WSL2("swap", "0GB", "0");
    WSL2("swap", "-1", "?");
    WSL2("swap", "00", "!?: line 2: invalid memory string '00'");
    WSL2("memory", "8gb", "!?: line 2: invalid memory string '8gb'");
    WSL2("memory", "8 GB", "!?: line 2: invalid memory string '8 GB'");
    WSL2("memory", "8GiB", "!?: line 2: invalid memory string '8GiB'");
    WSL2("memory", "", "!?: line 2: invalid memory string ''");
}
END_TEST

START_TEST(keys__read_words_and_texts)
{
    WSL2("networkingMode", "MIRRORED", "mirrored");
    WSL2("networkingMode", "VirtioProxy", "consomme");
    WSL2("networkingMode", "bridge",
         "!nat: line 2: invalid value 'bridge' (valid values: nat, mirrored, consomme, bridged, "
         "none)");
    WSL2("kernel", "caf\xc3\xa9", "caf\xef\xbf\xbd");
    assert_setting(INI_WSLCONF, "user", "default", "[user]\ndefault=caf\xc3\xa9", "caf\xc3\xa9");
    assert_setting(INI_WSLCONF, "automount", "root", "[automount]\nroot=/win", "/win/");
    assert_setting(INI_WSLCONF, "automount", "root", "[automount]\nroot=", "/");
    assert_setting(INI_WSLCONFIG, "wsl2", "earlyBootLogging", "[wsl2]\ndebugConsole=1", "!true");
}
END_TEST

#define PORTS(value, expected)                                                                     \
    assert_setting(INI_WSLCONFIG, "experimental", "ignoredPorts",                                  \
                   "[experimental]\nignoredPorts=" value, expected)

START_TEST(keys__read_port_lists_item_by_item)
{
    PORTS("3000, 9000,,80", "[3000, 9000, 80]");
    PORTS("", "[]");
    PORTS("3000-3010", "[3000]: line 2: '3000-3010' is read as 3000 alone");
    PORTS("0x50,80", "[80]: line 2: '0x50' is no port");
    PORTS("70000,x,1", "[1]: line 2: 'x' is no port");
}
END_TEST

START_TEST(keys__find_without_regard_to_case_and_in_both_sections)
{
    ck_assert_ptr_eq(keys_find(INI_WSLCONFIG, "WSL2", "DNSTUNNELING"),
                     keys_find(INI_WSLCONFIG, "experimental", "dnsTunneling"));
    ck_assert_ptr_null(keys_find(INI_WSLCONFIG, "wsl2", "ignoredPorts"));
    ck_assert_ptr_null(keys_find(INI_WSLCONF, "wsl2", "memory"));
}
END_TEST

Suite *actions_wsl_settings_suite(void)
{
    Suite *suite = suite_create("actions/wsl/settings");
    TCase *tests = tcase_create("verdicts");
    tcase_add_test(tests, settings__judges_real_files_as_wsl_does);
    tcase_add_test(tests, settings__counts_the_first_occurrence);
    tcase_add_test(tests, settings__says_why_a_key_is_absent);
    tcase_add_test(tests, settings__lets_a_bad_address_switch_the_tunnel_off);
    tcase_add_test(tests, settings__refuses_everything_for_a_bad_mac_address);
    tcase_add_test(tests, keys__read_numbers_as_strtol_does);
    tcase_add_test(tests, keys__read_sizes);
    tcase_add_test(tests, keys__read_words_and_texts);
    tcase_add_test(tests, keys__read_port_lists_item_by_item);
    tcase_add_test(tests, keys__find_without_regard_to_case_and_in_both_sections);
    suite_add_tcase(suite, tests);
    return suite;
}
