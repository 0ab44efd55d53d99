/* Reads `{ action: { arguments } }`, of a probe or a fix, against the action's declaration. */
#include <string.h>

#include "engine/lang/loader.h"
#include "engine/lang/type.h"

static const struct argument no_arguments[] = {{.name = NULL}};

static const struct argument *declared(const struct action *action)
{
    return action->arguments ? action->arguments : no_arguments;
}

static size_t argument_count(const struct action *action)
{
    size_t count = 0;
    while (declared(action)[count].name)
        count++;
    return count;
}

static bool has_argument(const struct action *action, const char *name)
{
    for (const struct argument *argument = declared(action); argument->name; argument++)
        if (text_equal(argument->name, name))
            return true;
    return action->role == ROLE_PROBE && text_equal(name, "timeout");
}

/* The near name, else what there is. */
static const char *argument_hint(struct arena *arena, const struct action *action, const char *name)
{
    struct nearest nearest = {.wanted = name};
    for (const struct argument *argument = declared(action); argument->name; argument++)
        nearest_offer(&nearest, argument->name);
    if (action->role == ROLE_PROBE)
        nearest_offer(&nearest, "timeout");
    if (nearest.best)
        return nearest_hint(arena, &nearest);
    struct text text = text_new(arena);
    for (const struct argument *argument = declared(action); argument->name; argument++)
        text_format(&text, "%s'%s'", text.length ? ", " : "it takes ", argument->name);
    if (action->role == ROLE_PROBE)
        text_add(&text, text.length ? ", 'timeout'" : "it takes 'timeout'");
    return text.length ? text_string(&text) : "it takes no arguments";
}

/* Names that the action does not have, and those that it must have. */
static void check_names(struct file *file, const struct call *call)
{
    for (size_t i = 0; i < call->arguments->count; i++) {
        const struct key *key = &call->arguments->keys[i];
        bool reported = call->arguments->items[i].kind == NODE_NONE;
        if (!reported && !has_argument(call->action, key->text))
            diagnose(file->loader->diagnostics, key->span,
                     argument_hint(file->loader->arena, call->action, key->text),
                     "%s has no argument '%s'", call->action->name, key->text);
    }
    for (const struct argument *argument = declared(call->action); argument->name; argument++) {
        bool required = !argument->fallback && !(argument->flags & ARGUMENT_OPTIONAL);
        if (required && !node_get(call->arguments, argument->name))
            diagnose(file->loader->diagnostics, call->span, NULL, "%s needs the argument '%s'",
                     call->action->name, argument->name);
    }
}

static const char *const role_names[] = {[ROLE_PROBE] = "probe", [ROLE_FIX] = "fix"};

/* The action that `key` names, in this role; NULL with a diagnostic. */
static const struct action *find_action(struct file *file, const struct key *key, enum role role)
{
    const struct action *action = scope_action(&file->scope, key->text, role);
    if (action && action->role == role)
        return action;
    struct nearest nearest = {.wanted = key->text};
    scope_offer_actions(&file->scope, role, &nearest);
    if (action)
        diagnose(file->loader->diagnostics, key->span,
                 role == ROLE_PROBE ? "checks only look; a fix stands in a cause's 'fix' list"
                                    : "a probe stands under 'checks'",
                 "'%s' is a %s, not a %s", key->text, role_names[action->role], role_names[role]);
    else
        diagnose(file->loader->diagnostics, key->span, nearest_hint(file->loader->arena, &nearest),
                 "there is no %s '%s'", role_names[role], key->text);
    return NULL;
}

/* Exactly one action; NULL with a diagnostic. */
static const struct node *check_shape(struct file *file, const struct node *node, enum role role)
{
    struct diagnostics *diagnostics = file->loader->diagnostics;
    const char *hint = "one action: { name: { argument: value } }";
    if (node->kind == NODE_SCALAR && role == ROLE_FIX &&
        scope_action(&file->scope, node->text, role)) {
        diagnose(diagnostics, node->span,
                 arena_format(file->loader->arena, "write %s: {}", node->text),
                 "a fix is an action with its arguments");
        return NULL;
    }
    if (!node_is(file, node, NODE_MAP, role == ROLE_FIX ? "a fix" : "a check"))
        return NULL;
    if (node->count == 1)
        return &node->items[0];
    if (node->count == 0)
        diagnose(diagnostics, node->span, hint, "there is no action here");
    else
        diagnose(diagnostics, node->keys[1].span, hint,
                 "one action is expected here; '%s' is a second one", node->keys[1].text);
    return NULL;
}

