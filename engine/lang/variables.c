/* The `vars` of a playbook: types, defaults, and where values come from: `with` in an include,
 * `--set` and the person in the root. */
#include <string.h>

#include "engine/lang/loader.h"
#include "engine/lang/type.h"

/* A variable as it is written. */
struct spec {
    const char *name;
    struct span span;
    const struct node *value; /* the default; NULL: required */
    const char *help;
    struct slot *slot;
};

/* `--set` as a text of its own: one setting on each line, so that errors have a place. */
struct settings {
    struct source *source;
    const struct load *load;
    size_t *starts;
};

static struct settings gather_settings(struct loader *loader)
{
    struct settings settings = {.load = loader->load};
    struct text text = text_new(loader->arena);
    size_t count = loader->load->setting_count;
    settings.starts = arena_alloc(loader->arena, (count + 1) * sizeof(*settings.starts));
    for (size_t i = 0; i < count; i++) {
        settings.starts[i] = text.length;
        text_format(&text, "%s%s=%s", i ? "\n" : "", loader->load->settings[i].name,
                    loader->load->settings[i].value);
        settings.starts[i] += i > 0;
    }
    settings.source = arena_alloc(loader->arena, sizeof(*settings.source));
    *settings.source =
        (struct source){.path = "--set", .bytes = text_string(&text), .length = text.length};
    return settings;
}

static struct span setting_span(const struct settings *settings, size_t index, bool value)
{
    size_t name = strlen(settings->load->settings[index].name);
    size_t start = settings->starts[index];
    size_t end = start + name + 1 + strlen(settings->load->settings[index].value);
    return (struct span){.source = settings->source,
                         .start = value ? start + name + 1 : start,
                         .end = value ? end : start + name};
}

/* The type of a default that names none. */
static struct type infer_scalar(struct arena *arena, const struct node *node)
{
    struct value value =
        node->plain ? value_guess(arena, node->text) : (struct value){.kind = KIND_STRING};
    return *type_of_kind(value.kind);
}

static bool infer_list(struct file *file, const struct node *node, struct type *type)
{
    struct type first = *type_of_kind(KIND_NONE);
    for (size_t i = 0; i < node->count; i++) {
        const struct node *item = &node->items[i];
        if (!node_is(file, item, NODE_SCALAR, "an item of a variable's list"))
            return false;
        struct type next = infer_scalar(file->loader->arena, item);
        if (i == 0)
            first = next;
        if (next.kind == first.kind)
            continue;
        diagnose(file->loader->diagnostics, item->span,
                 "give the variable a type: { type: list of string, default: [...] }",
                 "this is %s in a list of %s", type_describe(file->loader->arena, &next),
                 kind_name(first.kind));
        return false;
    }
    if (node->count == 0)
        diagnose(file->loader->diagnostics, node->span,
                 "give the variable a type: { type: list of number, default: [] }",
                 "an empty list does not say what it is a list of");
    *type = (struct type){.kind = KIND_LIST, .element = type_of_kind(first.kind)};
    return node->count > 0;
}

static bool infer_type(struct file *file, const struct node *node, struct type *type)
{
    if (node->kind == NODE_LIST)
        return infer_list(file, node, type);
    if (!node_is(file, node, NODE_SCALAR, "a variable's default"))
        return false;
    *type = infer_scalar(file->loader->arena, node);
    return true;
}

static bool read_type(struct file *file, const struct node *node, struct type *type)
{
    if (!node_is(file, node, NODE_SCALAR, "'type'"))
        return false;
    if (type_read(node->text, type))
        return true;
    struct arena *arena = file->loader->arena;
    bool list = text_starts(node->text, "list of ");
    struct nearest nearest = {.wanted = list ? node->text + strlen("list of ") : node->text};
    for (size_t i = 0; type_names[i]; i++)
        nearest_offer(&nearest, type_names[i]);
    const char *hint =
        arena_format(arena, "one of %s, or 'list of ...'", words_list(arena, type_names));
    if (nearest.best)
        hint = arena_format(arena, "did you mean '%s%s'?", list ? "list of " : "", nearest.best);
    diagnose(file->loader->diagnostics, node->span, hint, "there is no type '%s'", node->text);
    return false;
}

static const char *read_help(struct file *file, const struct node *node)
{
    const struct template *help =
        node ? template_compile_words(&file->scope, node, "'help'") : NULL;
    return help && template_is_constant(help) ? help->value.string : NULL;
}

