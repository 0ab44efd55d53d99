/* Base64, RFC 4648 §4. Blanks and line ends are for the caller to take away. */
#include "engine/base/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const char *base64_encode(struct arena *arena, const char *bytes, size_t length)
{
    struct text text = text_new(arena);
    const unsigned char *at = (const unsigned char *)bytes;
    for (; length > 0; at += 3, length -= length < 3 ? length : 3) {
        unsigned group = (unsigned)at[0] << 16;
        group |= length > 1 ? (unsigned)at[1] << 8 : 0;
        group |= length > 2 ? at[2] : 0;
        text_char(&text, digits[group >> 18]);
        text_char(&text, digits[group >> 12 & 63]);
        text_char(&text, length > 1 ? digits[group >> 6 & 63] : '=');
        text_char(&text, length > 2 ? digits[group & 63] : '=');
    }
    return text_string(&text);
}

static int value_of(char c)
{
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

const char *base64_decode(struct arena *arena, const char *text, size_t *length)
{
    struct text bytes = text_new(arena);
    const char *at = text;
    unsigned bits = 0, held = 0;
    for (; value_of(*at) >= 0; at++) {
        bits = (bits << 6 | (unsigned)value_of(*at)) & 0xffff;
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        text_char(&bytes, (char)(bits >> held & 0xff));
    }
    size_t count = (size_t)(at - text), padding = strspn(at, "=");
    *length = bytes.length;
    bool padded = (count + padding) % 4 == 0 && padding < 3 && at[padding] == '\0';
    return padded ? text_string(&bytes) : NULL;
}
