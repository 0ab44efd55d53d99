/* command: runs a program of the author's choice and reports what it said. No shell takes part: the
 * words of `argv` reach the program as they are. It is for looking; a playbook that changes the
 * machine with it escapes the plan, the journal and undo. */
#include <errno.h>
#include <string.h>

#include "engine/action.h"
#include "engine/base/limits.h"

enum { SIGNAL_BASE = 128 };

/* What an author compares with `c.stdout == 'x'` is a line, not a line and its end. */
static struct value output_value(struct arena *arena, const char *bytes, size_t length)
{
    if (length && bytes[length - 1] == '\n')
        length--;
    if (length && bytes[length - 1] == '\r' && bytes[length] == '\n')
        length--;
    return value_string(arena, arena_copy(arena, bytes, length));
}

static void set_groups(struct probe *probe, const struct program_result *result)
{
    const struct value *pattern = arguments_get(probe_arguments(probe), "pattern");
    if (!pattern) {
        probe_absent(probe, "groups", "no pattern is given");
        return;
    }
    struct match match;
    pattern_match(probe_arena(probe), pattern->string, result->output, result->output_length,
                  &match);
    if (match.failure)
        probe_absent(probe, "groups", "%s", match.failure);
    else if (!match.found)
        probe_absent(probe, "groups", "the pattern does not match");
    else if (match.too_long)
        probe_absent(probe, "groups", "%s", match.too_long);
    else
        probe_set(probe, "groups", match.groups);
}

static void set_output(struct probe *probe, const struct program_result *result)
{
    static const char *const outputs[] = {"stdout", "stderr", "groups"};
    struct arena *arena = probe_arena(probe);
    if (result->cut) {
        for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
            probe_absent(probe, outputs[i], "the program wrote more than %d bytes, the limit",
                         LIMIT_OUTPUT_BYTES);
        return;
    }
    probe_set(probe, "stdout", output_value(arena, result->output, result->output_length));
    probe_set(probe, "stderr", output_value(arena, result->errors, result->errors_length));
    set_groups(probe, result);
}

static void ended(struct probe *probe, const struct program_result *result)
{
    if (result->failure) {
        probe_unknown(probe, "%s", result->failure);
        return;
    }
    if (result->killed) {
        probe_unknown(probe, "it was killed by signal %d (%s)", result->status - SIGNAL_BASE,
                      strsignal(result->status - SIGNAL_BASE));
        return;
    }
    probe_set(probe, "status", value_number(result->status));
    set_output(probe, result);
    probe_answer(probe, result->status == 0);
}

static void start(struct probe *probe)
{
    const struct value *words = arguments_get(probe_arguments(probe), "argv");
    struct arena *arena = probe_arena(probe);
    if (words->list.count == 0 || words->list.items[0].string[0] == '\0') {
        probe_unknown(probe, "argv names no program");
        return;
    }
    const char **argv = arena_alloc(arena, (words->list.count + 1) * sizeof *argv);
    for (size_t i = 0; i < words->list.count; i++)
        argv[i] = words->list.items[i].string;
    probe_run(probe, &(struct program){.argv = argv}, ended);
}

static bool check(const struct arguments *literals, struct finding *finding)
{
    const struct value *words = arguments_get(literals, "argv");
    if (!words || words->kind != KIND_LIST)
        return true;
    const struct value *first = words->list.count ? &words->list.items[0] : NULL;
    if (first && (first->kind != KIND_STRING || first->string[0]))
        return true;
    *finding = (struct finding){
        .argument = "argv",
        .message = "argv names no program",
        .hint = "the first word is the program: [ip, link, show]",
    };
    return false;
}

static const struct type word = {.kind = KIND_STRING};

static const struct argument arguments[] = {
    {.name = "argv",
     .type = {.kind = KIND_LIST, .element = &word},
     .flags = ARGUMENT_ANY_SCALAR,
     .doc = {"the program and its arguments, one word each; no shell reads them",
             "プログラムと引数の並び。シェルは介さない"}},
    {.name = "pattern",
     .type = {.kind = KIND_STRING},
     .flags = ARGUMENT_OPTIONAL | ARGUMENT_PATTERN,
     .doc = {"a regular expression searched for in standard output, for `groups`",
             "標準出力から探す正規表現。`groups` に使う"}},
    {.name = NULL},
};

static const struct field fields[] = {
    {.name = "status", .type = {.kind = KIND_NUMBER}, .doc = {"the exit status", "終了ステータス"}},
    {.name = "stdout",
     .type = {.kind = KIND_STRING},
     .doc = {"standard output without its last line end", "標準出力（末尾の改行1つを除く）"}},
    {.name = "stderr",
     .type = {.kind = KIND_STRING},
     .doc = {"standard error without its last line end", "標準エラー出力（末尾の改行1つを除く）"}},
    {.name = "groups",
     .type = {.kind = KIND_RECORD},
     .doc = {"the named groups of the pattern; no value where it does not match",
             "パターンの名前付きグループ。一致しなければ値なし"}},
    {.name = NULL},
};

const struct action command_action = {
    .name = "command",
    .role = ROLE_PROBE,
    .summary = {"run a program that looks at something", "調べるためのプログラムを実行する"},
    .arguments = arguments,
    .check = check,
    .fields = fields,
    .ok = {"its exit status is 0; whether the pattern matches does not count",
           "終了ステータスが0（パターンの一致は問わない）"},
    .costly = true,
    .timeout = SECONDS(TIMEOUT_PROGRAM_S),
    .start = start,
};
