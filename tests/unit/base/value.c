/* Units, versions, networks: how values read, compare and print. */
#include "engine/base/value.h"

#include <check.h>
#include <sys/socket.h>

#include "engine/base/text.h"

Suite *base_value_suite(void);

static struct value read_as(struct arena *arena, enum kind kind, const char *text)
{
    struct value value;
    ck_assert_msg(value_read(arena, kind, text, &value), "'%s' is no %s", text, kind_name(kind));
    return value;
}

START_TEST(value__reads_and_prints_units)
{
    static const struct {
        enum kind kind;
        const char *text, *printed;
    } cases[] = {
        {KIND_DURATION, "1500ms", "1500ms"},
        {KIND_DURATION, "0.5s", "500ms"},
        {KIND_DURATION, "120s", "2m"},
        {KIND_DURATION, "1d", "1d"},
        {KIND_SIZE, "1500", "1500"},
        {KIND_SIZE, "1MB", "1MB"},
        {KIND_SIZE, "1MiB", "1MiB"},
        {KIND_SIZE, "1048576", "1MiB"},
        {KIND_NUMBER, "-3.25", "-3.25"},
        {KIND_VERSION, "26100.4949", "26100.4949"},
        {KIND_ADDRESS, "2001:DB8:0::1", "2001:db8::1"},
        {KIND_ADDRESS, "FE80::0:1%wlan0", "fe80::1%wlan0"},
        {KIND_NETWORK, "10.1.2.3/8", "10.0.0.0/8"},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct value value = read_as(arena, cases[i].kind, cases[i].text);
        ck_assert_str_eq(value_print(arena, &value), cases[i].printed);
    }
}
END_TEST

START_TEST(value__refuses_what_is_none)
{
    static const struct {
        enum kind kind;
        const char *text;
    } cases[] = {
        {KIND_DURATION, "5"},
        {KIND_DURATION, "-1s"},
        {KIND_DURATION, "1 s"},
        {KIND_DURATION, "99999999d"},
        {KIND_SIZE, "1mb"},
        {KIND_SIZE, "MB"},
        {KIND_NUMBER, "1e5"},
        {KIND_NUMBER, "0x10"},
        {KIND_NUMBER, ""},
        {KIND_NUMBER, "1."},
        {KIND_BOOLEAN, "yes"},
        {KIND_VERSION, "1..2"},
        {KIND_VERSION, "1.2-rc"},
        {KIND_ADDRESS, "1.2.3"},
        {KIND_ADDRESS, "fe80::1%"},
        {KIND_ADDRESS, "10.1.1.1%eth0"},
        {KIND_ADDRESS, "2001:db8::1%eth0"},
        {KIND_ADDRESS, "fe80::1%a-name-of-sixteen"},
        {KIND_ADDRESS, "fe80::1%a/b"},
        {KIND_NETWORK, "10.0.0.0/33"},
        {KIND_NETWORK, "10.0.0.0/"},
        {KIND_NETWORK, "10.0.0.0"},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    struct value value;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(!value_read(arena, cases[i].kind, cases[i].text, &value), "'%s'",
                      cases[i].text);
}
END_TEST

START_TEST(value__guesses_in_order)
{
    static const struct {
        const char *text;
        enum kind kind;
    } cases[] = {
        {"true", KIND_BOOLEAN}, {"1500", KIND_NUMBER},     {"2s", KIND_DURATION},
        {"2MB", KIND_SIZE},     {"8.8.8.8", KIND_ADDRESS}, {"10.0.0.0/8", KIND_NETWORK},
        {"off", KIND_STRING},   {"2.6.3.0", KIND_ADDRESS}, {"host.example", KIND_STRING},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_int_eq(value_guess(arena, cases[i].text).kind, cases[i].kind);
}
END_TEST

START_TEST(value__compares_versions_by_parts)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct value short_one = read_as(arena, KIND_VERSION, "2.6");
    struct value long_one = read_as(arena, KIND_VERSION, "2.6.0.0");
    struct value later = read_as(arena, KIND_VERSION, "2.10");
    ck_assert(value_equal(&short_one, &long_one));
    ck_assert_int_lt(value_compare(&short_one, &later), 0);
}
END_TEST

START_TEST(value__keeps_families_apart)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct value all = read_as(arena, KIND_NETWORK, "0.0.0.0/0");
    struct value v4 = read_as(arena, KIND_ADDRESS, "203.0.113.7");
    struct value v6 = read_as(arena, KIND_ADDRESS, "2001:db8::7");
    ck_assert(network_contains(&all.network, &v4.address));
    ck_assert(!network_contains(&all.network, &v6.address));
}
END_TEST

static void assert_printed(enum kind kind, const char *text, const char *expected)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct value value = read_as(arena, kind, text);
    ck_assert_str_eq(value_print(arena, &value), expected);
}

