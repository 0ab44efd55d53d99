/* Loads a playbook: opens files, reads their top level, joins the parts. What the parts mean stands
 * in variables.c, checks.c, causes.c and include.c; what stands in memory then: playbook.h. */
#include "engine/lang/playbook.h"

#include <string.h>

#include "engine/base/limits.h"
#include "engine/lang/loader.h"
#include "engine/lang/type.h"
#include "engine/lang/typing.h"

/* The file's name without folders and ending. */
static const char *stem(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t length = strlen(name);
    if (length > 4 && text_equal(name + length - 4, ".yml"))
        length -= 4;
    else if (length > 5 && text_equal(name + length - 5, ".yaml"))
        length -= 5;
    return arena_copy(arena, name, length);
}

static const char *read_name(struct file *file)
{
    struct arena *arena = file->loader->arena;
    const char *expected = stem(arena, file->source->path);
    const struct node *node = node_get(file->root, "playbook");
    if (!node || !node_is(file, node, NODE_SCALAR, "'playbook'"))
        return expected;
    if (!id_check(file, node->text, node->span))
        return expected;
    if (!text_equal(node->text, expected))
        diagnose(file->loader->diagnostics, node->span,
                 arena_format(arena, "rename one of the two: playbook: %s", expected),
                 "the playbook's name is the file's: '%s'", expected);
    return node->text;
}

struct file *file_open(struct loader *loader, const struct source *source,
                       const struct file *includer)
{
    const struct node *root = yaml_load(loader->arena, source, &loader->nodes, loader->diagnostics);
    if (!root)
        return NULL;
    struct file *file = arena_alloc(loader->arena, sizeof(*file));
    file->loader = loader;
    file->includer = includer;
    file->source = source;
    file->root = root;
    file->prefix = "";
    file->scope = (struct scope){.arena = loader->arena,
                                 .diagnostics = loader->diagnostics,
                                 .registry = loader->load->registry,
                                 .language = loader->load->language,
                                 .operands = &loader->operands};
    if (!node_is(file, root, NODE_MAP, "a playbook"))
        return NULL;
    file->name = read_name(file);
    return file;
}

static bool interrupted(const struct load *load)
{
    return load->interrupted && load->interrupted(load->context);
}

/* Reported where they were met. */
static bool counts_used_up(const struct loader *loader)
{
    return loader->text > LIMIT_TEXT_BYTES || loader->nodes > LIMIT_NODES ||
           loader->operands > LIMIT_OPERANDS;
}

static bool memory_used_up(struct loader *loader, struct span at)
{
    if (arena_bytes(loader->arena) - loader->unused <= LIMIT_LOADED_BYTES)
        return false;
    diagnose(loader->diagnostics, at, NULL,
             "up to here the playbook takes more than %d MiB, the limit of a run",
             LIMIT_LOADED_BYTES / (1024 * 1024));
    return true;
}

bool file_may_grow(struct file *file, struct span at)
{
    struct loader *loader = file->loader;
    loader->stopped = loader->stopped || counts_used_up(loader) || interrupted(loader->load) ||
                      memory_used_up(loader, at);
    return !loader->stopped;
}

static void check_keys(struct file *file)
{
    static const char *const known[] = {"playbook", "title",  "layer", "allows", "vars", "checks",
                                        "symptom",  "causes", "match", "keep",   NULL};
    static const char *const required[] = {"playbook", "title", "symptom", "causes", NULL};
    keys_check(file, file->root, known, "a playbook");
    for (const char *const *name = required; *name; name++)
        if (!node_get(file->root, *name))
            diagnose(file->loader->diagnostics, span_head(file->root->span), NULL,
                     "the playbook has no '%s'", *name);
}

/* The effects that any fix can have. */
static bool effect_exists(const struct file *file, const char *effect, struct nearest *nearest)
{
    for (const struct action *const *at = file->loader->load->registry; *at; at++) {
        if (!(*at)->effect)
            continue;
        if (text_equal((*at)->effect, effect))
            return true;
        nearest_offer(nearest, (*at)->effect);
    }
    return false;
}

static void read_allows(struct file *file, const struct node *node)
{
    struct arena *arena = file->loader->arena;
    if (!node || !node_is(file, node, NODE_LIST, "'allows'"))
        return;
    const char **allows = arena_alloc(arena, (node->count + 1) * sizeof(*allows));
    size_t count = 0;
    bool good = true;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *item = &node->items[i];
        struct nearest nearest = {.wanted = item->text};
        if (node_is(file, item, NODE_SCALAR, "an effect") &&
            effect_exists(file, item->text, &nearest)) {
            allows[count++] = item->text;
            continue;
        }
        good = false;
        if (item->kind == NODE_SCALAR)
            diagnose(file->loader->diagnostics, item->span, nearest_hint(arena, &nearest),
                     "no fix has the effect '%s'", item->text);
    }
    /* A list with a mistake in it must not make mistakes of the fixes. */
    file->allows = good ? allows : NULL;
}

