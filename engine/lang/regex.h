/* regex: PCRE2 with limits, interpreted; the sole user of pcre2.h. It also gives actions their
 * pattern_match() (engine/action.h). Patterns and subjects are UTF-8; invalid bytes match nothing.
 */
#ifndef PLAYBOOK_REGEX_H
#define PLAYBOOK_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

struct regex;

enum regex_flag {
    REGEX_LINES = 1 << 0,    /* ^ and $ match at lines, CRLF too: patterns of actions */
    REGEX_CASELESS = 1 << 1, /* /re/i */
};

struct regex_error {
    size_t offset; /* in the pattern */
    char message[256];
};

/* Compiled into the arena. NULL with `error` filled. */
const struct regex *regex_compile(struct arena *arena, const char *pattern, unsigned flags,
                                  struct regex_error *error);

/* The named groups, in order of number, ends with NULL. */
const char *const *regex_groups(struct arena *arena, const struct regex *regex);

enum regex_result { REGEX_NO, REGEX_YES, REGEX_LIMIT };

struct regex_cost {
    size_t steps;      /* items of the pattern tried, and characters passed divided by 64 */
    const char *limit; /* of REGEX_LIMIT: which was met, as a sentence */
};
enum regex_result regex_match(const struct regex *regex, const char *subject, size_t length,
                              struct regex_cost *cost);

/* Adds `text` so that a pattern matches it literally wherever it stands, in a [class] too. */
void regex_quote(struct text *pattern, const char *text);

#endif
