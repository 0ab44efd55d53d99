/* Aligns a decoded scalar with its source bytes. It does not decode: the text that libyaml made is
 * given, and every style keeps the order of the characters that are not blank. So a run of blanks
 * in the text is matched with the run of blanks and line ends in the source, whatever folding and
 * indentation did to it; only quotes and escapes need more. YAML 1.1, chapters 5.7 and 9. */
#include "engine/lang/scalar.h"

#include <string.h>

struct align {
    const struct scalar_map *map;
    size_t at;   /* in the source's bytes */
    size_t done; /* in the text */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char peek(const struct align *align, size_t ahead)
{
    return align->at + ahead < align->map->raw_length ? align->map->raw[align->at + ahead] : '\0';
}

/* The next `count` bytes of the text stand at the current place. */
static void place(struct align *align, size_t count)
{
    while (count-- > 0 && align->done < align->map->length)
        align->map->offsets[align->done++] = (uint32_t)(align->map->base + align->at);
}

static void skip_blanks(struct align *align)
{
    while (align->at < align->map->raw_length && is_blank(align->map->raw[align->at]))
        align->at++;
}

/* A run of blanks: as it is where it stays on the line, else folded. `blanks` is how many bytes of
 * the text it makes. */
static void place_blanks(struct align *align, size_t blanks)
{
    size_t start = align->at;
    skip_blanks(align);
    size_t end = align->at;
    bool folded = memchr(align->map->raw + start, '\n', end - start) != NULL;
    for (size_t i = 0; i < blanks; i++) {
        align->at = folded || start + i > end ? start : start + i;
        place(align, 1);
    }
    align->at = end;
}

static size_t blanks_in_text(const struct align *align)
{
    size_t count = 0;
    while (align->done + count < align->map->length &&
           is_blank(align->map->text[align->done + count]))
        count++;
    return count;
}

static void align_simple(struct align *align, bool single_quoted)
{
    while (align->done < align->map->length && align->at < align->map->raw_length) {
        if (is_blank(peek(align, 0)) || is_blank(align->map->text[align->done])) {
            place_blanks(align, blanks_in_text(align));
            continue;
        }
        bool doubled = single_quoted && peek(align, 0) == '\'' && peek(align, 1) == '\'';
        place(align, 1);
        align->at += doubled ? 2 : 1;
    }
}

static size_t utf8_length(unsigned long code)
{
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

static unsigned long read_hex(const struct align *align, size_t digits)
{
    unsigned long code = 0;
    for (size_t i = 0; i < digits; i++) {
        char c = peek(align, 2 + i);
        unsigned digit = c >= 'a'   ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' ? (unsigned)(c - 'A' + 10)
                                    : (unsigned)(c - '0');
        code = code << 4 | (digit & 15);
    }
    return code;
}

/* A backslash inside double quotes: one character from two to ten bytes, or a joined line. */
static void align_escape(struct align *align)
{
    char c = peek(align, 1);
    if (is_blank(c) && c != ' ' && c != '\t') {
        align->at++;
        skip_blanks(align);
        return;
    }
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    size_t made = 1;
    if (digits)
        made = utf8_length(read_hex(align, digits));
    else if (c == 'N' || c == '_')
        made = 2;
    else if (c == 'L' || c == 'P')
        made = 3;
    place(align, made);
    align->at += 2 + digits;
}

/* What a run of blanks inside double quotes makes: itself, or one blank for one line end, or a line
 * end for each further one. Blanks in the text may also come from escapes, so they cannot be
 * counted there. */
static size_t blanks_made(const struct align *align)
{
    size_t end = align->at, breaks = 0;
    for (; end < align->map->raw_length && is_blank(align->map->raw[end]); end++)
        breaks += align->map->raw[end] == '\n';
    return breaks == 0 ? end - align->at : breaks == 1 ? 1 : breaks - 1;
}

static void align_double(struct align *align)
{
    while (align->done < align->map->length && align->at < align->map->raw_length) {
        char c = peek(align, 0);
        if (c == '\\') {
            align_escape(align);
        } else if (is_blank(c)) {
            place_blanks(align, blanks_made(align));
        } else {
            place(align, 1);
            align->at++;
        }
    }
}

static void skip_block_header(struct align *align)
{
    while (align->at < align->map->raw_length && align->map->raw[align->at] != '\n')
        align->at++;
    skip_blanks(align);
}

static bool is_quoted(const struct scalar_map *map)
{
    return map->style == SCALAR_SINGLE || map->style == SCALAR_DOUBLE;
}

bool scalar_verbatim(const struct scalar_map *map, size_t *first)
{
    size_t opening = is_quoted(map);
    *first = map->base + opening;
    return map->style != SCALAR_BLOCK && map->raw_length == map->length + 2 * opening &&
           memcmp(map->raw + opening, map->text, map->length) == 0;
}

static void make_offsets(struct scalar_map *map)
{
    struct align align = {.map = map, .at = is_quoted(map)};
    map->offsets = arena_alloc(map->arena, (map->length + 1) * sizeof(*map->offsets));
    if (map->style == SCALAR_BLOCK)
        skip_block_header(&align);
    if (map->style == SCALAR_DOUBLE)
        align_double(&align);
    else
        align_simple(&align, map->style == SCALAR_SINGLE);
    size_t end = align.at < map->raw_length ? align.at : map->raw_length;
    while (align.done <= map->length)
        map->offsets[align.done++] = (uint32_t)(map->base + end);
}

size_t scalar_offset(struct scalar_map *map, size_t at)
{
    if (!map->offsets)
        make_offsets(map);
    return map->offsets[at < map->length ? at : map->length];
}
