/* engine/run/probe.c: what is kept of an answer. */
#include "engine/run/probe.h"

#include <check.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/limits.h"

static const char *letters(struct arena *arena, size_t count)
{
    char *text = arena_alloc(arena, count + 1);
    memset(text, 'k', count);
    return text;
}

/* Three fields: the second would go beyond the limit. */
static void start(struct probe *probe)
{
    struct arena *arena = probe_arena(probe);
    size_t most = LIMIT_ANSWER_BYTES;
    struct value *items = arena_alloc(arena, 3 * sizeof(*items));
    for (size_t i = 0; i < 3; i++)
        items[i] = (struct value){.kind = KIND_STRING, .string = letters(arena, most / 8)};
    probe_set(probe, "long",
              (struct value){.kind = KIND_STRING, .string = letters(arena, most / 4 * 3)});
    probe_set(probe, "list", value_list(items, 3));
    probe_set(probe, "short", value_number(7));
    probe_answer(probe, true);
}

static const struct type text_type = {.kind = KIND_STRING};
static const struct field fields[] = {
    {.name = "long", .type = {.kind = KIND_STRING}},
    {.name = "list", .type = {.kind = KIND_LIST, .element = &text_type}},
    {.name = "short", .type = {.kind = KIND_NUMBER}},
    {.name = NULL},
};
static const struct action talkative = {
    .name = "talkative", .role = ROLE_PROBE, .fields = fields, .start = start};

static void take(void *data, const struct answer *answer)
{
    *(struct answer *)data = *answer;
}

START_TEST(probe_answer__keeps_fields_up_to_the_limit)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct error error;
    int ends[2];
    ck_assert(channel_pair(ends, &error));
    struct loop *loop = loop_new(&error);
    struct executor *executor = executor_open(arena, loop, NULL, ends[0], &error);
    ck_assert_ptr_nonnull(executor);
    struct answer answer = {0};
    probe_start(arena, executor, &talkative, NULL, 0, take, &answer);
    ck_assert_int_eq(answer.state, ANSWER_KNOWN);
    ck_assert_int_eq(answer.fields[0].kind, KIND_STRING);
    ck_assert_int_eq(answer.fields[1].kind, KIND_NONE);
    ck_assert_str_eq(answer.absent[1], "it takes more than 4194304 bytes, the limit");
    ck_assert_int_eq(answer.fields[2].kind, KIND_NUMBER);
    ck_assert_uint_gt(answer_bytes(&answer), LIMIT_ANSWER_BYTES / 4 * 3);
    ck_assert_uint_le(answer_bytes(&answer), LIMIT_ANSWER_BYTES);
    executor_close(executor);
    loop_free(&loop);
    close(ends[1]);
}
END_TEST

Suite *run_probe_suite(void);
Suite *run_probe_suite(void)
{
    Suite *suite = suite_create("run/probe");
    TCase *tests = tcase_create("probe");
    tcase_add_test(tests, probe_answer__keeps_fields_up_to_the_limit);
    suite_add_tcase(suite, tests);
    return suite;
}
