/* Tests of actions/wsl/edit.c: what an edit changes, and that it changes nothing else. */
#include "actions/wsl/edit.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "actions/wsl/settings.h"
#include "engine/base/text.h"

static struct value literal(struct arena *arena, const struct wsl_key *key, const char *text)
{
    struct value value;
    struct type type = keys_type(key);
    if (type.kind == KIND_LIST) {
        struct key_reading reading;
        ck_assert(keys_read(arena, key, INI_WSLCONFIG, text, &reading));
        return reading.value;
    }
    ck_assert(value_read(arena, type.kind, text, &value));
    return value;
}

static void assert_edit(enum ini_file file, const char *name, const char *value, const char *before,
                        size_t before_length, const char *after, size_t after_length)
{
    struct arena *arena ARENA_AUTO = arena_new();
    char section[64];
    sscanf(name, "%63[^.]", section);
    const struct wsl_key *key = keys_find(file, section, strchr(name, '.') + 1);
    ck_assert_ptr_nonnull(key);
    struct document document = {file, "the file", "the file", before, before_length};
    struct error error = {0};
    struct value wanted = value ? literal(arena, key, value) : (struct value){0};
    bool done = value ? edit_set(arena, &document, key, section, &wanted, &error)
                      : edit_unset(arena, &document, key, &error);
    if (!after) {
        ck_assert(!done);
        return;
    }
    ck_assert_msg(done, "%s", error.message);
    ck_assert_msg(document.length == after_length &&
                      memcmp(document.bytes, after, after_length) == 0,
                  "%s=%s:\n%s\nbecame\n%s\nnot\n%s", name, value, before, document.bytes, after);
}

#define SET(name, value, before, after)                                                            \
    assert_edit(INI_WSLCONFIG, name, value, before, sizeof(before) - 1, after, sizeof(after) - 1)
#define SET_CONF(name, value, before, after)                                                       \
    assert_edit(INI_WSLCONF, name, value, before, sizeof(before) - 1, after, sizeof(after) - 1)
#define UNSET(name, before, after)                                                                 \
    assert_edit(INI_WSLCONFIG, name, NULL, before, sizeof(before) - 1, after, sizeof(after) - 1)

START_TEST(edit__replaces_the_value_that_counts)
{
    SET("wsl2.dnsTunneling", "true", "[wsl2]\n  dnsTunneling =  false \t# why\nmemory=4GB\n",
        "[wsl2]\n  dnsTunneling =  true \t# why\nmemory=4GB\n");
    SET("wsl2.dnsTunneling", "true", "[experimental]\r\ndnsTunneling=0\r\n",
        "[experimental]\r\ndnsTunneling=true\r\n");
    SET("wsl2.dnsTunneling", "false", "[wsl2]\ndnsTunneling=off\ndnsTunneling=true",
        "[wsl2]\ndnsTunneling=false\ndnsTunneling=true");
    SET("wsl2.dnsTunneling", "false", "[wsl2]\ndnsTunneling=# c", "[wsl2]\ndnsTunneling=false# c");
    SET("wsl2.kernel", "x", "[wsl2]\nkernel=a \\\n b\nswap=0\n", "[wsl2]\nkernel=x\nswap=0\n");
}
END_TEST

START_TEST(edit__changes_nothing_that_holds)
{
    SET("wsl2.dnsTunneling", "true", "[WSL2]\nDNSTUNNELING=1 # c", "[WSL2]\nDNSTUNNELING=1 # c");
    SET("wsl2.memory", "8GiB", "[wsl2]\nmemory=8GB", "[wsl2]\nmemory=8GB");
    SET("wsl2.networkingMode", "consomme", "[wsl2]\nnetworkingMode=VirtioProxy",
        "[wsl2]\nnetworkingMode=VirtioProxy");
    UNSET("wsl2.memory", "[wsl2]\n# memory=1", "[wsl2]\n# memory=1");
}
END_TEST

