/* Collects an author's mistakes and draws them: place, source line, caret, hint. A line is shown as
 * a window around the caret, so that a file of one huge line stays readable. */
#include "engine/lang/diagnostic.h"

#include <stdint.h>
#include <string.h>

#include "engine/base/limits.h"

enum { WINDOW_BEFORE = 80, WINDOW_AFTER = 60 };

static bool same_place(struct span a, struct span b)
{
    if (a.start != b.start || !a.source != !b.source)
        return false;
    return !a.source || text_equal(a.source->path, b.source->path);
}

static bool is_known(const struct diagnostics *diagnostics, struct span span, const char *message)
{
    for (size_t i = 0; i < diagnostics->count; i++)
        if (same_place(diagnostics->items[i].span, span) &&
            text_equal(diagnostics->items[i].message, message))
            return true;
    return false;
}

void diagnose(struct diagnostics *diagnostics, struct span span, const char *hint,
              const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const char *message = arena_vformat(diagnostics->arena, format, list);
    va_end(list);
    if (is_known(diagnostics, span, message))
        return;
    if (diagnostics->count == LIMIT_ERRORS) {
        diagnostics->dropped++;
        return;
    }
    diagnostics->items = arena_grow(diagnostics->arena, diagnostics->items, diagnostics->count,
                                    sizeof(*diagnostics->items));
    diagnostics->items[diagnostics->count++] =
        (struct diagnostic){.span = span, .message = message, .hint = hint};
}

/* Where the file of items[index] was first named. */
static size_t file_rank(const struct diagnostics *diagnostics, size_t index)
{
    const struct source *source = diagnostics->items[index].span.source;
    for (size_t i = 0; i < index; i++) {
        const struct source *other = diagnostics->items[i].span.source;
        if (!source == !other && (!source || text_equal(source->path, other->path)))
            return i;
    }
    return index;
}

/* Insertion sort: stable, and there are at most LIMIT_ERRORS. */
void diagnostics_sort(struct diagnostics *diagnostics)
{
    size_t ranks[LIMIT_ERRORS];
    for (size_t i = 0; i < diagnostics->count; i++)
        ranks[i] = file_rank(diagnostics, i);
    for (size_t i = 1; i < diagnostics->count; i++) {
        struct diagnostic item = diagnostics->items[i];
        size_t rank = ranks[i], at = i;
        for (; at > 0; at--) {
            const struct diagnostic *before = &diagnostics->items[at - 1];
            if (ranks[at - 1] < rank ||
                (ranks[at - 1] == rank && before->span.start <= item.span.start))
                break;
            diagnostics->items[at] = *before;
            ranks[at] = ranks[at - 1];
        }
        diagnostics->items[at] = item;
        ranks[at] = rank;
    }
}

/* One character at `at`; bytes that are no UTF-8 count as one character each. */
static size_t read_character(const char *at, const char *end, uint32_t *code)
{
    unsigned char first = (unsigned char)*at;
    size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    *code = first;
    if (length <= 1 || (size_t)(end - at) < length)
        return 1;
    *code = first & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)at[i] & 0xC0) != 0x80) {
            *code = first;
            return 1;
        }
        *code = *code << 6 | ((unsigned char)at[i] & 0x3F);
    }
    return length;
}

struct range {
    uint32_t first, last;
};

