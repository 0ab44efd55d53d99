/* Compiles YAML values with substitutions. What is constant ends as a value; evaluation of the rest
 * is eval.c's business. Substituted text is never parsed again, neither as YAML nor as a template.
 */
#include "engine/lang/template.h"

#include <ctype.h>
#include <string.h>

#include "engine/base/limits.h"
#include "engine/lang/regex.h"
#include "engine/lang/type.h"
#include "engine/lang/typing.h"

const struct template *template_constant(struct arena *arena, struct span span, struct value value)
{
    struct template *template = arena_alloc(arena, sizeof(*template));
    template->form = TEMPLATE_CONSTANT;
    template->span = span;
    template->value = value;
    return template;
}

bool template_is_constant(const struct template *template)
{
    return template->form == TEMPLATE_CONSTANT;
}

/* `$` is special only before a lower-case letter, `(` or another `$`. */
static bool is_special(const struct node *scalar, size_t at)
{
    char next = at + 1 < scalar->length ? scalar->text[at + 1] : '\0';
    return scalar->text[at] == '$' && (islower((unsigned char)next) || next == '(' || next == '$');
}

bool template_has_substitution(const struct node *scalar)
{
    for (size_t i = 0; i < scalar->length; i++) {
        if (!is_special(scalar, i))
            continue;
        if (scalar->text[i + 1] != '$')
            return true;
        i++;
    }
    return false;
}

static size_t name_end(const struct node *scalar, size_t at)
{
    while (at < scalar->length &&
           (islower((unsigned char)scalar->text[at]) || isdigit((unsigned char)scalar->text[at]) ||
            scalar->text[at] == '_'))
        at++;
    return at;
}

const char *template_sample(struct arena *arena, const struct node *scalar)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < scalar->length; i++) {
        if (!is_special(scalar, i)) {
            text_char(&text, scalar->text[i]);
            continue;
        }
        char next = scalar->text[i + 1];
        text_add(&text, next == '$' ? "$" : "x");
        if (next == '(') {
            const char *close = memchr(scalar->text + i, ')', scalar->length - i);
            i = close ? (size_t)(close - scalar->text) : scalar->length;
        } else {
            i = next == '$' ? i + 1 : name_end(scalar, i + 1) - 1;
        }
    }
    return text_string(&text);
}

struct parts {
    struct part *items;
    size_t count;
};

static void add_part(struct arena *arena, struct parts *parts, struct part part)
{
    parts->items = arena_grow(arena, parts->items, parts->count, sizeof(*parts->items));
    parts->items[parts->count++] = part;
}

static void flush_text(struct arena *arena, struct parts *parts, struct text *text)
{
    if (text->length)
        add_part(arena, parts, (struct part){.text = text_string(text)});
    *text = text_new(arena);
}

/* In a pattern, a backslash before a substitution would escape its first character only. */
static bool is_escaped(const struct node *scalar, size_t at)
{
    size_t slashes = 0;
    while (slashes < at && scalar->text[at - 1 - slashes] == '\\')
        slashes++;
    return slashes % 2 == 1;
}

/* The substitution at `*at`, which moves behind it; NULL with a diagnostic. */
static struct expr *read_substitution(struct scope *scope, const struct node *scalar, size_t *at)
{
    size_t start = *at;
    struct expr *expr;
    if (scalar->text[start + 1] == '(') {
        expr = expr_parse_substitution(scope, scalar, start + 2, at);
    } else {
        *at = name_end(scalar, start + 1);
        const char *name = arena_copy(scope->arena, scalar->text + start + 1, *at - start - 1);
        expr = expr_variable(scope, scalar, name, start, *at);
    }
    if (!expr)
        return NULL;
    typing_settle(scope, expr);
    return expr->type.kind == KIND_NONE ? NULL : expr;
}

bool template_within_limit(struct scope *scope, struct span span, size_t weight)
{
    if (weight <= LIMIT_SUBSTITUTIONS)
        return true;
    diagnose(scope->diagnostics, span, NULL,
             "more than %d substitutions, those inside the variables included: the limit",
             LIMIT_SUBSTITUTIONS);
    return false;
}

