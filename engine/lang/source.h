/* source: the bytes of a loaded text and where in it something stands.
 *
 * Spans are byte offsets; they become line and column only when a message is printed. Columns count
 * characters (code points) from 1, as an editor does. A source lives as long as its arena.
 */
#ifndef PLAYBOOK_SOURCE_H
#define PLAYBOOK_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"

struct source {
    const char *path;  /* as the person named it; "--set" for the command line */
    const char *bytes; /* NUL-terminated after `length` */
    size_t length;
    bool shipped; /* from inside the binary: no file to look for includes beside */
};

struct span {
    const struct source *source;
    size_t start;
    size_t end;
};

struct position {
    size_t line;   /* from 1 */
    size_t column; /* from 1, in code points */
};

struct position source_position(const struct source *source, size_t offset);

/* The bytes of a span, runs of blanks and line ends folded to one blank: an expression as one line.
 */
const char *span_text(struct arena *arena, struct span span);

#endif
