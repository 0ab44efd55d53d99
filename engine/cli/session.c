#include "engine/cli/session.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/change/serve.h"
#include "engine/cli/prompt.h"
#include "engine/report/page.h"
#include "engine/report/plan_file.h"

enum { EXIT_INTERRUPTED = 130, OWNER_PATIENCE_S = 60 };

bool session_has_terminal(void)
{
    return isatty(STDIN_FILENO) == 1;
}

/* ---- the prober ---- */

typedef int work_fn(struct cli *cli, const void *data);

static int probe_and_decide(struct cli *cli, int end, work_fn *work, const void *data)
{
    struct error error;
    struct loop *loop = loop_new(&error);
    if (!loop || !loop_catch_signals(loop, &error))
        return cli_refuse(&error);
    cli->executor = executor_open(cli->arena, loop, cli->environment, end, &error);
    if (!cli->executor)
        return cli_refuse(&error);
    int code = work(cli, data);
    executor_close(cli->executor);
    loop_free(&loop);
    return code;
}

/* The executor undoes what is not kept; without it there is nobody to work for. */
_Noreturn static void be_prober(struct cli *cli, int end, pid_t executor, bool is_free,
                                work_fn *work, const void *data)
{
    struct error error;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != executor)
        cli_leave(EXIT_FAILURE);
    if (!is_free && !sandbox_enter(SANDBOX_PROBER, 0, &cli->sandbox, &error))
        cli_leave(cli_refuse(&error));
    cli_leave(cli_flush(probe_and_decide(cli, end, work, data)));
}

/* ---- the executor ---- */

struct office {
    bool patience; /* the connection may be cut: say what then */
    struct page page;
    struct prompt prompt;
    struct output *output; /* NULL: none */
};

static bool ask(void *context, const char *question, void (*done)(void *data, int yes), void *data)
{
    struct office *office = context;
    return prompt_ask(&office->prompt, question, done, data);
}

static void withdraw(void *context)
{
    struct office *office = context;
    prompt_withdraw(&office->prompt);
}

static const char *line(void *context, struct arena *arena, const char *question)
{
    struct office *office = context;
    return prompt_line(&office->prompt, arena, question);
}

static void show(void *context, const struct change *changes, size_t count, size_t persist)
{
    struct office *office = context;
    if (!page_out(&office->page))
        return;
    page_plan(&office->page, changes, count, persist);
    if (office->patience)
        page_print(&office->page, page_say(&office->page, WORD_CUT_OFF), OWNER_PATIENCE_S);
    fflush(page_out(&office->page));
}

static bool save(void *context, const struct saved_plan *plan, struct error *error)
{
    struct office *office = context;
    const char *text = plan_file_text(office->page.arena, plan);
    return output_write(office->output, text, strlen(text), error);
}

static void warn(void *context, const char *message)
{
    (void)context;
    terminal_print(stderr, "playbook: %s\n", message);
}

static int exit_code(int status)
{
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    int number = WTERMSIG(status);
    if (number == SIGINT || number == SIGTERM || number == SIGHUP)
        return EXIT_INTERRUPTED;
    terminal_print(stderr, "playbook: the process that looks was ended by signal %d\n", number);
    return EXIT_FAILURE;
}

/* Over ssh a change of the network can cut off the person who makes it. */
static int64_t owner_patience(void)
{
    const char *connection = getenv("SSH_CONNECTION");
    return connection && *connection ? SECONDS(OWNER_PATIENCE_S) : 0;
}

static int be_executor(struct cli *cli, const struct session_options *options,
                       struct owners_finder *finder, int end, pid_t prober)
{
    struct error error;
    struct loop *loop = loop_new(&error);
    if (!loop || !loop_catch_signals(loop, &error)) {
        kill(prober, SIGKILL);
        return cli_refuse(&error);
    }
    struct office office = {.page = {.language = cli->language, .arena = cli->arena},
                            .patience = owner_patience() > 0 && !options->dry_run,
                            .output = options->output};
    if (options->plans)
        office.page.terminal = terminal_of(options->plans, cli->colour_allowed, cli->utf8);
    prompt_open(&office.prompt, loop, word(cli->language, WORD_YES_LETTERS));
    struct serve served = {
        .programs = {.loop = loop, .environment = cli->environment},
        .registry = cli->registry,
        .person = {&office, ask, withdraw, line, show, options->output ? save : NULL, warn},
        .saved = options->saved,
        .only_waits = options->waits && options->waits->items[0].only,
        .patience = owner_patience(),
        .question = word(cli->language, WORD_APPLY_QUESTION),
        .finder = finder,
        .dry_run = options->dry_run,
        .yes = options->yes,
        .restart = options->restart,
        .free = options->free,
        .ledger = {.folder = cli->state_folder,
                   .registry = cli->registry,
                   .environment = cli->environment,
                   .playbook = options->playbook,
                   .command = argv_line(cli->arena, cli->arguments),
                   .free = options->free,
                   .waits = options->waits},
    };
    int code = exit_code(serve(&served, end, prober));
    prompt_close(&office.prompt);
    loop_free(&loop);
    return code;
}

static int fork_prober(struct cli *cli, const struct session_options *options,
                       struct owners_finder *finder, const int ends[2], work_fn *work,
                       const void *data)
{
    struct error error;
    pid_t self = getpid(), prober = fork();
    int code = errno;
    if (prober == 0) {
        close(ends[0]);
        if (finder)
            owners_leave(finder);
        if (options->output) /* the executor alone may write it */
            close(options->output->end);
        be_prober(cli, ends[1], self, options->free, work, data);
    }
    close(ends[1]);
    if (prober > 0)
        return be_executor(cli, options, finder, ends[0], prober);
    close(ends[0]);
    error_system(&error, code, "cannot start the process that looks");
    return cli_refuse(&error);
}

/* Where nothing may be changed the executor gives up the right before the prober is forked, whose
 * domain then lies within its own. Into one beside it neither kill(2) nor PR_SET_PDEATHSIG would
 * reach (landlock(7), LANDLOCK_SCOPE_SIGNAL). */
static int run_both(struct cli *cli, const struct session_options *options,
                    struct owners_finder *finder, work_fn *work, const void *data)
{
    struct error error;
    struct sandbox_state state;
    int ends[2];
    if (!channel_pair(ends, &error))
        return cli_refuse(&error);
    if (!finder || sandbox_enter(SANDBOX_EXECUTOR_LOOKING, 0, &state, &error))
        return fork_prober(cli, options, finder, ends, work, data);
    close(ends[0]);
    close(ends[1]);
    return cli_refuse(&error);
}

int session_run(struct cli *cli, const struct session_options *options, work_fn *work,
                const void *data)
{
    struct error error;
    struct owners_finder *finder = NULL;
    if (options->dry_run && !options->free) {
        finder = owners_start(cli->arena, &error);
        if (!finder)
            return cli_refuse(&error);
    }
    int code = run_both(cli, options, finder, work, data);
    if (finder)
        owners_end(finder);
    return code;
}
