#include "engine/cli/load.h"

#include <string.h>

#include "engine/cli/search.h"

struct loading {
    struct cli *cli;
    struct ingredients *ingredients;
};

static void add_setting(struct arena *arena, struct ingredients *ingredients, const char *name,
                        const char *value)
{
    ingredients->settings = arena_grow(arena, ingredients->settings, ingredients->setting_count,
                                       sizeof(*ingredients->settings));
    ingredients->settings[ingredients->setting_count++] = (struct setting){name, value};
}

static const char *ask_variable(void *context, struct arena *arena, const char *name,
                                const char *type, const char *help)
{
    const struct loading *loading = context;
    const char *question = help && *help ? arena_format(arena, "%s (%s: %s)", name, type, help)
                                         : arena_format(arena, "%s (%s)", name, type);
    const char *typed = executor_line(loading->cli->executor, arena, question);
    if (typed)
        add_setting(arena, loading->ingredients, name, typed);
    return typed;
}

static bool find_source(void *context, struct arena *arena, const char *name,
                        const struct source *from, struct source *source, struct error *error)
{
    const struct loading *loading = context;
    struct ingredients *ingredients = loading->ingredients;
    if (!search_find(loading->cli, arena, name, from, source, error))
        return false;
    ingredients->sources = arena_grow(arena, ingredients->sources, ingredients->source_count,
                                      sizeof(*ingredients->sources));
    ingredients->sources[ingredients->source_count++] = *source;
    return true;
}

static bool interrupted(void *context)
{
    const struct loading *loading = context;
    return executor_interrupted(loading->cli->executor);
}

static struct source *command_line(struct arena *arena, const char *text)
{
    struct source *source = arena_alloc(arena, sizeof(*source));
    *source = (struct source){.path = "--set", .bytes = text, .length = strlen(text)};
    return source;
}

bool load_setting(struct arena *arena, struct ingredients *ingredients, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return false;
    add_setting(arena, ingredients, arena_copy(arena, text, (size_t)(equals - text)), equals + 1);
    return true;
}

void load_settings(struct cli *cli, const struct options *options, struct ingredients *ingredients,
                   struct diagnostics *diagnostics)
{
    for (size_t i = 0; i < options->given_count; i++) {
        const char *text = options->given[i].value;
        if (!text_equal(options->given[i].option->name, "set") ||
            load_setting(cli->arena, ingredients, text))
            continue;
        struct span span = {command_line(cli->arena, text), 0, strlen(text)};
        diagnose(diagnostics, span, "write --set name=value", "'%s' has no name and value", text);
    }
}

const struct playbook *load_playbook(struct cli *cli, const char *name,
                                     struct ingredients *ingredients, bool only_check,
                                     struct diagnostics *diagnostics)
{
    struct loading loading = {cli, ingredients};
    struct load load = {.registry = cli->registry,
                        .language = cli->language,
                        .settings = ingredients->settings,
                        .setting_count = ingredients->setting_count,
                        .only_check = only_check,
                        .find = find_source,
                        .ask = cli->executor ? ask_variable : NULL,
                        .interrupted = cli->executor ? interrupted : NULL,
                        .context = &loading};
    const struct playbook *playbook = playbook_load(cli->arena, &load, name, diagnostics);
    return diagnostics->count ? NULL : playbook;
}
