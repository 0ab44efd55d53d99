#include "engine/base/text.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_COMPARED = 64 };

struct text text_new(struct arena *arena)
{
    return (struct text){.arena = arena};
}

static void reserve(struct text *text, size_t more)
{
    size_t needed = text->length + more + 1;
    if (needed <= text->capacity)
        return;
    size_t capacity = text->capacity ? text->capacity : 64;
    while (capacity < needed)
        capacity *= 2;
    char *larger = arena_alloc(text->arena, capacity);
    if (text->length)
        memcpy(larger, text->at, text->length);
    text->at = larger;
    text->capacity = capacity;
}

void text_bytes(struct text *text, const char *bytes, size_t length)
{
    reserve(text, length);
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

bool text_equal(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

bool text_starts(const char *string, const char *prefix)
{
    return strncmp(string, prefix, strlen(prefix)) == 0;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t smaller = a < b ? a : b;
    return smaller < c ? smaller : c;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Levenshtein's distance over one row, without regard to case. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t row[LONGEST_COMPARED + 1];
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t above = row[j];
            size_t change = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
            row[j] = least(above + 1, row[j - 1] + 1, change);
            diagonal = above;
        }
    }
    return row[b_length];
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
