/* Which proxy a program would use. */
#include "actions/net/proxy.h"

#include <check.h>
#include <string.h>

/* An environment: "name=value" lines. */
static const char *get(const void *context, const char *name)
{
    size_t length = strlen(name);
    for (const char *const *line = context; *line; line++)
        if (strncmp(*line, name, length) == 0 && (*line)[length] == '=')
            return *line + length + 1;
    return NULL;
}

/* What is shown of the proxy; "" where none is used, NULL where the setting is wrong. */
static const char *chosen(struct arena *arena, const char *text, const char *const *environment)
{
    struct url url;
    struct proxy proxy;
    struct error error;
    ck_assert(url_read(arena, text, &url, &error));
    if (!proxy_choose(arena, &url, get, environment, &proxy, &error)) {
        ck_assert_ptr_null(strstr(error.message, "s3same"));
        return NULL;
    }
    return proxy.variable ? proxy.shown : "";
}

#define EXPECT(text, wanted, ...)                                                                  \
    do {                                                                                           \
        struct arena *arena ARENA_AUTO = arena_new();                                              \
        ck_assert_pstr_eq(chosen(arena, text, (const char *const[]){__VA_ARGS__, NULL}), wanted);  \
    } while (0)

START_TEST(proxy__variables_in_the_order_of_curl)
{
    EXPECT("http://a/", "", "HTTP_PROXY=http://x:1", "https_proxy=y:2");
    EXPECT("http://a/", "http://x:1", "http_proxy=http://x:1", "all_proxy=z:3");
    EXPECT("http://a/", "http://z:3", "http_proxy=", "all_proxy=z:3");
    EXPECT("https://a/", "http://y:2", "HTTPS_PROXY=y:2", "http_proxy=x:1");
    EXPECT("https://a/", "http://low:2", "HTTPS_PROXY=y:2", "https_proxy=low:2");
    EXPECT("https://a/", "socks5h://z:3", "ALL_PROXY=socks5h://z:3");
}
END_TEST

START_TEST(proxy__parts_without_the_password)
{
    EXPECT("http://a/", "http://p.example:8080", "http_proxy=http://me:s3same@p.example:8080/");
    EXPECT("http://a/", "http://p.example:1080", "http_proxy=me:s3s@me@p.example");
    EXPECT("http://a/", "https://p.example:443", "http_proxy=https://p.example");
    EXPECT("http://a/", "http://[2001:db8::9]:81", "http_proxy=http://u@[2001:db8::9]:81");
    EXPECT("http://a/", NULL, "http_proxy=http://me:s3same/x@p.example:80");
    EXPECT("http://a/", NULL, "http_proxy=gopher://p.example");
    EXPECT("http://a/", NULL, "http_proxy=http://");
}
END_TEST

START_TEST(proxy__hosts_that_are_reached_directly)
{
#define NOT_FOR(list, host, direct)                                                                \
    EXPECT("http://" host "/", direct ? "" : "http://x:1", "http_proxy=x:1", "no_proxy=" list)
    NOT_FOR("*", "a.example", true);
    NOT_FOR("", "a.example", false);
    NOT_FOR("b.example, a.example", "a.example", true);
    NOT_FOR("b.example a.example.", "A.Example", true);
    NOT_FOR(".a.example", "a.example", true);
    NOT_FOR("a.example", "www.a.example.", true);
    NOT_FOR("a.example", "nota.example", false);
    NOT_FOR("www.a.example", "a.example", false);
    NOT_FOR("10.0.0.0/8", "10.200.0.1", true);
    NOT_FOR("10.0.0.0/9", "10.200.0.1", false);
    NOT_FOR("10.1.2.3/8", "10.200.0.1", true);
    NOT_FOR("192.0.2.1", "192.0.2.1", true);
    NOT_FOR("192.0.2.1", "192.0.2.10", false);
    NOT_FOR("2.1", "192.0.2.1", false);
    NOT_FOR("fd00::/8", "[fd12::3]", true);
    NOT_FOR("[::1]", "[::1]", true);
    NOT_FOR("0.0.0.0/0", "[::1]", false);
    NOT_FOR("10.0.0.0/8", "10.example", false);
    EXPECT("http://b/", "", "http_proxy=x:1", "NO_PROXY=b");
    EXPECT("http://b/", "http://x:1", "http_proxy=x:1", "NO_PROXY=b", "no_proxy=c");
}
END_TEST

Suite *actions_net_proxy_suite(void)
{
    Suite *suite = suite_create("actions/net/proxy");
    TCase *tests = tcase_create("proxy");
    tcase_add_test(tests, proxy__variables_in_the_order_of_curl);
    tcase_add_test(tests, proxy__parts_without_the_password);
    tcase_add_test(tests, proxy__hosts_that_are_reached_directly);
    suite_add_tcase(suite, tests);
    return suite;
}