START_TEST(edit__adds_to_the_end_of_the_section)
{
    SET("wsl2.dnsTunneling", "true",
        "# top\n[wsl2]\nmemory=1GB\n\n# next\n[experimental]\nsparseVhd=true\n",
        "# top\n[wsl2]\nmemory=1GB\ndnsTunneling=true\n\n# next\n[experimental]\nsparseVhd=true\n");
    SET("wsl2.dnsTunneling", "true", "[wsl2]\r\n\r\n[experimental]\r\n",
        "[wsl2]\r\ndnsTunneling=true\r\n\r\n[experimental]\r\n");
    SET("wsl2.dnsTunneling", "true", "[wsl2]", "[wsl2]\r\ndnsTunneling=true");
    SET("wsl2.dnsTunneling", "true", "[wsl2]\nmemory=1GB", "[wsl2]\nmemory=1GB\ndnsTunneling=true");
    SET("wsl2.dnsTunneling", "true",
        "[wsl2]\nmemory=1GB\x1a"
        "x",
        "[wsl2]\nmemory=1GB\ndnsTunneling=true\x1a"
        "x");
    SET("wsl2.dnsTunneling", "false", "[wsl2] # c\ndnsTunneling=\\q\n",
        "[wsl2] # c\ndnsTunneling=false\ndnsTunneling=\\q\n");
}
END_TEST

START_TEST(edit__adds_a_section_to_the_end_of_the_file)
{
    SET("wsl2.dnsTunneling", "true", "", "[wsl2]\r\ndnsTunneling=true\r\n");
    SET_CONF("network.generateResolvConf", "false", "", "[network]\ngenerateResolvConf=false\n");
    SET("experimental.ignoredPorts", "80,443", "[wsl2]\nmemory=1GB\n",
        "[wsl2]\nmemory=1GB\n\n[experimental]\nignoredPorts=80,443\n");
    SET("experimental.sparseVhd", "true", "[wsl2]\nmemory=1GB",
        "[wsl2]\nmemory=1GB\n\n[experimental]\nsparseVhd=true");
    SET_CONF("boot.systemd", "true", "[user]\r\ndefault=me\r\n\r\n",
             "[user]\r\ndefault=me\r\n\r\n[boot]\r\nsystemd=true\r\n");
    SET("wsl2.swap", "0", "\xef\xbb\xbf", "\xef\xbb\xbf[wsl2]\r\nswap=0\r\n");
    /* A spoiled header is no place for the key: WSL would not find it there. */
    SET("experimental.sparseVhd", "true", "[wsl2]\n[experimental ]\n",
        "[wsl2]\n[experimental ]\n\n[experimental]\nsparseVhd=true\n");
}
END_TEST

START_TEST(edit__keeps_utf16)
{
    SET("wsl2.swap", "0", "\xff\xfe[\0w\0s\0l\0002\0]\0\r\0\n\0",
        "\xff\xfe[\0w\0s\0l\0002\0]\0\r\0\n\0s\0w\0a\0p\0=\0000\0\r\0\n\0");
    SET("wsl2.swap", "0", "\xff\xfe[\0w\0s\0l\0002\0]\0\n\0s\0w\0a\0p\0=\0001\0#\0",
        "\xff\xfe[\0w\0s\0l\0002\0]\0\n\0s\0w\0a\0p\0=\0000\0#\0");
}
END_TEST

START_TEST(edit__writes_values_as_wsl_reads_them)
{
    SET("wsl2.memory", "8GiB", "[wsl2]\n", "[wsl2]\nmemory=8GB\n");
    SET("wsl2.memory", "8GB", "[wsl2]\n", "[wsl2]\nmemory=8000000000\n");
    SET("wsl2.kernel", "C:\\x\\y z", "[wsl2]\n", "[wsl2]\nkernel=C:\\\\x\\\\y z\n");
    SET("wsl2.kernelCommandLine", " a=\"#\"", "[wsl2]\n",
        "[wsl2]\nkernelCommandLine=\" a=\\\"#\\\"\"\n");
    SET("wsl2.networkingMode", "consomme", "[wsl2]\n", "[wsl2]\nnetworkingMode=virtioproxy\n");
    SET("experimental.dnsTunnelingIpAddress", "10.0.0.1", "[experimental]\n",
        "[experimental]\ndnsTunnelingIpAddress=10.0.0.1\n");
    SET("wsl2.vmIdleTimeout", "-1", "[wsl2]\n", "[wsl2]\nvmIdleTimeout=-1\n");
    SET_CONF("automount.root", "/win", "", "[automount]\nroot=/win\n");
    SET_CONF("automount.root", "/win/", "[automount]\nroot=/win", "[automount]\nroot=/win");
    SET_CONF("user.default", "m\xc3\xa9", "", "[user]\ndefault=m\xc3\xa9\n");
}
END_TEST