/* Both forms: a default, or a map with `type`, `default`, `help`. False where it has no type. */
static bool read_spec(struct file *file, const struct key *key, const struct node *node,
                      struct spec *spec)
{
    static const char *const known[] = {"type", "default", "help", NULL};
    struct type type = {.kind = KIND_NONE};
    *spec = (struct spec){.name = key->text, .span = key->span, .value = node};
    const struct node *named = NULL;
    if (node->kind == NODE_MAP) {
        keys_check(file, node, known, "a variable");
        named = node_get(node, "type");
        spec->value = node_get(node, "default");
        spec->help = read_help(file, node_get(node, "help"));
    }
    bool good = false;
    if (named)
        good = read_type(file, named, &type);
    else if (spec->value)
        good = infer_type(file, spec->value, &type);
    else
        diagnose(file->loader->diagnostics, key->span, "{ type: number }, or a default",
                 "the variable '%s' has neither a type nor a default", key->text);
    struct arena *arena = file->loader->arena;
    spec->slot = arena_alloc(arena, sizeof(*spec->slot));
    *spec->slot = (struct slot){
        .role = "variable", .name = key->text, .type = good ? type : *type_of_kind(KIND_NONE)};
    return good;
}

static void report(struct file *file, struct span span, const struct error *error)
{
    diagnose(file->loader->diagnostics, span,
             error->hint[0] ? arena_string(file->loader->arena, error->hint) : NULL, "%s",
             error->message);
}

/* A default is taken as it is written: a `$` in it means nothing. */
static const struct template *read_default(struct file *file, const struct spec *spec)
{
    struct arena *arena = file->loader->arena;
    const struct node *node = spec->value;
    bool list = spec->slot->type.kind == KIND_LIST;
    if (!node_is(file, node, list ? NODE_LIST : NODE_SCALAR, slot_title(arena, spec->slot)))
        return NULL;
    struct slot item_slot = list ? slot_of_item(spec->slot) : *spec->slot;
    const struct node *nodes = list ? node->items : node;
    size_t count = list ? node->count : 1;
    struct value *values = arena_alloc(arena, (count + 1) * sizeof(*values));
    struct error error;
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        if (!node_is(file, &nodes[i], NODE_SCALAR, slot_title(arena, spec->slot))) {
            good = false;
        } else if (!slot_read(arena, &item_slot, nodes[i].text, nodes[i].plain, &values[i],
                              &error)) {
            report(file, nodes[i].span, &error);
            good = false;
        }
    }
    if (!good)
        return NULL;
    return template_constant(arena, node->span, list ? value_list(values, count) : values[0]);
}

/* Text from the command line or the person; a list has commas. */
static bool read_text(struct arena *arena, const struct slot *slot, const char *text,
                      struct value *value, struct error *error)
{
    if (slot->type.kind != KIND_LIST)
        return slot_read(arena, slot, text, true, value, error);
    struct slot item_slot = slot_of_item(slot);
    struct value *items = NULL;
    size_t count = 0;
    for (const char *at = text; *text;) {
        size_t length = strcspn(at, ",");
        const char *item = arena_copy(arena, at + strspn(at, " "), length - strspn(at, " "));
        items = arena_grow(arena, items, count, sizeof(*items));
        if (!slot_read(arena, &item_slot, item, true, &items[count++], error))
            return false;
        if (at[length] == '\0')
            break;
        at += length + 1;
    }
    *value = value_list(items, count);
    return true;
}

/* The last `--set` of this name wins; all are checked. `*found` where there is one. */
static const struct template *read_setting(struct file *file, const struct settings *settings,
                                           const struct spec *spec, bool *found)
{
    const struct template *result = NULL;
    *found = false;
    for (size_t i = 0; i < settings->load->setting_count; i++) {
        const struct setting *setting = &settings->load->settings[i];
        if (!text_equal(setting->name, spec->name))
            continue;
        *found = true;
        struct span span = setting_span(settings, i, true);
        struct value value;
        struct error error;
        result = NULL;
        if (read_text(file->loader->arena, spec->slot, setting->value, &value, &error))
            result = template_constant(file->loader->arena, span, value);
        else
            report(file, span, &error);
    }
    return result;
}

static const struct template *unset(struct file *file, const struct spec *spec)
{
    struct template *template = arena_alloc(file->loader->arena, sizeof(*template));
    template->form = TEMPLATE_UNSET;
    template->span = spec->span;
    template->name = spec->name;
    return template;
}

