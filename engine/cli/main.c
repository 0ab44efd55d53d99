/* The program: gathers what only the outside knows (environment, registry, terminal), finds the
 * command, and turns its result into an exit code. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef SANITIZED
#include <sanitizer/lsan_interface.h>
#endif

#include "actions/registry.h"
#include "engine/base/encoding.h"
#include "engine/cli/command.h"
#include "engine/cli/undo.h"

extern const struct command run_command, apply_command, resume_command, undo_command, keep_command,
    history_command, check_command, probe_command, actions_command, list_command, show_command;
extern char **environ;

static const struct command *const commands[] = {&run_command,     &apply_command, &resume_command,
                                                 &undo_command,    &keep_command,  &history_command,
                                                 &check_command,   &list_command,  &show_command,
                                                 &actions_command, &probe_command, NULL};

const char *cli_words(const struct cli *cli, struct words words)
{
    return text_equal(cli->language, "ja") ? words.ja : words.en;
}

int cli_refuse(const struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text message = text_new(arena), hint = text_new(arena);
    text_escaped(&message, error->message, false); /* a line end of an argument begins no line */
    text_escaped(&hint, error->hint, false);
    terminal_print(stderr, "playbook: %s\n", text_string(&message));
    if (hint.length)
        terminal_print(stderr, "  %s\n", text_string(&hint));
    return EXIT_INVALID;
}

int cli_show_diagnostics(struct cli *cli, struct diagnostics *diagnostics)
{
    diagnostics_sort(diagnostics);
    struct text text = text_new(cli->arena);
    for (size_t i = 0; i < diagnostics->count; i++)
        diagnostic_print(&diagnostics->items[i], &text);
    terminal_print(stderr, "%s", text_string(&text));
    if (diagnostics->dropped)
        terminal_print(stderr, "%zu more errors are not shown\n", diagnostics->dropped);
    return EXIT_INVALID;
}

/* ---- the environment ---- */

/* The locale by name, as setlocale(3) chooses it; the locale itself may not be generated here. */
static const char *locale_name(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return value;
    }
    return "C";
}

static const char *language_of(struct arena *arena, const char *locale)
{
    if (text_equal(locale, "C") || text_equal(locale, "POSIX") || text_starts(locale, "C."))
        return "en";
    return arena_copy(arena, locale, strcspn(locale, "_.@"));
}

static bool is_utf8(const char *locale)
{
    return strcasestr(locale, "UTF-8") || strcasestr(locale, "UTF8");
}

/* Started programs speak plain English, and are found where only root's PATH leads. */
static const char *const *program_environment(struct arena *arena)
{
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    const char **copy = arena_alloc(arena, (count + 3) * sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        if (!text_starts(environ[i], "LC_") && !text_starts(environ[i], "LANG") &&
            !text_starts(environ[i], "PATH="))
            copy[kept++] = environ[i];
    const char *path = getenv("PATH");
    copy[kept++] = "LC_ALL=C";
    copy[kept++] = arena_format(arena, "PATH=%s%s/usr/sbin:/usr/bin:/sbin:/bin", path ? path : "",
                                path && *path ? ":" : "");
    return copy;
}

/* $VARIABLE/playbook, else ~/STANDARD/playbook; NULL: neither. A path that is not absolute is
 * passed over, as the XDG Base Directory Specification says: it would be another one in another
 * folder. */
static const char *own_folder(struct arena *arena, const char *variable, const char *standard)
{
    const char *folder = getenv(variable), *home = getenv("HOME");
    if (folder && folder[0] == '/')
        return arena_format(arena, "%s/playbook", folder);
    return home && home[0] == '/' ? arena_format(arena, "%s/%s/playbook", home, standard) : NULL;
}

/* Root's are the machine's, in /etc/playbook: sudo may leave HOME as it was. */
static const char *config_folder(struct arena *arena)
{
    return geteuid() == 0 ? NULL : own_folder(arena, "XDG_CONFIG_HOME", ".config");
}

/* sudo(8), ENVIRONMENT */
static uid_t sudo_caller(void)
{
    const char *text = getenv("SUDO_UID");
    char *end;
    errno = 0;
    unsigned long uid = text && *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;
    return uid && !*end && !errno && uid < (uid_t)-1 ? (uid_t)uid : 0;
}

/* Root's journal is the machine's, wherever root's home is. */
static const char *state_folder(struct arena *arena)
{
    return geteuid() == 0 ? "/var/lib/playbook"
                          : own_folder(arena, "XDG_STATE_HOME", ".local/state");
}

static struct cli gather(struct arena *arena)
{
    const char *locale = locale_name(), *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    return (struct cli){.arena = arena,
                        .registry = registry,
                        .language = language_of(arena, locale),
                        .utf8 = is_utf8(locale),
                        .colour_allowed =
                            !(no_color && *no_color) && !(term && text_equal(term, "dumb")),
                        .environment = program_environment(arena),
                        .state_folder = state_folder(arena),
                        .config_folder = config_folder(arena),
                        .caller = sudo_caller()};
}

/* ---- usage ---- */

static int usage(const struct cli *cli, FILE *out)
{
    terminal_print(
        out, "%s\n\n",
        cli_words(cli, (struct words){
                           "playbook finds out what is wrong with the network of a WSL2 guest "
                           "or a Linux machine,\nshows the fix, applies it when told to, and "
                           "takes it back when it does not help.",
                           "WSL2ゲストやLinuxマシンのネットワーク障害の原因を調べ、修正を示し、"
                           "指示があれば適用し、\n効果がなければ元に戻します。"}));
    for (size_t i = 0; commands[i]; i++)
        terminal_print(out, "  playbook %-8s %-14s %s\n", commands[i]->name, commands[i]->operands,
                       cli_words(cli, commands[i]->summary));
    terminal_print(out, "\n  playbook COMMAND --help    playbook --version\n");
    return out == stdout ? EXIT_OK : EXIT_INVALID;
}

static int command_usage(const struct cli *cli, const struct command *command)
{
    terminal_print(stdout, "playbook %s %s\n  %s\n", command->name, command->operands,
                   cli_words(cli, command->summary));
    for (const struct option *option = command->options; option->name; option++) {
        char names[64];
        snprintf(names, sizeof(names), "--%s%s%s", option->name, option->value ? " " : "",
                 option->value ? option->value : "");
        terminal_print(stdout, "  %c%c%c %-18s %s\n", option->letter ? '-' : ' ',
                       option->letter ? option->letter : ' ', option->letter ? ',' : ' ', names,
                       cli_words(cli, option->help));
    }
    return EXIT_OK;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; commands[i]; i++)
        if (text_equal(commands[i]->name, name))
            return commands[i];
    return NULL;
}

