/* playbook probe ACTION name=value...: one probe now. The words become a playbook of one check, so
 * that everything about them is checked as in a file. */
#include <stdio.h>
#include <string.h>

#include "engine/base/encoding.h"
#include "engine/base/limits.h"
#include "engine/cli/load.h"
#include "engine/cli/session.h"
#include "engine/report/json.h"
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
    terminal_print(stdout, "%-12s %s\n", name, text_string(&text));
}

/* "– mtu: accepts no larger segments" */
static void print_absent(struct cli *cli, const char *name, const char *reason)
{
    static const struct words none = {"this answer has none", "この回答には値がない"};
    struct text text = text_new(cli->arena);
    text_escaped(&text, reason ? reason : cli_words(cli, none), false);
    terminal_print(stdout, "%s %s: %s\n", cli->utf8 ? "–" : "-", name, text_string(&text));
}

static void print_fields(struct cli *cli, const struct answer *answer)
{
    const struct field *fields = answer->action->fields;
    for (size_t i = 0; fields[i].name; i++)
        if (answer->fields[i].kind != KIND_NONE)
            print_field(cli, fields[i].name, value_print(cli->arena, &answer->fields[i]));
    for (size_t i = 0; fields[i].name; i++)
        if (answer->fields[i].kind == KIND_NONE)
            print_absent(cli, fields[i].name, answer->absent ? answer->absent[i] : NULL);
}

static void print_answer(struct cli *cli, const struct answer *answer)
{
    if (answer->state != ANSWER_KNOWN) {
        print_field(cli, "unknown", answer->reason);
        return;
    }
    print_field(cli, "ok", answer->ok ? "true" : "false");
    print_fields(cli, answer);
    terminal_print(stdout, "%-12s %.6f\n", "seconds", (double)answer->took / NS_PER_S);
}

static int exit_code(const struct answer *answer)
{
    if (answer->state != ANSWER_KNOWN)
        return EXIT_UNKNOWN;
    return answer->ok ? EXIT_OK : EXIT_NOT_OK;
}

static int tell(struct cli *cli, const struct check *check, struct answer answer, bool json)
{
    if (answer.state == ANSWER_PENDING)
        answer = (struct answer){.state = ANSWER_UNKNOWN, .reason = "interrupted"};
    if (!json)
        print_answer(cli, &answer);
    else if (!json_answer(stdout, check, &answer))
        return EXIT_UNKNOWN;
    return exit_code(&answer);
}

static int ask(struct cli *cli, const struct playbook *playbook, bool json)
{
    struct look_options options = {
        .playbook = playbook, .executor = cli->executor, .jobs = LIMIT_JOBS};
    struct look *look = look_new(&options, NULL);
    look_ask(look, ask_it, NULL);
    int code = tell(cli, &playbook->checks[0], look_view(look, cli->arena).answers[0], json);
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
    bool json = options_has(options, "json");
    if (playbook)
        return ask(cli, playbook, json);
    if (json && !json_invalid(stdout, "probe", &diagnostics))
        return EXIT_UNKNOWN;
    return cli_show_diagnostics(cli, &diagnostics);
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

static const struct option options[] = {
    {"json", 0, NULL, {"one JSON document on standard output", "結果をJSONで標準出力に出す"}},
    {0},
};

const struct command probe_command = {
    .name = "probe",
    .operands = "ACTION NAME=VALUE...",
    .summary = {"ask one probe now", "プローブを一つだけ実行する"},
    .options = options,
    .unconfined = true,
    .run = run_probe,
};
