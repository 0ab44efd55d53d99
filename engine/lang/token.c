/* Cuts the text of an expression into tokens. It knows no types: a literal is any run that begins
 * like one, and is read later as what it meets. */
#include "engine/lang/token.h"

#include <ctype.h>
#include <string.h>

#include "engine/base/text.h"

static const struct keyword {
    const char *word;
    enum token_kind kind;
} keywords[] = {
    {"and", TOKEN_AND},
    {"or", TOKEN_OR},
    {"not", TOKEN_NOT},
    {"in", TOKEN_IN},
    {"any", TOKEN_ANY},
    {"all", TOKEN_ALL},
    {"count", TOKEN_COUNT},
    {"it", TOKEN_IT},
    {"true", TOKEN_TRUE},
    {"false", TOKEN_FALSE},
    {"otherwise", TOKEN_OTHERWISE},
    {"causes", TOKEN_CAUSES},
};

/* Longest first where one begins another. */
static const struct sign {
    const char *text;
    enum token_kind kind;
    const char *instead; /* what another language's sign is called here */
} signs[] = {
    {"===", TOKEN_BAD, "write =="},
    {"!==", TOKEN_BAD, "write !="},
    {"==", TOKEN_EQUAL, NULL},
    {"!=", TOKEN_NOT_EQUAL, NULL},
    {"<=", TOKEN_LESS_EQUAL, NULL},
    {">=", TOKEN_GREATER_EQUAL, NULL},
    {"=~", TOKEN_MATCH, NULL},
    {"<>", TOKEN_BAD, "write !="},
    {"!~", TOKEN_BAD, "write not (... =~ /.../)"},
    {"&&", TOKEN_BAD, "write and"},
    {"||", TOKEN_BAD, "write or"},
    {"<", TOKEN_LESS, NULL},
    {">", TOKEN_GREATER, NULL},
    {"(", TOKEN_OPEN, NULL},
    {")", TOKEN_CLOSE, NULL},
    {"[", TOKEN_OPEN_LIST, NULL},
    {"]", TOKEN_CLOSE_LIST, NULL},
    {",", TOKEN_COMMA, NULL},
    {".", TOKEN_DOT, NULL},
    {"=", TOKEN_BAD, "write == to compare"},
    {"!", TOKEN_BAD, "write not"},
    {"$", TOKEN_BAD, "a variable is $name, in lower case"},
    {"+", TOKEN_BAD, "there is no arithmetic"},
    {"-", TOKEN_BAD, "there is no arithmetic, and names have no '-'"},
    {"*", TOKEN_BAD, "there is no arithmetic"},
    {"/", TOKEN_BAD, "a pattern stands only after =~; there is no arithmetic"},
    {"#", TOKEN_BAD, "quoted text and blocks hold no comments"},
    {NULL, TOKEN_END, NULL},
};

enum token_kind token_keyword(const char *word)
{
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (text_equal(word, keywords[i].word))
            return keywords[i].kind;
    return TOKEN_NAME;
}

struct cut {
    struct arena *arena;
    const char *text;
    size_t length;
};

