/* The expression parser: recursive descent, one function per level of precedence (language
 * reference §3). It makes the tree and nothing more: names and types are typing.c's business. */
#include "engine/lang/expr.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/limits.h"
#include "engine/lang/regex.h"
#include "engine/lang/template.h"
#include "engine/lang/type.h"

struct parser {
    struct scope *scope;
    const struct node *scalar;
    struct token token; /* the next one */
    size_t last_end;    /* of the one before */
    size_t depth;
};

_Static_assert(OP_IN - OP_EQUAL == TOKEN_IN - TOKEN_EQUAL, "comparisons stand in one order");

static void *fail(struct parser *parser, size_t start, size_t end, const char *hint,
                  const char *message)
{
    struct span span = node_part(parser->scalar, start, end);
    diagnose(parser->scope->diagnostics, span, hint, "%s", message);
    return NULL;
}

static void advance(struct parser *parser)
{
    parser->last_end = parser->token.end;
    parser->token = token_next(parser->scope->arena, parser->scalar->text, parser->scalar->length,
                               parser->token.end, parser->token.kind);
}

static bool accept(struct parser *parser, enum token_kind kind)
{
    if (parser->token.kind != kind)
        return false;
    advance(parser);
    return true;
}

/* Plain text that a comment follows: the author probably meant the `#`, and more. */
static bool is_cut_by_comment(const struct node *scalar)
{
    const struct source *source = scalar->span.source;
    size_t at = scalar->span.end;
    while (at < source->length && (source->bytes[at] == ' ' || source->bytes[at] == '\t'))
        at++;
    return scalar->plain && at > scalar->span.end && at < source->length &&
           source->bytes[at] == '#';
}

#define COMMENT_HINT "' #' begins a comment, so the text ends here: put the whole text in quotes"

/* Says that the next token is not what could stand here. */
static void *unexpected(struct parser *parser, const char *expected)
{
    const struct token *token = &parser->token;
    struct arena *arena = parser->scope->arena;
    const char *cut = is_cut_by_comment(parser->scalar) ? COMMENT_HINT : NULL;
    if (token->kind == TOKEN_BAD)
        return fail(parser, token->start, token->end, cut ? cut : token->hint, token->text);
    if (token->kind == TOKEN_END)
        return fail(parser, parser->last_end, parser->last_end, cut,
                    arena_format(arena, "expected %s, but the expression ends", expected));
    const char *hint = NULL;
    if (token->kind == TOKEN_NOT)
        hint = "`not` binds looser than a comparison: put it in front, or in brackets";
    else if (token->kind == TOKEN_OTHERWISE || token->kind == TOKEN_CAUSES)
        hint = "the word stands alone: `when: otherwise` in a cause, `when: causes` in the symptom";
    return fail(parser, token->start, token->end, hint,
                arena_format(arena, "expected %s, found '%.*s'", expected,
                             (int)(token->end - token->start),
                             parser->scalar->text + token->start));
}

static bool expect(struct parser *parser, enum token_kind kind, const char *name)
{
    if (accept(parser, kind))
        return true;
    unexpected(parser, name);
    return false;
}

static struct expr *new_expr(struct parser *parser, enum op op, size_t start)
{
    struct expr *expr = arena_alloc(parser->scope->arena, sizeof(*expr));
    expr->op = op;
    expr->span = node_part(parser->scalar, start, parser->last_end);
    expr->name =
        arena_copy(parser->scope->arena, parser->scalar->text + start, parser->last_end - start);
    return expr;
}

static void add_operand(struct parser *parser, struct expr *expr, struct expr *operand)
{
    expr->operands =
        arena_grow(parser->scope->arena, expr->operands, expr->count, sizeof(*expr->operands));
    expr->operands[expr->count++] = operand;
}

static struct expr *unary(struct parser *parser, enum op op, size_t start, struct expr *operand)
{
    struct expr *expr = new_expr(parser, op, start);
    add_operand(parser, expr, operand);
    return expr;
}

/* True recursion: brackets hold whole expressions. */
static struct expr *parse_or(struct parser *parser);

static bool deeper(struct parser *parser)
{
    if (++parser->depth <= LIMIT_NESTING)
        return true;
    fail(parser, parser->token.start, parser->token.end, NULL,
         arena_format(parser->scope->arena, "nested deeper than %d levels, the limit",
                      LIMIT_NESTING));
    return false;
}

