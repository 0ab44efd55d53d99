#include "engine/base/encoding.h"

#include <resolv.h>
#include <string.h>

enum { REPLACEMENT = 0xFFFD, SNIFFED = 64 };

size_t utf8_next(const char *at, const char *end, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)*at;
    size_t length = first < 0x80       ? 1
                    : first >> 5 == 6  ? 2
                    : first >> 4 == 14 ? 3
                    : first >> 3 == 30 ? 4
                                       : 0;
    if (length == 0 || (size_t)(end - at) < length)
        return 0;
    uint32_t value = length == 1 ? first : first & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)at[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | ((unsigned char)at[i] & 0x3F);
    }
    if (value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 0;
    if (code)
        *code = value;
    return length;
}

void utf8_append(struct text *text, uint32_t code)
{
    if (code < 0x80) {
        text_char(text, (char)code);
        return;
    }
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    text_char(text, (char)((0xF0u << (3 - more)) | code >> 6 * more));
    while (more-- > 0)
        text_char(text, (char)(0x80 | (code >> 6 * more & 0x3F)));
}

static bool looks_like_utf16(const char *bytes, size_t length)
{
    if (length >= 2 && memcmp(bytes, "\xFF\xFE", 2) == 0)
        return true;
    return length >= 2 && memchr(bytes, '\0', length < SNIFFED ? length : SNIFFED) != NULL;
}

static uint32_t unit_at(const char *bytes, size_t i)
{
    return (unsigned char)bytes[i] | (uint32_t)(unsigned char)bytes[i + 1] << 8;
}

static void decode_utf16(struct text *text, const char *bytes, size_t length)
{
    size_t i = length >= 2 && unit_at(bytes, 0) == 0xFEFF ? 2 : 0;
    for (; i + 1 < length; i += 2) {
        uint32_t code = unit_at(bytes, i);
        if (code >= 0xD800 && code < 0xDC00 && i + 3 < length &&
            unit_at(bytes, i + 2) >> 10 == 0x37) {
            code = 0x10000 + ((code & 0x3FF) << 10) + (unit_at(bytes, i + 2) & 0x3FF);
            i += 2;
        }
        bool alone = code >= 0xD800 && code < 0xE000;
        utf8_append(text, code == 0 || alone ? REPLACEMENT : code);
    }
}

static void decode_utf8(struct text *text, const char *bytes, size_t length)
{
    const char *end = bytes + length;
    for (const char *at = bytes; at < end;) {
        size_t step = *at ? utf8_next(at, end, NULL) : 0;
        if (step)
            text_bytes(text, at, step);
        else
            utf8_append(text, REPLACEMENT);
        at += step ? step : 1;
    }
}

const char *decode_text(struct arena *arena, const char *bytes, size_t length, size_t *decoded)
{
    struct text text = text_new(arena);
    if (looks_like_utf16(bytes, length))
        decode_utf16(&text, bytes, length);
    else
        decode_utf8(&text, bytes, length);
    if (decoded)
        *decoded = text.length;
    return text_string(&text);
}

const char *utf8_repaired(struct arena *arena, const char *string)
{
    struct text text = text_new(arena);
    decode_utf8(&text, string, strlen(string));
    return text_equal(text_string(&text), string) ? string : text_string(&text);
}

/* libresolv has base64 for the keys of DNSSEC. */
const char *base64_encode(struct arena *arena, const char *bytes, size_t length)
{
    size_t size = (length + 2) / 3 * 4 + 1;
    char *text = arena_alloc(arena, size);
    (void)b64_ntop((const unsigned char *)bytes, length, text, size); /* there is room for all */
    return text;
}

const char *base64_decode(struct arena *arena, const char *text, size_t *length)
{
    size_t size = strlen(text) / 4 * 3 + 1;
    char *bytes = arena_alloc(arena, size);
    int decoded = b64_pton(text, (unsigned char *)bytes, size);
    *length = decoded < 0 ? 0 : (size_t)decoded;
    return decoded < 0 ? NULL : bytes;
}

struct range {
    uint32_t first, last;
};

static bool in_ranges(const struct range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

/* Unicode's East Asian Width W and F, in the blocks that occur; and the marks that take no room. */
int display_width(uint32_t code)
{
    static const struct range wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0x33FF},
                                        {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},  {0xA000, 0xA4CF},
                                        {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},  {0xFE30, 0xFE6F},
                                        {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
                                        {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
    static const struct range zero[] = {
        {0x0300, 0x036F}, {0x200B, 0x200F}, {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}};
    if (in_ranges(zero, sizeof(zero) / sizeof(zero[0]), code))
        return 0;
    return in_ranges(wide, sizeof(wide) / sizeof(wide[0]), code) ? 2 : 1;
}

/* What could move the cursor, hide text or turn its direction. */
static bool dangerous(uint32_t code)
{
    static const struct range ranges[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0x200E, 0x200F},
                                          {0x2028, 0x202E}, {0x2066, 0x2069}, {0x061C, 0x061C},
                                          {0xFEFF, 0xFEFF}};
    return in_ranges(ranges, sizeof(ranges) / sizeof(ranges[0]), code);
}

void text_escaped(struct text *text, const char *string, bool lines)
{
    const char *end = string + strlen(string);
    for (const char *at = string; at < end;) {
        uint32_t code = 0;
        size_t step = utf8_next(at, end, &code);
        if (!step)
            text_format(text, "\\x%02X", (unsigned char)*at);
        else if (dangerous(code) && !(lines && (code == '\n' || code == '\t')))
            text_format(text, code < 0x100 ? "\\x%02X" : "\\u{%X}", code);
        else
            text_bytes(text, at, step);
        at += step ? step : 1;
    }
}
