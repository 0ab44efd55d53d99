/* The causes of a playbook: nodes, their bodies, fixes against `allows`. An include's inside:
 * include.c. */
#include "engine/lang/loader.h"
#include "engine/lang/type.h"
#include "engine/lang/typing.h"

/* The one body of a node. */
static const struct body_key {
    const char *key;
    const char *const *beside; /* keys that belong to it */
} bodies[] = {
    {"fix", (const char *const[]){"verify", "persist", NULL}},
    {"advise", (const char *const[]){"paste", NULL}},
    {"causes", (const char *const[]){"match", NULL}},
    {"include", (const char *const[]){"with", NULL}},
};
enum { BODY_COUNT = sizeof(bodies) / sizeof(bodies[0]) };

static const struct key *key_of(const struct node *map, const char *name)
{
    for (size_t i = 0; i < map->count; i++)
        if (text_equal(map->keys[i].text, name))
            return &map->keys[i];
    return NULL;
}

/* Keys that stand beside a body that the node does not have. */
static void check_beside(struct file *file, const struct node *node, const struct body_key *body)
{
    if (node_get(node, body->key))
        return;
    for (const char *const *name = body->beside; *name; name++) {
        const struct key *key = key_of(node, *name);
        if (key)
            diagnose(file->loader->diagnostics, key->span, NULL,
                     "'%s' stands only beside '%s', which this cause does not have", *name,
                     body->key);
    }
}

/* The node's body; NULL where it has none. A second one is an error. */
static const struct body_key *find_body(struct file *file, const struct node *node)
{
    const struct body_key *found = NULL;
    for (size_t i = 0; i < BODY_COUNT; i++) {
        check_beside(file, node, &bodies[i]);
        const struct key *key = key_of(node, bodies[i].key);
        if (key && found)
            diagnose(file->loader->diagnostics, key->span,
                     "a cause has one of 'fix', 'advise', 'causes', 'include'",
                     "this cause has '%s' already", found->key);
        else if (key)
            found = &bodies[i];
    }
    if (!found)
        diagnose(file->loader->diagnostics, span_head(node->span),
                 "a cause has one of 'fix', 'advise', 'causes', 'include'",
                 "this cause says nothing to do");
    return found;
}

static void read_id(struct file *file, const struct node *node, struct cause *cause)
{
    const struct node *id = node_get(node, "id");
    cause->span = span_head(node->span);
    if (!id) {
        if (!node_get(node, "include"))
            diagnose(file->loader->diagnostics, cause->span, NULL, "this cause has no 'id'");
        return;
    }
    if (!node_is(file, id, NODE_SCALAR, "'id'"))
        return;
    cause->span = id->span;
    cause->id = id->text;
    id_check(file, id->text, id->span);
}

static void read_when(struct file *file, const struct node *node, struct cause *cause)
{
    const struct node *when = node_get(node, "when");
    cause->otherwise = when && when->kind == NODE_SCALAR && text_equal(when->text, "otherwise");
    if (when && !cause->otherwise)
        cause->when = typing_condition(&file->scope, when);
    if (!when && !node_get(node, "include"))
        diagnose(file->loader->diagnostics, cause->span,
                 "`when: otherwise` is taken when all causes before it are false",
                 "this cause has no 'when'");
}

static bool names_effect(const char *const *allows, const char *effect)
{
    return !allows || word_allowed(allows, effect);
}

/* The effect must be allowed here and by every playbook around. */
static void check_effect(struct file *file, const struct call *call)
{
    for (const struct file *at = file; at; at = at->includer) {
        if (!call->action->effect || names_effect(at->allows, call->action->effect))
            continue;
        diagnose(file->loader->diagnostics, call->span,
                 arena_format(file->loader->arena,
                              "add '%s' to 'allows' of %s, or leave the fix out",
                              call->action->effect, at->source->path),
                 "%s has the effect '%s', which 'allows' of '%s' does not name", call->action->name,
                 call->action->effect, at->name);
        return;
    }
}

static void compile_fixes(struct file *file, const struct node *node, const char *what,
                          struct fixes *fixes)
{
    if (!node || !node_is(file, node, NODE_LIST, what))
        return;
    if (node->count == 0)
        diagnose(file->loader->diagnostics, node->span, NULL, "%s is an empty list", what);
    struct fix *items = arena_alloc(file->loader->arena, (node->count + 1) * sizeof(*items));
    for (size_t i = 0; i < node->count && file_may_grow(file, node->items[i].span); i++) {
        struct call *call = call_read(file, &node->items[i], ROLE_FIX);
        if (!call)
            continue;
        call_literals(file, call);
        call_compile(file, call);
        check_effect(file, call);
        items[fixes->count++] =
            (struct fix){.action = call->action, .span = call->span, .arguments = call->templates};
    }
    fixes->items = items;
}

