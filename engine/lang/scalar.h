/* scalar: where each byte of a decoded YAML scalar stands in the source. */
#ifndef PLAYBOOK_SCALAR_H
#define PLAYBOOK_SCALAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"

enum scalar_style { SCALAR_PLAIN, SCALAR_SINGLE, SCALAR_DOUBLE, SCALAR_BLOCK };

/* A scalar in its source: `raw` from its first quote or block header on, `base` bytes into the
 * source, and the text that it decodes to. */
struct scalar_map {
    struct arena *arena;
    enum scalar_style style;
    const char *raw;
    size_t raw_length;
    size_t base;
    const char *text;
    size_t length;
    uint32_t *offsets; /* of each byte and of the end; made when first asked for */
};

/* Whether the text stands in the source byte for byte, from `*first` on. */
bool scalar_verbatim(const struct scalar_map *map, size_t *first);

/* The source offset of the byte `at` of the text, at most its length. */
size_t scalar_offset(struct scalar_map *map, size_t at);

#endif