static int unknown_command(const char *name)
{
    struct error error;
    struct nearest nearest = {.wanted = name};
    for (size_t i = 0; commands[i]; i++)
        nearest_offer(&nearest, commands[i]->name);
    error_set(&error, "there is no command '%s'", name);
    if (nearest.best)
        error_hint(&error, "did you mean 'playbook %s'?", nearest.best);
    else
        error_hint(&error, "'playbook --help' lists the commands");
    return cli_refuse(&error);
}

static bool asks_help(const char *const *arguments)
{
    for (; *arguments && !text_equal(*arguments, "--"); arguments++)
        if (text_equal(*arguments, "--help") || text_equal(*arguments, "-h"))
            return true;
    return false;
}

static int version(void)
{
    terminal_print(stdout, "playbook %s\n", PLAYBOOK_VERSION);
    return EXIT_OK;
}

static int dispatch(struct cli *cli, const char *const *arguments)
{
    const char *name = arguments[0];
    if (!name)
        return usage(cli, stderr);
    if (text_equal(name, "--help") || text_equal(name, "-h") || text_equal(name, "help"))
        return usage(cli, stdout);
    if (text_equal(name, "--version"))
        return version();
    const struct command *command = find_command(name);
    if (!command)
        return unknown_command(name);
    if (asks_help(arguments + 1))
        return command_usage(cli, command);
    struct options options;
    struct error error;
    if (!options_read(cli->arena, command->options, arguments + 1, &options, &error))
        return cli_refuse(&error);
    if (!command->unconfined)
        undo_remind(cli);
    if (!command->unconfined && !sandbox_enter(SANDBOX_PROBER, 0, &cli->sandbox, &error))
        return cli_refuse(&error);
    return command->run(cli, &options);
}

/* A pipe that nobody reads any more: no news. */
static bool reader_is_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

int cli_flush(int code)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    if (!reader_is_gone())
        terminal_print(stderr, "playbook: the output could not be written%s%s\n", errno ? ": " : "",
                       errno ? strerror(errno) : "");
    return code == EXIT_OK ? EXIT_FAILURE : code;
}

/* Without exit(3)'s handlers, which belong to the process that forked; so the leak check is made
 * here. */
void cli_leave(int code)
{
#ifdef SANITIZED
    __lsan_do_leak_check();
#endif
    _exit(code);
}

/* What is opened later must not take the place of a standard stream that was closed. */
static bool have_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int useless = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", useless) != fd)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    (void)argc;
    if (!have_streams())
        return EXIT_FAILURE;
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of a write, not the end of a change */
    struct arena *arena ARENA_AUTO = arena_new();
    struct cli cli = gather(arena);
    cli.arguments = (const char *const *)argv + 1;
    return cli_flush(dispatch(&cli, cli.arguments));
}
