/* Another playbook as a cause: found, opened, bound by `with`, joined in. Cycles are errors. */
#include <string.h>

#include "engine/base/limits.h"
#include "engine/lang/loader.h"

static bool same_file(const struct source *a, const struct source *b)
{
    return text_equal(a->path, b->path) ||
           (a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0);
}

/* "a.yml -> b.yml -> a.yml", from the file that `source` is again. */
static const char *draw_chain(struct arena *arena, const struct file *file,
                              const struct source *source)
{
    const char *chain = source->path;
    for (const struct file *at = file; at; at = at->includer) {
        chain = arena_format(arena, "%s -> %s", at->source->path, chain);
        if (same_file(at->source, source))
            break;
    }
    return chain;
}

static bool within_limits(struct file *file, const struct source *source, struct span at)
{
    struct loader *loader = file->loader;
    size_t depth = 1;
    for (const struct file *outer = file; outer; outer = outer->includer, depth++) {
        if (!same_file(outer->source, source))
            continue;
        diagnose(loader->diagnostics, at, NULL, "a playbook that includes itself: %s",
                 draw_chain(loader->arena, file, source));
        return false;
    }
    if (depth > LIMIT_INCLUDE_DEPTH + 1) {
        diagnose(loader->diagnostics, at, NULL, "includes deeper than %d levels, the limit",
                 LIMIT_INCLUDE_DEPTH);
        return false;
    }
    if (++loader->includes > LIMIT_INCLUDES) {
        diagnose(loader->diagnostics, at, NULL, "more than %d includes, the limit of a run",
                 LIMIT_INCLUDES);
        return false;
    }
    loader->text += source->length;
    if (loader->text > LIMIT_TEXT_BYTES)
        diagnose(loader->diagnostics, at, NULL,
                 "more than %d bytes in this and earlier includes, the limit of a run",
                 LIMIT_TEXT_BYTES);
    return loader->text <= LIMIT_TEXT_BYTES;
}

static struct file *open_included(struct file *file, const struct node *include)
{
    struct loader *loader = file->loader;
    struct source *source = arena_alloc(loader->arena, sizeof(*source));
    struct error error = {0};
    if (!node_is(file, include, NODE_SCALAR, "'include'"))
        return NULL;
    if (!loader->load->find(loader->load->context, loader->arena, include->text, file->source,
                            source, &error)) {
        diagnose(loader->diagnostics, include->span,
                 error.hint[0] ? arena_string(loader->arena, error.hint) : NULL, "%s",
                 error.message);
        return NULL;
    }
    if (!within_limits(file, source, include->span))
        return NULL;
    return file_open(loader, source, file);
}

void include_compile(struct file *file, const struct node *node, struct cause *cause,
                     unsigned layer)
{
    struct arena *arena = file->loader->arena;
    const struct node *include = node_get(node, "include");
    const struct node *with = node_get(node, "with");
    if (with && !node_is(file, with, NODE_MAP, "'with'"))
        with = NULL;
    struct file *inner = open_included(file, include);
    if (!inner)
        return;
    if (!cause->id) {
        cause->id = inner->name;
        cause->span = include->span;
    }
    inner->prefix = arena_format(arena, "%s%s/", file->prefix, cause->id);
    inner->layer = layer;
    file_build(inner, with, include->span);
    struct symptom *symptom = arena_alloc(arena, sizeof(*symptom));
    *symptom = inner->symptom;
    cause->symptom = symptom;
    cause->causes = inner->causes;
    if (!cause->title)
        cause->title = inner->title;
    if (!node_get(node, "layer"))
        cause->layer = inner->layer;
}
