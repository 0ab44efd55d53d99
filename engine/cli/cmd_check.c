/* playbook check: load errors, and what the playbook could change. Nothing is run. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/cli/load.h"
#include "engine/report/words.h"

enum { MOST_EFFECTS = 32 };

struct effects {
    const char *names[MOST_EFFECTS];
    size_t count;
};

static void add_effects(struct effects *effects, const struct fixes *fixes)
{
    for (size_t i = 0; i < fixes->count; i++) {
        const char *name = fixes->items[i].action->effect;
        size_t at = 0;
        while (at < effects->count && !text_equal(effects->names[at], name))
            at++;
        if (at == effects->count && at < MOST_EFFECTS)
            effects->names[effects->count++] = name;
    }
}

static void collect_effects(struct effects *effects, const struct causes *causes)
{
    for (size_t i = 0; i < causes->count; i++) {
        add_effects(effects, &causes->items[i].fix);
        add_effects(effects, &causes->items[i].persist);
        collect_effects(effects, &causes->items[i].causes);
    }
}

static void describe(const struct cli *cli, const char *name, const struct playbook *playbook)
{
    struct effects effects = {.count = 0};
    collect_effects(&effects, &playbook->causes);
    terminal_print(stdout, word(cli->language, WORD_CHECK_OK), name, playbook->check_count);
    terminal_print(stdout, "\n  %s",
                   word(cli->language, effects.count ? WORD_CHECK_EFFECTS : WORD_CHECK_NO_EFFECTS));
    for (size_t i = 0; i < effects.count; i++)
        terminal_print(stdout, "%s%s", i ? ", " : "", effects.names[i]);
    terminal_print(stdout, "\n");
}

static int run_check(struct cli *cli, const struct options *options)
{
    struct error error;
    int code = EXIT_OK;
    if (options->operand_count == 0) {
        error_set(&error, "'check' takes one playbook or more");
        error_hint(&error, "playbook check vpn-dns");
        return cli_refuse(&error);
    }
    for (size_t i = 0; i < options->operand_count; i++) {
        struct diagnostics diagnostics = {.arena = cli->arena};
        struct ingredients ingredients = {0};
        load_settings(cli, options, &ingredients, &diagnostics);
        const struct playbook *playbook =
            load_playbook(cli, options->operands[i], &ingredients, true, &diagnostics);
        if (playbook)
            describe(cli, options->operands[i], playbook);
        else
            code = cli_show_diagnostics(cli, &diagnostics);
    }
    return code;
}

static const struct option options[] = {OPTION_SET, {0}};

const struct command check_command = {
    .name = "check",
    .operands = "FILE|NAME...",
    .summary = {"find mistakes in playbooks without running them",
                "実行せずにplaybookの誤りを調べる"},
    .options = options,
    .run = run_check,
};
