/* Name servers of resolv.conf, as glibc reads them. */
#include "actions/net/resolv.h"

#include <check.h>

static const char *server(struct arena *arena, const union endpoint *endpoint)
{
    struct address address = endpoint_address(endpoint);
    return address_print(arena, &address);
}

START_TEST(resolv__servers_in_order_and_no_more_than_three)
{
    struct arena *arena ARENA_AUTO = arena_new();
    union endpoint servers[RESOLV_SERVERS_MOST];
    size_t count = resolv_servers("# by hand\nsearch a.b\nnameserver 1.1.1.1\r\n"
                                  "nameserver\t2001:db8::1 # x\nnameserver 3.3.3.3\n"
                                  "nameserver 4.4.4.4\n",
                                  servers);
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(server(arena, &servers[0]), "1.1.1.1");
    ck_assert_str_eq(server(arena, &servers[1]), "2001:db8::1");
    ck_assert_str_eq(server(arena, &servers[2]), "3.3.3.3");
}
END_TEST

START_TEST(resolv__nobody_named_is_the_loopback)
{
    static const char *const texts[] = {
        "",
        "\n",
        "nameserver",
        "nameserver \n",
        "nameserver x\n",
        " nameserver 1.1.1.1\n",
        "nameservers 1.1.1.1\n",
        "#nameserver 1.1.1.1",
    };
    struct arena *arena ARENA_AUTO = arena_new();
    union endpoint servers[RESOLV_SERVERS_MOST];
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        ck_assert_uint_eq(resolv_servers(texts[i], servers), 1);
        ck_assert_str_eq(server(arena, &servers[0]), "127.0.0.1");
    }
}
END_TEST

Suite *actions_net_resolv_suite(void)
{
    Suite *suite = suite_create("actions/net/resolv");
    TCase *tests = tcase_create("resolv");
    tcase_add_test(tests, resolv__servers_in_order_and_no_more_than_three);
    tcase_add_test(tests, resolv__nobody_named_is_the_loopback);
    suite_add_tcase(suite, tests);
    return suite;
}
