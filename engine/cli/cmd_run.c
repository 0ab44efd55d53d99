/* playbook run: diagnose, show the plan, apply it when told to. */
#include "engine/cli/load.h"
#include "engine/cli/order.h"
#include "engine/cli/restart.h"

static int run_run(struct cli *cli, const struct options *options)
{
    struct error error;
    struct order order = {.name = options->operand_count ? options->operands[0] : NULL,
                          .options = options,
                          .save = options_value(options, "save"),
                          .dry_run = options_has(options, "dry-run")};
    if (!order_read(&order, options, &error))
        return order_refuse(cli, &order, &error);
    if (options->operand_count != 1) {
        error_set(&error, "'run' takes one playbook");
        error_hint(&error, "playbook run vpn-dns");
        return order_refuse(cli, &order, &error);
    }
    if (order.save && !order.dry_run) {
        error_set(&error, "'--save' needs '--dry-run': a plan is saved to be applied later");
        error_hint(&error, "playbook run %s --dry-run --save %s", order.name, order.save);
        return order_refuse(cli, &order, &error);
    }
    return order_carry_out(cli, &order);
}

static const struct option options[] = {
    {"dry-run",
     'n',
     NULL,
     {"show what would change, change nothing", "変更内容を表示するだけで、何も変えない"}},
    {"save",
     0,
     "PLAN",
     {"with --dry-run: write the plan to a file, for 'playbook apply'",
      "--dry-run と共に: 計画をファイルに保存し、'playbook apply' で適用する"}},
    OPTION_YES,
    OPTION_RESTART,
    OPTION_SET,
    OPTION_JSON,
    OPTION_NO_SANDBOX,
    OPTION_JOBS,
    {0},
};

const struct command run_command = {
    .name = "run",
    .operands = "FILE|NAME",
    .summary = {"find the cause, show the fix, apply it when told to",
                "原因を調べ、修正を示し、指示があれば適用する"},
    .options = options,
    .unconfined = true,
    .run = run_run,
};
