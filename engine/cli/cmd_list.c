/* playbook list, playbook show: what is on the search path and inside the binary. */
#include <stdio.h>
#include <unistd.h>

#include "engine/base/encoding.h"
#include "engine/cli/load.h"
#include "engine/cli/search.h"
#include "engine/lang/eval.h"

struct listing {
    struct cli *cli;
    const char **seen;
    size_t count;
};

static const char *title_of(struct listing *listing, const char *name)
{
    struct diagnostics diagnostics = {.arena = listing->cli->arena};
    struct ingredients ingredients = {0};
    const struct playbook *playbook =
        load_playbook(listing->cli, name, &ingredients, true, &diagnostics);
    if (!playbook)
        return "(invalid: 'playbook check' says why)";
    struct view none = {.playbook = playbook, .arena = listing->cli->arena};
    none.answers = arena_alloc(none.arena, (playbook->check_count + 1) * sizeof(struct answer));
    struct text text = text_new(none.arena);
    text_escaped(&text, template_words(playbook->title, &none), false);
    return text_string(&text);
}

/* A name found nearer hides the same name further away. */
static void list_one(void *context, const char *name, const char *place)
{
    struct listing *listing = context;
    struct arena *arena = listing->cli->arena;
    for (size_t i = 0; i < listing->count; i++)
        if (text_equal(listing->seen[i], name))
            return;
    listing->seen = arena_grow(arena, listing->seen, listing->count, sizeof(*listing->seen));
    listing->seen[listing->count++] = name;
    struct text shown = text_new(arena), where = text_new(arena);
    text_escaped(&shown, name, false);
    text_escaped(&where, place ? place : "", false);
    terminal_print(stdout, "%-16s %s%s%s%s\n", text_string(&shown), title_of(listing, name),
                   place ? "  (" : "", text_string(&where), place ? ")" : "");
}

static int run_list(struct cli *cli, const struct options *options)
{
    struct listing listing = {.cli = cli};
    struct error error;
    if (!options_alone(options, "list", &error))
        return cli_refuse(&error);
    search_each(cli, list_one, &listing);
    return EXIT_OK;
}

static int run_show(struct cli *cli, const struct options *options)
{
    struct error error;
    struct source source;
    if (options->operand_count != 1) {
        error_set(&error, "'show' takes one playbook");
        error_hint(&error, "playbook show vpn-dns");
        return cli_refuse(&error);
    }
    if (!search_find(cli, cli->arena, options->operands[0], NULL, &source, &error))
        return cli_refuse(&error);
    if (isatty(STDOUT_FILENO) != 1)
        return fwrite(source.bytes, 1, source.length, stdout) == source.length ? EXIT_OK : 1;
    terminal_print(stdout, "%s", source.bytes);
    return EXIT_OK;
}

static const struct option options[] = {{0}};

const struct command list_command = {
    .name = "list",
    .operands = "",
    .summary = {"list the playbooks on the search path and inside this program",
                "使えるplaybookの一覧を表示する"},
    .options = options,
    .run = run_list,
};

const struct command show_command = {
    .name = "show",
    .operands = "FILE|NAME",
    .summary = {"print a playbook", "playbookの本文を表示する"},
    .options = options,
    .run = run_show,
};
