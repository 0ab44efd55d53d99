/* text: a string that grows, in an arena. `at` is always NUL-terminated once something was added;
 * text_string() gives "" before that. Bytes may hold NUL; `length` counts them. */
#ifndef PLAYBOOK_TEXT_H
#define PLAYBOOK_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"

struct text {
    struct arena *arena;
    char *at;
    size_t length;
    size_t capacity;
};

/* A text in `arena`, empty. */
struct text text_new(struct arena *arena);

/* Makes room behind `length` for at least so many bytes and a NUL; how many there is room for. */
size_t text_reserve(struct text *text, size_t more);

void text_add(struct text *text, const char *string);
void text_bytes(struct text *text, const char *bytes, size_t length);
void text_char(struct text *text, char c);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *text_string(const struct text *text);

/* Adds a word so that a shell reads exactly it. */
void text_word(struct text *text, const char *word);

/* A copy of a NULL-terminated list of strings; NULL counts as an empty one. */
const char *const *argv_copy(struct arena *arena, const char *const *argv);
/* Its words as they are, with blanks between them: to be read, not run. */
const char *argv_line(struct arena *arena, const char *const *argv);

/* As snprintf(3), and where there is no room for all of it, the cut is between two characters and
 * "…" says so. `size` is at least 4. */
void text_fit(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void text_vfit(char *buffer, size_t size, const char *format, va_list list)
    __attribute__((format(printf, 3, 0)));

bool text_equal(const char *a, const char *b);
bool text_starts(const char *string, const char *prefix);

/* The candidate nearest to `wanted` by edit distance, or NULL where none is near enough to be what
 * the author meant (more than a third of the letters differ). `next` gives the candidates. */
struct nearest {
    const char *wanted;
    const char *best;
    size_t distance;
};
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