static struct expr *parse_inner(struct parser *parser)
{
    if (!deeper(parser))
        return NULL;
    struct expr *expr = parse_or(parser);
    parser->depth--;
    return expr;
}

static struct expr *parse_list(struct parser *parser, size_t start)
{
    struct expr *items[1] = {NULL};
    struct expr list = {0};
    if (parser->token.kind != TOKEN_CLOSE_LIST) {
        do {
            items[0] = parse_inner(parser);
            if (!items[0])
                return NULL;
            add_operand(parser, &list, items[0]);
        } while (accept(parser, TOKEN_COMMA));
    }
    if (!expect(parser, TOKEN_CLOSE_LIST, "',' or ']'"))
        return NULL;
    struct expr *expr = new_expr(parser, OP_LIST, start);
    expr->operands = list.operands;
    expr->count = list.count;
    return expr;
}

/* any(list, condition), all(list, condition), count(list), count(list, condition) */
static struct expr *parse_over(struct parser *parser, enum op op, size_t start)
{
    if (!expect(parser, TOKEN_OPEN, "'('"))
        return NULL;
    struct expr *list = parse_inner(parser);
    if (!list)
        return NULL;
    struct expr *condition = NULL;
    bool more = op == OP_COUNT ? accept(parser, TOKEN_COMMA)
                               : expect(parser, TOKEN_COMMA, "',' and a condition");
    if (!more && op != OP_COUNT)
        return NULL;
    if (more && !(condition = parse_inner(parser)))
        return NULL;
    if (!expect(parser, TOKEN_CLOSE, more ? "')'" : "',' or ')'"))
        return NULL;
    struct expr *expr = unary(parser, op, start, list);
    if (condition)
        add_operand(parser, expr, condition);
    return expr;
}

/* number(x), address(x), ...: `name` has been read, the bracket is next. */
static struct expr *parse_conversion(struct parser *parser, const struct token *name)
{
    struct type type;
    if (!type_read(name->text, &type)) {
        struct nearest nearest = {.wanted = name->text};
        static const char *const others[] = {"any", "all", "count", NULL};
        for (size_t i = 0; type_names[i]; i++)
            nearest_offer(&nearest, type_names[i]);
        for (size_t i = 0; others[i]; i++)
            nearest_offer(&nearest, others[i]);
        return fail(parser, name->start, name->end, nearest_hint(parser->scope->arena, &nearest),
                    arena_format(parser->scope->arena, "there is no function '%s'", name->text));
    }
    advance(parser);
    struct expr *operand = parse_inner(parser);
    if (!operand || !expect(parser, TOKEN_CLOSE, "')'"))
        return NULL;
    struct expr *expr = unary(parser, OP_CONVERT, name->start, operand);
    expr->type = type;
    return expr;
}

static struct expr *parse_word(struct parser *parser, const struct token *token)
{
    if (token->kind == TOKEN_NAME && parser->token.kind == TOKEN_OPEN)
        return parse_conversion(parser, token);
    struct expr *expr = new_expr(parser, OP_NAME, token->start);
    expr->name = token->text;
    return expr;
}

static struct expr *parse_constant(struct parser *parser, const struct token *token)
{
    struct expr *expr = new_expr(parser, OP_CONSTANT, token->start);
    struct value *value = arena_alloc(parser->scope->arena, sizeof(*value));
    *value = token->kind == TOKEN_STRING
                 ? (struct value){.kind = KIND_STRING, .string = token->text}
                 : value_boolean(token->kind == TOKEN_TRUE);
    expr->value = value;
    expr->type = *type_of_kind(value->kind);
    return expr;
}

static struct expr *parse_bracket(struct parser *parser)
{
    struct expr *expr = parse_inner(parser);
    return expr && expect(parser, TOKEN_CLOSE, "')'") ? expr : NULL;
}

static struct expr *parse_variable(struct parser *parser, const struct token *token)
{
    return expr_variable(parser->scope, parser->scalar, token->text, token->start, token->end);
}

