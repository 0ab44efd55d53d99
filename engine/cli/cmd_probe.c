/* playbook probe ACTION name=value...: one probe now. The words become a playbook of one check, so
 * that everything about them is checked as in a file. */
#include <stdio.h>
#include <string.h>

#include "engine/base/encoding.h"
#include "engine/base/limits.h"
#include "engine/cli/load.h"
#include "engine/cli/session.h"
#include "engine/run/look.h"

enum { EXIT_NOT_OK = 1, EXIT_UNKNOWN = 3 };

static const char *one_check(struct arena *arena, const struct options *options)
{
    struct text text = text_new(arena);
    text_format(&text, "playbook: probe\ntitle: probe\nchecks:\n  probe:\n    %s:%s\n",
                options->operands[0], options->operand_count == 1 ? " {}" : "");
    for (size_t i = 1; i < options->operand_count; i++) {
        const char *equals = strchr(options->operands[i], '=');
        if (equals)
            text_format(&text, "      %.*s: %s\n", (int)(equals - options->operands[i]),
                        options->operands[i], equals + 1);
        else
            text_format(&text, "      %s:\n", options->operands[i]);
    }
    text_add(&text, "symptom: { when: probe }\n"
                    "causes: [ { id: none, when: otherwise, advise: nothing } ]\n");
    return text_string(&text);
}

/* load.find: the only text there is. */
static bool find_check(void *context, struct arena *arena, const char *name,
                       const struct source *from, struct source *source, struct error *error)
{
    (void)arena;
    (void)from;
    (void)error;
    const char *text = context;
    *source = (struct source){.path = name, .bytes = text, .length = strlen(text)};
    return true;
}

static enum truth ask_it(void *context, const struct view *view)
{
    struct reason reason = {0};
    (void)context;
    return eval_check(0, view, &reason);
}

static void print_field(struct cli *cli, const char *name, const char *value)
{
    struct text text = text_new(cli->arena);
    text_escaped(&text, value, false);
    printf("%-12s %s\n", name, text_string(&text));
}

static int print_answer(struct cli *cli, const struct answer *answer)
{
    if (answer->state != ANSWER_KNOWN) {
        print_field(cli, "unknown", answer->reason ? answer->reason : "interrupted");
        return EXIT_UNKNOWN;
    }
    print_field(cli, "ok", answer->ok ? "true" : "false");
    for (size_t i = 0; answer->action->fields[i].name; i++)
        if (answer->fields[i].kind != KIND_NONE)
            print_field(cli, answer->action->fields[i].name,
                        value_print(cli->arena, &answer->fields[i]));
    printf("%-12s %.6f\n", "seconds", (double)answer->took / NS_PER_S);
    return answer->ok ? EXIT_OK : EXIT_NOT_OK;
}

static int ask(struct cli *cli, const struct playbook *playbook)
{
    struct look_options options = {
        .playbook = playbook, .executor = cli->executor, .jobs = LIMIT_JOBS};
    struct look *look = look_new(&options, NULL);
    look_ask(look, ask_it, NULL);
    int code = print_answer(cli, look_view(look, cli->arena).answers);
    look_free(&look);
    return code;
}

static int probe(struct cli *cli, const void *data)
{
    const struct options *options = data;
    struct diagnostics diagnostics = {.arena = cli->arena};
    struct load load = {.registry = cli->registry,
                        .language = cli->language,
                        .find = find_check,
                        .context = (void *)one_check(cli->arena, options)};
    const struct playbook *playbook = playbook_load(cli->arena, &load, "probe", &diagnostics);
    return playbook ? ask(cli, playbook) : cli_show_diagnostics(cli, &diagnostics);
}

static int run_probe(struct cli *cli, const struct options *options)
{
    struct error error;
    if (options->operand_count > 0)
        return session_run(cli, &(struct session_options){.dry_run = true}, probe, options);
    error_set(&error, "'probe' takes the name of a probe");
    error_hint(&error, "playbook probe ping host=127.0.0.1");
    return cli_refuse(&error);
}

static const struct option options[] = {{0}};

const struct command probe_command = {
    .name = "probe",
    .operands = "ACTION NAME=VALUE...",
    .summary = {"ask one probe now", "プローブを一つだけ実行する"},
    .options = options,
    .unconfined = true,
    .run = run_probe,
};
