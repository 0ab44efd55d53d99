/* playbook probe ACTION name=value...: one probe now, outside any playbook. */
#include <stdio.h>
#include <string.h>

#include "engine/cli/command.h"
#include "engine/run/probe.h"

static const struct action *find_action(const struct cli *cli, const char *name)
{
    for (size_t i = 0; cli->registry[i]; i++)
        if (text_equal(cli->registry[i]->name, name) && cli->registry[i]->role == ROLE_PROBE)
            return cli->registry[i];
    return NULL;
}

static bool read_argument(struct cli *cli, const struct argument *argument, const char *text,
                          struct value *value)
{
    if (argument->type.kind != KIND_LIST)
        return value_read(cli->arena, argument->type.kind, text, value);
    struct value *items = NULL;
    size_t count = 0;
    for (const char *at = text; *at; at += strspn(at, ",")) {
        size_t length = strcspn(at, ",");
        items = arena_grow(cli->arena, items, count, sizeof(*items));
        if (!value_read(cli->arena, argument->type.element->kind,
                        arena_copy(cli->arena, at, length), &items[count++]))
            return false;
        at += length;
    }
    *value = value_list(items, count);
    return true;
}

struct probe_wait {
    struct answer answer;
    bool over;
};

static void answered(void *data, const struct answer *answer)
{
    struct probe_wait *wait = data;
    wait->answer = *answer;
    wait->over = true;
}

static int run_probe(struct cli *cli, const struct options *options)
{
    struct error error;
    const struct action *action =
        options->operand_count ? find_action(cli, options->operands[0]) : NULL;
    if (!action) {
        error_set(&error, "name a probe");
        return cli_refuse(&error);
    }
    struct value values[32] = {0};
    int64_t timeout = action->timeout;
    for (size_t i = 1; i < options->operand_count; i++) {
        const char *text = strchr(options->operands[i], '=');
        if (!text) {
            error_set(&error, "expected name=value");
            return cli_refuse(&error);
        }
        char *name =
            arena_copy(cli->arena, options->operands[i], (size_t)(text - options->operands[i]));
        struct value value;
        if (text_equal(name, "timeout") &&
            value_read(cli->arena, KIND_DURATION, text + 1, &value)) {
            timeout = value.duration;
            continue;
        }
        bool known = false;
        for (size_t j = 0; action->arguments[j].name; j++)
            if (text_equal(action->arguments[j].name, name))
                known = read_argument(cli, &action->arguments[j], text + 1, &values[j]);
        if (!known) {
            error_set(&error, "bad argument '%s'", options->operands[i]);
            return cli_refuse(&error);
        }
    }
    for (size_t j = 0; action->arguments[j].name; j++)
        if (values[j].kind == KIND_NONE && action->arguments[j].fallback)
            read_argument(cli, &action->arguments[j], action->arguments[j].fallback, &values[j]);
    struct executor executor = {.loop = loop_new(&error), .environment = cli->environment};
    struct probe_wait wait = {0};
    probe_start(cli->arena, &executor, action, values, timeout, answered, &wait);
    while (!wait.over && loop_turn(executor.loop))
        continue;
    loop_free(&executor.loop);
    printf("state: %s\n", wait.answer.state == ANSWER_KNOWN ? "answered" : "unknown");
    if (wait.answer.state != ANSWER_KNOWN) {
        printf("reason: %s\n", wait.answer.reason);
        return 3;
    }
    printf("ok: %s\n", wait.answer.ok ? "true" : "false");
    for (size_t i = 0; action->fields[i].name; i++)
        printf("%s: %s%s\n", action->fields[i].name,
               value_print(cli->arena, &wait.answer.fields[i]),
               wait.answer.absent[i] ? wait.answer.absent[i] : "");
    printf("seconds: %.3f\n", (double)wait.answer.took / NS_PER_S);
    return wait.answer.ok ? 0 : 1;
}

static const struct option options[] = {{0}};

const struct command probe_command = {
    .name = "probe",
    .operands = "ACTION NAME=VALUE...",
    .summary = {"ask one probe now", "プローブを一つだけ実行する"},
    .options = options,
    .run = run_probe,
};