/* An edit that must fail; the message holds `words`. */
static void assert_refused(enum ini_file file, const char *section, const char *name,
                           const char *value, const char *before, const char *words)
{
    struct arena *arena ARENA_AUTO = arena_new();
    const struct wsl_key *key = keys_find(file, section, name);
    struct document document = {file, "the file", "the file", before, strlen(before)};
    struct value wanted = literal(arena, key, value);
    struct error error = {0};
    ck_assert(!edit_set(arena, &document, key, section, &wanted, &error));
    ck_assert_msg(strstr(error.message, words) != NULL, "%s", error.message);
    ck_assert_ptr_eq(document.bytes, before);
}

START_TEST(edit__refuses_what_wsl_would_not_read)
{
    assert_refused(INI_WSLCONF, "boot", "systemd", "true", "[network]\nstatic_ip=1\n[boot]\n",
                   "WSL stops reading at line 2: expected '='");
    assert_refused(INI_WSLCONF, "boot", "systemd", "true", "\xef\xbb\xbf[boot]\n",
                   "WSL stops reading at line 1: invalid key name (a byte order mark)");
    assert_refused(INI_WSLCONFIG, "wsl2", "swap", "0", "\xfe\xff", "big-endian");
    assert_refused(INI_WSLCONFIG, "wsl2", "kernel", "caf\xc3\xa9", "[wsl2]\n", "would not read");
    assert_refused(INI_WSLCONFIG, "wsl2", "kernel", "a\rb", "[wsl2]\n", "would not read");
    assert_refused(INI_WSLCONFIG, "wsl2", "macAddress", "1", "", "invalid MAC address '1'");
    assert_refused(INI_WSLCONFIG, "wsl2", "vmIdleTimeout", "1.5", "", "whole number");
    assert_refused(INI_WSLCONFIG, "wsl2", "dnsTunneling", "true",
                   "[wsl2]\ndnsTunneling=false\n[experimental]\ndnsTunnelingIpAddress=x\n",
                   "switches DNS tunnelling off");
    assert_refused(INI_WSLCONFIG, "wsl2", "swap", "0", "[wsl2]\nmacAddress=1\n",
                   "refuses the file for its line 2");
}
END_TEST

START_TEST(edit__adds_above_the_line_at_which_wsl_stops)
{
    SET_CONF("network.generateResolvConf", "false", "[network]\ngenerateHosts=1\nstatic_ip=1\n",
             "[network]\ngenerateHosts=1\ngenerateResolvConf=false\nstatic_ip=1\n");
    SET_CONF("network.generateHosts", "false", "[network]\ngenerateHosts=1\nstatic_ip=1\n",
             "[network]\ngenerateHosts=false\nstatic_ip=1\n");
}
END_TEST

START_TEST(edit__unsets_every_occurrence)
{
    UNSET("wsl2.firewall", "[wsl2]\nfirewall=0\nmemory=1GB\n[experimental]\nfirewall=1\n",
          "[wsl2]\nmemory=1GB\n[experimental]\n");
    UNSET("wsl2.firewall", "[wsl2]\r\nfirewall=0 # office\r\n", "[wsl2]\r\n# office\r\n");
    UNSET("wsl2.firewall", "[wsl2]\r\nfirewall=0", "[wsl2]");
    UNSET("wsl2.firewall", "[wsl2]\nfirewall=maybe\n", "[wsl2]\n");
    UNSET("wsl2.kernel", "[wsl2]\nkernel=a\\\nb\nswap=0", "[wsl2]\nswap=0");
    UNSET("wsl2.macAddress", "[wsl2]\nmacAddress=\nswap=0", "[wsl2]\nswap=0");
    UNSET("wsl2.swap", "[wsl2]\nswap=1GB\nswap=2GB\nswap=3GB", "[wsl2]");
    UNSET("wsl2.swap", "[wsl2]\nmemory=1GB\nswap=1GB\nswap=2GB", "[wsl2]\nmemory=1GB");
}
END_TEST

/* ---- files that chance makes ---- */

