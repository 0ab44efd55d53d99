#include "engine/base/text.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_COMPARED = 64 };

struct text text_new(struct arena *arena)
{
    return (struct text){.arena = arena};
}

static void grow(struct text *text, size_t needed)
{
    size_t capacity = text->capacity ? text->capacity : 64;
    while (capacity < needed)
        capacity *= 2;
    char *larger = arena_alloc(text->arena, capacity);
    if (text->length)
        memcpy(larger, text->at, text->length);
    text->at = larger;
    text->capacity = capacity;
}

size_t text_reserve(struct text *text, size_t more)
{
    if (text->length + more + 1 > text->capacity)
        grow(text, text->length + more + 1);
    return text->capacity - text->length - 1;
}

void text_bytes(struct text *text, const char *bytes, size_t length)
{
    text_reserve(text, length);
    if (length)
        memcpy(text->at + text->length, bytes, length);
    text->length += length;
    text->at[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
    text_bytes(text, string, strlen(string));
}

void text_char(struct text *text, char c)
{
    text_bytes(text, &c, 1);
}

void text_format(struct text *text, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    text_add(text, arena_vformat(text->arena, format, list));
    va_end(list);
}

const char *text_string(const struct text *text)
{
    return text->at ? text->at : "";
}

void text_word(struct text *text, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:=,@%+";
    if (*word && word[strspn(word, plain)] == '\0') {
        text_add(text, word);
        return;
    }
    text_char(text, '\'');
    for (; *word; word++)
        text_add(text, *word == '\'' ? "'\\''" : (char[]){*word, '\0'});
    text_char(text, '\'');
}

void text_vfit(char *buffer, size_t size, const char *format, va_list list)
{
    static const char mark[] = "…";
    int wanted = vsnprintf(buffer, size, format, list);
    if (wanted >= 0 && (size_t)wanted < size)
        return;
    size_t end = size - sizeof(mark);
    while (end > 0 && ((unsigned char)buffer[end] & 0xC0) == 0x80)
        end--;
    memcpy(buffer + end, mark, sizeof(mark));
}

void text_fit(char *buffer, size_t size, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    text_vfit(buffer, size, format, list);
    va_end(list);
}

const char *const *argv_copy(struct arena *arena, const char *const *argv)
{
    size_t count = 0;
    while (argv && argv[count])
        count++;
    const char **copy = arena_alloc(arena, (count + 1) * sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = arena_string(arena, argv[i]);
    return copy;
}

const char *argv_line(struct arena *arena, const char *const *argv)
{
    struct text line = text_new(arena);
    for (size_t i = 0; argv[i]; i++)
        text_format(&line, "%s%s", i ? " " : "", argv[i]);
    return text_string(&line);
}

bool text_equal(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

bool text_starts(const char *string, const char *prefix)
{
    return strncmp(string, prefix, strlen(prefix)) == 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_letter(char a, char b)
{
    return lower(a) == lower(b);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits that make `b` of `a`: a letter added, left out, replaced, or two neighbours swapped
 * (optimal string alignment), without regard to case. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][LONGEST_COMPARED + 1];
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        const size_t *above = rows[(i - 1) % 3], *twice_above = rows[(i + 1) % 3];
        size_t *row = rows[i % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = smaller(smaller(above[j], row[j - 1]) + 1,
                             above[j - 1] + !same_letter(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                same_letter(a[i - 2], b[j - 1]))
                row[j] = smaller(row[j], twice_above[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
    size_t wanted = strlen(nearest->wanted), offered = strlen(candidate);
    if (wanted == 0 || wanted > LONGEST_COMPARED || offered > LONGEST_COMPARED)
        return;
    size_t distance = edit_distance(nearest->wanted, wanted, candidate, offered);
    size_t longer = wanted > offered ? wanted : offered;
    if (distance * 3 > longer + 1)
        return;
    if (!nearest->best || distance < nearest->distance) {
        nearest->best = candidate;
        nearest->distance = distance;
    }
}