START_TEST(value__zones_tell_addresses_apart)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct value one = read_as(arena, KIND_ADDRESS, "fe80::7%eth1");
    struct value same = read_as(arena, KIND_ADDRESS, "fe80:0::7%eth1");
    struct value other = read_as(arena, KIND_ADDRESS, "fe80::7%eth2");
    struct value links = read_as(arena, KIND_NETWORK, "fe80::/10");
    ck_assert(value_equal(&one, &same));
    ck_assert(!value_equal(&one, &other));
    ck_assert(network_contains(&links.network, &other.address));
    struct value alone = value_network(&one.address, 128);
    ck_assert_str_eq(value_print(arena, &alone), "fe80::7/128");
}
END_TEST

START_TEST(value__reads_mapped_addresses_as_ipv4)
{
    assert_printed(KIND_ADDRESS, "::ffff:198.51.100.4", "198.51.100.4");
    assert_printed(KIND_ADDRESS, "::FFFF:c633:6404", "198.51.100.4");
    assert_printed(KIND_ADDRESS, "::ffff:0.0.0.0", "0.0.0.0");
    assert_printed(KIND_ADDRESS, "::198.51.100.4", "::198.51.100.4");
    assert_printed(KIND_ADDRESS, "64:ff9b::198.51.100.4", "64:ff9b::c633:6404");
    assert_printed(KIND_NETWORK, "::ffff:198.51.100.4/120", "198.51.100.0/24");
    assert_printed(KIND_NETWORK, "::ffff:0:0/96", "0.0.0.0/0");
    assert_printed(KIND_NETWORK, "::ffff:198.51.100.4/95", "::fffe:0:0/95");
}
END_TEST

START_TEST(value__prints_numbers_that_read_back)
{
    struct arena *arena ARENA_AUTO = arena_new();
    static const double numbers[] = {0,       -1,   0.1,   1e15,   1e15 + 1, 123456789012345678.0,
                                     1e22,    1e23, 1e300, 1e-7,   5e-324,   0.1 + 0.2,
                                     -2.5e-9, 1e21, 3000,  1.0 / 3};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct value value = value_number(numbers[i]);
        struct value again = read_as(arena, KIND_NUMBER, value_print(arena, &value));
        ck_assert_msg(again.number == numbers[i], "%s", value_print(arena, &value));
    }
    assert_printed(KIND_NUMBER, "4000000000000000", "4000000000000000");
    assert_printed(KIND_NUMBER, "0.00000025", "0.00000025");
    assert_printed(KIND_NUMBER, "0.1", "0.1");
    assert_printed(KIND_DURATION, "999.9us", "999.900us");
}
END_TEST

START_TEST(value__makes_mapped_addresses_ipv4)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct address mapped = {.family = AF_INET6,
                             .bytes = {[10] = 0xff, [11] = 0xff, 127, 0, 0, 53}};
    struct value loopback = read_as(arena, KIND_NETWORK, "127.0.0.0/8");
    struct value address = value_address(&mapped), network = value_network(&mapped, 104);
    ck_assert(network_contains(&loopback.network, &address.address));
    ck_assert(value_equal(&network, &loopback));
    ck_assert_uint_eq(value_network(&mapped, 128).network.prefix, 32);
}
END_TEST

START_TEST(value__hashes_equal_values_alike)
{
    static const struct {
        enum kind kind;
        const char *a, *b;
        bool equal;
    } cases[] = {
        {KIND_NUMBER, "0", "-0", true},
        {KIND_NUMBER, "7", "7.5", false},
        {KIND_VERSION, "6.1", "6.1.0", true},
        {KIND_VERSION, "6.1", "6.10", false},
        {KIND_DURATION, "90s", "1500ms", false},
        {KIND_DURATION, "2m", "120s", true},
        {KIND_SIZE, "1KiB", "1024", true},
        {KIND_STRING, "eth0", "eth1", false},
        {KIND_ADDRESS, "::ffff:192.0.2.9", "192.0.2.9", true},
        {KIND_NETWORK, "192.0.2.0/24", "192.0.2.0/25", false},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct value a = read_as(arena, cases[i].kind, cases[i].a);
        struct value b = read_as(arena, cases[i].kind, cases[i].b);
        struct value list_a = value_list(&a, 1), list_b = value_list(&b, 1);
        ck_assert_int_eq(value_equal(&a, &b), cases[i].equal);
        ck_assert_int_eq(value_hash(&a) == value_hash(&b), cases[i].equal);
        ck_assert_int_eq(value_hash(&list_a) == value_hash(&list_b), cases[i].equal);
    }
}
END_TEST

Suite *base_value_suite(void)
{
    Suite *suite = suite_create("base/value");
    TCase *tcase = tcase_create("value");
    tcase_add_test(tcase, value__reads_and_prints_units);
    tcase_add_test(tcase, value__refuses_what_is_none);
    tcase_add_test(tcase, value__guesses_in_order);
    tcase_add_test(tcase, value__compares_versions_by_parts);
    tcase_add_test(tcase, value__keeps_families_apart);
    tcase_add_test(tcase, value__zones_tell_addresses_apart);
    tcase_add_test(tcase, value__reads_mapped_addresses_as_ipv4);
    tcase_add_test(tcase, value__prints_numbers_that_read_back);
    tcase_add_test(tcase, value__makes_mapped_addresses_ipv4);
    tcase_add_test(tcase, value__hashes_equal_values_alike);
    suite_add_tcase(suite, tcase);
    return suite;
}
