/* The small things that every part of a playbook needs checked: keys, kinds, names, layers. */
#include <string.h>

#include "engine/lang/loader.h"
#include "engine/lang/token.h"
#include "engine/lang/type.h"

struct span span_head(struct span span)
{
    if (span.end > span.start + 1)
        span.end = span.start + 1;
    return span;
}

void keys_check(struct file *file, const struct node *map, const char *const *known,
                const char *what)
{
    for (size_t i = 0; i < map->count; i++) {
        /* Without a value it is no key that the author meant: reported already. */
        if (map->items[i].kind == NODE_NONE || word_allowed(known, map->keys[i].text))
            continue;
        diagnose(file->loader->diagnostics, map->keys[i].span,
                 words_hint(file->loader->arena, known, map->keys[i].text), "%s has no key '%s'",
                 what, map->keys[i].text);
    }
}

bool node_is(struct file *file, const struct node *node, enum node_kind kind, const char *what)
{
    static const char *const names[] = {
        [NODE_SCALAR] = "a text", [NODE_LIST] = "a list", [NODE_MAP] = "a map"};
    static const char *const hints[] = {
        [NODE_SCALAR] = "quote text that begins with a bracket",
        [NODE_LIST] = "a list is written [a, b], or one item on each line after '- '",
        [NODE_MAP] = "a map is written { key: value }, or one key on each line"};
    if (node->kind == kind)
        return true;
    if (node->kind != NODE_NONE)
        diagnose(file->loader->diagnostics,
                 node->kind == NODE_SCALAR ? node->span : span_head(node->span), hints[kind],
                 "%s must be %s, and this is %s", what, names[kind], names[node->kind]);
    return false;
}

unsigned read_layer(struct file *file, const struct node *node, unsigned otherwise)
{
    if (!node || !node_is(file, node, NODE_SCALAR, "'layer'"))
        return otherwise;
    if (node->plain && node->length == 1 && node->text[0] >= '1' && node->text[0] <= '5')
        return (unsigned)(node->text[0] - '0');
    diagnose(file->loader->diagnostics, node->span,
             "1 interface, 2 routing and DNS, 3 firewall, 4 virtualisation, 5 path and MTU",
             "'layer' is a number from 1 to 5, not '%s'", node->text);
    return otherwise;
}

bool read_match(struct file *file, const struct node *node)
{
    if (!node || !node_is(file, node, NODE_SCALAR, "'match'"))
        return false;
    if (!text_equal(node->text, "all"))
        diagnose(file->loader->diagnostics, node->span,
                 "leave it out where the first true cause is taken", "'match' can only be 'all'");
    return true;
}

bool id_check(struct file *file, const char *id, struct span span)
{
    size_t length = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (id[0] >= 'a' && id[0] <= 'z' && id[length] == '\0')
        return true;
    diagnose(file->loader->diagnostics, span,
             "an id is lower-case letters, digits and '-', and begins with a letter",
             "'%s' is no id", id);
    return false;
}

bool name_check(struct file *file, const char *name, struct span span, const char *what)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (token_keyword(name) != TOKEN_NAME) {
        diagnose(file->loader->diagnostics, span, NULL, "'%s' is a word of the language, not a %s",
                 name, what);
        return false;
    }
    if (name[0] >= 'a' && name[0] <= 'z' && name[length] == '\0')
        return true;
    diagnose(file->loader->diagnostics, span,
             "a name is lower-case letters, digits and '_', and begins with a letter",
             "'%s' cannot name a %s", name, what);
    return false;
}
