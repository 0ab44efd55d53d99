/* PCRE2, 8 bit, without JIT: a pattern is used once or twice, and a JIT needs writable code. A
 * match that would take too long or too much memory ends at a limit and says so (pcre2api(3)). */
#include "engine/lang/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <pcre2.h>
#include <stdio.h>
#include <string.h>

#include "engine/action.h"
#include "engine/base/limits.h"

_Static_assert(LIMIT_REGEX_STEPS == 1000000 && LIMIT_REGEX_DEPTH == 100000 &&
                   LIMIT_REGEX_HEAP_KIB == 16 * 1024,
               "the texts below name the limits");
#define STEPS  "the pattern took more than 1000000 steps, the limit"
#define DEPTH  "the pattern went deeper than 100000 levels, the limit"
#define MEMORY "the pattern took more than 16 MiB, the limit"

struct regex {
    pcre2_code *code;
};

static void *obtain(PCRE2_SIZE size, void *arena)
{
    return arena_alloc(arena, size);
}

static void release(void *memory, void *arena)
{
    (void)memory;
    (void)arena;
}

const struct regex *regex_compile(struct arena *arena, const char *pattern, unsigned flags,
                                  struct regex_error *error)
{
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
    if (flags & REGEX_LINES)
        options |= PCRE2_MULTILINE;
    if (flags & REGEX_CASELESS)
        options |= PCRE2_CASELESS;
    pcre2_general_context *memory = pcre2_general_context_create(obtain, release, arena);
    pcre2_compile_context *context = pcre2_compile_context_create(memory);
    if (flags & REGEX_LINES)
        pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
    int code;
    PCRE2_SIZE offset;
    struct regex *regex = arena_alloc(arena, sizeof(*regex));
    regex->code =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, &code, &offset, context);
    if (regex->code)
        return regex;
    error->offset = offset;
    if (pcre2_get_error_message(code, (PCRE2_UCHAR *)error->message, sizeof(error->message)) < 0)
        snprintf(error->message, sizeof(error->message), "error %d", code);
    return NULL;
}

/* PCRE2's table of names: two bytes of group number, then the name; sorted by name. */
struct name_table {
    uint32_t count;
    uint32_t size;
    const unsigned char *at;
};

static struct name_table read_names(const pcre2_code *code)
{
    struct name_table table = {0};
    pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &table.count);
    pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &table.size);
    pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &table.at);
    return table;
}

static uint32_t name_number(const struct name_table *table, uint32_t index)
{
    const unsigned char *entry = table->at + (size_t)index * table->size;
    return (uint32_t)entry[0] << 8 | entry[1];
}

const char *const *regex_groups(struct arena *arena, const struct regex *regex)
{
    struct name_table table = read_names(regex->code);
    const char **groups = arena_alloc(arena, (table.count + 1) * sizeof(*groups));
    uint32_t last = 0;
    for (uint32_t done = 0; done < table.count; done++) {
        uint32_t best = 0, number = UINT32_MAX;
        for (uint32_t i = 0; i < table.count; i++) {
            if (name_number(&table, i) > last && name_number(&table, i) < number) {
                best = i;
                number = name_number(&table, i);
            }
        }
        last = number;
        groups[done] = arena_string(arena, (const char *)table.at + (size_t)best * table.size + 2);
    }
    return groups;
}

static pcre2_match_context *limited(void)
{
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    if (!context)
        return NULL;
    pcre2_set_match_limit(context, LIMIT_REGEX_STEPS);
    pcre2_set_depth_limit(context, LIMIT_REGEX_DEPTH);
    pcre2_set_heap_limit(context, LIMIT_REGEX_HEAP_KIB);
    return context;
}

/* Matches into `data`. */
static enum regex_result match(const pcre2_code *code, const char *subject, size_t length,
                               pcre2_match_data *data, const char **failure)
{
    pcre2_match_context *context = limited();
    int result = !context || !data
                     ? PCRE2_ERROR_NOMEMORY
                     : pcre2_match(code, (PCRE2_SPTR)subject, length, 0, 0, data, context);
    pcre2_match_context_free(context);
    if (result >= 0)
        return REGEX_YES;
    if (result == PCRE2_ERROR_NOMATCH)
        return REGEX_NO;
    *failure = result == PCRE2_ERROR_MATCHLIMIT   ? STEPS
               : result == PCRE2_ERROR_DEPTHLIMIT ? DEPTH
                                                  : MEMORY;
    return REGEX_LIMIT;
}

enum regex_result regex_match(const struct regex *regex, const char *subject, size_t length,
                              const char **failure)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    enum regex_result result = match(regex->code, subject, length, data, failure);
    pcre2_match_data_free(data);
    return result;
}

/* Digits and letters would join an escape before them (`\1`, `\x4`); signs are safe behind `\`. */
void regex_quote(struct text *pattern, const char *text)
{
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (at == text && c < 0x80 && isalnum(c))
            text_format(pattern, "\\x{%x}", c);
        else if (c >= 0x80 || isalnum(c))
            text_char(pattern, (char)c);
        else
            text_format(pattern, "\\%c", c);
    }
}

static struct value named_groups(struct arena *arena, const struct regex *regex,
                                 const char *subject, const PCRE2_SIZE *offsets, size_t pairs)
{
    struct name_table table = read_names(regex->code);
    const char *const *names = regex_groups(arena, regex);
    struct value *values = arena_alloc(arena, (table.count + 1) * sizeof(*values));
    for (uint32_t i = 0; i < table.count; i++) {
        uint32_t entry = 0;
        while (!text_equal((const char *)table.at + (size_t)entry * table.size + 2, names[i]))
            entry++;
        size_t group = name_number(&table, entry);
        if (group >= pairs || offsets[2 * group] == PCRE2_UNSET)
            continue;
        size_t start = offsets[2 * group], end = offsets[2 * group + 1];
        const char *text = arena_copy(arena, subject + start, end > start ? end - start : 0);
        values[i] = (struct value){.kind = KIND_STRING, .string = text};
    }
    struct value record = {.kind = KIND_RECORD};
    record.record.names = names;
    record.record.values = values;
    record.record.count = table.count;
    return record;
}

void pattern_match(struct arena *arena, const char *pattern, const char *subject, size_t length,
                   struct match *result)
{
    *result = (struct match){0};
    struct regex_error error;
    const struct regex *regex = regex_compile(arena, pattern, REGEX_LINES, &error);
    if (!regex) {
        result->failure = arena_format(arena, "the pattern does not compile: %s", error.message);
        return;
    }
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(regex->code, NULL);
    result->found = match(regex->code, subject, length, data, &result->failure) == REGEX_YES;
    if (result->found) {
        const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(data);
        size_t start = offsets[0], end = offsets[1];
        result->offset = start;
        result->text = arena_copy(arena, subject + start, end > start ? end - start : 0);
        result->groups =
            named_groups(arena, regex, subject, offsets, pcre2_get_ovector_count(data));
    }
    pcre2_match_data_free(data);
}
