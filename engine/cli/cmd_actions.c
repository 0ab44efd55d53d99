/* playbook actions [NAME]: the catalogue, from the declarations. */
#include <stdio.h>

#include "engine/cli/command.h"

static const char *type_words(struct arena *arena, const struct type *type)
{
    if (type->depends)
        return "decided by the key";
    if (type->kind == KIND_LIST)
        return arena_format(arena, "list of %s", type_words(arena, type->element));
    if (!type->words)
        return kind_name(type->kind);
    struct text text = text_new(arena);
    for (size_t i = 0; type->words[i]; i++)
        text_format(&text, "%s%s", i ? "|" : "", type->words[i]);
    return text_string(&text);
}

static const char *default_words(struct arena *arena, const struct argument *argument)
{
    if (argument->fallback)
        return arena_format(arena, " (%s)", argument->fallback);
    return argument->flags & ARGUMENT_OPTIONAL ? " (optional)" : " (required)";
}

static void print_line(const char *name, const char *type, const char *fallback, const char *doc)
{
    terminal_print(stdout, "  %-12s %s%s\n", name, type, fallback);
    if (doc)
        terminal_print(stdout, "  %-12s   %s\n", "", doc);
}

static void print_fields(struct cli *cli, const struct action *action)
{
    terminal_print(stdout, "fields\n");
    print_line("ok", "boolean", "", cli_words(cli, action->ok));
    for (size_t i = 0; action->fields[i].name; i++) {
        const struct field *field = &action->fields[i];
        print_line(field->name, type_words(cli->arena, &field->type), "",
                   cli_words(cli, field->doc));
        const struct type *element = field->type.element;
        for (size_t j = 0; element && element->fields && element->fields[j].name; j++)
            terminal_print(stdout, "  %-12s   %s: %s\n", "", element->fields[j].name,
                           type_words(cli->arena, &element->fields[j].type));
    }
}

static const char *effective_words(enum effective effective)
{
    static const char *const words[] = {[EFFECTIVE_NOW] = "now",
                                        [EFFECTIVE_DISTRO_RESTART] = "after a distro restart",
                                        [EFFECTIVE_WSL_RESTART] = "after a WSL restart"};
    return words[effective];
}

static void print_action(struct cli *cli, const struct action *action)
{
    bool probe = action->role == ROLE_PROBE;
    terminal_print(stdout, "%s: %s (%s%s)\n", action->name, cli_words(cli, action->summary),
                   probe ? "probe" : "fix", action->costly ? ", costly" : "");
    terminal_print(stdout, "arguments\n");
    for (size_t i = 0; action->arguments[i].name; i++)
        print_line(action->arguments[i].name, type_words(cli->arena, &action->arguments[i].type),
                   default_words(cli->arena, &action->arguments[i]),
                   cli_words(cli, action->arguments[i].doc));
    if (!probe) {
        terminal_print(stdout, "effect %s, in force %s\n", action->effect,
                       effective_words(action->effective));
        return;
    }
    struct value timeout = value_duration(action->timeout);
    if (action->timeout)
        print_line("timeout", "duration",
                   arena_format(cli->arena, " (%s)", value_print(cli->arena, &timeout)), NULL);
    print_fields(cli, action);
}

static int unknown_action(const struct cli *cli, const char *name)
{
    struct error error;
    struct nearest nearest = {.wanted = name};
    for (size_t i = 0; cli->registry[i]; i++)
        nearest_offer(&nearest, cli->registry[i]->name);
    error_set(&error, "there is no action '%s'", name);
    if (nearest.best)
        error_hint(&error, "did you mean '%s'?", nearest.best);
    return cli_refuse(&error);
}

static int run_actions(struct cli *cli, const struct options *options)
{
    if (options->operand_count == 0) {
        for (size_t i = 0; cli->registry[i]; i++)
            terminal_print(stdout, "%-20s %-5s  %s\n", cli->registry[i]->name,
                           cli->registry[i]->role == ROLE_PROBE ? "probe" : "fix",
                           cli_words(cli, cli->registry[i]->summary));
        return EXIT_OK;
    }
    for (size_t i = 0; i < options->operand_count; i++) {
        size_t at = 0;
        while (cli->registry[at] && !text_equal(cli->registry[at]->name, options->operands[i]))
            at++;
        if (!cli->registry[at])
            return unknown_action(cli, options->operands[i]);
        print_action(cli, cli->registry[at]);
    }
    return EXIT_OK;
}

static const struct option options[] = {{0}};

const struct command actions_command = {
    .name = "actions",
    .operands = "[NAME...]",
    .summary = {"the catalogue of probes and fixes", "プローブと修正の一覧・説明"},
    .options = options,
    .run = run_actions,
};