static const struct template *ask_person(struct file *file, const struct spec *spec)
{
    struct arena *arena = file->loader->arena;
    const struct load *load = file->loader->load;
    const char *type = type_print(arena, &spec->slot->type);
    const char *text =
        load->ask ? load->ask(load->context, arena, spec->name, type, spec->help) : NULL;
    struct value value;
    struct error error;
    if (!text) {
        diagnose(file->loader->diagnostics, spec->span,
                 arena_format(arena, "give it one: --set %s=VALUE (%s)", spec->name,
                              type_describe(arena, &spec->slot->type)),
                 "the variable '%s' has no value", spec->name);
        return NULL;
    }
    if (read_text(arena, spec->slot, text, &value, &error))
        return template_constant(arena, spec->span, value);
    report(file, spec->span, &error);
    return NULL;
}

static const struct template *root_value(struct file *file, const struct settings *settings,
                                         const struct spec *spec)
{
    bool set;
    const struct template *setting = read_setting(file, settings, spec, &set);
    const struct template *fallback = spec->value ? read_default(file, spec) : NULL;
    if (set || spec->value)
        return set ? setting : fallback;
    return file->loader->load->only_check ? unset(file, spec) : ask_person(file, spec);
}

/* In an include: what `with` says, compiled in the includer's scope, else the default. */
static const struct template *included_value(struct file *file, const struct node *with,
                                             struct span at, const struct spec *spec)
{
    struct arena *arena = file->loader->arena;
    const struct node *node = with ? node_get(with, spec->name) : NULL;
    const struct template *fallback = spec->value ? read_default(file, spec) : NULL;
    if (node) {
        struct slot *slot = arena_alloc(arena, sizeof(*slot));
        *slot = *spec->slot;
        slot->role = arena_format(arena, "variable '%s' of", spec->name);
        slot->name = file->name;
        struct scope scope = file->includer->scope;
        return template_compile(&scope, node, slot);
    }
    if (!spec->value)
        diagnose(file->loader->diagnostics, at,
                 arena_format(arena, "with: { %s: ... }", spec->name),
                 "'%s' needs a value for its variable '%s'", file->name, spec->name);
    return fallback;
}

static void offer_variables(struct file *file, const char *name, struct span span)
{
    struct nearest nearest = {.wanted = name};
    names_offer(&file->scope.variable_names, &nearest);
    const char *hint = nearest_hint(file->loader->arena, &nearest);
    if (!hint && file->scope.variable_names.count == 0)
        hint = arena_format(file->loader->arena, "'%s' has no variables", file->name);
    diagnose(file->loader->diagnostics, span, hint, "there is no variable '%s'", name);
}

static void check_settings(struct file *file, const struct settings *settings)
{
    for (size_t i = 0; i < settings->load->setting_count; i++) {
        const char *name = settings->load->settings[i].name;
        if (!scope_variable(&file->scope, name))
            offer_variables(file, name, setting_span(settings, i, false));
    }
}

static void check_with(struct file *file, const struct node *with)
{
    for (size_t i = 0; i < with->count; i++)
        if (!scope_variable(&file->scope, with->keys[i].text))
            offer_variables(file, with->keys[i].text, with->keys[i].span);
}

static void declare(struct file *file, const struct spec *spec, const struct template *value)
{
    struct scope *scope = &file->scope;
    size_t count = scope->variable_names.count;
    if (names_add(scope->arena, &scope->variable_names, spec->name) == NAMES_NONE)
        return;
    scope->variables = arena_grow(scope->arena, scope->variables, count, sizeof(struct variable));
    scope->variables[count] = (struct variable){
        .name = spec->name, .span = spec->span, .type = spec->slot->type, .value = value};
    /* Without a value it has been reported: its uses stay quiet about its type, and wait. */
    if (!value) {
        scope->variables[count].type = *type_of_kind(KIND_NONE);
        scope->variables[count].value = unset(file, spec);
    }
}

void variables_declare(struct file *file, const struct node *vars, const struct node *with,
                       struct span at)
{
    struct settings settings = gather_settings(file->loader);
    size_t count = vars && node_is(file, vars, NODE_MAP, "'vars'") ? vars->count : 0;
    for (size_t i = 0; i < count; i++) {
        struct spec spec;
        bool named = name_check(file, vars->keys[i].text, vars->keys[i].span, "variable");
        bool typed = vars->items[i].kind != NODE_NONE &&
                     read_spec(file, &vars->keys[i], &vars->items[i], &spec);
        if (!typed) {
            spec = (struct spec){.name = vars->keys[i].text, .span = vars->keys[i].span};
            spec.slot = arena_alloc(file->loader->arena, sizeof(*spec.slot));
        }
        const struct template *value = NULL;
        if (typed && named)
            value = file->includer ? included_value(file, with, at, &spec)
                                   : root_value(file, &settings, &spec);
        declare(file, &spec, value);
    }
    if (file->includer && with)
        check_with(file, with);
    if (!file->includer)
        check_settings(file, &settings);
}
