/* Collects an author's mistakes and draws them: place, source line, caret, hint. A line is shown as
 * a window around the caret, so that a file of one huge line stays readable. */
#include "engine/lang/diagnostic.h"

#include <string.h>

#include "engine/base/encoding.h"
#include "engine/base/limits.h"

/* A line is cut only where it is longer than LONG on one side of the place; then so much is shown.
 */
enum { LONG = 160, WINDOW_BEFORE = 80, WINDOW_AFTER = 60 };

#define IDEOGRAPHIC_SPACE "\xE3\x80\x80"

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

bool diagnostics_full(const struct diagnostics *diagnostics)
{
    return diagnostics->count == LIMIT_ERRORS;
}

void diagnose(struct diagnostics *diagnostics, struct span span, const char *hint,
              const char *format, ...)
{
    if (diagnostics_full(diagnostics)) {
        diagnostics->dropped++;
        return;
    }
    va_list list;
    va_start(list, format);
    const char *message = arena_vformat(diagnostics->arena, format, list);
    va_end(list);
    if (is_known(diagnostics, span, message))
        return;
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

/* Adds one character to the shown line, and what keeps the caret below it to `pad`: an ideographic
 * space under a wide character, so that columns agree both in characters and on the screen. Returns
 * its length. */
static size_t show_character(struct text *line, struct text *pad, const char *at, const char *end)
{
    char character[5] = {0};
    uint32_t code = 0;
    size_t length = utf8_next(at, end, &code), before = line->length;
    memcpy(character, at, length ? length : 1);
    if (code == '\t')
        text_char(line, '\t');
    else
        text_escaped(line, character, false);
    bool shown = line->length - before == length;
    if (shown && code != '\t' && display_width(code) == 0)
        return length;
    const char *fill = shown && code == '\t'               ? "\t"
                       : shown && display_width(code) == 2 ? IDEOGRAPHIC_SPACE
                                                           : " ";
    for (size_t i = shown ? line->length - 1 : before; i < line->length; i++)
        text_add(pad, fill);
    return length ? length : 1;
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

/* The line under the marked characters, but for the first column, where the caret is. */
static void draw_tail(const struct text *under, struct text *out)
{
    size_t columns = 0;
    for (size_t at = 0; at < under->length; columns++) {
        bool wide = under->at[at] != ' ' && under->at[at] != '\t';
        columns += wide;
        at += wide ? strlen(IDEOGRAPHIC_SPACE) : 1;
    }
    for (size_t i = 1; i < columns; i++)
        text_char(out, '~');
    text_char(out, '\n');
}

static void draw_line(struct span span, struct text *out)
{
    const struct source *source = span.source;
    size_t start = line_start(source, span.start), end = line_end(source, span.start);
    if (start == 0 && source->length >= 3 && memcmp(source->bytes, "\xEF\xBB\xBF", 3) == 0)
        start = span.start < 3 ? span.start : 3;
    bool cut_start = span.start > start + LONG;
    bool cut_end = end > span.start + LONG;
    if (cut_start)
        start = align_character(source, span.start - WINDOW_BEFORE);
    if (cut_end)
        end = align_character(source, span.start + WINDOW_AFTER);
    struct text line = text_new(out->arena), caret = text_new(out->arena);
    struct text ignored = text_new(out->arena), under = text_new(out->arena);
    text_add(&line, cut_start ? "…" : "");
    text_add(&caret, cut_start ? " " : "");
    for (size_t at = start; at < end;) {
        struct text *pad = at < span.start ? &caret : at < span.end ? &under : &ignored;
        at += show_character(&line, pad, source->bytes + at, source->bytes + end);
    }
    text_format(out, "    %s%s\n    %s^", text_string(&line), cut_end ? "…" : "",
                text_string(&caret));
    draw_tail(&under, out);
}

void diagnostic_print(const struct diagnostic *diagnostic, struct text *out)
{
    const struct source *source = diagnostic->span.source;
    if (source && source->bytes) {
        struct position place = source_position(source, diagnostic->span.start);
        text_escaped(out, source->path, false);
        text_format(out, ":%zu:%zu: error: ", place.line, place.column);
        text_escaped(out, diagnostic->message, false);
        text_char(out, '\n');
        if (source->length > 0)
            draw_line(diagnostic->span, out);
    } else {
        if (source)
            text_escaped(out, source->path, false);
        text_format(out, "%serror: ", source ? ": " : "");
        text_escaped(out, diagnostic->message, false);
        text_char(out, '\n');
    }
    if (!diagnostic->hint)
        return;
    text_add(out, "  hint: ");
    text_escaped(out, diagnostic->hint, false);
    text_char(out, '\n');
}
