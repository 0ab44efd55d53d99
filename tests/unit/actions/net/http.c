/* URLs, and HTTP responses however the bytes are cut. */
#include "actions/net/http.h"

#include <check.h>
#include <string.h>

/* Feeds all of `text`, `step` bytes at a time, until the reader has an opinion. */
static enum http_state feed(struct http_reader *reader, const char *text, size_t step)
{
    enum http_state state = HTTP_MORE;
    *reader = (struct http_reader){0};
    for (size_t at = 0, length = strlen(text); at < length && state == HTTP_MORE; at += step)
        state = http_feed(reader, text + at, length - at < step ? length - at : step);
    return state;
}

static void expect(const char *text, enum http_state state, unsigned status, uint64_t body)
{
    static struct http_reader reader;
    for (size_t step = 1; step < 40; step += 6) {
        ck_assert_int_eq(feed(&reader, text, step), state);
        ck_assert_uint_eq(reader.status, status);
        ck_assert_uint_eq(reader.body, body);
    }
}

START_TEST(http__content_length_ends_the_body)
{
    expect("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", HTTP_DONE, 200, 5);
    expect("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", HTTP_MORE, 200, 5);
    expect("HTTP/1.1 404 No\ncontent-length:0\n\n", HTTP_DONE, 404, 0);
}
END_TEST

START_TEST(http__chunks_are_counted_without_their_framing)
{
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n"
           "5\r\nhello\r\n00a;x=1\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
           HTTP_DONE, 200, 15);
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX", HTTP_MORE, 200, 5);
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n", HTTP_MALFORMED,
           200, 5);
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", HTTP_MALFORMED, 200, 0);
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
           HTTP_MALFORMED, 200, 0);
}
END_TEST

START_TEST(http__without_a_length_the_connection_ends_the_body)
{
    struct http_reader reader;
    ck_assert_int_eq(feed(&reader, "HTTP/1.0 200 OK\r\n\r\nabc", 7), HTTP_MORE);
    ck_assert_int_eq(http_end(&reader), HTTP_DONE);
    ck_assert_int_eq(feed(&reader, "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nabc", 7),
                     HTTP_MORE);
    ck_assert_int_eq(http_end(&reader), HTTP_MALFORMED);
    ck_assert_int_eq(feed(&reader, "HTTP/1.0 200 OK\r\n", 7), HTTP_MORE);
    ck_assert_int_eq(http_end(&reader), HTTP_MALFORMED);
}
END_TEST

START_TEST(http__interim_responses_and_empty_bodies)
{
    expect("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n", HTTP_DONE, 204, 0);
    expect("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", HTTP_DONE, 304, 0);
}
END_TEST

START_TEST(http__what_is_not_http_is_malformed)
{
    expect("SSH-2.0-x\r\n", HTTP_MALFORMED, 0, 0);
    expect("HTTP/1.1 20 OK\r\n", HTTP_MALFORMED, 0, 0);
    expect("HTTP/1.1 200 OK\r\nno colon\r\n", HTTP_MALFORMED, 200, 0);
    expect("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n", HTTP_MALFORMED, 200, 0);
    expect("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n", HTTP_MALFORMED, 200, 0);
    expect("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n", HTTP_MALFORMED, 200, 0);
}
END_TEST

START_TEST(http__lines_and_heads_have_a_limit)
{
    static struct http_reader reader;
    static char line[HTTP_LINE_MOST + 1];
    enum http_state state;
    memset(line, 'a', sizeof(line));
    reader = (struct http_reader){0};
    ck_assert_int_eq(http_feed(&reader, line, sizeof(line)), HTTP_MALFORMED);
    ck_assert_int_eq(feed(&reader, "HTTP/1.1 200 OK\r\n", 99), HTTP_MORE);
    size_t fed = 0;
    for (state = HTTP_MORE; state == HTTP_MORE && fed < 2 * HTTP_HEAD_MOST; fed += 5)
        state = http_feed(&reader, "a: b\n", 5);
    ck_assert_int_eq(state, HTTP_MALFORMED);
}
END_TEST

static void expect_url(const char *text, const char *host, unsigned port, const char *authority,
                       const char *target)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct url url;
    struct error error;
    ck_assert(url_read(arena, text, &url, &error));
    ck_assert_str_eq(url.host, host);
    ck_assert_uint_eq(url.port, port);
    ck_assert_str_eq(url.authority, authority);
    ck_assert_str_eq(url.target, target);
}

START_TEST(url__parts)
{
    expect_url("http://a.example", "a.example", 80, "a.example", "/");
    expect_url("HTTPS://a.example:8443/x?y#z", "a.example", 8443, "a.example:8443", "/x?y");
    expect_url("http://[::1]:3000?q", "::1", 3000, "[::1]:3000", "/?q");
    expect_url("https://[fe80::1%25]", "fe80::1%25", 443, "[fe80::1%25]", "/");
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

Suite *actions_net_http_suite(void)
{
    Suite *suite = suite_create("actions/net/http");
    TCase *tests = tcase_create("http");
    tcase_add_test(tests, http__content_length_ends_the_body);
    tcase_add_test(tests, http__chunks_are_counted_without_their_framing);
    tcase_add_test(tests, http__without_a_length_the_connection_ends_the_body);
    tcase_add_test(tests, http__interim_responses_and_empty_bodies);
    tcase_add_test(tests, http__what_is_not_http_is_malformed);
    tcase_add_test(tests, http__lines_and_heads_have_a_limit);
    tcase_add_test(tests, url__parts);
    tcase_add_test(tests, url__refused);
    suite_add_tcase(suite, tests);
    return suite;
}
