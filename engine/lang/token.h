/* token: the words of an expression (language reference §3). Offsets are into the text. */
#ifndef PLAYBOOK_TOKEN_H
#define PLAYBOOK_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"

enum token_kind {
    TOKEN_END,
    TOKEN_BAD,      /* `text` says why, `hint` what to write instead */
    TOKEN_NAME,     /* text */
    TOKEN_VARIABLE, /* text: without `$` */
    TOKEN_LITERAL,  /* text: 5, 100ms, 8.8.8.8, 2.6.3.0 */
    TOKEN_STRING,   /* text: without quotes */
    TOKEN_REGEX,    /* text: between the slashes; offset `inner` */
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_OPEN_LIST,
    TOKEN_CLOSE_LIST,
    TOKEN_COMMA,
    TOKEN_DOT,
    /* Comparisons, in one row. */
    TOKEN_EQUAL,
    TOKEN_NOT_EQUAL,
    TOKEN_LESS,
    TOKEN_LESS_EQUAL,
    TOKEN_GREATER,
    TOKEN_GREATER_EQUAL,
    TOKEN_MATCH,
    TOKEN_IN,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_NOT,
    TOKEN_ANY,
    TOKEN_ALL,
    TOKEN_COUNT,
    TOKEN_IT,
    TOKEN_TRUE,
    TOKEN_FALSE,
    TOKEN_OTHERWISE,
    TOKEN_CAUSES,
};

struct token {
    enum token_kind kind;
    size_t start;
    size_t end;
    size_t inner;  /* TOKEN_REGEX, TOKEN_STRING: where `text` begins */
    bool caseless; /* TOKEN_REGEX: /re/i */
    const char *text;
    const char *hint; /* TOKEN_BAD */
};

/* The token at or after `at`. A `/` begins a pattern only where `before` is TOKEN_MATCH. */
struct token token_next(struct arena *arena, const char *text, size_t length, size_t at,
                        enum token_kind before);

/* The reserved word's token, or TOKEN_NAME. */
enum token_kind token_keyword(const char *word);

#endif
