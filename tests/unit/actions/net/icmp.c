/* Echo packets from bytes, and the words for ICMP errors. */
#include "actions/net/icmp.h"

#include <check.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

static const uint8_t reply_v4[] = {0, 0, 0, 0, 0x12, 0x34, 0, 7, 'a', 'b'};

START_TEST(icmp__request_has_a_right_checksum)
{
    uint8_t packet[ICMP_HEADER + 3];
    struct echo echo = {.id = 0x1234, .sequence = 1, .data = (const uint8_t *)"abc", .length = 3};
    uint32_t sum = 0;
    echo_build(AF_INET, &echo, packet);
    for (size_t i = 0; i < sizeof(packet); i++)
        sum += i % 2 ? packet[i] : (uint32_t)packet[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    ck_assert_uint_eq(sum, 0xffff);
    ck_assert_uint_eq(packet[0], 8);
    echo_build(AF_INET6, &echo, packet);
    ck_assert_uint_eq(packet[0], 128);
}
END_TEST

START_TEST(icmp__reply_is_read)
{
    struct echo reply;
    ck_assert(echo_read(AF_INET, false, reply_v4, sizeof(reply_v4), &reply));
    ck_assert_uint_eq(reply.id, 0x1234);
    ck_assert_uint_eq(reply.sequence, 7);
    ck_assert_uint_eq(reply.length, 2);
}
END_TEST

START_TEST(icmp__raw_header_of_any_length_is_skipped)
{
    uint8_t packet[60 + sizeof(reply_v4)] = {0};
    struct echo reply;
    for (unsigned words = 0; words < 16; words++) {
        packet[0] = (uint8_t)(0x40 | words);
        memcpy(packet + words * 4, reply_v4, sizeof(reply_v4));
        packet[0] = (uint8_t)(0x40 | words);
        bool read = echo_read(AF_INET, true, packet, words * 4 + sizeof(reply_v4), &reply);
        ck_assert(read == (words >= 5));
        ck_assert(!echo_read(AF_INET, true, packet, words * 4 + ICMP_HEADER - 1, &reply));
    }
    ck_assert(!echo_read(AF_INET, true, packet, 0, &reply));
}
END_TEST

START_TEST(icmp__other_packets_are_no_reply)
{
    uint8_t packet[sizeof(reply_v4)];
    struct echo reply;
    memcpy(packet, reply_v4, sizeof(packet));
    packet[0] = 8;
    ck_assert(!echo_read(AF_INET, false, packet, sizeof(packet), &reply));
    ck_assert(echo_read_quoted(AF_INET, packet, sizeof(packet), &reply));
    packet[1] = 1;
    ck_assert(!echo_read_quoted(AF_INET, packet, sizeof(packet), &reply));
}
END_TEST

static union endpoint endpoint_at(const char *text)
{
    struct address address;
    ck_assert(address_read(text, &address));
    return endpoint_of(&address, 0);
}

START_TEST(icmp__own_refusal_is_blocked)
{
    union endpoint own = endpoint_at("10.0.0.1"), other = endpoint_at("10.0.0.9");
    struct icmp_error error = {.code = ECONNREFUSED, .filtered = true, .from = own, .to = other};
    ck_assert_str_eq(icmp_error_reason(&error, &own), "blocked");
    error.from = other;
    ck_assert_str_eq(icmp_error_reason(&error, &own), "refused");
    error = (struct icmp_error){.code = ECONNREFUSED, .filtered = true, .from = own, .to = own};
    ck_assert_str_eq(icmp_error_reason(&error, &own), "refused");
    error = (struct icmp_error){.code = EHOSTUNREACH, .expired = true, .from = other, .to = other};
    ck_assert_str_eq(icmp_error_reason(&error, &own), "unreachable");
}
END_TEST

START_TEST(host__zone_is_the_number_of_a_link)
{
    struct address address;
    ck_assert(address_read("fe80::1%lo", &address));
    union endpoint endpoint = endpoint_of(&address, 53);
    ck_assert_uint_eq(endpoint.v6.sin6_scope_id, if_nametoindex("lo"));
    address = endpoint_address(&endpoint);
    ck_assert_str_eq(address.zone, "lo");
    ck_assert(address_read("fe80::1%70007", &address));
    endpoint = endpoint_of(&address, 53);
    ck_assert_uint_eq(endpoint.v6.sin6_scope_id, 70007);
    address = endpoint_address(&endpoint);
    ck_assert_str_eq(address.zone, "70007");
    ck_assert(address_read("fe80::1%gone-link", &address));
    endpoint = endpoint_of(&address, 53);
    ck_assert_uint_ne(endpoint.v6.sin6_scope_id, 0);
}
END_TEST

START_TEST(host__first_of_each_family)
{
    static const char *const texts[] = {"2001:db8::1", "2001:db8::2", "203.0.113.1", "203.0.113.2"};
    union endpoint at[4], first[HOST_FAMILIES];
    for (size_t i = 0; i < 4; i++)
        at[i] = endpoint_at(texts[i]);
    struct host host = {.count = 4, .at = at};
    ck_assert_uint_eq(host_by_family(&host, first), 2);
    ck_assert(endpoint_same_address(&first[0], &at[0]));
    ck_assert(endpoint_same_address(&first[1], &at[2]));
    host = (struct host){.count = 2, .at = at + 2};
    ck_assert_uint_eq(host_by_family(&host, first), 1);
    host.count = 0;
    ck_assert_uint_eq(host_by_family(&host, first), 0);
}
END_TEST

Suite *actions_net_icmp_suite(void)
{
    Suite *suite = suite_create("actions/net/icmp");
    TCase *tests = tcase_create("icmp");
    tcase_add_test(tests, icmp__request_has_a_right_checksum);
    tcase_add_test(tests, icmp__reply_is_read);
    tcase_add_test(tests, icmp__raw_header_of_any_length_is_skipped);
    tcase_add_test(tests, icmp__other_packets_are_no_reply);
    tcase_add_test(tests, icmp__own_refusal_is_blocked);
    tcase_add_test(tests, host__zone_is_the_number_of_a_link);
    tcase_add_test(tests, host__first_of_each_family);
    suite_add_tcase(suite, tests);
    return suite;
}