static void read_fix(struct file *file, const struct node *node, bool match_all,
                     struct cause *cause)
{
    const struct node *verify = node_get(node, "verify");
    cause->body = BODY_FIX;
    compile_fixes(file, node_get(node, "fix"), "'fix'", &cause->fix);
    compile_fixes(file, node_get(node, "persist"), "'persist'", &cause->persist);
    if (verify)
        cause->verify = typing_condition(&file->scope, verify);
    else if (match_all && cause->otherwise)
        diagnose(file->loader->diagnostics, cause->span,
                 "under `match: all` a fix verifies by its own 'when', and this has none",
                 "an `otherwise` with a fix needs a 'verify' here");
}

static void read_pastes(struct file *file, const struct node *node, struct cause *cause)
{
    static const char *const places[] = {"guest", "guest-root", "windows", "windows-admin", NULL};
    if (!node || !node_is(file, node, NODE_MAP, "'paste'"))
        return;
    keys_check(file, node, places, "'paste'");
    struct paste *pastes = arena_alloc(file->loader->arena, (node->count + 1) * sizeof(*pastes));
    for (size_t i = 0; i < node->count; i++) {
        if (!node_is(file, &node->items[i], NODE_SCALAR, "a command to paste"))
            continue;
        const struct template *text = template_compile_command(&file->scope, &node->items[i]);
        pastes[cause->paste_count++] = (struct paste){.where = node->keys[i].text, .text = text};
    }
    cause->pastes = pastes;
}

static void read_body(struct file *file, const struct node *node, const struct body_key *body,
                      bool match_all, struct cause *cause)
{
    if (text_equal(body->key, "fix")) {
        read_fix(file, node, match_all, cause);
    } else if (text_equal(body->key, "advise")) {
        cause->body = BODY_ADVISE;
        cause->advise = template_compile_words(&file->scope, node_get(node, "advise"), "'advise'");
        read_pastes(file, node_get(node, "paste"), cause);
    } else if (text_equal(body->key, "causes")) {
        cause->body = BODY_CAUSES;
        causes_compile(file, node_get(node, "causes"), read_match(file, node_get(node, "match")),
                       cause->layer, &cause->causes);
    } else {
        cause->body = BODY_CAUSES;
        include_compile(file, node, cause, cause->layer);
    }
}

/* Ids are unique in their file, an include's default too. */
static void register_id(struct file *file, const struct cause *cause)
{
    struct loader *loader = file->loader;
    if (!cause->id)
        return;
    size_t count = file->ids.count;
    long first = names_find(&file->ids, cause->id);
    if (first != NAMES_NONE) {
        struct position place = source_position(file->source, file->id_spans[first].start);
        diagnose(loader->diagnostics, cause->span,
                 arena_format(loader->arena, "the first one is at %s:%zu:%zu", file->source->path,
                              place.line, place.column),
                 "the id '%s' stands here twice", cause->id);
        return;
    }
    names_add(loader->arena, &file->ids, cause->id);
    file->id_spans = arena_grow(loader->arena, file->id_spans, count, sizeof(*file->id_spans));
    file->id_spans[count] = cause->span;
}

static void compile_cause(struct file *file, const struct node *node, bool match_all,
                          unsigned layer, struct cause *cause)
{
    static const char *const known[] = {"id",     "title",   "layer",  "when",  "fix",
                                        "verify", "persist", "advise", "paste", "causes",
                                        "match",  "include", "with",   NULL};
    keys_check(file, node, known, "a cause");
    const struct node *title = node_get(node, "title");
    read_id(file, node, cause);
    cause->layer = read_layer(file, node_get(node, "layer"), layer);
    if (title)
        cause->title = template_compile_words(&file->scope, title, "'title'");
    read_when(file, node, cause);
    if (!node_get(node, "include"))
        register_id(file, cause);
    const struct body_key *body = find_body(file, node);
    if (body)
        read_body(file, node, body, match_all, cause);
    if (node_get(node, "include"))
        register_id(file, cause);
}

void causes_compile(struct file *file, const struct node *list, bool match_all, unsigned layer,
                    struct causes *causes)
{
    causes->match_all = match_all;
    if (!node_is(file, list, NODE_LIST, "'causes'"))
        return;
    if (list->count == 0)
        diagnose(file->loader->diagnostics, list->span, NULL, "'causes' is an empty list");
    struct cause *items = arena_alloc(file->loader->arena, (list->count + 1) * sizeof(*items));
    for (size_t i = 0; i < list->count && file_may_grow(file, list->items[i].span); i++)
        if (node_is(file, &list->items[i], NODE_MAP, "a cause"))
            compile_cause(file, &list->items[i], match_all, layer, &items[causes->count++]);
    causes->items = items;
}
