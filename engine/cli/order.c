/* A playbook loaded, run and reported; for a saved plan: the same one, for the same machine. */
#include "engine/cli/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/limits.h"
#include "engine/base/sha256.h"
#include "engine/cli/load.h"
#include "engine/cli/restart.h"
#include "engine/cli/session.h"
#include "engine/cli/undo.h"
#include "engine/io/bounded.h"
#include "engine/io/machine.h"
#include "engine/report/human.h"
#include "engine/report/json.h"
#include "engine/report/plan_file.h"
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

/* Root's PATH seldom leads to this program. */
static const char *const *as_root(struct cli *cli, const struct result *result)
{
    bool lacks = false;
    size_t count = 0;
    for (size_t i = 0; i < result->repair_count; i++)
        lacks = lacks || result->repairs[i].lacks == RIGHT_ROOT;
    if (!lacks)
        return NULL;
    const char *self = machine_program(cli->arena);
    while (cli->arguments[count])
        count++;
    const char **argv = arena_alloc(cli->arena, (count + 3) * sizeof(*argv));
    argv[0] = "sudo";
    argv[1] = self ? self : "playbook";
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

static FILE *people(const struct order *order)
{
    return order->json ? stderr : stdout;
}

/* With --json a person is told only what they will be asked about. */
static bool is_told(const struct order *order)
{
    return !order->json || (session_has_terminal() && !order->dry_run && !order->yes);
}

static struct human human_of(struct cli *cli, const struct order *order,
                             const struct playbook *playbook)
{
    return (struct human){
        .page = {terminal_of(people(order), cli->colour_allowed, cli->utf8), cli->language,
                 cli->arena},
        .playbook = playbook,
        .dry_run = order->dry_run,
        .restarts = order->restart,
    };
}

/* ---- what a run is made from ---- */

static bool resolve(const void *data, struct text *result, struct error *error)
{
    char *real = realpath(data, NULL);
    if (!real)
        return error_system(error, errno, "cannot resolve it");
    record_string(result, real);
    free(real);
    return true;
}

/* Where it is found again from another folder. */
static const char *whole_path(struct arena *arena, const struct source *source)
{
    struct reading real;
    struct error none;
    if (!source->shipped && bounded_look(arena, source->path, resolve, source->path, &real, &none))
        return read_string(&real);
    return arena_string(arena, source->path);
}

static const char *const *settings_of(struct arena *arena, const struct ingredients *ingredients)
{
    size_t count = ingredients->setting_count;
    const char **settings = arena_alloc(arena, (count + 1) * sizeof(*settings));
    for (size_t i = 0; i < count; i++)
        settings[i] = arena_format(arena, "%s=%s", ingredients->settings[i].name,
                                   ingredients->settings[i].value);
    return settings;
}

struct making {
    struct arena *arena;
    const struct playbook *playbook;
    const struct ingredients *ingredients;
};

/* Made where it is wanted: the hashes of a large playbook take as long as a start. */
static const struct origin *origin_of(void *context)
{
    const struct making *making = context;
    const struct ingredients *ingredients = making->ingredients;
    struct arena *arena = making->arena;
    size_t count = ingredients->source_count;
    struct origin *origin = arena_alloc(arena, sizeof(*origin));
    *origin = (struct origin){.playbook = making->playbook->name,
                              .settings = settings_of(arena, ingredients),
                              .sources = arena_alloc(arena, (count + 1) * sizeof(*origin->sources)),
                              .source_count = count};
    for (size_t i = 0; i < count; i++) {
        const struct source *source = &ingredients->sources[i];
        origin->sources[i].path = whole_path(arena, source);
        origin->sources[i].hash = sha256_text(arena, source->bytes, source->length);
    }
    origin->name = ingredients->sources[0].shipped ? origin->playbook : origin->sources[0].path;
    return origin;
}

/* ---- saving ---- */

static void add_offers(struct arena *arena, const struct result *result, struct saved_plan *plan)
{
    plan->offers = arena_alloc(arena, (result->repair_count + 1) * sizeof(*plan->offers));
    for (size_t i = 0; i < result->repair_count; i++) {
        const struct repair *repair = &result->repairs[i];
        if (repair->planned)
            plan->offers[plan->offer_count++] =
                (struct saved_offer){.cause = repair->path,
                                     .changes = result->plan.changes + repair->first,
                                     .count = repair->end - repair->first,
                                     .persist = repair->persist - repair->first};
    }
}

static void save_plan(struct cli *cli, const struct order *order, struct making *making,
                      struct result *result)
{
    struct error error;
    struct saved_plan plan = {.origin = *origin_of(making)};
    add_offers(cli->arena, result, &plan);
    if (result->outcome == OUTCOME_INTERRUPTED || plan.offer_count == 0) {
        terminal_print(stderr, word(cli->language, WORD_NOT_SAVED), order->save);
        terminal_print(stderr, "\n");
    } else if (executor_save(cli->executor, &plan, &error)) {
        result->saved = order->save;
    } else {
        result->outcome = OUTCOME_REFUSED;
        result->reason = arena_format(cli->arena, "the plan was not saved: %s", error.message);
    }
}

/* ---- the run ---- */

static int run_loaded(struct cli *cli, const struct order *order, const struct playbook *playbook,
                      const struct ingredients *ingredients)
{
    struct result result;
    struct human human = human_of(cli, order, playbook);
    struct making making = {cli->arena, playbook, ingredients};
    struct run_options run = {.playbook = playbook,
                              .origin = origin_of,
                              .context = &making,
                              .waits = order->waits,
                              .registry = cli->registry,
                              .executor = cli->executor,
                              .jobs = order->jobs,
                              .saved = order->plan != NULL};
    if (is_told(order)) {
        run.listener = human_listener(&human);
        human_begin(&human);
    }
    run_playbook(cli->arena, &run, &result);
    result.sandbox = order->free ? NULL : &cli->sandbox;
    if (order->save)
        save_plan(cli, order, &making, &result);
    else
        result.again = as_root(cli, &result);
    return report(&result, order->json, &human);
}

/* What an earlier run was made from; NULL: this is a new one. */
static const struct origin *earlier(const struct order *order)
{
    return order->plan    ? &order->plan->origin
           : order->waits ? &order->waits->items[0].origin
                          : NULL;
}

/* What is no longer as it was then; NULL: nothing. */
static const char *difference(struct arena *arena, const struct order *order,
                              const struct ingredients *ingredients,
                              const struct diagnostics *diagnostics)
{
    const struct origin *origin = earlier(order);
    for (size_t i = 0; origin && i < origin->source_count; i++) {
        const struct source *source = &ingredients->sources[i];
        if (i == ingredients->source_count)
            return diagnostics->count
                       ? diagnostics->items[0].message
                       : arena_format(arena, "'%s' is no longer included", origin->sources[i].path);
        if (!text_equal(origin->sources[i].hash, sha256_text(arena, source->bytes, source->length)))
            return arena_format(arena, "'%s' has changed since the %s was made",
                                whole_path(arena, source), order->plan ? "plan" : "fix");
    }
    return NULL;
}

static void give_settings(struct arena *arena, const struct origin *origin,
                          struct ingredients *ingredients)
{
    for (const char *const *at = origin->settings; *at; at++)
        load_setting(arena, ingredients, *at);
}

int order_end_early(struct cli *cli, const struct order *order, enum outcome outcome,
                    enum effective restart, const char *why)
{
    struct result result;
    struct human human = human_of(cli, order, NULL);
    const char *name = earlier(order) ? earlier(order)->playbook : order->name;
    run_end_early(cli->arena, name, outcome, why, &result);
    result.restart = restart;
    result.sandbox = order->free ? NULL : &cli->sandbox;
    return report(&result, order->json, &human);
}

static int refuse_to_run(struct cli *cli, const struct order *order, const char *why)
{
    return order_end_early(cli, order, OUTCOME_REFUSED, EFFECTIVE_NOW, why);
}

static int load_and_run(struct cli *cli, const void *data)
{
    const struct order *order = data;
    struct diagnostics diagnostics = {.arena = cli->arena};
    struct ingredients ingredients = {0};
    if (earlier(order))
        give_settings(cli->arena, earlier(order), &ingredients);
    else
        load_settings(cli, order->options, &ingredients, &diagnostics);
    const struct playbook *playbook =
        load_playbook(cli, order->name, &ingredients, false, &diagnostics);
    if (loop_interrupted(executor_loop(cli->executor)))
        return order_end_early(cli, order, OUTCOME_INTERRUPTED, EFFECTIVE_NOW, NULL);
    const char *moved = difference(cli->arena, order, &ingredients, &diagnostics);
    if (moved)
        return refuse_to_run(cli, order, moved);
    return playbook ? run_loaded(cli, order, playbook, &ingredients)
                    : invalid(cli, order->json, order->name, &diagnostics);
}

static bool may_replace(void *context, const char *path, struct error *error)
{
    const struct cli *cli = context;
    return plan_file_may_replace(cli->registry, path, error);
}

int order_carry_out(struct cli *cli, const struct order *order)
{
    struct error error;
    struct output output = {.end = -1};
    if (order->save && !*order->save) {
        error_set(&error, "'--save' takes the name of a file");
        return order_refuse(cli, order, &error);
    }
    if (order->save && !output_open(&output, order->save, may_replace, cli, &error))
        return order_refuse(cli, order, &error);
    struct session_options session = {.dry_run = order->dry_run,
                                      .yes = order->yes,
                                      .restart = order->restart,
                                      .free = order->free,
                                      .playbook = order->name,
                                      .saved = order->plan,
                                      .waits = order->waits,
                                      .output = order->save ? &output : NULL,
                                      .plans = is_told(order) ? people(order) : NULL};
    if (order->free)
        terminal_print(stderr, "%s\n", word(cli->language, WORD_NO_SANDBOX));
    if (order->dry_run)
        undo_remind(cli);
    if (!order->dry_run && !order->waits && !undo_offer(cli, order->yes)) {
        output_close(&output);
        return refuse_to_run(cli, order, "an earlier run is not finished");
    }
    int code = session_run(cli, &session, load_and_run, order);
    output_close(&output);
    if (order->restart && !order->dry_run && code == outcome_exit(OUTCOME_RESTART_PENDING))
        return restart_carry_out(cli, order);
    return code;
}

/* ---- the command line ---- */

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

bool order_read(struct order *order, const struct options *options, struct error *error)
{
    order->json = options_has(options, "json");
    order->yes = options_has(options, "yes");
    order->free = options_has(options, "no-sandbox");
    order->restart = options_has(options, "restart");
    return read_jobs(options, &order->jobs, error);
}

int order_refuse(struct cli *cli, const struct order *order, const struct error *error)
{
    struct source source = {.path = arena_format(cli->arena, "playbook %s", cli->arguments[0]),
                            .bytes = ""};
    struct diagnostics diagnostics = {.arena = cli->arena};
    diagnose(&diagnostics, (struct span){.source = &source}, error->hint[0] ? error->hint : NULL,
             "%s", error->message);
    if (order->json && !json_invalid(stdout, order->name, &diagnostics))
        return EXIT_FAILURE;
    return cli_refuse(error);
}
