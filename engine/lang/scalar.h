/* scalar: where each byte of a decoded YAML scalar stands in the source. */
#ifndef PLAYBOOK_SCALAR_H
#define PLAYBOOK_SCALAR_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"

enum scalar_style { SCALAR_PLAIN, SCALAR_SINGLE, SCALAR_DOUBLE, SCALAR_BLOCK };

/* `raw` is the scalar in the source (from its first quote or block header on), `raw_length` bytes
 * at source offset `base`; `text` what it decodes to. Returns length + 1 source offsets, or NULL
 * where the text stands at `*first` byte for byte. */
const uint32_t *scalar_offsets(struct arena *arena, enum scalar_style style, const char *raw,
                               size_t raw_length, size_t base, const char *text, size_t length,
                               size_t *first);

#endif