static bool in_ranges(uint32_t code, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

/* Two columns wide on a terminal (Unicode's East Asian Width, coarsely). */
static bool is_wide(uint32_t code)
{
    static const struct range wide[] = {
        {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xAC00, 0xD7A3},
        {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
        {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
    };
    return in_ranges(code, wide, sizeof(wide) / sizeof(wide[0]));
}

/* Would act on the terminal or turn the direction of the text: shown as an escape. */
static bool is_dangerous(uint32_t code)
{
    static const struct range dangerous[] = {
        {0x00, 0x08},     {0x0A, 0x1F},     {0x7F, 0x9F},     {0x061C, 0x061C},
        {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF},
    };
    return in_ranges(code, dangerous, sizeof(dangerous) / sizeof(dangerous[0]));
}

/* Adds one character to the shown line, and what keeps the caret below it to `pad`: an ideographic
 * space under a wide character, so that columns agree both in characters and on the screen. */
static void show_character(struct text *line, struct text *pad, const char *at, size_t length,
                           uint32_t code)
{
    bool broken = length == 1 && code >= 0x80;
    if (!is_dangerous(code) && !broken) {
        text_bytes(line, at, length);
        text_add(pad, code == '\t' ? "\t" : is_wide(code) ? "\xE3\x80\x80" : " ");
        return;
    }
    const char *escape = code < 0x100 ? arena_format(line->arena, "\\x%02x", (unsigned)code)
                                      : arena_format(line->arena, "\\u%04x", (unsigned)code);
    text_add(line, escape);
    for (size_t i = 0; i < strlen(escape); i++)
        text_char(pad, ' ');
}

static size_t line_start(const struct source *source, size_t offset)
{
    while (offset > 0 && source->bytes[offset - 1] != '\n')
        offset--;
    return offset;
}

static size_t line_end(const struct source *source, size_t offset)
{
    while (offset < source->length && source->bytes[offset] != '\n')
        offset++;
    if (offset > 0 && offset < source->length && source->bytes[offset - 1] == '\r')
        offset--;
    return offset;
}

static size_t align_character(const struct source *source, size_t offset)
{
    while (offset < source->length && ((unsigned char)source->bytes[offset] & 0xC0) == 0x80)
        offset++;
    return offset;
}

static void draw_line(struct span span, struct text *out)
{
    const struct source *source = span.source;
    size_t start = line_start(source, span.start), end = line_end(source, span.start);
    if (start == 0 && source->length >= 3 && memcmp(source->bytes, "\xEF\xBB\xBF", 3) == 0)
        start = span.start < 3 ? span.start : 3;
    bool cut_start = span.start > start + WINDOW_BEFORE + 20;
    bool cut_end = end > span.start + WINDOW_AFTER + 60;
    if (cut_start)
        start = align_character(source, span.start - WINDOW_BEFORE);
    if (cut_end)
        end = align_character(source, span.start + WINDOW_AFTER);
    struct text line = text_new(out->arena), caret = text_new(out->arena);
    struct text ignored = text_new(out->arena), under = text_new(out->arena);
    text_add(&line, cut_start ? "…" : "");
    text_add(&caret, cut_start ? " " : "");
    for (size_t at = start; at < end;) {
        uint32_t code;
        size_t length = read_character(source->bytes + at, source->bytes + end, &code);
        struct text *pad = at < span.start ? &caret : at < span.end ? &under : &ignored;
        show_character(&line, pad, source->bytes + at, length, code);
        at += length;
    }
    text_format(out, "    %s%s\n    %s^", text_string(&line), cut_end ? "…" : "",
                text_string(&caret));
    for (size_t at = 0; at < under.length;) {
        uint32_t code;
        at += read_character(under.at + at, under.at + under.length, &code);
        if (at < under.length || code == 0x3000)
            text_add(out, code == 0x3000 && at < under.length ? "~~" : "~");
    }
    text_char(out, '\n');
}

void diagnostic_print(const struct diagnostic *diagnostic, struct text *out)
{
    const struct source *source = diagnostic->span.source;
    if (source && source->bytes) {
        struct position place = source_position(source, diagnostic->span.start);
        text_format(out, "%s:%zu:%zu: error: %s\n", source->path, place.line, place.column,
                    diagnostic->message);
        draw_line(diagnostic->span, out);
    } else {
        text_format(out, "%s%serror: %s\n", source ? source->path : "", source ? ": " : "",
                    diagnostic->message);
    }
    if (diagnostic->hint)
        text_format(out, "  hint: %s\n", diagnostic->hint);
}
