/* PCRE2, 8 bit, without JIT: a pattern is used once or twice, and a JIT needs writable code. A
 * match that would take too long or too much memory ends at a limit and says so (pcre2api(3)).
 * PCRE2's own match limit begins anew at each place where a match could begin; what a whole match
 * costs is counted by automatic callouts, one before each item of the pattern (pcre2callout(3)). */
#include "engine/lang/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <pcre2.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/action.h"
#include "engine/base/limits.h"

_Static_assert(LIMIT_REGEX_STEPS == 20 * 1000 * 1000 && LIMIT_REGEX_TRIES == 1000 * 1000 &&
                   LIMIT_REGEX_DEPTH == 100 * 1000 && LIMIT_REGEX_HEAP_KIB == 16 * 1024 &&
                   LIMIT_REGEX_SECONDS == 1 && LIMIT_FOUND_BYTES == 1024 * 1024,
               "the texts below name the limits");
#define STEPS  "the pattern took more than 20000000 steps, the limit"
#define TRIES  "the pattern took more than 1000000 steps from one place, the limit"
#define TIME   "the pattern took more than 1 s, the limit"
#define DEPTH  "the pattern went deeper than 100000 levels, the limit"
#define FOUND  "what the pattern found is longer than 1 MiB, the limit"
#define MEMORY "the pattern took more than 16 MiB, the limit"

enum { STRIDE = 64, TICK = 64 }; /* characters in a step; callouts between looks at the clock */

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
    uint32_t options =
        PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
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

/* What one match has cost. A repeated character runs over the subject without a callout, so the
 * way between two of them counts too. */
struct effort {
    size_t callouts;
    size_t steps;
    size_t passed; /* characters */
    size_t at;     /* where the last callout was */
    int64_t begun; /* processor time, nanoseconds */
    const char *failure;
};

static int64_t processor_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * (int64_t)NS_PER_S + now.tv_nsec;
}

static int count_step(pcre2_callout_block *block, void *data)
{
    struct effort *effort = data;
    size_t at = block->current_position;
    effort->passed += at > effort->at ? at - effort->at : effort->at - at;
    effort->at = at;
    effort->steps += 1 + effort->passed / STRIDE;
    effort->passed %= STRIDE;
    if (effort->steps > LIMIT_REGEX_STEPS)
        effort->failure = STEPS;
    else if (++effort->callouts % TICK == 0 &&
             processor_time() - effort->begun > SECONDS(LIMIT_REGEX_SECONDS))
        effort->failure = TIME;
    return effort->failure ? PCRE2_ERROR_CALLOUT : 0;
}

static pcre2_match_context *limited(struct effort *effort)
{
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    if (!context)
        return NULL;
    pcre2_set_match_limit(context, LIMIT_REGEX_TRIES);
    pcre2_set_depth_limit(context, LIMIT_REGEX_DEPTH);
    pcre2_set_heap_limit(context, LIMIT_REGEX_HEAP_KIB);
    pcre2_set_callout(context, count_step, effort);
    effort->begun = processor_time();
    return context;
}

static const char *explain(int result, const struct effort *effort)
{
    return effort->failure                    ? effort->failure
           : result == PCRE2_ERROR_MATCHLIMIT ? TRIES
           : result == PCRE2_ERROR_DEPTHLIMIT ? DEPTH
                                              : MEMORY;
}

/* Matches into `data`. */
static enum regex_result match(const pcre2_code *code, const char *subject, size_t length,
                               pcre2_match_data *data, struct regex_cost *cost)
{
    struct effort effort = {0};
    pcre2_match_context *context = limited(&effort);
    int result = !context || !data
                     ? PCRE2_ERROR_NOMEMORY
                     : pcre2_match(code, (PCRE2_SPTR)subject, length, 0, 0, data, context);
    pcre2_match_context_free(context);
    cost->steps = effort.steps + length / STRIDE;
    if (result >= 0)
        return REGEX_YES;
    if (result == PCRE2_ERROR_NOMATCH)
        return REGEX_NO;
    cost->limit = explain(result, &effort);
    return REGEX_LIMIT;
}

enum regex_result regex_match(const struct regex *regex, const char *subject, size_t length,
                              struct regex_cost *cost)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    enum regex_result result = match(regex->code, subject, length, data, cost);
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

/* What was found, not copied: ends before `bytes + length`. */
struct piece {
    const char *bytes;
    size_t length;
};

/* Group 0 is the whole match; `\K` can put its end before its start. */
static struct piece piece_of(const char *subject, const PCRE2_SIZE *offsets, size_t group)
{
    size_t start = offsets[2 * group], end = offsets[2 * group + 1];
    return (struct piece){subject + start, end > start ? end - start : 0};
}

static size_t found_bytes(const char *subject, const PCRE2_SIZE *offsets, size_t pairs)
{
    size_t bytes = 0;
    for (size_t group = 0; group < pairs; group++)
        if (offsets[2 * group] != PCRE2_UNSET)
            bytes += piece_of(subject, offsets, group).length;
    return bytes;
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
        struct piece piece = piece_of(subject, offsets, group);
        const char *text = arena_copy(arena, piece.bytes, piece.length);
        values[i] = (struct value){.kind = KIND_STRING, .string = text};
    }
    struct value record = {.kind = KIND_RECORD};
    record.record.names = names;
    record.record.values = values;
    record.record.count = table.count;
    return record;
}

static void take_found(struct arena *arena, const struct regex *regex, const char *subject,
                       pcre2_match_data *data, struct match *result)
{
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(data);
    size_t pairs = pcre2_get_ovector_count(data);
    struct piece whole = piece_of(subject, offsets, 0);
    result->offset = offsets[0];
    if (found_bytes(subject, offsets, pairs) > LIMIT_FOUND_BYTES) {
        result->too_long = FOUND;
        return;
    }
    result->text = arena_copy(arena, whole.bytes, whole.length);
    result->groups = named_groups(arena, regex, subject, offsets, pairs);
}

/* Not from_pattern(): the matcher's working memory, 20 KB and more, would come from the arena. */
static pcre2_match_data *match_data(const pcre2_code *code)
{
    uint32_t groups = 0;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
    return pcre2_match_data_create(groups + 1, NULL);
}

void pattern_match(struct arena *arena, const char *pattern, const char *subject, size_t length,
                   struct match *result)
{
    *result = (struct match){0};
    struct regex_error error;
    struct regex_cost cost = {0};
    const struct regex *regex = regex_compile(arena, pattern, REGEX_LINES, &error);
    if (!regex) {
        result->failure = arena_format(arena, "the pattern does not compile: %s", error.message);
        return;
    }
    pcre2_match_data *data = match_data(regex->code);
    result->found = match(regex->code, subject, length, data, &cost) == REGEX_YES;
    result->failure = cost.limit;
    if (result->found)
        take_found(arena, regex, subject, data, result);
    pcre2_match_data_free(data);
}
