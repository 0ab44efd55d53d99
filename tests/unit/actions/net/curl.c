/* What curl's output says, also of a curl that was ended before it was done. */
#include "actions/net/curl.h"

#include <check.h>
#include <string.h>

static struct curl_report read_run(struct arena *arena, int status, const char *errors)
{
    struct curl_report report;
    struct program_result result = {.status = status, .killed = status > 128, .errors = errors};
    curl_read(arena, &result, &report);
    return report;
}

START_TEST(curl__a_report_of_each_way_to_end)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct curl_report report =
        read_run(arena, 0, "> GET / HTTP/1.1\n< HTTP/1.1 204 No\n\n@204 000 0.25 0.75 \n");
    ck_assert_uint_eq(report.status, 204);
    ck_assert_str_eq(report.reason, "reply");
    ck_assert_ptr_null(report.redirect);
    ck_assert_ptr_null(report.error);
    ck_assert_int_eq(report.took, NS_PER_S / 2);
    report =
        read_run(arena, 60, "curl: (60) SSL certificate problem: x\nMore: y\n\n@000 000 0 1 \n");
    ck_assert_str_eq(report.reason, "certificate");
    ck_assert_str_eq(report.error, "SSL certificate problem: x");
    report =
        read_run(arena, 56, "curl: (56) Recv failure: Connection reset by peer\n\n@0 0 0 1 \n");
    ck_assert_str_eq(report.reason, "refused");
    report = read_run(arena, 56, "curl: (56) unexpected eof while reading\n\n@0 0 0 1 \n");
    ck_assert_str_eq(report.reason, "malformed");
    report = read_run(arena, 56, "curl: (56) CONNECT tunnel failed\n\n@0 407 0 1 \n");
    ck_assert_str_eq(report.reason, "reply");
    ck_assert_uint_eq(report.status, 407);
    report = read_run(arena, 47, "\n@302 000 0.1 0.2 http://a.example/b?c=%20d\n");
    ck_assert_str_eq(report.redirect, "http://a.example/b?c=%20d");
    report = read_run(arena, 0, "\n@200 0 0 4e91 \n");
    ck_assert_ptr_null(report.reason);
    report = read_run(arena, 77, "curl: (77) error setting certificate file\n\n@0 0 0 1 \n");
    ck_assert_ptr_null(report.reason);
}
END_TEST

START_TEST(curl__ended_in_the_middle)
{
    static const struct {
        unsigned status;
        const char *errors;
    } runs[] = {
        {0, ""},
        {0, "* Trying\n> GET / HTTP/1.1\n> Host: a\n"},
        {404, "> GET / HTTP/1.1\n< HTTP/1.1 404 Not Found\n< X: 1\n"},
        {0, "> GET / HTTP/1.1\n< HTTP/1.1 103 Early\n< X: 1\n"},
        {0, "> CONNECT a:443 HTTP/1.1\n< HTTP/1.1 200 OK\n< \n> GET / HTTP/1.1\n"},
        {0, "> CONNECT a:443 HTTP/1.1\n< HTTP/1.1 200 OK\n"},
        {500, "> CONNECT a:443 HTTP/1.1\n< HTTP/1.0 200\n> GET / HTTP/1.1\n< HTTP/1.0 500\n"},
        {0, "> GET / HTTP/1.1\n< HTTP/1.1"},
        {0, "> GET / HTTP/1.1\n< HTTP/1."},
        {0, "> GET / HTTP/1.1\n< X: < HTTP/1.1 200 OK\n"},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++) {
        struct curl_report report = read_run(arena, 137, runs[i].errors);
        ck_assert_msg(report.status == runs[i].status, "'%s': %u", runs[i].errors, report.status);
        ck_assert_ptr_null(report.reason);
    }
}
END_TEST

START_TEST(curl__a_url_is_one_word_and_the_last)
{
    struct arena *arena ARENA_AUTO = arena_new();
    const char *const *argv = curl_argv(arena, "http://a/{b,c}", "a:80:192.0.2.1", false);
    size_t count = 0;
    while (argv[count])
        count++;
    ck_assert_str_eq(argv[1], "-q");
    ck_assert_str_eq(argv[count - 2], "--url");
    ck_assert_str_eq(argv[count - 1], "http://a/{b,c}");
}
END_TEST

Suite *actions_net_curl_suite(void)
{
    Suite *suite = suite_create("actions/net/curl");
    TCase *tests = tcase_create("curl");
    tcase_add_test(tests, curl__a_report_of_each_way_to_end);
    tcase_add_test(tests, curl__ended_in_the_middle);
    tcase_add_test(tests, curl__a_url_is_one_word_and_the_last);
    suite_add_tcase(suite, tests);
    return suite;
}
