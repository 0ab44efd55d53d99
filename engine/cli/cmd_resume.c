/* playbook resume: after a restart, the verdict on what a run changed before it. */
#include "engine/cli/restart.h"
#include "engine/cli/resume.h"
#include "engine/cli/undo.h"
#include "engine/report/words.h"

static int nothing_waits(struct cli *cli, struct order *order)
{
    if (order->json)
        return order_end_early(cli, order, OUTCOME_HEALTHY, EFFECTIVE_NOW,
                               "nothing waits for a restart");
    terminal_print(stdout, "%s\n", word(cli->language, WORD_NOTHING_WAITS));
    return EXIT_OK;
}

static int run_resume(struct cli *cli, const struct options *options)
{
    struct error error = {0};
    struct order order = {.name = "", .options = options};
    struct waits waits;
    if (!order_read(&order, options, &error))
        return order_refuse(cli, &order, &error);
    if (!options_alone(options, "resume", &error))
        return order_refuse(cli, &order, &error);
    if (!undo_cut_off(cli, order.yes))
        return order_end_early(cli, &order, OUTCOME_REFUSED, EFFECTIVE_NOW,
                               "an earlier run is not finished");
    if (!resume_find(cli, &waits, &error))
        return order_end_early(cli, &order, OUTCOME_REFUSED, EFFECTIVE_NOW,
                               arena_format(cli->arena, "%s%s%s", error.message,
                                            error.hint[0] ? "; " : "", error.hint));
    return waits.count ? resume_run(cli, &order, &waits) : nothing_waits(cli, &order);
}

static const struct option options[] = {OPTION_YES,        OPTION_RESTART, OPTION_JSON,
                                        OPTION_NO_SANDBOX, OPTION_JOBS,    {0}};

const struct command resume_command = {
    .name = "resume",
    .operands = "",
    .summary = {"after a restart: keep what a run changed, or take it back",
                "再起動後に変更の効果を確認し、残すか元に戻す"},
    .options = options,
    .unconfined = true,
    .run = run_resume,
};