struct call *call_read(struct file *file, const struct node *node, enum role role)
{
    const struct node *arguments = check_shape(file, node, role);
    const struct action *action = arguments ? find_action(file, &node->keys[0], role) : NULL;
    if (!action || !node_is(file, arguments, NODE_MAP, "an action's value"))
        return NULL;
    struct call *call = arena_alloc(file->loader->arena, sizeof(*call));
    size_t count = argument_count(action);
    call->action = action;
    call->span = node->keys[0].span;
    call->arguments = arguments;
    call->templates =
        arena_alloc(file->loader->arena, (count + 1) * sizeof(const struct template *));
    call->literals = arena_alloc(file->loader->arena, (count + 1) * sizeof(*call->literals));
    check_names(file, call);
    return call;
}

static struct arguments literals_of(const struct call *call)
{
    return (struct arguments){.declared = declared(call->action), .values = call->literals};
}

/* The type of an argument that depends on the literal ones; false where it has none. */
static bool resolve_type(struct file *file, struct call *call, struct span span,
                         struct argument *argument)
{
    struct arguments literals = literals_of(call);
    if (call->broken)
        return false;
    if (call->action->type_of && call->action->type_of(&literals, argument->name, &argument->type))
        return true;
    diagnose(file->loader->diagnostics, span, NULL,
             "argument '%s' has no meaning with these arguments", argument->name);
    call->broken = true;
    return false;
}

static const struct template *compile_default(struct file *file, const struct call *call,
                                              const struct slot *slot, const char *fallback)
{
    struct value value;
    struct error error;
    if (slot_read(file->loader->arena, slot, fallback, true, &value, &error))
        return template_constant(file->loader->arena, call->span, value);
    diagnose(file->loader->diagnostics, call->span, NULL, "the default is wrong: %s",
             error.message);
    return NULL;
}

static void compile_argument(struct file *file, struct call *call, size_t index)
{
    struct argument argument = declared(call->action)[index];
    const struct node *node = node_get(call->arguments, argument.name);
    if (!node && !argument.fallback)
        return;
    if (argument.type.depends &&
        !resolve_type(file, call, node ? node->span : call->span, &argument))
        return;
    struct slot *slot = arena_alloc(file->loader->arena, sizeof(*slot));
    *slot = slot_of_argument(&argument);
    const struct template *template = node ? template_compile(&file->scope, node, slot)
                                           : compile_default(file, call, slot, argument.fallback);
    call->templates[index] = template;
    call->broken = call->broken || !template;
    if (template && template_is_constant(template))
        call->literals[index] = template->value;
}

/* action->check, once; its finding stands at the guilty argument. */
static void check_literals(struct file *file, struct call *call)
{
    struct finding finding = {0};
    struct arguments literals = literals_of(call);
    if (!call->action->check || call->broken || call->action->check(&literals, &finding))
        return;
    const struct node *guilty =
        finding.argument ? node_get(call->arguments, finding.argument) : NULL;
    diagnose(file->loader->diagnostics, guilty ? guilty->span : call->span,
             finding.hint[0] ? arena_string(file->loader->arena, finding.hint) : NULL, "%s",
             finding.message);
    call->broken = true;
}

static bool misses_literal(const struct call *call)
{
    const struct argument *arguments = declared(call->action);
    for (size_t i = 0; arguments[i].name; i++)
        if (arguments[i].flags & ARGUMENT_LITERAL && !call->templates[i] &&
            !(arguments[i].flags & ARGUMENT_OPTIONAL))
            return true;
    return false;
}

void call_literals(struct file *file, struct call *call)
{
    const struct argument *arguments = declared(call->action);
    for (size_t i = 0; arguments[i].name; i++)
        if (arguments[i].flags & ARGUMENT_LITERAL)
            compile_argument(file, call, i);
    call->broken = call->broken || misses_literal(call);
    if (call->action->type_of)
        check_literals(file, call);
}

void call_compile(struct file *file, struct call *call)
{
    const struct argument *arguments = declared(call->action);
    for (size_t i = 0; arguments[i].name; i++)
        if (!(arguments[i].flags & ARGUMENT_LITERAL))
            compile_argument(file, call, i);
    check_literals(file, call);
}

const struct template *call_timeout(struct file *file, const struct call *call)
{
    const struct node *node = node_get(call->arguments, "timeout");
    struct slot *slot = arena_alloc(file->loader->arena, sizeof(*slot));
    *slot = (struct slot){.role = "argument",
                          .name = "timeout",
                          .type = *type_of_kind(KIND_DURATION),
                          .positive = true};
    if (node)
        return template_compile(&file->scope, node, slot);
    if (call->action->timeout == 0)
        return NULL;
    return template_constant(file->loader->arena, call->span,
                             value_duration(call->action->timeout));
}
