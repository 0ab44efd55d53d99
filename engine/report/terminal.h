/* terminal: what kind of output this is. Colour and a live line only on a terminal. */
#ifndef PLAYBOOK_TERMINAL_H
#define PLAYBOOK_TERMINAL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct terminal {
    FILE *out;
    bool interactive; /* a terminal: a live line may be drawn */
    bool colour;
    bool utf8;    /* the locale's encoding: marks may be ✓ ✗ */
    size_t width; /* columns; 80 where it is not a terminal */
};

/* The door through which all text for people goes: printf(3), with every control and bidirectional
 * character made visible but line ends and tabs. What may hold a line end that nobody meant escapes
 * it first (text_escaped). `vprint` is the same for a list. */
void terminal_print(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void terminal_vprint(FILE *out, const char *format, va_list list)
    __attribute__((format(printf, 2, 0)));

enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_BAD, COLOUR_DOUBT, COLOUR_DIM, COLOUR_STRONG };

struct terminal terminal_of(FILE *out, bool colour_allowed, bool utf8);

/* Starts a colour where there are any; COLOUR_NONE ends it. */
void terminal_colour(const struct terminal *terminal, enum colour colour);

/* Draws `text`, cut to the width, in place of the last live line; NULL clears it. */
void terminal_live(const struct terminal *terminal, const char *text);

#endif
