/* Echo packets from bytes, and the words for ICMP errors. */
#include "actions/net/icmp.h"

#include <check.h>
#include <errno.h>
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

START_TEST(icmp__own_refusal_is_blocked)
{
    union endpoint own, other;
    ck_assert(endpoint_read("10.0.0.1", &own));
    ck_assert(endpoint_read("10.0.0.9", &other));
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

START_TEST(host__literal_addresses)
{
    union endpoint endpoint;
    ck_assert(endpoint_read("::1", &endpoint));
    ck_assert(endpoint_read("fe80::1%7", &endpoint));
    ck_assert_uint_eq(endpoint.v6.sin6_scope_id, 7);
    ck_assert(endpoint_read("fe80::1%lo", &endpoint));
    ck_assert(!endpoint_read("fe80::1%no-such-link", &endpoint));
    ck_assert(!endpoint_read("10.0.0.1%lo", &endpoint));
    ck_assert(!endpoint_read("10.0.0", &endpoint));
    ck_assert(!endpoint_read("localhost", &endpoint));
    ck_assert(!endpoint_read("", &endpoint));
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
    tcase_add_test(tests, host__literal_addresses);
    suite_add_tcase(suite, tests);
    return suite;
}