static void read_symptom(struct file *file, const struct node *node)
{
    static const char *const known[] = {"given", "when", NULL};
    if (!node || !node_is(file, node, NODE_MAP, "'symptom'"))
        return;
    keys_check(file, node, known, "a symptom");
    const struct node *given = node_get(node, "given"), *when = node_get(node, "when");
    bool causes = when && when->kind == NODE_SCALAR && text_equal(when->text, "causes");
    file->symptom.span = span_head(node->span);
    if (given)
        file->symptom.given = typing_condition(&file->scope, given);
    if (when)
        file->symptom.span = when->span;
    if (when && !causes)
        file->symptom.when = typing_condition(&file->scope, when);
    if (!when)
        diagnose(file->loader->diagnostics, file->symptom.span,
                 "`when: causes` means: some cause below holds", "the symptom has no 'when'");
}

static void report_unknown_check(struct file *file, const struct node *item)
{
    struct nearest nearest = {.wanted = item->text};
    if (!diagnostics_full(file->loader->diagnostics))
        names_offer(&file->scope.check_names, &nearest);
    diagnose(file->loader->diagnostics, item->span, nearest_hint(file->loader->arena, &nearest),
             "there is no check '%s'", item->text);
}

static void read_keep(struct file *file, const struct node *node)
{
    struct loader *loader = file->loader;
    if (!node || !node_is(file, node, NODE_LIST, "'keep'"))
        return;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *item = &node->items[i];
        if (!node_is(file, item, NODE_SCALAR, "an item of 'keep'"))
            continue;
        struct declared *check = scope_check(&file->scope, item->text);
        if (!check)
            report_unknown_check(file, item);
        if (!check || check->kept)
            continue;
        check->kept = true;
        loader->keep =
            arena_grow(loader->arena, loader->keep, loader->keep_count, sizeof(*loader->keep));
        loader->keep[loader->keep_count++] = check->index;
    }
}

void file_build(struct file *file, const struct node *with, struct span at)
{
    const struct node *root = file->root;
    const struct node *title = node_get(root, "title"), *causes = node_get(root, "causes");
    check_keys(file);
    read_allows(file, node_get(root, "allows"));
    file->layer = read_layer(file, node_get(root, "layer"), file->layer);
    variables_declare(file, node_get(root, "vars"), with, at);
    checks_declare(file, node_get(root, "checks"));
    checks_compile(file);
    if (file->loader->stopped) /* what is not there would be reported as unknown */
        return;
    if (title)
        file->title = template_compile_words(&file->scope, title, "'title'");
    read_symptom(file, node_get(root, "symptom"));
    read_keep(file, node_get(root, "keep"));
    bool match_all = read_match(file, node_get(root, "match"));
    if (causes)
        causes_compile(file, causes, match_all, file->layer, &file->causes);
}

static const struct playbook *join(struct loader *loader, const struct file *file)
{
    struct playbook *playbook = arena_alloc(loader->arena, sizeof(*playbook));
    *playbook = (struct playbook){
        .name = file->name,
        .title = file->title,
        .layer = file->layer,
        .source = file->source,
        .checks = loader->checks,
        .check_count = loader->check_count,
        .symptom = file->symptom,
        .causes = file->causes,
        .keep = loader->keep,
        .keep_count = loader->keep_count,
        .allows = file->allows,
    };
    return playbook;
}

static struct file *open_root(struct loader *loader, const char *name)
{
    struct source *source = arena_alloc(loader->arena, sizeof(*source));
    struct error error = {0};
    if (loader->load->find(loader->load->context, loader->arena, name, NULL, source, &error))
        return file_open(loader, source, NULL);
    *source = (struct source){.path = name};
    diagnose(loader->diagnostics, (struct span){.source = source},
             error.hint[0] ? arena_string(loader->arena, error.hint) : NULL, "%s", error.message);
    return NULL;
}

const struct playbook *playbook_load(struct arena *arena, const struct load *load, const char *name,
                                     struct diagnostics *diagnostics)
{
    struct loader loader = {.arena = arena, .load = load, .diagnostics = diagnostics};
    loader.unused = arena_bytes(arena);
    if (!diagnostics->arena)
        diagnostics->arena = arena;
    struct file *file = open_root(&loader, name);
    if (file) {
        file_build(file, NULL, (struct span){0});
        graph_check(&loader);
    }
    diagnostics_sort(diagnostics);
    return file && !loader.stopped && diagnostics->count == 0 ? join(&loader, file) : NULL;
}
