/* engine/lang/regex.c: what actions get from pattern_match(), quoting, limits. */
#include "engine/lang/regex.h"

#include <check.h>
#include <string.h>

#include "engine/action.h"

static struct arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(&arena);
}

START_TEST(pattern_match__gives_text_place_and_groups)
{
    struct match match;
    pattern_match(arena, "^(?<key>\\w+) *= *(?<value>\\d+)?(?<rest>x)?", "a\nmtu = 15\n", 11,
                  &match);
    ck_assert(match.found);
    ck_assert_str_eq(match.text, "mtu = 15");
    ck_assert_uint_eq(match.offset, 2);
    ck_assert_str_eq(value_field(&match.groups, "key")->string, "mtu");
    ck_assert_str_eq(value_field(&match.groups, "value")->string, "15");
    ck_assert_int_eq(value_field(&match.groups, "rest")->kind, KIND_NONE);
    ck_assert_str_eq(match.groups.record.names[2], "rest");
}
END_TEST

START_TEST(pattern_match__lines_end_with_crlf_too)
{
    struct match match;
    pattern_match(arena, "^b$", "a\r\nb\r\nc", 7, &match);
    ck_assert(match.found);
    pattern_match(arena, "^b$", "a\nb", 3, &match);
    ck_assert(match.found);
    pattern_match(arena, "a.b", "a\rb", 3, &match);
    ck_assert(!match.found);
}
END_TEST

START_TEST(pattern_match__takes_bytes_that_are_not_utf8)
{
    struct match match;
    pattern_match(arena, "b", "a\xFF\xFE b", 5, &match);
    ck_assert(match.found);
    ck_assert_ptr_null(match.failure);
    ck_assert_uint_eq(match.offset, 4);
}
END_TEST

START_TEST(pattern_match__names_the_limit)
{
    struct match match;
    const char *subject = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
    pattern_match(arena, "^(a+)+$", subject, strlen(subject), &match);
    ck_assert(!match.found);
    ck_assert_msg(strstr(match.failure, "1000000 steps, the limit") != NULL, "%s", match.failure);
}
END_TEST

START_TEST(pattern_match__long_texts_hit_no_stack)
{
    struct text text = text_new(arena);
    for (int i = 0; i < 200000; i++)
        text_add(&text, "ab");
    struct match match;
    pattern_match(arena, "^(?:a|b)*$", text.at, text.length, &match);
    ck_assert(match.found || match.failure);
}
END_TEST

static const char *const quoted[] = {
    "a", "1", "\\", "a.b*c", "[x]", "^$", "-]", "日本", "a b#c", "\n", "\\E\\Q", "0", "x{2}", "/",
};

START_TEST(regex_quote__matches_itself)
{
    struct text pattern = text_new(arena);
    text_add(&pattern, "^()(?:\\1)[]");
    regex_quote(&pattern, quoted[_i]);
    text_add(&pattern, "]?");
    regex_quote(&pattern, quoted[_i]);
    text_add(&pattern, "$");
    struct match match;
    pattern_match(arena, pattern.at, quoted[_i], strlen(quoted[_i]), &match);
    ck_assert_msg(match.found, "%s: %s", pattern.at, match.failure ? match.failure : "no match");
}
END_TEST

START_TEST(regex_compile__says_where_it_fails)
{
    struct regex_error error;
    ck_assert_ptr_null(regex_compile(arena, "ab(c", 0, &error));
    ck_assert_uint_eq(error.offset, 4);
    ck_assert_str_eq(error.message, "missing closing parenthesis");
}
END_TEST

Suite *lang_regex_suite(void);
Suite *lang_regex_suite(void)
{
    Suite *suite = suite_create("lang/regex");
    TCase *tests = tcase_create("regex");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, pattern_match__gives_text_place_and_groups);
    tcase_add_test(tests, pattern_match__lines_end_with_crlf_too);
    tcase_add_test(tests, pattern_match__takes_bytes_that_are_not_utf8);
    tcase_add_test(tests, pattern_match__names_the_limit);
    tcase_add_test(tests, pattern_match__long_texts_hit_no_stack);
    tcase_add_loop_test(tests, regex_quote__matches_itself, 0, sizeof(quoted) / sizeof(*quoted));
    tcase_add_test(tests, regex_compile__says_where_it_fails);
    suite_add_tcase(suite, tests);
    return suite;
}
