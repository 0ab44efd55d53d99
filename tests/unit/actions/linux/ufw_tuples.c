/* actions/linux/ufw_tuples.c on lines of user.rules as ufw 0.36 writes them. */
#include <check.h>
#include <stdlib.h>

#include "actions/linux/ufw_tuples.h"

static const char rules[] =
    "*filter\n:ufw-user-input - [0:0]\n### RULES ###\n\n"
    "### tuple ### allow any 3000 0.0.0.0/0 any 0.0.0.0/0 in\n"
    "-A ufw-user-input -p tcp --dport 3000 -j ACCEPT\n\n"
    "### tuple ### deny_log-all tcp 3000 0.0.0.0/0 any 192.168.77.0/24 in comment=7765622078\n\n"
    "### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 OpenSSH - in\n\n"
    "### tuple ### route:allow any any 0.0.0.0/0 any 0.0.0.0/0 in_eth0!out_far\n\n"
    "### tuple ### allow tcp 3001 0.0.0.0/0 any 192.168.77.9 in\n\n"
    "### tuple ### allow tcp 3002 0.0.0.0/0 any 192.168.77.0/24 in_eth0\n\n"
    "### tuple ### allow tcp 3003 192.168.77.5 any 192.168.77.0/24 in\n\n"
    "### tuple ### reject tcp 3004 0.0.0.0/0 53 192.168.77.0/24 in\n\n"
    "### tuple ### limit udp 3005 0.0.0.0/0 any 192.168.77.0/24\n\n"
    "### tuple ### broken\n### tuple ### a b c d e f g h i j k l\n"
    "### tuple ### allow tcp 1 0.0.0.0/0 any nonsense in\n### END RULES ###\nCOMMIT\n";

static struct arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(&arena);
}

static size_t find(const struct ufw_tuples *tuples, const char *protocol, unsigned port,
                   const char *from)
{
    struct network network;
    ck_assert(network_read(from, &network));
    return ufw_tuples_find(tuples, protocol, port, &network);
}

#define LAN "192.168.77.0/24"

START_TEST(ufw_tuples__finds_the_rule_that_differs_in_the_action)
{
    struct ufw_tuples tuples = ufw_tuples_read(arena, rules);
    ck_assert_uint_eq(tuples.count, 9);
    ck_assert_uint_eq(find(&tuples, "tcp", 3000, LAN), 1);
    ck_assert_str_eq(tuples.items[1].action, "deny");
    ck_assert_str_eq(tuples.items[1].log, "log-all");
    ck_assert_uint_eq(find(&tuples, "tcp", 3001, "192.168.77.9/32"), 4);
    ck_assert_uint_eq(find(&tuples, "udp", 3005, LAN), 8);
}
END_TEST

START_TEST(ufw_tuples__other_rules_are_not_the_same)
{
    struct ufw_tuples tuples = ufw_tuples_read(arena, rules);
    for (unsigned port = 3002; port <= 3004; port++)
        ck_assert_uint_eq(find(&tuples, "tcp", port, LAN), tuples.count);
    ck_assert_uint_eq(find(&tuples, "udp", 3000, LAN), tuples.count);
    ck_assert_uint_eq(find(&tuples, "tcp", 3000, "192.168.0.0/16"), tuples.count);
    ck_assert_uint_eq(find(&tuples, "tcp", 22, "0.0.0.0/0"), tuples.count);
}
END_TEST

START_TEST(ufw_tuples__positions_follow_the_plan)
{
    struct ufw_tuples tuples = ufw_tuples_read(arena, rules);
    ufw_tuples_add(arena, &tuples, true);
    ck_assert_uint_eq(find(&tuples, "tcp", 3000, LAN), 2);
    ufw_tuples_remove(&tuples, 0);
    ufw_tuples_add(arena, &tuples, false);
    ck_assert_uint_eq(find(&tuples, "tcp", 3000, LAN), 1);
    ufw_tuples_remove(&tuples, 1);
    ck_assert_uint_eq(find(&tuples, "tcp", 3000, LAN), tuples.count);
    ck_assert_uint_eq(tuples.count, 9);
}
END_TEST

START_TEST(ufw_tuples__nothing_is_read_from_nothing)
{
    ck_assert_uint_eq(ufw_tuples_read(arena, "").count, 0);
    ck_assert_uint_eq(ufw_tuples_read(arena, "### tuple ### ").count, 0);
    ck_assert_uint_eq(ufw_tuples_read(arena, "### tuple ### allow tcp 1 2 comment=").count, 0);
}
END_TEST

Suite *actions_linux_ufw_tuples_suite(void);
Suite *actions_linux_ufw_tuples_suite(void)
{
    Suite *suite = suite_create("actions/linux/ufw_tuples");
    TCase *tests = tcase_create("ufw_tuples");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, ufw_tuples__finds_the_rule_that_differs_in_the_action);
    tcase_add_test(tests, ufw_tuples__other_rules_are_not_the_same);
    tcase_add_test(tests, ufw_tuples__positions_follow_the_plan);
    tcase_add_test(tests, ufw_tuples__nothing_is_read_from_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
