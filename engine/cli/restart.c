/* What a restart closes is listed here, and who asked for it is asked; how it is done is
 * change/rescue.h. */
#include "engine/cli/restart.h"

#include <ctype.h>
#include <dirent.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/encoding.h"
#include "engine/change/rescue.h"
#include "engine/cli/prompt.h"
#include "engine/cli/resume.h"
#include "engine/io/file.h"
#include "engine/io/machine.h"
#include "engine/report/words.h"

enum { ASK_TIMEOUT_S = 30, RESTART_TIMEOUT_S = 90 };

/* Other distributions that run, by name. False with `error`: Windows does not answer. */
static bool list_distros(struct cli *cli, const struct programs *programs, const char *own,
                         struct text *list, struct error *error)
{
    const char *const argv[] = {"wsl.exe", "--list", "--running", "--quiet", NULL};
    struct program program = {.argv = argv, .windows = true};
    struct program_result result =
        programs_wait(programs, cli->arena, &program, loop_now() + SECONDS(ASK_TIMEOUT_S));
    if (result.failure || result.status != 0)
        return error_set(error, "Windows does not say what runs in WSL: %s",
                         result.failure ? result.failure : "'wsl.exe --list' failed");
    for (const char *at = result.output; *at;) {
        size_t length = strcspn(at, "\r\n");
        const char *name = arena_copy(cli->arena, at, length);
        if (length && !text_equal(name, own)) {
            text_add(list, list->length ? ", " : "");
            text_escaped(list, name, false);
        }
        at += length + strspn(at + length, "\r\n");
    }
    return true;
}

/* "bash (12)" where the process has a terminal: proc(5), stat, fields 2 and 7. */
static void add_process(struct cli *cli, const char *pid, struct text *list)
{
    struct file_text stat;
    long terminal = 0;
    file_read_here(cli->arena, arena_format(cli->arena, "/proc/%s/stat", pid), 4096, &stat);
    char *open = stat.code ? NULL : strchr(stat.bytes, '(');
    char *close = open ? strrchr(open, ')') : NULL;
    if (!close || sscanf(close + 1, " %*c %*d %*d %*d %ld", &terminal) != 1 || terminal == 0)
        return;
    text_add(list, list->length ? ", " : "");
    text_escaped(list, arena_copy(cli->arena, open + 1, (size_t)(close - open - 1)), false);
    text_format(list, " (%s)", pid);
}

static void list_processes(struct cli *cli, struct text *list)
{
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    long own = getpid();
    while (processes && (entry = readdir(processes)))
        if (isdigit((unsigned char)entry->d_name[0]) && strtol(entry->d_name, NULL, 10) != own)
            add_process(cli, entry->d_name, list);
    if (processes)
        closedir(processes);
}

static bool show(struct cli *cli, const struct programs *programs, const struct rescue *rescue,
                 struct error *error)
{
    struct text distros = text_new(cli->arena), processes = text_new(cli->arena);
    text_add(&distros, "");
    text_add(&processes, "");
    if (!list_distros(cli, programs, rescue->distro, &distros, error))
        return false;
    list_processes(cli, &processes);
    terminal_print(stderr, word(cli->language, WORD_RESTART_CLOSES), rescue->distro);
    terminal_print(stderr, "\n");
    if (rescue->whole && distros.length)
        terminal_print(stderr, "  %s: %s\n", word(cli->language, WORD_RESTART_DISTROS),
                       text_string(&distros));
    if (processes.length)
        terminal_print(stderr, "  %s: %s\n", word(cli->language, WORD_RESTART_PROCESSES),
                       text_string(&processes));
    return true;
}

/* NAME of `\\wsl.localhost\NAME\` (before WSL 0.58: `\\wsl$\NAME\`), which is what Windows calls
 * the root of this distribution; NULL: it is no such path. */
static const char *name_in_path(struct arena *arena, const char *path)
{
    if (!text_starts(path, "\\\\wsl"))
        return NULL;
    const char *name = strchr(path + 2, '\\');
    size_t length = name ? strcspn(name + 1, "\\\r\n") : 0;
    return length ? arena_copy(arena, name + 1, length) : NULL;
}