static unsigned dice(unsigned *seed, unsigned sides)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % sides;
}

static void add_units(struct text *text, const char *ascii, bool wide)
{
    for (; *ascii; ascii++)
        text_bytes(text, (const char[]){*ascii, '\0'}, wide ? 2 : 1);
}

struct chance {
    struct text before, after; /* the file, and what is to be left of it */
};

/* Lines of which many are of one key; what is expected is known line by line, without a parser. */
static struct chance make_file(struct arena *arena, unsigned *seed)
{
    static const struct {
        const char *line, *left; /* NULL: the whole line goes */
    } lines[] = {
        {"firewall=true", NULL},
        {"firewall = 0", NULL},
        {"FIREWALL=maybe", NULL},
        {"firewall=1 # why", "# why"},
        {"memory=4GB", "memory=4GB"},
        {"# firewall=0", "# firewall=0"},
        {"", ""},
        {"[wsl2]", "[wsl2]"},
        {"\tfirewall=true", NULL},
        {"[experimental]", "[experimental]"},
    };
    static const char *const ends[] = {"\n", "\r\n"};
    bool wide = dice(seed, 4) == 0, marked = wide || dice(seed, 3) == 0;
    const char *end = ends[dice(seed, 2)];
    struct chance file = {text_new(arena), text_new(arena)};
    const char *mark = wide ? "\xFF\xFE" : marked ? "\xEF\xBB\xBF" : "";
    text_add(&file.before, mark);
    text_add(&file.after, mark);
    add_units(&file.before, "[wsl2]", wide);
    add_units(&file.after, "[wsl2]", wide);
    for (unsigned count = dice(seed, 12); count > 0; count--) {
        unsigned which = dice(seed, sizeof(lines) / sizeof(lines[0]));
        add_units(&file.before, end, wide);
        add_units(&file.before, lines[which].line, wide);
        if (lines[which].left) {
            add_units(&file.after, end, wide);
            add_units(&file.after, lines[which].left, wide);
        }
    }
    if (dice(seed, 2)) {
        add_units(&file.before, end, wide);
        add_units(&file.after, end, wide);
    }
    return file;
}

START_TEST(edit__unsets_in_any_file)
{
    const struct wsl_key *key = keys_find(INI_WSLCONFIG, "wsl2", "firewall");
    unsigned seed = 4711;
    for (int i = 0; i < 2000; i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct chance file = make_file(arena, &seed);
        /* A copy of its own size: the sanitizer sees what is read beyond it. */
        const char *bytes = arena_copy(arena, file.before.at, file.before.length);
        struct document document = {INI_WSLCONFIG, "f", "f", bytes, file.before.length};
        struct error error = {0};
        ck_assert_msg(edit_unset(arena, &document, key, &error), "%s", error.message);
        ck_assert_msg(document.length == file.after.length &&
                          memcmp(document.bytes, file.after.at, document.length) == 0,
                      "%d:\n%s\nbecame\n%s\nnot\n%s", i, bytes, document.bytes, file.after.at);
        struct value value = {.kind = KIND_BOOLEAN, .boolean = i % 2};
        ck_assert_msg(edit_set(arena, &document, key, "wsl2", &value, &error), "%s", error.message);
        ck_assert(edit_unset(arena, &document, key, &error));
    }
}
END_TEST

Suite *actions_wsl_edit_suite(void);
Suite *actions_wsl_edit_suite(void)
{
    Suite *suite = suite_create("actions/wsl/edit");
    TCase *tests = tcase_create("edits");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, edit__replaces_the_value_that_counts);
    tcase_add_test(tests, edit__changes_nothing_that_holds);
    tcase_add_test(tests, edit__adds_to_the_end_of_the_section);
    tcase_add_test(tests, edit__adds_a_section_to_the_end_of_the_file);
    tcase_add_test(tests, edit__keeps_utf16);
    tcase_add_test(tests, edit__writes_values_as_wsl_reads_them);
    tcase_add_test(tests, edit__refuses_what_wsl_would_not_read);
    tcase_add_test(tests, edit__adds_above_the_line_at_which_wsl_stops);
    tcase_add_test(tests, edit__unsets_every_occurrence);
    tcase_add_test(tests, edit__unsets_in_any_file);
    suite_add_tcase(suite, tests);
    return suite;
}
