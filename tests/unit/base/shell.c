/* Commands to paste: a real sh reads exactly the value, wherever it stands; PowerShell by its
 * documented rules, read back by a reader of those rules. */
#include "engine/base/shell.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *base_shell_suite(void);

static struct arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(&arena);
}

/* `before`, the value, `behind`; NULL where the value is refused. */
static const char *command_of(const struct shell_grammar *grammar, const char *before,
                              const char *value, const char *behind)
{
    struct shell_text shell = shell_text_new(arena, grammar);
    shell_add(&shell, before);
    if (!shell_add_value(&shell, value, behind))
        return NULL;
    shell_add(&shell, behind);
    return text_string(&shell.text);
}

/* What `sh -c COMMAND` writes. */
static const char *run_sh(const char *command)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    struct text text = text_new(arena);
    char buffer[512];
    for (ssize_t got; (got = read(ends[0], buffer, sizeof(buffer))) > 0;)
        text_bytes(&text, buffer, (size_t)got);
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    return text_string(&text);
}

static const char *const values[] = {
    "x'; echo owned; '",
    "\"; echo owned; \"",
    "$(echo owned)",
    "`echo owned`",
    "a b  c",
    "",
    "\\",
    "\\'",
    "''",
    "#x",
    "it's \"so\"",
    "*",
    "~",
    "!!",
    "$HOME",
    "${IFS}",
    "日本 ’owned’ “x”",
    "A=b",
    "&& false",
    "> /nowhere/at/all",
    "10.1.2.3",
    "fe80::7",
    "%s%d",
    "-n",
};

START_TEST(shell__sh_reads_exactly_the_value)
{
    static const struct {
        const char *before, *behind, *read_before, *read_behind;
    } places[] = {
        {"printf '[%s]' ", "", "[", "]"},
        {"printf '[%s]' 'sport = :", "'", "[sport = :", "]"},
        {"printf '[%s]' \"sport = :", " end\"", "[sport = :", " end]"},
        {"printf '[%s]' x=", "=y", "[x=", "=y]"},
        {"printf '[%s]' it\\'s\\ ", "\"'\"", "[it's ", "']"},
        {"# it's \"\nprintf '[%s]' ", " # it's", "[", "]"},
        {"true;printf '[%s]' \"\\\"", "\\\"\"", "[\"", "\"]"},
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        for (size_t j = 0; j < sizeof(values) / sizeof(values[0]); j++) {
            const char *command =
                command_of(&shell_posix, places[i].before, values[j], places[i].behind);
            ck_assert_msg(command != NULL, "%s%s", places[i].before, values[j]);
            const char *expected = arena_format(arena, "%s%s%s", places[i].read_before, values[j],
                                                places[i].read_behind);
            ck_assert_msg(text_equal(run_sh(command), expected), "%s gives %s", command,
                          run_sh(command));
        }
    }
}
END_TEST

static void assert_command(const struct shell_grammar *grammar, const char *before,
                           const char *value, const char *behind, const char *expected)
{
    const char *command = command_of(grammar, before, value, behind);
    ck_assert_msg(!command == !expected && (!command || text_equal(command, expected)), "%s",
                  command ? command : "refused");
}

#define POWERSHELL(before, value, behind, expected)                                                \
    assert_command(&shell_powershell, before, value, behind, expected)
#define SH(before, value, behind, expected)                                                        \
    assert_command(&shell_posix, before, value, behind, expected)

/* about_Quoting_Rules: a quote inside single quotes is doubled; inside double quotes a backtick
 * takes the meaning from `$`, `"` and itself. */