static char peek(const struct cut *cut, size_t at)
{
    return at < cut->length ? cut->text[at] : '\0';
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool is_digit(char c)
{
    return isdigit((unsigned char)c) != 0;
}

static struct token bad(struct token token, const char *text, const char *hint)
{
    token.kind = TOKEN_BAD;
    token.text = text;
    token.hint = hint;
    return token;
}

static struct token cut_quoted(const struct cut *cut, size_t at)
{
    struct token token = {.kind = TOKEN_STRING, .start = at, .inner = at + 1};
    const char *close = memchr(cut->text + at + 1, cut->text[at], cut->length - at - 1);
    if (!close) {
        token.end = at + 1;
        return bad(token, "this quote is not closed", NULL);
    }
    token.end = (size_t)(close - cut->text) + 1;
    token.text = arena_copy(cut->arena, cut->text + at + 1, token.end - at - 2);
    return token;
}

/* Up to the slash that is neither escaped nor inside [ ]. */
static struct token cut_regex(const struct cut *cut, size_t at)
{
    struct token token = {.kind = TOKEN_REGEX, .start = at, .inner = at + 1, .end = at + 1};
    bool in_class = false;
    size_t end = at + 1;
    for (; end < cut->length && (in_class || cut->text[end] != '/'); end++) {
        if (cut->text[end] == '\\' && end + 1 < cut->length)
            end++;
        else if (cut->text[end] == '[')
            in_class = true;
        else if (cut->text[end] == ']')
            in_class = false;
    }
    if (end >= cut->length)
        return bad(token, "this pattern is not closed", "a pattern is /.../; a slash in it is \\/");
    token.text = arena_copy(cut->arena, cut->text + at + 1, end - at - 1);
    token.end = end + 1;
    for (; is_word(peek(cut, token.end)); token.end++) {
        if (peek(cut, token.end) != 'i')
            return bad(token, "only the letter i can stand after a pattern", NULL);
        token.caseless = true;
    }
    return token;
}

/* 5, -1, 100ms, 8.8.8.8/32, 2.6.3.0, fe80::1, fe80::1%eth0: a `%` only behind a colon. */
static struct token cut_literal(const struct cut *cut, size_t at)
{
    struct token token = {.kind = TOKEN_LITERAL, .start = at, .end = at + 1};
    const char *more = ".:/";
    for (; token.end < cut->length; token.end++) {
        char c = cut->text[token.end];
        if (!is_word(c) && !strchr(more, c))
            break;
        if (c == ':')
            more = ".:/%";
    }
    token.text = arena_copy(cut->arena, cut->text + at, token.end - at);
    return token;
}

static struct token cut_word(const struct cut *cut, size_t at)
{
    struct token token = {.start = at, .end = at};
    while (is_word(peek(cut, token.end)))
        token.end++;
    token.text = arena_copy(cut->arena, cut->text + at, token.end - at);
    token.kind = token_keyword(token.text);
    return token;
}

static struct token cut_variable(const struct cut *cut, size_t at)
{
    struct token token = cut_word(cut, at + 1);
    token.kind = TOKEN_VARIABLE;
    token.start = at;
    return token;
}

static struct token cut_sign(const struct cut *cut, size_t at)
{
    struct token token = {.start = at, .end = at + 1};
    for (const struct sign *sign = signs; sign->text; sign++) {
        size_t length = strlen(sign->text);
        if (length > cut->length - at || memcmp(cut->text + at, sign->text, length) != 0)
            continue;
        token.end = at + length;
        token.kind = sign->kind;
        if (sign->kind != TOKEN_BAD)
            return token;
        return bad(token, arena_format(cut->arena, "'%s' means nothing here", sign->text),
                   sign->instead);
    }
    while (((unsigned char)peek(cut, token.end) & 0xC0) == 0x80)
        token.end++;
    return bad(token,
               arena_format(cut->arena, "'%.*s' means nothing here", (int)(token.end - at),
                            cut->text + at),
               NULL);
}

/* An IPv6 address that begins with a letter or a colon. */
static bool begins_address(const struct cut *cut, size_t at)
{
    size_t end = at;
    while (isxdigit((unsigned char)peek(cut, end)))
        end++;
    char next = peek(cut, end + 1);
    return peek(cut, end) == ':' && (next == ':' || isxdigit((unsigned char)next));
}

struct token token_next(struct arena *arena, const char *text, size_t length, size_t at,
                        enum token_kind before)
{
    struct cut cut = {.arena = arena, .text = text, .length = length};
    while (at < length && strchr(" \t\r\n", text[at]))
        at++;
    char c = peek(&cut, at);
    if (at >= length)
        return (struct token){.kind = TOKEN_END, .start = at, .end = at};
    if (c == '\'' || c == '"')
        return cut_quoted(&cut, at);
    if (c == '/' && before == TOKEN_MATCH)
        return cut_regex(&cut, at);
    if (is_digit(c) || (c == '-' && is_digit(peek(&cut, at + 1))))
        return cut_literal(&cut, at);
    if (before != TOKEN_DOT && begins_address(&cut, at))
        return cut_literal(&cut, at);
    if (is_word(c))
        return cut_word(&cut, at);
    if (c == '$' && islower((unsigned char)peek(&cut, at + 1)))
        return cut_variable(&cut, at);
    return cut_sign(&cut, at);
}
