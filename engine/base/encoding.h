/* encoding: text from outside made UTF-8, and UTF-8 checked.
 *
 * Windows programs answer in UTF-16LE (wsl.exe), the OEM code page (cmd.exe, netsh) or UTF-8. There
 * is no way to know the code page from the bytes, so bytes that are not UTF-8 become U+FFFD; a
 * caller that needs them asks in another way (PowerShell with base64).
 */
#ifndef PLAYBOOK_ENCODING_H
#define PLAYBOOK_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/text.h"

/* Bytes of the UTF-8 sequence at `at` (1..4), 0 where it is none. `code` may be NULL. */
size_t utf8_next(const char *at, const char *end, uint32_t *code);
void utf8_append(struct text *text, uint32_t code);

/* As UTF-8 without NUL: UTF-16LE where a BOM or a NUL in the first bytes says so, else UTF-8 with
 * U+FFFD for what is not. Line ends stay. */
const char *decode_text(struct arena *arena, const char *bytes, size_t length, size_t *decoded);

/* `string` with U+FFFD for each byte that is no UTF-8; itself where all is. */
const char *utf8_repaired(struct arena *arena, const char *string);

/* Bytes as base64 and back (RFC 4648 §4). To be decoded, `text` holds nothing but digits and their
 * padding, and blanks and line ends anywhere, for a console wraps lines; NULL where it does not. A
 * NUL stands behind the bytes. */
const char *base64_encode(struct arena *arena, const char *bytes, size_t length);
const char *base64_decode(struct arena *arena, const char *text, size_t *length);

/* Columns that a terminal uses for a code point: 0 (combining), 1, or 2 (East Asian wide). */
int display_width(uint32_t code);

/* `string` for a terminal: control and bidirectional characters as \xNN or \u{NNNN}; line ends kept
 * where `lines` says so. */
void text_escaped(struct text *text, const char *string, bool lines);

#endif
