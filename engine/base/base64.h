/* base64: bytes as text and back (RFC 4648 §4). */
#ifndef PLAYBOOK_BASE64_H
#define PLAYBOOK_BASE64_H

#include "engine/base/text.h"

const char *base64_encode(struct arena *arena, const char *bytes, size_t length);

/* The bytes, a NUL behind them; NULL where `text` holds anything but digits and its padding. */
const char *base64_decode(struct arena *arena, const char *text, size_t *length);

#endif
