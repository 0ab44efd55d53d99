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
    ck_assert_msg(strstr(match.failure, "1000000 steps from one place") != NULL, "%s",
                  match.failure);
}
END_TEST

static struct text repeated(const char *part, size_t count)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < count; i++)
        text_add(&text, part);
    return text;
}

/* Each costs little from one place, and there are many places; or a step costs much. */
static const struct {
    const char *pattern;
    const char *part;
    size_t count;
    const char *limit;
} costly[] = {
    {"o{40000}[xy]", "o", 4 * 1000 * 1000, "the limit"},
    {"(?:o|oo){12}[xy]", "o", 500 * 1000, "the limit"},
    {"(o*)\\1[xy]", "o", 4 * 1000 * 1000, "the limit"},
    {"o*o*o*[xy]", "ooooooooo ", 40 * 1000, "the limit"},
    {"o*o*o*o*o*o*o*[xy]", "oooooooooooooooooo ", 4000, "the limit"},
};

START_TEST(pattern_match__bounds_the_whole_match)
{
    struct text text = repeated(costly[_i].part, costly[_i].count);
    struct match match;
    pattern_match(arena, costly[_i].pattern, text.at, text.length, &match);
    ck_assert_msg(match.failure && strstr(match.failure, costly[_i].limit), "%s",
                  match.failure ? match.failure : "no limit");
}
END_TEST

START_TEST(pattern_match__keeps_no_more_than_the_limit)
{
    struct match match;
    struct text text = repeated("0123456789abcdef", 65536 + 1);
    pattern_match(arena, "(?s)^.*f", text.at, text.length, &match);
    ck_assert(match.found && !match.text && match.groups.kind == KIND_NONE);
    ck_assert_str_eq(match.too_long, "what the pattern found is longer than 1 MiB, the limit");
    pattern_match(arena, "(?s)^.{600}(?<rest>.{600})", text.at, text.length, &match);
    ck_assert(match.found && !match.too_long);
    ck_assert_uint_eq(strlen(match.text), 1200);
    ck_assert_uint_eq(strlen(value_field(&match.groups, "rest")->string), 600);
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
    tcase_set_timeout(tests, 60); /* a machine at work on other things */
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60); /* with sanitizers, on a busy machine */
    tcase_add_test(tests, pattern_match__gives_text_place_and_groups);
    tcase_add_test(tests, pattern_match__lines_end_with_crlf_too);
    tcase_add_test(tests, pattern_match__takes_bytes_that_are_not_utf8);
    tcase_add_test(tests, pattern_match__names_the_limit);
    tcase_add_loop_test(tests, pattern_match__bounds_the_whole_match, 0,
                        sizeof(costly) / sizeof(*costly));
    tcase_add_test(tests, pattern_match__keeps_no_more_than_the_limit);
    tcase_add_test(tests, pattern_match__long_texts_hit_no_stack);
    tcase_add_loop_test(tests, regex_quote__matches_itself, 0, sizeof(quoted) / sizeof(*quoted));
    tcase_add_test(tests, regex_compile__says_where_it_fails);
    suite_add_tcase(suite, tests);
    return suite;
}
