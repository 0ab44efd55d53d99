/* Longest common subsequence of the lines between the common head and tail. Settings files are
 * small; where the middle is not, it is shown as replaced whole. */
#include "engine/report/diff.h"

#include <stdint.h>
#include <string.h>

#include "engine/base/encoding.h"

enum { CONTEXT = 3, MOST_CELLS = 4 * 1000 * 1000 };

struct lines {
    const char **at;
    size_t *length; /* with the line end */
    size_t count;
};

static struct lines split(struct arena *arena, const char *text, size_t length)
{
    struct lines lines = {0};
    size_t count = 1;
    for (size_t i = 0; i < length; i++)
        count += text[i] == '\n';
    lines.at = arena_alloc(arena, count * sizeof(*lines.at));
    lines.length = arena_alloc(arena, count * sizeof(*lines.length));
    for (size_t i = 0; i < length; i += lines.length[lines.count++]) {
        const char *end = memchr(text + i, '\n', length - i);
        lines.at[lines.count] = text + i;
        lines.length[lines.count] = end ? (size_t)(end - text) - i + 1 : length - i;
    }
    return lines;
}

static bool same_line(const struct lines *a, size_t i, const struct lines *b, size_t j)
{
    return a->length[i] == b->length[j] && memcmp(a->at[i], b->at[j], a->length[i]) == 0;
}

static void repeat(struct text *text, char c, size_t count)
{
    while (count-- > 0)
        text_char(text, c);
}

/* table[i][j]: common lines of a[i..] and b[j..], in the middle [first, first + rows/columns). */
static void edit_middle(struct arena *arena, const struct lines *a, const struct lines *b,
                        size_t first, size_t rows, size_t columns, struct text *edits)
{
    if (rows * columns > MOST_CELLS) {
        repeat(edits, '-', rows);
        repeat(edits, '+', columns);
        return;
    }
    size_t width = columns + 1;
    uint32_t *table = arena_alloc(arena, (rows + 1) * width * sizeof(*table));
    for (size_t i = rows; i-- > 0;)
        for (size_t j = columns; j-- > 0;) {
            uint32_t down = table[(i + 1) * width + j], right = table[i * width + j + 1];
            table[i * width + j] = same_line(a, first + i, b, first + j)
                                       ? table[(i + 1) * width + j + 1] + 1
                                   : down > right ? down
                                                  : right;
        }
    size_t i = 0, j = 0;
    while (i < rows || j < columns) {
        bool same = i < rows && j < columns && same_line(a, first + i, b, first + j);
        bool remove = !same && i < rows &&
                      (j == columns || table[(i + 1) * width + j] >= table[i * width + j + 1]);
        text_char(edits, same ? ' ' : remove ? '-' : '+');
        i += same || remove;
        j += same || !remove;
    }
}

static struct text edit_script(struct arena *arena, const struct lines *a, const struct lines *b)
{
    struct text edits = text_new(arena);
    size_t shorter = a->count < b->count ? a->count : b->count, head = 0, tail = 0;
    while (head < shorter && same_line(a, head, b, head))
        head++;
    while (tail < shorter - head && same_line(a, a->count - 1 - tail, b, b->count - 1 - tail))
        tail++;
    repeat(&edits, ' ', head);
    edit_middle(arena, a, b, head, a->count - head - tail, b->count - head - tail, &edits);
    repeat(&edits, ' ', tail);
    return edits;
}

static void add_line(struct text *out, char edit, const char *line, size_t length)
{
    text_char(out, edit);
    text_bytes(out, line, length);
    if (length == 0 || line[length - 1] != '\n')
        text_add(out, "\n\\ No newline at end of file\n");
}

/* The hunk around the edit at `at`: [from, to) of the script, with context, joined to the next
 * where the contexts touch. */
static size_t hunk_end(const struct text *edits, size_t at)
{
    size_t last = at;
    for (size_t i = at; i < edits->length && i <= last + 2 * CONTEXT; i++)
        if (edits->at[i] != ' ')
            last = i;
    size_t end = last + 1 + CONTEXT;
    return end < edits->length ? end : edits->length;
}

struct place {
    size_t script, a, b;
};

static void add_hunk(struct text *out, const struct text *edits, const struct lines *a,
                     const struct lines *b, struct place place, size_t end)
{
    size_t removed = 0, added = 0;
    for (size_t i = place.script; i < end; i++) {
        removed += edits->at[i] != '+';
        added += edits->at[i] != '-';
    }
    text_format(out, "@@ -%zu,%zu +%zu,%zu @@\n", place.a + (removed > 0), removed,
                place.b + (added > 0), added);
    for (size_t i = place.script; i < end; i++) {
        char edit = edits->at[i];
        if (edit == '+')
            add_line(out, edit, b->at[place.b], b->length[place.b]);
        else
            add_line(out, edit, a->at[place.a], a->length[place.a]);
        place.a += edit != '+';
        place.b += edit != '-';
    }
}

static void add_hunks(struct text *out, const struct text *edits, const struct lines *a,
                      const struct lines *b)
{
    struct place place = {0};
    while (place.script < edits->length) {
        const char *next = edits->at + place.script;
        size_t kept = strspn(next, " ");
        if (place.script + kept >= edits->length)
            return;
        size_t skip = kept > CONTEXT ? kept - CONTEXT : 0;
        place.script += skip;
        place.a += skip;
        place.b += skip;
        size_t end = hunk_end(edits, place.script + (kept - skip));
        add_hunk(out, edits, a, b, place, end);
        for (; place.script < end; place.script++) {
            place.a += edits->at[place.script] != '+';
            place.b += edits->at[place.script] != '-';
        }
    }
}

const char *diff_unified(struct arena *arena, const char *path, const char *before,
                         size_t before_length, const char *after, size_t after_length)
{
    struct text out = text_new(arena);
    size_t lengths[2];
    const char *old = decode_text(arena, before ? before : "", before_length, &lengths[0]);
    const char *new = decode_text(arena, after ? after : "", after_length, &lengths[1]);
    struct lines a = split(arena, old, lengths[0]), b = split(arena, new, lengths[1]);
    struct text edits = edit_script(arena, &a, &b);
    text_format(&out, "--- %s\n+++ %s\n", before ? path : "/dev/null", after ? path : "/dev/null");
    if (edits.length)
        add_hunks(&out, &edits, &a, &b);
    return text_string(&out);
}
