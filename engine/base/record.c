#include "engine/base/record.h"

#include <string.h>

enum { ABSENT, PRESENT };

void record_number(struct text *record, uint64_t number)
{
    text_bytes(record, (const char *)&number, sizeof(number));
}

void record_bytes(struct text *record, const char *bytes, size_t length)
{
    record_number(record, length);
    text_bytes(record, bytes, length);
}

void record_string(struct text *record, const char *string)
{
    record_number(record, string ? PRESENT : ABSENT);
    if (string)
        record_bytes(record, string, strlen(string));
}

void record_strings(struct text *record, const char *const *strings)
{
    size_t count = 0;
    while (strings && strings[count])
        count++;
    record_number(record, strings ? PRESENT : ABSENT);
    if (strings)
        record_number(record, count);
    for (size_t i = 0; i < count; i++)
        record_bytes(record, strings[i], strlen(strings[i]));
}

static const char *take(struct reading *reading, size_t length)
{
    if (reading->broken || length > reading->left) {
        reading->broken = true;
        return NULL;
    }
    const char *bytes = reading->at;
    reading->at += length;
    reading->left -= length;
    return bytes;
}

uint64_t read_number(struct reading *reading)
{
    uint64_t number = 0;
    const char *bytes = take(reading, sizeof(number));
    if (bytes)
        memcpy(&number, bytes, sizeof(number));
    return number;
}

uint64_t read_up_to(struct reading *reading, uint64_t most)
{
    uint64_t number = read_number(reading);
    reading->broken = reading->broken || number > most;
    return reading->broken ? 0 : number;
}

const char *read_bytes(struct reading *reading, size_t *length)
{
    *length = read_number(reading);
    const char *bytes = take(reading, *length);
    if (!bytes)
        *length = 0;
    return bytes ? arena_copy(reading->arena, bytes, *length) : NULL;
}

static const char *read_text(struct reading *reading)
{
    size_t length;
    const char *bytes = read_bytes(reading, &length);
    if (bytes && strlen(bytes) != length)
        reading->broken = true;
    return reading->broken ? NULL : bytes;
}

const char *read_string(struct reading *reading)
{
    return read_up_to(reading, PRESENT) == PRESENT ? read_text(reading) : NULL;
}

const char *const *read_strings(struct reading *reading)
{
    if (read_up_to(reading, PRESENT) != PRESENT)
        return NULL;
    uint64_t left = read_number(reading);
    const char **strings = arena_grow(reading->arena, NULL, 0, sizeof(*strings));
    for (size_t got = 0; got < left && !reading->broken; got++) {
        strings[got] = read_text(reading);
        strings = arena_grow(reading->arena, strings, got + 1, sizeof(*strings));
        strings[got + 1] = NULL;
    }
    return strings;
}

bool reading_whole(const struct reading *reading)
{
    return !reading->broken && reading->left == 0;
}
