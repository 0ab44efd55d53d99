#include "engine/cli/load.h"

#include <string.h>

#include "engine/cli/search.h"

static const char *ask_variable(void *context, struct arena *arena, const char *name,
                                const char *type, const char *help)
{
    struct cli *cli = context;
    const char *question = help && *help ? arena_format(arena, "%s (%s: %s)", name, type, help)
                                         : arena_format(arena, "%s (%s)", name, type);
    return executor_line(cli->executor, arena, question);
}

static struct source *command_line(struct arena *arena, const char *text)
{
    struct source *source = arena_alloc(arena, sizeof(*source));
    *source = (struct source){.path = "--set", .bytes = text, .length = strlen(text)};
    return source;
}

/* "name=value"; what has no `=` is reported and left out. */
static struct setting *read_settings(struct cli *cli, const struct options *options, size_t *count,
                                     struct diagnostics *diagnostics)
{
    struct setting *settings =
        arena_alloc(cli->arena, (options->given_count + 1) * sizeof(*settings));
    *count = 0;
    for (size_t i = 0; i < options->given_count; i++) {
        if (!text_equal(options->given[i].option->name, "set"))
            continue;
        const char *text = options->given[i].value;
        const char *equals = strchr(text, '=');
        if (!equals || equals == text) {
            struct span span = {command_line(cli->arena, text), 0, strlen(text)};
            diagnose(diagnostics, span, "write --set name=value", "'%s' has no name and value",
                     text);
            continue;
        }
        settings[(*count)++] = (struct setting){
            .name = arena_copy(cli->arena, text, (size_t)(equals - text)), .value = equals + 1};
    }
    return settings;
}

const struct playbook *load_playbook(struct cli *cli, const char *name,
                                     const struct options *options, bool only_check,
                                     struct diagnostics *diagnostics)
{
    struct load load = {.registry = cli->registry,
                        .language = cli->language,
                        .only_check = only_check,
                        .find = search_find,
                        .ask = cli->executor ? ask_variable : NULL,
                        .context = cli};
    load.settings = read_settings(cli, options, &load.setting_count, diagnostics);
    const struct playbook *playbook = playbook_load(cli->arena, &load, name, diagnostics);
    return diagnostics->count ? NULL : playbook;
}
