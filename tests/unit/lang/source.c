/* engine/lang/source.c: offsets become places. */
#include <check.h>
#include <string.h>

#include "engine/lang/source.h"

static struct arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(&arena);
}

START_TEST(source__columns_count_characters)
{
    struct source source = {.bytes = "ab\nに本x\n", .length = strlen("ab\nに本x\n")};
    struct position position = source_position(&source, strlen("ab\nに本"));
    ck_assert_uint_eq(position.line, 2);
    ck_assert_uint_eq(position.column, 3);
    position = source_position(&source, 1000);
    ck_assert_uint_eq(position.line, 3);
    ck_assert_uint_eq(position.column, 1);
}
END_TEST

START_TEST(span_text__is_one_line)
{
    struct source source = {.bytes = "a: x and\r\n\t  y  ", .length = 16};
    struct span span = {&source, 3, 16};
    ck_assert_str_eq(span_text(arena, span), "x and y");
}
END_TEST

Suite *lang_source_suite(void);
Suite *lang_source_suite(void)
{
    Suite *suite = suite_create("lang/source");
    TCase *tests = tcase_create("source");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, source__columns_count_characters);
    tcase_add_test(tests, span_text__is_one_line);
    suite_add_tcase(suite, tests);
    return suite;
}