/* Goes on after a bad substitution, to report them all. */
static bool split_parts(struct scope *scope, const struct node *scalar, const struct slot *slot,
                        struct parts *parts)
{
    struct text text = text_new(scope->arena);
    bool good = true;
    size_t substitutions = 0;
    for (size_t at = 0; at < scalar->length;) {
        const char *dollar = memchr(scalar->text + at, '$', scalar->length - at);
        size_t run = (dollar ? (size_t)(dollar - scalar->text) : scalar->length) - at;
        if (run > 0 || !is_special(scalar, at)) {
            text_bytes(&text, scalar->text + at, run ? run : 1);
            at += run ? run : 1;
        } else if (scalar->text[at + 1] == '$') {
            text_char(&text, '$');
            at += 2;
        } else {
            size_t start = at;
            if (!template_within_limit(scope, scalar->span, ++substitutions))
                return false;
            struct expr *expr = read_substitution(scope, scalar, &at);
            if (expr && (slot->flags & ARGUMENT_PATTERN) && is_escaped(scalar, start)) {
                diagnose(scope->diagnostics, node_part(scalar, start - 1, start + 1),
                         "a dollar sign in a pattern is \\$$",
                         "a '\\' before a substitution would escape its first character");
                expr = NULL;
            }
            good = good && expr;
            if (at == start)
                at += 2;
            flush_text(scope->arena, parts, &text);
            if (expr)
                add_part(scope->arena, parts, (struct part){.expr = expr});
        }
    }
    flush_text(scope->arena, parts, &text);
    return good;
}

void template_join(struct text *text, const struct slot *slot, const struct value *value)
{
    const char *string = value_print(text->arena, value);
    if (slot->flags & ARGUMENT_PATTERN)
        regex_quote(text, string);
    else
        text_add(text, string);
}

/* A variable's constant value; NULL where the expression has none. */
static const struct value *constant_of(const struct expr *expr)
{
    if (expr->op != OP_VARIABLE || !expr->template || !template_is_constant(expr->template))
        return NULL;
    return &expr->template->value;
}

static void report(struct scope *scope, struct span span, const struct error *error)
{
    const char *hint = error->hint[0] ? arena_string(scope->arena, error->hint) : NULL;
    diagnose(scope->diagnostics, span, hint, "%s", error->message);
}

/* The parts as one text where all are constant; false where some are not, or it is too long. */
static bool join_constants(struct scope *scope, const struct slot *slot, const struct parts *parts,
                           struct span span, const char **joined, bool *too_long)
{
    struct text text = text_new(scope->arena);
    *too_long = false;
    for (size_t i = 0; i < parts->count; i++) {
        const struct part *part = &parts->items[i];
        const struct value *value = part->expr ? constant_of(part->expr) : NULL;
        if (part->expr && !value)
            return false;
        if (value)
            template_join(&text, slot, value);
        else
            text_add(&text, part->text);
        if (text.length > TEMPLATE_TEXT_LIMIT) {
            diagnose(scope->diagnostics, span, NULL, "longer than %d bytes, the limit of a text",
                     TEMPLATE_TEXT_LIMIT);
            *too_long = true;
            return false;
        }
    }
    *joined = text_string(&text);
    return true;
}

/* A pattern must compile before anything runs. Where it is as written, the error has its place. */
static bool check_pattern(struct scope *scope, const struct node *scalar, const char *pattern)
{
    struct regex_error error;
    struct arena *scratch ARENA_AUTO = arena_new();
    if (regex_compile(scratch, pattern, REGEX_LINES, &error))
        return true;
    bool as_written = text_equal(pattern, scalar->text);
    struct span span =
        as_written ? node_part(scalar, error.offset, error.offset + 1) : scalar->span;
    diagnose(scope->diagnostics, span, NULL, "the pattern does not compile: %s", error.message);
    return false;
}

static struct template *new_template(struct scope *scope, const struct node *node,
                                     const struct slot *slot, enum template_form form)
{
    struct template *template = arena_alloc(scope->arena, sizeof(*template));
    template->form = form;
    template->span = node->span;
    template->slot = slot;
    template->plain = node->plain;
    return template;
}

/* Gives the template its parts, where these are not too many. */
static const struct template *with_parts(struct scope *scope, struct template *template,
                                         const struct parts *parts)
{
    template->parts = parts->items;
    template->count = parts->count;
    for (size_t i = 0; i < parts->count; i++)
        if (parts->items[i].expr)
            template->weight += 1 + expr_weight(parts->items[i].expr);
    return template_within_limit(scope, template->span, template->weight) ? template : NULL;
}

