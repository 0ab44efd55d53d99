/* Fuzz target: any bytes as a playbook; what loads is evaluated with no answer at hand, and every
 * diagnostic is drawn. Built and run by tests/fuzz/run. */
#include <stdint.h>

#include "engine/lang/eval.h"
#include "tests/unit/support/fake_actions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool find(void *context, struct arena *arena, const char *name, const struct source *from,
                 struct source *source, struct error *error)
{
    const struct source *whole = context;
    if (from)
        return error_set(error, "cannot open '%s'", name);
    *source = *whole;
    source->bytes = arena_copy(arena, whole->bytes, whole->length);
    return true;
}

static void evaluate(struct arena *arena, const struct playbook *playbook)
{
    struct view view = {.playbook = playbook, .arena = arena, .urgency = NEED_NOW};
    view.answers = arena_alloc(arena, (playbook->check_count + 1) * sizeof(*view.answers));
    view.needs = arena_alloc(arena, playbook->check_count + 1);
    struct reason reason;
    for (size_t i = 0; i < playbook->check_count; i++)
        eval_check(i, &view, &reason);
    if (playbook->symptom.when)
        eval_truth(playbook->symptom.when, &view, &reason);
    if (playbook->title)
        template_words(playbook->title, &view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_AUTO struct arena *arena = arena_new();
    struct source source = {.path = "t.yml", .bytes = (const char *)data, .length = size};
    struct load load = {
        .registry = fake_registry, .only_check = true, .find = find, .context = &source};
    struct diagnostics diagnostics = {.arena = arena};
    const struct playbook *playbook = playbook_load(arena, &load, "t.yml", &diagnostics);
    struct text out = text_new(arena);
    for (size_t i = 0; i < diagnostics.count; i++)
        diagnostic_print(&diagnostics.items[i], &out);
    if (playbook)
        evaluate(arena, playbook);
    return 0;
}
