/* terminal: what kind of output this is. Colour and a live line only on a terminal. */
#ifndef PLAYBOOK_TERMINAL_H
#define PLAYBOOK_TERMINAL_H

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

enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_BAD, COLOUR_DOUBT, COLOUR_DIM, COLOUR_STRONG };

struct terminal terminal_of(FILE *out, bool colour_allowed, bool utf8);

/* The sequence that starts the colour, "" without colours; COLOUR_NONE ends one. */
const char *terminal_colour(const struct terminal *terminal, enum colour colour);

/* Draws `text`, cut to the width, in place of the last live line; NULL clears it. */
void terminal_live(const struct terminal *terminal, const char *text);

#endif
