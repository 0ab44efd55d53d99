/* Tests of actions/wsl/command.c: a command goes through sh's and WSL's grammar and comes out as
 * the words that were given. */
#include "actions/wsl/command.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actions/wsl/edit.h"
#include "actions/wsl/settings.h"
#include "engine/base/text.h"

static struct value words(struct arena *arena, const char *const *argv)
{
    struct value *items = NULL;
    size_t count = 0;
    for (; argv[count]; count++) {
        items = arena_grow(arena, items, count, sizeof(*items));
        items[count] = value_string(arena, argv[count]);
    }
    return value_list(items, count);
}

/* What /bin/sh -c prints for `script`. */
static const char *run_sh(struct arena *arena, const char *script)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    char *output = arena_alloc(arena, 65536);
    for (ssize_t got = 1, at = 0; got > 0; at += got)
        got = read(ends[0], output + at, 65535 - (size_t)at);
    close(ends[0]);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(status == 0, "sh refused: %s", script);
    return output;
}

static const char *setting_command(struct arena *arena, const struct document *document)
{
    const struct settings *settings =
        settings_read(arena, INI_WSLCONF, document->bytes, document->length);
    return settings_get(settings, keys_find(INI_WSLCONF, "boot", "command"))->value.string;
}

/* `sample` as an argument of printf, set in a file, read back as WSL does and run. */
static void assert_round_trip(const char *sample)
{
    static const char before[] = "[user]\r\ndefault=me";
    struct arena *arena ARENA_AUTO = arena_new();
    struct value list = words(arena, (const char *const[]){"printf", "<%s>", sample, "end", NULL});
    struct document document = {INI_WSLCONF, "wsl.conf", "wsl.conf", before, sizeof(before) - 1};
    struct value command = value_string(arena, command_quote(arena, &list));
    struct error error = {0};
    ck_assert_msg(edit_set(arena, &document, keys_find(INI_WSLCONF, "boot", "command"), "boot",
                           &command, &error),
                  "%s", error.message);
    ck_assert_str_eq(run_sh(arena, setting_command(arena, &document)),
                     arena_format(arena, "<%s><end>", sample));
}

START_TEST(command__survives_both_grammars)
{
    static const char *const samples[] = {"plain",
                                          "two words",
                                          "a#b",
                                          "# c",
                                          "it's",
                                          "\"quoted\"",
                                          "back\\slash",
                                          "\\n",
                                          "$HOME `id`",
                                          " edge ",
                                          "",
                                          "a;b&c|d",
                                          "*",
                                          "~",
                                          "x=1",
                                          "\xe6\x97\xa5\xe6\x9c\xac",
                                          "tab\there",
                                          "new\nline",
                                          "'",
                                          "\\",
                                          "%s",
                                          "!",
                                          "a\bb",
                                          NULL};
    for (const char *const *sample = samples; *sample; sample++)
        assert_round_trip(*sample);
}
END_TEST

START_TEST(command__quotes_only_what_needs_it)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct value list = words(arena, (const char *const[]){"/sbin/ip", "link", "set", "dev", "eth0",
                                                           "mtu", "1380", NULL});
    ck_assert_str_eq(command_quote(arena, &list), "/sbin/ip link set dev eth0 mtu 1380");
}
END_TEST

static void assert_joined(const char *existing, const char *added, const char *expected)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct error error = {0};
    const char *joined;
    bool done = command_join(arena, existing, added, &joined, &error);
    ck_assert_msg(done == (expected != NULL), "%s: %s", existing, error.message);
    if (done)
        ck_assert_str_eq(joined, expected);
}

START_TEST(command__joins_behind_what_is_there)
{
    assert_joined("", "b", "b");
    assert_joined("service docker start", "b 1", "service docker start ; b 1");
    assert_joined("a ; ", "b", "a ; b");
    assert_joined("a &", "b", "a & b");
    assert_joined("a '# no' \"x;y\" b#c", "d", "a '# no' \"x;y\" b#c ; d");
    assert_joined("a # why", "b", NULL);
    assert_joined("a 'x", "b", NULL);
    assert_joined("a \\", "b", NULL);
    assert_joined("cat <<E", "b", NULL);
}
END_TEST

START_TEST(command__adds_nothing_twice)
{
    assert_joined("b 1", "b 1", "b 1");
    assert_joined("a; b 1 &", "b 1", "a; b 1 &");
    assert_joined("a ; b 1", "b 1", "a ; b 1");
    assert_joined("b 12", "b 1", "b 12 ; b 1");
    assert_joined("sudo b 1", "b 1", "sudo b 1 ; b 1");
}
END_TEST

Suite *actions_wsl_command_suite(void)
{
    Suite *suite = suite_create("actions/wsl/command");
    TCase *tests = tcase_create("command");
    tcase_add_test(tests, command__survives_both_grammars);
    tcase_add_test(tests, command__quotes_only_what_needs_it);
    tcase_add_test(tests, command__joins_behind_what_is_there);
    tcase_add_test(tests, command__adds_nothing_twice);
    suite_add_tcase(suite, tests);
    return suite;
}
