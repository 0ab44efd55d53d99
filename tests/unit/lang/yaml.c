/* engine/lang/yaml.c: limits on generated input. What YAML is refused: tests/cases/yaml.txt. */
#include "engine/lang/yaml.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/base/limits.h"

static struct arena *arena;
static struct diagnostics diagnostics;

static void setup(void)
{
    arena = arena_new();
    diagnostics = (struct diagnostics){.arena = arena};
}

static void teardown(void)
{
    arena_free(&arena);
}

static struct text repeated(const char *before, const char *piece, size_t count, const char *after)
{
    struct text text = text_new(arena);
    text_add(&text, before);
    for (size_t i = 0; i < count; i++)
        text_add(&text, piece);
    text_add(&text, after);
    return text;
}

static const struct node *load(const struct text *text)
{
    struct source *source = arena_alloc(arena, sizeof(*source));
    *source = (struct source){.path = "t.yml", .bytes = text->at, .length = text->length};
    size_t nodes = 0;
    return yaml_load(arena, source, &nodes, &diagnostics);
}

static void refused(const struct text *text, const char *why)
{
    struct timespec start, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    ck_assert_ptr_null(load(text));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    ck_assert_uint_ge(diagnostics.count, 1);
    ck_assert_msg(strstr(diagnostics.items[0].message, why) != NULL, "%s",
                  diagnostics.items[0].message);
    ck_assert_int_lt(end.tv_sec - start.tv_sec, 5);
}

START_TEST(yaml__deep_lists_stop_at_the_limit)
{
    struct text text = repeated("a: ", "[", 10000, "");
    refused(&text, "nested deeper than 64 levels");
}
END_TEST

START_TEST(yaml__deep_lines_stop_at_the_limit)
{
    struct text text = repeated("", "[\n", 10000, "");
    refused(&text, "nested deeper than 64 levels");
}
END_TEST

START_TEST(yaml__deep_blocks_stop_at_the_limit)
{
    struct text text = repeated("", "- ", 10000, "x");
    refused(&text, "nested deeper than 64 levels");
}
END_TEST

START_TEST(yaml__many_nodes_stop_at_the_limit)
{
    struct text text = repeated("[", "a,", LIMIT_NODES + 10, "]");
    refused(&text, "more than 200000 YAML nodes");
}
END_TEST

START_TEST(yaml__many_keys_load_in_linear_time)
{
    struct text text = text_new(arena);
    for (int i = 0; i < 20000; i++)
        text_format(&text, "key%d: x\n", i);
    text_add(&text, "key7: y\n");
    const struct node *root = load(&text);
    ck_assert_ptr_nonnull(root);
    ck_assert_uint_eq(root->count, 20000);
    ck_assert_uint_eq(diagnostics.count, 1);
    ck_assert_str_eq(diagnostics.items[0].message, "the key 'key7' stands here twice");
    ck_assert_str_eq(diagnostics.items[0].hint, "the first one is at t.yml:8:1");
}
END_TEST

START_TEST(yaml__bytes_that_are_not_utf8_have_a_place)
{
    struct text text = repeated("a: x\nb: \xC3\x28\n", "", 0, "");
    refused(&text, "not UTF-8");
    ck_assert_uint_eq(diagnostics.items[0].span.start, 8);
}
END_TEST

START_TEST(yaml__nul_bytes_have_a_place)
{
    struct text text = text_new(arena);
    text_bytes(&text, "a: \0b\n", 6);
    refused(&text, "a control character (0x00)");
    ck_assert_uint_eq(diagnostics.items[0].span.start, 3);
}
END_TEST

START_TEST(yaml__each_byte_knows_its_place)
{
    struct text text = repeated("a: \"x\\u3042 \\\n  y\n\n  z\"\n", "", 0, "");
    const struct node *node = node_get(load(&text), "a");
    ck_assert_str_eq(node->text, "x\xE3\x81\x82 y\nz");
    ck_assert_uint_eq(node_part(node, 0, 1).start, 4);
    ck_assert_uint_eq(node_part(node, 1, 4).start, 5);
    ck_assert_uint_eq(node_part(node, 5, 6).start, 16);
    ck_assert_uint_eq(node_part(node, 7, 8).start, 21);
    ck_assert_uint_eq(node_part(node, 8, 8).start, 22);
}
END_TEST

Suite *lang_yaml_suite(void);
Suite *lang_yaml_suite(void)
{
    Suite *suite = suite_create("lang/yaml");
    TCase *tests = tcase_create("yaml");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, yaml__deep_lists_stop_at_the_limit);
    tcase_add_test(tests, yaml__deep_lines_stop_at_the_limit);
    tcase_add_test(tests, yaml__deep_blocks_stop_at_the_limit);
    tcase_add_test(tests, yaml__many_nodes_stop_at_the_limit);
    tcase_add_test(tests, yaml__many_keys_load_in_linear_time);
    tcase_add_test(tests, yaml__bytes_that_are_not_utf8_have_a_place);
    tcase_add_test(tests, yaml__nul_bytes_have_a_place);
    tcase_add_test(tests, yaml__each_byte_knows_its_place);
    suite_add_tcase(suite, tests);
    return suite;
}