/* `$x` alone: the value keeps its type. */
static const struct template *compile_whole(struct scope *scope, const struct node *scalar,
                                            const struct slot *slot, const struct parts *parts)
{
    const struct expr *expr = parts->items[0].expr;
    if (!slot_accepts(slot, &expr->type)) {
        diagnose(scope->diagnostics, scalar->span, NULL, "%s takes %s, and %s is %s",
                 slot_title(scope->arena, slot), type_describe(scope->arena, &slot->type),
                 expr->name, type_describe(scope->arena, &expr->type));
        return NULL;
    }
    const struct value *constant = slot->apart ? NULL : constant_of(expr);
    struct value value;
    struct error error;
    if (constant && slot_convert(scope->arena, slot, constant, &value, &error))
        return template_constant(scope->arena, scalar->span, value);
    if (constant) {
        report(scope, scalar->span, &error);
        return NULL;
    }
    return with_parts(scope, new_template(scope, scalar, slot, TEMPLATE_WHOLE), parts);
}

/* Text without anything to wait for. */
static const struct template *read_constant(struct scope *scope, const struct node *scalar,
                                            const struct slot *slot, const char *text)
{
    struct value value;
    struct error error;
    if (slot->flags & ARGUMENT_PATTERN && !check_pattern(scope, scalar, text))
        return NULL;
    if (slot_read(scope->arena, slot, text, scalar->plain, &value, &error))
        return template_constant(scope->arena, scalar->span, value);
    report(scope, scalar->span, &error);
    return NULL;
}

static const struct template *compile_text(struct scope *scope, const struct node *scalar,
                                           const struct slot *slot, const struct parts *parts)
{
    const char *joined;
    bool too_long = false;
    if (!slot->apart && join_constants(scope, slot, parts, scalar->span, &joined, &too_long))
        return read_constant(scope, scalar, slot, joined);
    if (too_long)
        return NULL;
    if (slot->flags & ARGUMENT_PATTERN &&
        !check_pattern(scope, scalar, template_sample(scope->arena, scalar)))
        return NULL;
    return with_parts(scope, new_template(scope, scalar, slot, TEMPLATE_TEXT), parts);
}

static const struct template *compile_scalar(struct scope *scope, const struct node *scalar,
                                             const struct slot *slot)
{
    if (!memchr(scalar->text, '$', scalar->length) && slot->type.kind != KIND_LIST)
        return read_constant(scope, scalar, slot, scalar->text);
    if (slot->flags & ARGUMENT_LITERAL && template_has_substitution(scalar)) {
        diagnose(scope->diagnostics, scalar->span, NULL,
                 "%s must be known before running: no '$' in it", slot_title(scope->arena, slot));
        return NULL;
    }
    struct parts parts = {0};
    if (!split_parts(scope, scalar, slot, &parts))
        return NULL;
    bool whole = parts.count == 1 && parts.items[0].expr && !(slot->flags & ARGUMENT_PATTERN);
    if (whole)
        return compile_whole(scope, scalar, slot, &parts);
    if (slot->type.kind != KIND_LIST)
        return compile_text(scope, scalar, slot, &parts);
    diagnose(scope->diagnostics, scalar->span, "a list is written [a, b]",
             "%s takes %s, not a text", slot_title(scope->arena, slot),
             type_describe(scope->arena, &slot->type));
    return NULL;
}

static const struct template *compile_list(struct scope *scope, const struct node *node,
                                           const struct slot *slot)
{
    struct slot *item_slot = arena_alloc(scope->arena, sizeof(*item_slot));
    *item_slot = slot_of_item(slot);
    const struct template **items = arena_alloc(scope->arena, (node->count + 1) * sizeof(*items));
    struct value *values = arena_alloc(scope->arena, (node->count + 1) * sizeof(*values));
    bool good = true, constant = true;
    for (size_t i = 0; i < node->count; i++) {
        items[i] = template_compile(scope, &node->items[i], item_slot);
        good = good && items[i];
        constant = constant && items[i] && template_is_constant(items[i]);
        if (constant)
            values[i] = items[i]->value;
    }
    if (!good)
        return NULL;
    if (constant)
        return template_constant(scope->arena, node->span, value_list(values, node->count));
    struct template *template = new_template(scope, node, slot, TEMPLATE_LIST);
    template->items = items;
    template->count = node->count;
    for (size_t i = 0; i < node->count; i++)
        template->weight += items[i]->weight;
    return template_within_limit(scope, node->span, template->weight) ? template : NULL;
}

