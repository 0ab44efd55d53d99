/* playbook apply: what was saved by `run --dry-run --save`, and nothing else. The plan is read
 * before the prober is forked: the executor holds every offer against its own copy. */
#include "engine/cli/order.h"
#include "engine/cli/restart.h"
#include "engine/cli/search.h"
#include "engine/report/plan_file.h"

/* Who can write it could make root do what they like. */
static bool read_plan(struct cli *cli, const char *path, struct saved_plan *plan,
                      struct error *error)
{
    const char *bytes;
    size_t length;
    return search_read(cli, cli->arena, path, LIMIT_PLAN_BYTES, &bytes, &length, error) &&
           plan_file_parse(cli->arena, cli->registry, path, bytes, length, plan, error);
}

static int run_apply(struct cli *cli, const struct options *options)
{
    struct error error = {0};
    struct order order = {.name = options->operand_count ? options->operands[0] : NULL};
    struct saved_plan plan;
    if (!order_read(&order, options, &error))
        return order_refuse(cli, &order, &error);
    if (options->operand_count != 1) {
        error_set(&error, "'apply' takes one plan");
        error_hint(&error, "playbook run NAME --dry-run --save PLAN");
        return order_refuse(cli, &order, &error);
    }
    if (!read_plan(cli, order.name, &plan, &error))
        return order_refuse(cli, &order, &error);
    order.name = plan.origin.name;
    order.plan = &plan;
    return order_carry_out(cli, &order);
}

static const struct option options[] = {OPTION_YES,        OPTION_RESTART, OPTION_JSON,
                                        OPTION_NO_SANDBOX, OPTION_JOBS,    {0}};

const struct command apply_command = {
    .name = "apply",
    .operands = "PLAN",
    .summary = {"apply a saved plan, where nothing has changed since",
                "保存した計画を、その後何も変わっていなければ適用する"},
    .options = options,
    .unconfined = true,
    .run = run_apply,
};
