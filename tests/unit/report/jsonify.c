/* Text of any bytes as JSON carries it. */
#include "engine/report/jsonify.h"

#include <check.h>

Suite *report_jsonify_suite(void);

static void assert_carried(const char *text, const char *expected)
{
    json_t *string = jsonify_text(text);
    ck_assert_str_eq(json_string_value(string), expected);
    json_decref(string);
}

START_TEST(jsonify__replaces_bytes_and_keeps_the_rest)
{
    assert_carried("", "");
    assert_carried("caf\xC3\xA9 \x1B[31m\n", "caf\xC3\xA9 \x1B[31m\n");
    assert_carried("caf\xE9 au lait", "caf\xEF\xBF\xBD au lait");
    assert_carried("\xE6\x97\xA5\xE6\x9C", "\xE6\x97\xA5\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_carried("\xED\xA0\x80|\xC0\xAF",
                   "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD|\xEF\xBF\xBD\xEF\xBF\xBD");
}
END_TEST

Suite *report_jsonify_suite(void)
{
    Suite *suite = suite_create("report/jsonify");
    TCase *tests = tcase_create("jsonify");
    tcase_add_test(tests, jsonify__replaces_bytes_and_keeps_the_rest);
    suite_add_tcase(suite, tests);
    return suite;
}