static struct expr *parse_primary(struct parser *parser)
{
    struct token token = parser->token;
    advance(parser);
    struct expr *expr;
    switch (token.kind) {
    case TOKEN_OPEN:
        return parse_bracket(parser);
    case TOKEN_OPEN_LIST:
        return parse_list(parser, token.start);
    case TOKEN_ANY:
        return parse_over(parser, OP_ANY, token.start);
    case TOKEN_ALL:
        return parse_over(parser, OP_ALL, token.start);
    case TOKEN_COUNT:
        return parse_over(parser, OP_COUNT, token.start);
    case TOKEN_NAME:
        return parse_word(parser, &token);
    case TOKEN_VARIABLE:
        return parse_variable(parser, &token);
    case TOKEN_STRING:
    case TOKEN_TRUE:
    case TOKEN_FALSE:
        return parse_constant(parser, &token);
    case TOKEN_IT:
        return new_expr(parser, OP_IT, token.start);
    case TOKEN_LITERAL:
        expr = new_expr(parser, OP_LITERAL, token.start);
        expr->name = token.text;
        return expr;
    default:
        parser->token = token;
        return unexpected(parser, "a value");
    }
}

/* `.name`: after a dot every word is a name, reserved or not. */
static struct expr *parse_member(struct parser *parser, struct expr *base, size_t start)
{
    struct token name = parser->token;
    if (name.kind != TOKEN_NAME && token_keyword(name.text ? name.text : "") == TOKEN_NAME)
        return unexpected(parser, "the name of a field");
    advance(parser);
    struct expr *expr = unary(parser, OP_MEMBER, start, base);
    expr->member = name.text;
    expr->member_span = node_part(parser->scalar, name.start, name.end);
    return expr;
}

static struct expr *parse_index(struct parser *parser, struct expr *base, size_t start)
{
    struct token index = parser->token;
    bool good = index.kind == TOKEN_LITERAL && strlen(index.text) <= 9 &&
                strspn(index.text, "0123456789") == strlen(index.text);
    if (!good)
        return unexpected(parser, "a whole number (lists count from 0)");
    advance(parser);
    if (!expect(parser, TOKEN_CLOSE_LIST, "']'"))
        return NULL;
    struct expr *expr = unary(parser, OP_INDEX, start, base);
    expr->index = strtoul(index.text, NULL, 10);
    return expr;
}

/* The first one beyond is reported, and nothing after it is parsed. */
static bool within_limit(struct parser *parser)
{
    size_t count = ++*parser->scope->operands;
    if (count == LIMIT_OPERANDS + 1)
        fail(parser, parser->token.start, parser->token.end, NULL,
             arena_format(parser->scope->arena,
                          "more than %d operands in expressions, the limit of a run",
                          LIMIT_OPERANDS));
    return count <= LIMIT_OPERANDS;
}

/* A value with what hangs on it: dns.addresses[0], $list[1], m.groups.mtu */
static struct expr *parse_operand(struct parser *parser)
{
    size_t start = parser->token.start, depth = parser->depth;
    struct expr *expr = within_limit(parser) ? parse_primary(parser) : NULL;
    while (expr) {
        if (parser->token.kind != TOKEN_DOT && parser->token.kind != TOKEN_OPEN_LIST)
            break;
        if (!deeper(parser))
            return NULL;
        if (accept(parser, TOKEN_DOT))
            expr = parse_member(parser, expr, start);
        else if (accept(parser, TOKEN_OPEN_LIST))
            expr = parse_index(parser, expr, start);
    }
    parser->depth = depth;
    return expr;
}

static bool is_comparison(enum token_kind kind)
{
    return kind >= TOKEN_EQUAL && kind <= TOKEN_IN;
}

static struct expr *parse_pattern(struct parser *parser, struct expr *operand, size_t start)
{
    struct token token = parser->token;
    if (token.kind != TOKEN_REGEX)
        return unexpected(parser, "a pattern /.../");
    advance(parser);
    struct expr *expr = unary(parser, OP_MATCH, start, operand);
    struct regex_error error;
    expr->regex = regex_compile(parser->scope->arena, token.text,
                                token.caseless ? REGEX_CASELESS : 0, &error);
    if (expr->regex)
        return expr;
    size_t at = token.inner + error.offset;
    return fail(
        parser, at, at + 1, NULL,
        arena_format(parser->scope->arena, "the pattern does not compile: %s", error.message));
}