static bool is_language(const char *name)
{
    size_t letters = strspn(name, "abcdefghijklmnopqrstuvwxyz");
    return letters >= 2 && letters <= 3 &&
           (name[letters] == '\0' || name[letters] == '-' || name[letters] == '_');
}

/* How well a language serves: the person's own, English, any. */
static unsigned rank_language(const struct scope *scope, const char *name)
{
    const char *wanted = scope->language ? scope->language : "en";
    size_t letters = strcspn(name, "-_");
    if (text_equal(name, wanted))
        return 3;
    if (strncmp(name, wanted, letters) == 0 && letters == strcspn(wanted, "-_.@"))
        return 2;
    return text_equal(name, "en") ? 1 : 0;
}

/* A map of languages: all are checked, one is kept. */
static const struct template *compile_languages(struct scope *scope, const struct node *node,
                                                const struct slot *slot)
{
    const struct template *best = NULL;
    unsigned best_rank = 0;
    if (node->count == 0)
        diagnose(scope->diagnostics, node->span, "write the text: { en: \"...\" }",
                 "%s has no text", slot_title(scope->arena, slot));
    for (size_t i = 0; i < node->count; i++) {
        if (!is_language(node->keys[i].text) && node->items[i].kind != NODE_NONE)
            diagnose(scope->diagnostics, node->keys[i].span,
                     "words are a text, or a map of languages: { en: \"...\", ja: \"...\" }",
                     "'%s' is no language", node->keys[i].text);
        if (node->items[i].kind == NODE_MAP || node->items[i].kind == NODE_LIST) {
            diagnose(scope->diagnostics, node->items[i].span, NULL, "%s takes text here",
                     slot_title(scope->arena, slot));
            continue;
        }
        const struct template *template = template_compile(scope, &node->items[i], slot);
        unsigned rank = rank_language(scope, node->keys[i].text);
        if (template && (!best || rank > best_rank)) {
            best = template;
            best_rank = rank;
        }
    }
    return best;
}

const struct template *template_compile(struct scope *scope, const struct node *node,
                                        const struct slot *slot)
{
    const char *found = node->kind == NODE_LIST ? "a list" : "a map";
    if (node->kind == NODE_NONE)
        return NULL;
    if (node->kind == NODE_SCALAR)
        return compile_scalar(scope, node, slot);
    if (node->kind == NODE_LIST && slot->type.kind == KIND_LIST)
        return compile_list(scope, node, slot);
    if (node->kind == NODE_MAP && slot->flags & ARGUMENT_WORDS)
        return compile_languages(scope, node, slot);
    struct span span = {node->span.source, node->span.start, node->span.start + 1};
    diagnose(scope->diagnostics, span,
             slot->type.kind == KIND_STRING ? "quote text that begins with a bracket" : NULL,
             "%s takes %s, not %s", slot_title(scope->arena, slot),
             type_describe(scope->arena, &slot->type), found);
    return NULL;
}

static const struct template *compile_for_people(struct scope *scope, const struct node *node,
                                                 const char *what, bool apart)
{
    struct slot *slot = arena_alloc(scope->arena, sizeof(*slot));
    *slot = (struct slot){
        .role = what, .type = *type_of_kind(KIND_STRING), .flags = ARGUMENT_WORDS, .apart = apart};
    return template_compile(scope, node, slot);
}

const struct template *template_compile_words(struct scope *scope, const struct node *node,
                                              const char *what)
{
    return compile_for_people(scope, node, what, false);
}

const struct template *template_compile_command(struct scope *scope, const struct node *node)
{
    return compile_for_people(scope, node, "a command to paste", true);
}

void template_checks(const struct template *template, void (*each)(void *context, size_t check),
                     void *context)
{
    for (size_t i = 0; i < template->count; i++) {
        if (template->items)
            template_checks(template->items[i], each, context);
        else if (template->parts[i].expr)
            expr_checks(template->parts[i].expr, each, context);
    }
}
