/* playbook run: diagnose, show the plan, apply it when told to. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/limits.h"
#include "engine/cli/load.h"
#include "engine/cli/session.h"
#include "engine/report/human.h"
#include "engine/report/json.h"
#include "engine/report/words.h"
#include "engine/run/run.h"

enum { MOST_JOBS = 1024 };

static int invalid(struct cli *cli, bool json, const char *name, struct diagnostics *diagnostics)
{
    diagnostics_sort(diagnostics);
    if (json && !json_invalid(stdout, name, diagnostics))
        return EXIT_FAILURE;
    return cli_show_diagnostics(cli, diagnostics);
}

static bool read_jobs(const struct options *options, size_t *jobs, struct error *error)
{
    const char *text = options_value(options, "jobs");
    *jobs = LIMIT_JOBS;
    if (!text)
        return true;
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (*end || number < 1 || number > MOST_JOBS || *text == '-')
        return error_set(error, "'--jobs %s' is not a number from 1 to %d", text, MOST_JOBS);
    *jobs = number;
    return true;
}

/* Root's PATH seldom leads to this program. */
static const char *const *as_root(struct cli *cli, const struct result *result)
{
    char self[PATH_MAX];
    bool lacks = false;
    size_t count = 0;
    for (size_t i = 0; i < result->repair_count; i++)
        lacks = lacks || result->repairs[i].lacks == RIGHT_ROOT;
    ssize_t length = lacks ? readlink("/proc/self/exe", self, sizeof(self)) : 0;
    if (!lacks)
        return NULL;
    while (cli->arguments[count])
        count++;
    const char **argv = arena_alloc(cli->arena, (count + 3) * sizeof(*argv));
    argv[0] = "sudo";
    argv[1] = length > 0 ? arena_copy(cli->arena, self, (size_t)length) : "playbook";
    memcpy(argv + 2, cli->arguments, count * sizeof(*argv));
    return argv;
}

static int report(const struct result *result, bool json, struct human *human)
{
    if (json && !json_result(stdout, result))
        return EXIT_FAILURE;
    if (!json)
        human_end(human, result);
    return outcome_exit(result->outcome);
}

/* What the command line says, for both processes. */
struct order {
    const char *name;
    const struct options *options;
    size_t jobs;
    bool json, dry_run, yes, free;
    bool told; /* with --json a person is told only what they will be asked about */
};

static FILE *people(const struct order *order)
{
    return order->json ? stderr : stdout;
}

static int run_loaded(struct cli *cli, const struct order *order, const struct playbook *playbook)
{
    struct result result;
    struct human human = {
        .page = {terminal_of(people(order), cli->colour_allowed, cli->utf8), cli->language,
                 cli->arena},
        .playbook = playbook,
        .dry_run = order->dry_run,
    };
    struct run_options run = {.playbook = playbook,
                              .registry = cli->registry,
                              .executor = cli->executor,
                              .jobs = order->jobs};
    if (order->told) {
        run.listener = human_listener(&human);
        human_begin(&human);
    }
    run_playbook(cli->arena, &run, &result);
    result.again = as_root(cli, &result);
    result.sandbox = order->free ? NULL : &cli->sandbox;
    return report(&result, order->json, &human);
}

static int load_and_run(struct cli *cli, const void *data)
{
    const struct order *order = data;
    struct diagnostics diagnostics = {.arena = cli->arena};
    struct ingredients ingredients = {0};
    load_settings(cli, order->options, &ingredients, &diagnostics);
    const struct playbook *playbook =
        load_playbook(cli, order->name, &ingredients, false, &diagnostics);
    if (loop_interrupted(executor_loop(cli->executor)))
        return outcome_exit(OUTCOME_INTERRUPTED);
    return playbook ? run_loaded(cli, order, playbook)
                    : invalid(cli, order->json, order->name, &diagnostics);
}

/* With --json also what is wrong with the command line is a document. */
static int refuse(struct cli *cli, bool json, const char *name, const struct error *error)
{
    struct source source = {.path = "playbook run", .bytes = ""};
    struct diagnostics diagnostics = {.arena = cli->arena};
    diagnose(&diagnostics, (struct span){.source = &source}, error->hint[0] ? error->hint : NULL,
             "%s", error->message);
    if (json && !json_invalid(stdout, name, &diagnostics))
        return EXIT_FAILURE;
    return cli_refuse(error);
}

static int run_run(struct cli *cli, const struct options *options)
{
    struct error error;
    struct order order = {.name = options->operand_count ? options->operands[0] : NULL,
                          .options = options,
                          .json = options_has(options, "json"),
                          .dry_run = options_has(options, "dry-run"),
                          .yes = options_has(options, "yes"),
                          .free = options_has(options, "no-sandbox")};
    if (options->operand_count != 1) {
        error_set(&error, "'run' takes one playbook");
        error_hint(&error, "playbook run vpn-dns");
        return refuse(cli, order.json, order.name, &error);
    }
    if (!read_jobs(options, &order.jobs, &error))
        return refuse(cli, order.json, order.name, &error);
    order.told = !order.json || (session_has_terminal() && !order.dry_run && !order.yes);
    struct session_options session = {.dry_run = order.dry_run,
                                      .yes = order.yes,
                                      .free = order.free,
                                      .plans = order.told ? people(&order) : NULL};
    if (order.free)
        fprintf(stderr, "%s\n", word(cli->language, WORD_NO_SANDBOX));
    return session_run(cli, &session, load_and_run, &order);
}

static const struct option options[] = {
    {"dry-run",
     'n',
     NULL,
     {"show what would change, change nothing", "変更内容を表示するだけで、何も変えない"}},
    {"yes", 'y', NULL, {"apply without asking", "確認せずに適用する"}},
    OPTION_SET,
    {"json", 0, NULL, {"one JSON document on standard output", "結果をJSONで標準出力に出す"}},
    {"no-sandbox", 0, NULL, {"do not confine what looks", "調べる側のプロセスを隔離しない"}},
    {"jobs", 'j', "N", {"probes in flight at most (64)", "同時に実行するプローブの上限(64)"}},
    {0},
};

const struct command run_command = {
    .name = "run",
    .operands = "FILE|NAME",
    .summary = {"find the cause, show the fix, apply it when told to",
                "原因を調べ、修正を示し、指示があれば適用する"},
    .options = options,
    .session = true,
    .run = run_run,
};
