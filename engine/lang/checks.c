/* The `checks` of a playbook, in two steps: first all names with their actions and literal
 * arguments, so that every expression knows its types; then arguments and conditions. */
#include "engine/lang/fields.h"
#include "engine/lang/loader.h"
#include "engine/lang/regex.h"
#include "engine/lang/typing.h"

/* The named groups of the check's `pattern`, of which substitutions are never a part. */
static const struct field *read_groups(struct file *file, const struct call *call, bool *broken)
{
    struct arena *arena = file->loader->arena;
    const struct node *pattern = node_get(call->arguments, "pattern");
    if (!pattern)
        return NULL;
    struct regex_error error;
    struct arena *scratch ARENA_AUTO = arena_new();
    const struct regex *regex = NULL;
    if (pattern->kind == NODE_SCALAR)
        regex = regex_compile(scratch, template_sample(arena, pattern), REGEX_LINES, &error);
    *broken = !regex;
    return regex ? fields_of_groups(arena, regex_groups(arena, regex)) : NULL;
}

static size_t add_check(struct file *file, const char *name, struct span span)
{
    struct loader *loader = file->loader;
    loader->checks =
        arena_grow(loader->arena, loader->checks, loader->check_count, sizeof(*loader->checks));
    loader->checks[loader->check_count] = (struct check){
        .name = arena_format(loader->arena, "%s%s", file->prefix, name), .span = span};
    return loader->check_count++;
}

static void read_probe(struct file *file, struct declared *check, struct waiting *waiting)
{
    waiting->call = call_read(file, waiting->node, ROLE_PROBE);
    check->broken = !waiting->call;
    if (!waiting->call)
        return;
    call_literals(file, waiting->call);
    check->action = waiting->call->action;
    check->literals =
        (struct arguments){.declared = check->action->arguments, .values = waiting->call->literals};
    check->broken = waiting->call->broken;
    bool pattern_broken = false;
    check->groups = read_groups(file, waiting->call, &pattern_broken);
    check->broken = check->broken || pattern_broken;
}

static void declare(struct file *file, const struct key *key, const struct node *node)
{
    struct scope *scope = &file->scope;
    name_check(file, key->text, key->span, "check");
    size_t count = scope->check_names.count;
    if (names_add(scope->arena, &scope->check_names, key->text) == NAMES_NONE)
        return;
    scope->checks = arena_grow(scope->arena, scope->checks, count, sizeof(*scope->checks));
    file->waiting = arena_grow(scope->arena, file->waiting, count, sizeof(*file->waiting));
    scope->checks[count] = (struct declared){.name = key->text, .span = key->span};
    scope->checks[count].index = add_check(file, key->text, key->span);
    file->waiting[count] = (struct waiting){.node = node};
    if (node->kind == NODE_MAP || node->kind == NODE_LIST)
        read_probe(file, &scope->checks[count], &file->waiting[count]);
    else
        scope->checks[count].broken = node->kind == NODE_NONE;
}

void checks_declare(struct file *file, const struct node *checks)
{
    if (!checks || !node_is(file, checks, NODE_MAP, "'checks'"))
        return;
    for (size_t i = 0; i < checks->count && file_may_grow(file, checks->keys[i].span); i++)
        declare(file, &checks->keys[i], &checks->items[i]);
}

static void compile(struct file *file, const struct declared *declared, struct waiting *waiting)
{
    struct check *check = &file->loader->checks[declared->index];
    if (waiting->call) {
        call_compile(file, waiting->call);
        check->action = waiting->call->action;
        check->arguments = waiting->call->templates;
        check->timeout = call_timeout(file, waiting->call);
    } else if (waiting->node->kind == NODE_SCALAR) {
        check->condition = typing_condition(&file->scope, waiting->node);
    }
}

void checks_compile(struct file *file)
{
    const struct declared *checks = file->scope.checks;
    for (size_t i = 0; i < file->scope.check_names.count && file_may_grow(file, checks[i].span);
         i++)
        compile(file, &checks[i], &file->waiting[i]);
}
