/* sha256: SHA-256 of bytes (FIPS 180-4), since none of the libraries that are linked has it. It
 * tells whether bytes are the ones that were seen before; nothing here needs it to be fast. */
#ifndef PLAYBOOK_SHA256_H
#define PLAYBOOK_SHA256_H

#include "engine/base/arena.h"

enum { SHA256_DIGITS = 64 };

/* In hexadecimal, lower case, SHA256_DIGITS long. */
const char *sha256_text(struct arena *arena, const char *bytes, size_t length);

#endif