static struct expr *parse_comparison(struct parser *parser)
{
    size_t start = parser->token.start;
    struct expr *left = parse_operand(parser);
    enum token_kind kind = parser->token.kind;
    if (!left || !is_comparison(kind))
        return left;
    advance(parser);
    struct expr *expr;
    if (kind == TOKEN_MATCH) {
        expr = parse_pattern(parser, left, start);
    } else {
        struct expr *right = parse_operand(parser);
        if (!right)
            return NULL;
        expr = unary(parser, OP_EQUAL + (kind - TOKEN_EQUAL), start, left);
        add_operand(parser, expr, right);
    }
    if (expr && is_comparison(parser->token.kind))
        return fail(parser, parser->token.start, parser->token.end, "join two comparisons with and",
                    "comparisons do not chain");
    return expr;
}

static struct expr *parse_not(struct parser *parser)
{
    size_t start = parser->token.start;
    if (!accept(parser, TOKEN_NOT))
        return parse_comparison(parser);
    if (!deeper(parser))
        return NULL;
    struct expr *operand = parse_not(parser);
    parser->depth--;
    return operand ? unary(parser, OP_NOT, start, operand) : NULL;
}

/* One level of `and` or `or`: its operands side by side. */
static struct expr *parse_chain(struct parser *parser, enum token_kind kind, enum op op,
                                struct expr *(*parse)(struct parser *parser))
{
    size_t start = parser->token.start;
    struct expr *first = parse(parser);
    if (!first || parser->token.kind != kind)
        return first;
    struct expr chain = {0};
    add_operand(parser, &chain, first);
    while (accept(parser, kind)) {
        struct expr *next = parse(parser);
        if (!next)
            return NULL;
        add_operand(parser, &chain, next);
    }
    struct expr *expr = new_expr(parser, op, start);
    expr->operands = chain.operands;
    expr->count = chain.count;
    return expr;
}

static struct expr *parse_and(struct parser *parser)
{
    return parse_chain(parser, TOKEN_AND, OP_AND, parse_not);
}

static struct expr *parse_or(struct parser *parser)
{
    return parse_chain(parser, TOKEN_OR, OP_OR, parse_and);
}

struct expr *expr_parse(struct scope *scope, const struct node *scalar)
{
    struct parser parser = {.scope = scope, .scalar = scalar};
    advance(&parser);
    if (parser.token.kind == TOKEN_END)
        return fail(&parser, 0, scalar->length, NULL, "expected an expression, found empty text");
    size_t start = parser.token.start;
    struct expr *expr = parse_or(&parser);
    if (!expr)
        return NULL;
    if (parser.token.kind != TOKEN_END)
        return unexpected(&parser, "`and`, `or` or the end");
    expr->span = node_part(scalar, start, parser.last_end);
    return expr;
}

struct expr *expr_parse_substitution(struct scope *scope, const struct node *scalar, size_t at,
                                     size_t *end)
{
    struct parser parser = {.scope = scope, .scalar = scalar};
    parser.token.end = at;
    advance(&parser);
    struct expr *expr = parse_operand(&parser);
    if (!expr)
        return NULL;
    if (parser.token.kind != TOKEN_CLOSE)
        return unexpected(&parser, "')' after the field");
    *end = parser.token.end;
    return expr;
}

struct expr *expr_variable(struct scope *scope, const struct node *scalar, const char *name,
                           size_t start, size_t end)
{
    struct expr *expr = arena_alloc(scope->arena, sizeof(*expr));
    expr->op = OP_VARIABLE;
    expr->name = arena_format(scope->arena, "$%s", name);
    expr->span = node_part(scalar, start, end);
    return expr;
}

void expr_checks(const struct expr *expr, void (*each)(void *context, size_t check), void *context)
{
    if (expr->op == OP_CHECK || expr->op == OP_FIELD)
        each(context, expr->index);
    if (expr->op == OP_VARIABLE && expr->template)
        template_checks(expr->template, each, context);
    for (size_t i = 0; i < expr->count; i++)
        expr_checks(expr->operands[i], each, context);
}

size_t expr_weight(const struct expr *expr)
{
    size_t weight = 0;
    if (expr->op == OP_VARIABLE && expr->template)
        weight = 1 + expr->template->weight;
    for (size_t i = 0; i < expr->count; i++)
        weight += expr_weight(expr->operands[i]);
    return weight;
}