/* As Windows calls this distribution. sudo, ssh and services hide the variable; WSL's init knows it
 * all the same. */
static const char *name_distro(struct cli *cli, const struct programs *programs,
                               struct error *error)
{
    static const char *const argv[] = {"wslpath", "-w", "/", NULL};
    const char *name = getenv("WSL_DISTRO_NAME");
    if (name && *name)
        return name;
    struct program_result result = programs_wait(
        programs, cli->arena, &(struct program){.argv = argv}, loop_now() + SECONDS(ASK_TIMEOUT_S));
    name = result.failure || result.status ? NULL : name_in_path(cli->arena, result.output);
    if (name)
        return name;
    error_set(error,
              "the name of this distribution is not known: WSL_DISTRO_NAME is not set, and %s",
              result.failure ? result.failure : "'wslpath -w /' does not tell");
    error_hint(error, "set it to what 'wsl.exe --list' calls this distribution");
    return NULL;
}

/* This user, this program, this distribution, as Windows must name them. */
static bool describe(struct cli *cli, const struct programs *programs, const struct waits *waits,
                     struct rescue *rescue, struct error *error)
{
    const struct passwd *user = getpwuid(geteuid());
    const char *distro = name_distro(cli, programs, error);
    const char *binary = machine_program(cli->arena);
    if (!distro)
        return false;
    if (!user || !binary)
        return error_set(error, "this user or this program has no name");
    *rescue = (struct rescue){.distro = distro,
                              .user = arena_string(cli->arena, user->pw_name),
                              .binary = binary,
                              .whole = waits_for(waits, cli->arena) == EFFECTIVE_WSL_RESTART,
                              .waits = waits};
    return rescue_prepare(rescue, cli->arena, error);
}

static void late(void *data)
{
    *(bool *)data = true;
}

/* The end comes from outside. */
static int wait_for_the_end(struct cli *cli, struct loop *loop)
{
    bool over = false;
    struct timer *timer = loop_timer(loop, loop_now() + SECONDS(RESTART_TIMEOUT_S), late, &over);
    terminal_print(stderr, "%s\n", word(cli->language, WORD_RESTARTING));
    sync();
    while (timer && !over && !loop_interrupted(loop) && loop_turn(loop))
        continue;
    if (over) {
        terminal_print(stderr, word(cli->language, WORD_NOT_RESTARTED), RESTART_TIMEOUT_S);
        terminal_print(stderr, "\n");
    } else {
        loop_cancel(loop, &timer);
    }
    return outcome_exit(OUTCOME_RESTART_PENDING);
}

static int refuse(const struct error *error)
{
    cli_refuse(error);
    return outcome_exit(OUTCOME_RESTART_PENDING);
}

/* A resumed run whose verdict is still not known would restart for ever. */
static bool is_another(const struct waits *waits, const struct waits *earlier)
{
    return waits->count && (!earlier || waits->items[0].id != earlier->items[0].id);
}

static int restart(struct cli *cli, const struct order *order, struct loop *loop)
{
    struct error error = {0};
    struct waits waits;
    struct rescue rescue;
    struct programs programs = {.loop = loop, .environment = cli->environment};
    if (!resume_find(cli, &waits, &error))
        return refuse(&error);
    if (!is_another(&waits, order->waits))
        return outcome_exit(OUTCOME_RESTART_PENDING);
    if (!describe(cli, &programs, &waits, &rescue, &error) ||
        !show(cli, &programs, &rescue, &error))
        return refuse(&error);
    if (!order->yes && prompt_yes(loop, cli->language, WORD_RESTART_QUESTION) != 1)
        return outcome_exit(OUTCOME_RESTART_PENDING);
    if (!rescue_start(&rescue, cli->arena, &programs, &error))
        return refuse(&error);
    /* The helper of the last restart waits for the end of what it started. */
    return order->waits ? outcome_exit(OUTCOME_RESTART_PENDING) : wait_for_the_end(cli, loop);
}

int restart_carry_out(struct cli *cli, const struct order *order)
{
    struct error error;
    struct loop *loop = loop_new(&error);
    int code =
        loop && loop_catch_signals(loop, &error) ? restart(cli, order, loop) : refuse(&error);
    loop_free(&loop);
    return code;
}
