/* Turns byte offsets into places. It neither reads files nor parses. */
#include "engine/lang/source.h"

#include <string.h>

#include "engine/base/text.h"

static bool starts_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

struct position source_position(const struct source *source, size_t offset)
{
    struct position position = {.line = 1, .column = 1};
    if (offset > source->length)
        offset = source->length;
    bool marked = source->length >= 3 && memcmp(source->bytes, "\xEF\xBB\xBF", 3) == 0;
    for (size_t i = marked ? 3 : 0; i < offset; i++) {
        if (source->bytes[i] == '\n') {
            position.line++;
            position.column = 1;
        } else if (starts_character(source->bytes[i])) {
            position.column++;
        }
    }
    return position;
}

const char *span_text(struct arena *arena, struct span span)
{
    struct text text = text_new(arena);
    bool gap = false;
    for (size_t i = span.start; i < span.end && i < span.source->length; i++) {
        char c = span.source->bytes[i];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            gap = text.length > 0;
            continue;
        }
        if (gap)
            text_char(&text, ' ');
        gap = false;
        text_char(&text, c);
    }
    return text_string(&text);
}