START_TEST(shell__powershell_by_its_rules)
{
    POWERSHELL("Get-X -Name ", "x'; Start-Process calc; '", "",
               "Get-X -Name 'x''; Start-Process calc; '''");
    POWERSHELL("Get-X -Name '", "x'; calc; '", "'", "Get-X -Name 'x''; calc; '''");
    POWERSHELL("Get-X -Name '", "x\u2019; calc; \u201B", "' | Y",
               "Get-X -Name 'x\u2019\u2019; calc; \u201B\u201B' | Y");
    POWERSHELL("Get-X \u2018a ", "x\u2019", "\u2019", "Get-X \u2018a x\u2019\u2019\u2019");
    POWERSHELL("Get-X \"", "\"; $(calc) ` \u201D", "\"", "Get-X \"`\"; `$(calc) `` `\u201D\"");
    POWERSHELL("Get-X \"a `\" ", "$x", " it's\"", "Get-X \"a `\" `$x it's\"");
    POWERSHELL("-eq ", "8443", "", "-eq 8443");
    POWERSHELL("$v = ", "calc", "; y", "$v = 'calc'; y");
    POWERSHELL("a connect=", "172.20.3.4", "; b", "a connect='172.20.3.4'; b");
    POWERSHELL("a # it's ", "x", "\n b", "a # it's x\n b");
    POWERSHELL("curl.exe ", "printer.example", ":631/", "curl.exe printer.example:631/");
    POWERSHELL("curl.exe ", "a b", ":631/", NULL);
    POWERSHELL("x 'a'", "b c", "", NULL);
    POWERSHELL("x a", "b c", "'d'", NULL);
    POWERSHELL("wsl.exe ping ", "printer", "", "wsl.exe ping printer");
    POWERSHELL("wsl.exe ping ", "a;b", "", NULL);
    POWERSHELL("C:\\Windows\\cmd.exe /c ", "a&b", "", NULL);
    POWERSHELL("x @'\n", "it", "\n'@", NULL);
    POWERSHELL("x \"$(Get-Y ", "it", ")\"", NULL);
    POWERSHELL("x \"$", "(calc)", "\"", NULL);
    POWERSHELL("x `", "n", "", NULL);
    POWERSHELL("x --% ", "%PATH%", "", NULL);
}
END_TEST

START_TEST(shell__refuses_what_no_quoting_holds)
{
    static const char *const refused[] = {"a\nb",
                                          "a\rb",
                                          "a\tb",
                                          "\x1B[2J",
                                          "\x7F",
                                          "a\u202Eb",
                                          ("\xC2\x9B"
                                           "2J"),
                                          "caf\xE9",
                                          "\u2028"};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        SH("echo ", refused[i], "", NULL);
        SH("echo '", refused[i], "'", NULL);
        POWERSHELL("echo \"", refused[i], "\"", NULL);
    }
    SH("sh -c 'ping ", "a; b", "'", NULL);
    SH("sudo /bin/bash -c 'ping ", "-x", "'", NULL);
    SH("sudo /bin/bash -c 'ping ", "10.1.2.3", "'", "sudo /bin/bash -c 'ping 10.1.2.3'");
    SH("sh x; ping -c 1 ", "a; b", "", "sh x; ping -c 1 'a; b'");
    SH("x \"$(cat ", "it", ")\"", NULL);
    SH("x `cat ", "it", "`", NULL);
    SH("cat <<E\n", "it", "\nE", NULL);
    SH("cat <<<", "a b", "", "cat <<<'a b'");
    SH("x $", "'a'", "", NULL);
    SH("x \"$", "(id)", "\"", NULL);
    SH("x $'", "a", "'", "x $'a'");
    SH("x $'", "it's", "'", NULL);
    SH("x \\", "y", "", NULL);
}
END_TEST

Suite *base_shell_suite(void)
{
    Suite *suite = suite_create("base/shell");
    TCase *tests = tcase_create("shell");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, shell__sh_reads_exactly_the_value);
    tcase_add_test(tests, shell__powershell_by_its_rules);
    tcase_add_test(tests, shell__refuses_what_no_quoting_holds);
    suite_add_tcase(suite, tests);
    return suite;
}
