/* Fuzz target: any bytes as the symptom's expression of a playbook that has a check of every kind.
 */
#include <stdint.h>
#include <string.h>

#include "engine/lang/eval.h"
#include "tests/unit/support/fake_actions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BEFORE                                                                                     \
    "playbook: t\ntitle: x\nvars: { ip: 8.8.8.8, l: [1, 2], s: a }\nchecks:\n"                     \
    "  d: { dns.lookup: { name: x } }\n  l: { net.listeners: {} }\n  v: { wsl.version: {} }\n"     \
    "  m: { file.match: { path: /x, pattern: '(?<g>.)' } }\n  w: { wsl.mode: {} }\n"               \
    "  c: d and w\ncauses: [{ id: a, when: otherwise, advise: x }]\nsymptom:\n  when: |\n    "

static bool find(void *context, struct arena *arena, const char *name, const struct source *from,
                 struct source *source, struct error *error)
{
    (void)arena;
    if (from)
        return error_set(error, "cannot open '%s'", name);
    *source = *(const struct source *)context;
    return true;
}

static struct value sample_value(struct arena *arena, const struct type *type)
{
    static const char *const texts[] = {
        [KIND_BOOLEAN] = "true",    [KIND_NUMBER] = "1",
        [KIND_DURATION] = "1s",     [KIND_SIZE] = "1KiB",
        [KIND_ADDRESS] = "8.8.8.8", [KIND_NETWORK] = "8.0.0.0/8",
        [KIND_VERSION] = "2.6.3.0", [KIND_STRING] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"};
    struct value value = {.kind = KIND_NONE};
    if (type->kind == KIND_LIST) {
        struct value *items = arena_alloc(arena, 2 * sizeof(*items));
        items[0] = items[1] = sample_value(arena, type->element);
        value = value_list(items, 2);
    } else if (type->kind == KIND_RECORD && type->fields) {
        const char **names = arena_alloc(arena, 8 * sizeof(*names));
        struct value *values = arena_alloc(arena, 8 * sizeof(*values));
        value.kind = KIND_RECORD;
        for (; type->fields[value.record.count].name; value.record.count++) {
            names[value.record.count] = type->fields[value.record.count].name;
            values[value.record.count] =
                sample_value(arena, &type->fields[value.record.count].type);
        }
        value.record.names = names;
        value.record.values = values;
    } else if (type->kind <= KIND_STRING && texts[type->kind]) {
        value_read(arena, type->kind, texts[type->kind], &value);
    }
    return value;
}

static struct answer sample_answer(struct arena *arena, const struct action *action)
{
    struct answer answer = {.state = ANSWER_UNKNOWN, .action = action};
    if (!action)
        return answer;
    struct value *values = arena_alloc(arena, 8 * sizeof(*values));
    for (size_t i = 0; action->fields[i].name; i++)
        values[i] = sample_value(arena, &action->fields[i].type);
    answer.fields = values;
    answer.state = ANSWER_KNOWN;
    return answer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_AUTO struct arena *arena = arena_new();
    struct text text = text_new(arena);
    text_add(&text, BEFORE);
    for (size_t i = 0; i < size; i++)
        text_bytes(&text, data[i] == '\n' ? "\n    " : (const char *)&data[i],
                   data[i] == '\n' ? 5 : 1);
    struct source source = {.path = "t.yml", .bytes = text.at, .length = text.length};
    struct load load = {.registry = fake_registry, .find = find, .context = &source};
    struct diagnostics diagnostics = {.arena = arena};
    const struct playbook *playbook = playbook_load(arena, &load, "t.yml", &diagnostics);
    struct text out = text_new(arena);
    for (size_t i = 0; i < diagnostics.count; i++)
        diagnostic_print(&diagnostics.items[i], &out);
    if (!playbook)
        return 0;
    if (!playbook->symptom.when)
        return 0;
    struct answer answers[8] = {{.state = ANSWER_PENDING}};
    unsigned char needs[8] = {0};
    struct view view = {.playbook = playbook,
                        .answers = answers,
                        .needs = needs,
                        .urgency = NEED_NOW,
                        .arena = arena};
    struct reason reason;
    eval_truth(playbook->symptom.when, &view, &reason);
    for (size_t i = 0; i < playbook->check_count; i++)
        answers[i] = sample_answer(arena, playbook->checks[i].action);
    eval_truth(playbook->symptom.when, &view, &reason);
    return 0;
}
