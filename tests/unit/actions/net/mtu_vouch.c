/* Who answers pings, told from what came back for each TTL. */
#include "actions/net/mtu_vouch.h"

#include <check.h>

static struct wire wire;
static const int64_t now = SECONDS(5);

static union endpoint place(const char *text)
{
    struct address address;
    ck_assert(address_read(text, &address));
    return endpoint_of(&address, 0);
}

static void comes(struct vouch *vouch, enum wire_way way, unsigned ttl, enum wire_kind kind,
                  const char *from)
{
    struct wire_packet packet = {.way = way, .size = WIRE_SMALL, .ttl = ttl};
    struct wire_event event = {.kind = kind, .packet = &packet, .from = place(from)};
    vouch_take(vouch, &wire, &event);
}

static struct vouch begun(bool behind_gateway)
{
    struct vouch vouch;
    wire = (struct wire){.family = AF_INET, .to = place("198.51.100.7")};
    vouch_begin(&vouch, behind_gateway);
    vouch.rounds = 1;
    return vouch;
}

START_TEST(mtu_vouch__first_hop_answers_for_a_host_behind_it)
{
    struct vouch vouch = begun(true);
    comes(&vouch, WAY_ECHO, 4, WIRE_ARRIVED, "198.51.100.7");
    ck_assert_int_eq(vouch_verdict(&vouch, now), VOUCH_OPEN);
    comes(&vouch, WAY_ECHO, 1, WIRE_ARRIVED, "198.51.100.7");
    ck_assert_int_eq(vouch_verdict(&vouch, now), VOUCH_PRETENDER);
}
END_TEST

START_TEST(mtu_vouch__a_neighbour_may_answer_itself)
{
    struct vouch vouch = begun(false);
    comes(&vouch, WAY_ECHO, 1, WIRE_ARRIVED, "198.51.100.7");
    ck_assert(vouch_measured(&vouch));
    comes(&vouch, WAY_UDP, 1, WIRE_ARRIVED, "198.51.100.7");
    ck_assert_int_eq(vouch_verdict(&vouch, now), VOUCH_HOST);
}
END_TEST

START_TEST(mtu_vouch__a_router_that_hands_on_all_but_pings)
{
    struct vouch vouch = begun(true);
    comes(&vouch, WAY_ECHO, 1, WIRE_EXPIRED, "192.0.2.1");
    comes(&vouch, WAY_ECHO, 2, WIRE_ARRIVED, "198.51.100.7");
    ck_assert(vouch_measured(&vouch));
    ck_assert_int_eq(vouch_verdict(&vouch, now), VOUCH_OPEN);
    comes(&vouch, WAY_UDP, 2, WIRE_EXPIRED, "192.0.2.9");
    ck_assert_int_eq(vouch_verdict(&vouch, now), VOUCH_PRETENDER);
}
END_TEST

START_TEST(mtu_vouch__the_host_may_be_a_router)
{
    struct vouch vouch = begun(true);
    comes(&vouch, WAY_ECHO, 1, WIRE_EXPIRED, "192.0.2.1");
    comes(&vouch, WAY_ECHO, 2, WIRE_ARRIVED, "198.51.100.7");
    comes(&vouch, WAY_UDP, 2, WIRE_EXPIRED, "198.51.100.7");
    ck_assert_int_eq(vouch_verdict(&vouch, now), VOUCH_HOST);
}
END_TEST

/* Nothing is heard of the first hop nor of the host's datagrams: rounds decide. */
START_TEST(mtu_vouch__silence_needs_answered_controls)
{
    struct wire_packet packets[5];
    struct vouch vouch = begun(true);
    comes(&vouch, WAY_ECHO, 3, WIRE_ARRIVED, "198.51.100.7");
    comes(&vouch, WAY_ECHO, 2, WIRE_EXPIRED, "192.0.2.2");
    wire.packets = packets;
    wire.count = 5;
    for (size_t i = 0; i < 5; i++)
        packets[i] = (struct wire_packet){.way = WAY_ECHO, .size = WIRE_SMALL, .ttl = 3};
    vouch_end_round(&vouch, &wire); /* which found the distance */
    for (vouch.rounds = 2; vouch.rounds < 50; vouch.rounds++)
        vouch_end_round(&vouch, &wire);
    ck_assert_int_eq(vouch_verdict(&vouch, now), VOUCH_OPEN);
    packets[1].answered = packets[2].answered = packets[4].answered = true;
    vouch_end_round(&vouch, &wire);
    ck_assert_int_eq(vouch_verdict(&vouch, now), VOUCH_OPEN);
    for (int round = 0; round < 3; round++)
        vouch_end_round(&vouch, &wire);
    vouch.asked = now - SECONDS(1); /* a router may have nothing more to say in this second */
    ck_assert_int_eq(vouch_verdict(&vouch, now), VOUCH_OPEN);
    vouch.asked -= SECONDS(1);
    ck_assert_int_eq(vouch_verdict(&vouch, now), VOUCH_HOST);
    /* A reply from nearer yet takes it all back. */
    comes(&vouch, WAY_ECHO, 1, WIRE_ARRIVED, "198.51.100.7");
    ck_assert_int_eq(vouch_verdict(&vouch, now), VOUCH_PRETENDER);
}
END_TEST

Suite *actions_net_mtu_vouch_suite(void)
{
    Suite *suite = suite_create("actions/net/mtu_vouch");
    TCase *tests = tcase_create("mtu_vouch");
    tcase_add_test(tests, mtu_vouch__first_hop_answers_for_a_host_behind_it);
    tcase_add_test(tests, mtu_vouch__a_neighbour_may_answer_itself);
    tcase_add_test(tests, mtu_vouch__a_router_that_hands_on_all_but_pings);
    tcase_add_test(tests, mtu_vouch__the_host_may_be_a_router);
    tcase_add_test(tests, mtu_vouch__silence_needs_answered_controls);
    suite_add_tcase(suite, tests);
    return suite;
}
