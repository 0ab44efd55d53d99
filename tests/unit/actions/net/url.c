/* Where a URL leads. */
#include "actions/net/url.h"

#include <check.h>

static void expect_url(const char *text, bool https, const char *host, unsigned port)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct url url;
    struct error error;
    ck_assert(url_read(arena, text, &url, &error));
    ck_assert_int_eq(url.https, https);
    ck_assert_str_eq(url.host, host);
    ck_assert_uint_eq(url.port, port);
}

START_TEST(url__parts)
{
    expect_url("http://a.example", false, "a.example", 80);
    expect_url("HTTPS://a.example:8443/x?y#z", true, "a.example", 8443);
    expect_url("http://[::1]:3000?q", false, "::1", 3000);
    expect_url("https://[fe80::1%25]", true, "fe80::1%25", 443);
    expect_url("http://a.example?u@v", false, "a.example", 80);
}
END_TEST

START_TEST(url__refused)
{
    static const char *const wrong[] = {
        "",
        "a.example",
        "ftp://a",
        "http://",
        "http://:80",
        "http://a:",
        "http://a:0",
        "http://a:99999",
        "http://a:+1",
        "http://u@a",
        "http://[::1",
        "http://[::1]x",
        "http://a/b c",
        "http://a/\r\nHost: b",
    };
    struct arena *arena ARENA_AUTO = arena_new();
    struct url url;
    struct error error;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        ck_assert_msg(!url_read(arena, wrong[i], &url, &error), "'%s' was taken", wrong[i]);
}
END_TEST

Suite *actions_net_url_suite(void)
{
    Suite *suite = suite_create("actions/net/url");
    TCase *tests = tcase_create("url");
    tcase_add_test(tests, url__parts);
    tcase_add_test(tests, url__refused);
    suite_add_tcase(suite, tests);
    return suite;
}
