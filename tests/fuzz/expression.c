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
    struct answer answers[8] = {{.state = ANSWER_UNKNOWN}};
    unsigned char needs[8] = {0};
    struct view view = {.playbook = playbook,
                        .answers = answers,
                        .needs = needs,
                        .urgency = NEED_NOW,
                        .arena = arena};
    const char *reason;
    eval_truth(playbook->symptom.when, &view, &reason);
    return 0;
}
