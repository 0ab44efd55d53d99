/* DNS messages: what is the answer to our question, and that no bytes break the reader. */
#include "actions/net/dns.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MOST = 1024, HEADER = 12 };

/* A reply being written, byte by byte. */
struct message {
    uint8_t bytes[MESSAGE_MOST];
    size_t length;
};

static struct arena *arena;
static struct dns_query query;

static void setup(void)
{
    struct error error;
    arena = arena_new();
    ck_assert(dns_query_build(arena, "www.example", "A", false, &query, &error));
}

static void teardown(void)
{
    arena_free(&arena);
}

static void add(struct message *message, const void *bytes, size_t length)
{
    ck_assert_uint_le(message->length + length, MESSAGE_MOST);
    memcpy(message->bytes + message->length, bytes, length);
    message->length += length;
}

/* Header and question as a server would send them back. */
static struct message reply(unsigned flags, unsigned answers)
{
    struct message message = {.length = 0};
    add(&message, query.bytes, query.length);
    message.bytes[2] = (uint8_t)(flags >> 8);
    message.bytes[3] = (uint8_t)flags;
    message.bytes[6] = (uint8_t)(answers >> 8);
    message.bytes[7] = (uint8_t)answers;
    return message;
}

/* A record whose owner is the name of the question unless given, in wire form. */
static void add_record(struct message *message, const char *owner, size_t owner_length,
                       unsigned type, const void *data, size_t length)
{
    uint8_t head[10] = {(uint8_t)(type >> 8),   (uint8_t)type,  0, 1, 0, 0, 0, 60,
                        (uint8_t)(length >> 8), (uint8_t)length};
    add(message, owner ? owner : "\xc0\x0c", owner ? owner_length : 2);
    add(message, head, sizeof(head));
    add(message, data, length);
}

#define RECORD(message, type, data) add_record(message, NULL, 0, type, data, sizeof(data) - 1)

static enum dns_fit read_answer(const struct message *message, struct dns_answer *answer)
{
    return dns_answer_read(arena, &query, message->bytes, message->length, answer);
}

START_TEST(dns__answer_gives_address)
{
    struct message message = reply(0x8180, 1);
    struct dns_answer answer;
    RECORD(&message, 1, "\x01\x02\x03\x04");
    ck_assert_int_eq(read_answer(&message, &answer), DNS_ANSWER);
    ck_assert_uint_eq(answer.address_count, 1);
    ck_assert_str_eq(answer.texts[0].string, "1.2.3.4");
    ck_assert_str_eq(dns_reason(&answer), "reply");
}
END_TEST

START_TEST(dns__chain_leads_to_the_address_and_nowhere_else)
{
    struct message message = reply(0x8180, 3);
    struct dns_answer answer;
    add_record(&message, "\1z\0", 3, 1, "\x09\x09\x09\x09", 4);
    RECORD(&message, 5, "\1Z\0");
    add_record(&message, "\4evil\0", 6, 1, "\x06\x06\x06\x06", 4);
    ck_assert_int_eq(read_answer(&message, &answer), DNS_ANSWER);
    ck_assert_uint_eq(answer.count, 1);
    ck_assert_str_eq(answer.texts[0].string, "9.9.9.9");
}
END_TEST

START_TEST(dns__cname_to_itself_ends)
{
    struct message message = reply(0x8180, 1);
    struct dns_answer answer;
    RECORD(&message, 5, "\xc0\x0c");
    ck_assert_int_eq(read_answer(&message, &answer), DNS_ANSWER);
    ck_assert_str_eq(dns_reason(&answer), "nodata");
}
END_TEST

START_TEST(dns__other_id_question_or_direction_is_not_ours)
{
    struct dns_answer answer;
    struct message message = reply(0x8180, 0);
    message.bytes[1] ^= 1;
    ck_assert_int_eq(read_answer(&message, &answer), DNS_OTHER);
    message = reply(0x8180, 0);
    message.bytes[HEADER + 1] = 'v';
    ck_assert_int_eq(read_answer(&message, &answer), DNS_OTHER);
    message = reply(0x0180, 0);
    ck_assert_int_eq(read_answer(&message, &answer), DNS_OTHER);
}
END_TEST

START_TEST(dns__question_matches_in_any_case)
{
    struct message message = reply(0x8180, 0);
    struct dns_answer answer;
    message.bytes[HEADER + 1] = 'W';
    ck_assert_int_eq(read_answer(&message, &answer), DNS_ANSWER);
}
END_TEST

START_TEST(dns__nothing_of_a_truncated_answer_is_used)
{
    struct message message = reply(0x8380, 1);
    struct dns_answer answer;
    RECORD(&message, 1, "\x06\x06\x06\x06");
    ck_assert_int_eq(read_answer(&message, &answer), DNS_TRUNCATED);
    ck_assert_uint_eq(answer.count, 0);
}
END_TEST

START_TEST(dns__truncated_within_a_record_is_truncated)
{
    struct message message = reply(0x8380, 5);
    struct dns_answer answer;
    RECORD(&message, 1, "\x06\x06\x06\x06");
    message.length -= 3;
    ck_assert_int_eq(read_answer(&message, &answer), DNS_TRUNCATED);
}
END_TEST

/* As every resolver does: what is wrong there takes nothing away from the answers. */
START_TEST(dns__what_follows_the_answers_is_not_read)
{
    struct message message = reply(0x8180, 1);
    struct dns_answer answer;
    RECORD(&message, 1, "\x06\x06\x06\x06");
    message.bytes[9] = 3; /* authority: three records, of which there are some bytes */
    add(&message, "\xc0\xff\0\x01", 4);
    ck_assert_int_eq(read_answer(&message, &answer), DNS_ANSWER);
    ck_assert_str_eq(answer.texts[0].string, "6.6.6.6");
    ck_assert_uint_eq(answer.count, 1);
}
END_TEST

START_TEST(dns__name_that_leaves_its_record_is_malformed)
{
    struct message message = reply(0x8180, 2);
    struct dns_answer answer;
    RECORD(&message, 5, "\3abc");
    RECORD(&message, 1, "\x06\x06\x06\x06");
    ck_assert_int_eq(read_answer(&message, &answer), DNS_MALFORMED);
}
END_TEST

START_TEST(dns__only_a_refusal_may_leave_the_question_out)
{
    struct message message = {.length = HEADER};
    struct dns_answer answer;
    memcpy(message.bytes, query.bytes, 2);
    message.bytes[2] = 0x80;
    message.bytes[3] = 1;
    ck_assert_int_eq(read_answer(&message, &answer), DNS_ANSWER);
    ck_assert_str_eq(dns_reason(&answer), "formerr");
    message.bytes[3] = 3;
    ck_assert_int_eq(read_answer(&message, &answer), DNS_OTHER);
}
END_TEST

START_TEST(dns__counts_beyond_the_bytes_are_malformed)
{
    struct message message = reply(0x8180, 65535);
    struct dns_answer answer;
    RECORD(&message, 1, "\x01\x02\x03\x04");
    ck_assert_int_eq(read_answer(&message, &answer), DNS_MALFORMED);
    ck_assert_uint_eq(answer.count, 0);
}
END_TEST

START_TEST(dns__address_of_wrong_length_is_malformed)
{
    struct message message = reply(0x8180, 1);
    struct dns_answer answer;
    RECORD(&message, 1, "\x01\x02\x03");
    ck_assert_int_eq(read_answer(&message, &answer), DNS_MALFORMED);
}
END_TEST

START_TEST(dns__compression_loop_is_malformed)
{
    struct message message = reply(0x8180, 1);
    struct dns_answer answer;
    uint8_t self[2] = {0xc0, (uint8_t)message.length};
    add_record(&message, (const char *)self, 2, 1, "\x01\x02\x03\x04", 4);
    ck_assert_int_eq(read_answer(&message, &answer), DNS_MALFORMED);
}
END_TEST

START_TEST(dns__any_prefix_is_survived)
{
    struct message message = reply(0x8180, 2);
    struct dns_answer answer;
    RECORD(&message, 5, "\1z\0");
    add_record(&message, "\1z\0", 3, 1, "\x01\x02\x03\x04", 4);
    for (size_t length = 0; length < message.length; length++) {
        /* of its own, so that a sanitizer sees a read beyond it */
        uint8_t *cut = malloc(length + 1);
        memcpy(cut, message.bytes, length);
        ck_assert_int_ne(dns_answer_read(arena, &query, cut, length, &answer), DNS_ANSWER);
        free(cut);
    }
}
END_TEST

START_TEST(dns__any_changed_byte_is_survived)
{
    struct message whole = reply(0x8180, 2);
    struct dns_answer answer;
    RECORD(&whole, 5, "\1z\0");
    add_record(&whole, "\1z\0", 3, 1, "\x01\x02\x03\x04", 4);
    for (size_t at = 0; at < whole.length; at++)
        for (unsigned value = 0; value < 256; value++) {
            struct message message = whole;
            message.bytes[at] = (uint8_t)value;
            (void)read_answer(&message, &answer);
            ck_assert_uint_le(answer.count, 2);
        }
}
END_TEST

START_TEST(dns__text_is_joined_and_escaped)
{
    struct error error;
    struct dns_answer answer;
    ck_assert(dns_query_build(arena, "www.example", "TXT", false, &query, &error));
    struct message message = reply(0x8180, 1);
    RECORD(&message, 16,
           "\3v=1\4 \n\xff"
           "x");
    ck_assert_int_eq(read_answer(&message, &answer), DNS_ANSWER);
    ck_assert_str_eq(answer.texts[0].string, "v=1 \\010\\255x");
    message = reply(0x8180, 1);
    RECORD(&message, 16, "\x09too short");
    message.bytes[message.length - 10] = 200;
    ck_assert_int_eq(read_answer(&message, &answer), DNS_MALFORMED);
}
END_TEST

START_TEST(dns__address_is_asked_by_its_reverse_name)
{
    struct error error;
    static const char v4[] = "\1"
                             "4\1"
                             "3\1"
                             "2\1"
                             "1\7in-addr\4arpa";
    ck_assert(dns_query_build(arena, "1.2.3.4", "PTR", false, &query, &error));
    ck_assert_mem_eq(query.bytes + HEADER, v4, sizeof(v4));
    ck_assert(dns_query_build(arena, "2001:db8::1", "PTR", false, &query, &error));
    ck_assert_mem_eq(query.bytes + HEADER,
                     "\1"
                     "1\1"
                     "0",
                     4);
}
END_TEST

/* The EDNS record of an answer, with these options. */
static void add_opt(struct message *message, unsigned extended_rcode, const void *options,
                    size_t length)
{
    uint8_t opt[] = {0, 0, 41, 4, 208, (uint8_t)extended_rcode, 0, 0, 0, 0, (uint8_t)length};
    message->bytes[11] = 1;
    add(message, opt, sizeof(opt));
    add(message, options, length);
}

START_TEST(dns__errors_of_the_server_are_text)
{
    static const char options[] = "\0\x0a\0\2zz"
                                  "\0\x0f\0\7\0\x12staff"
                                  "\0\x0f\0\2\x12\x34";
    struct message message = reply(0x8185, 0);
    struct dns_answer answer;
    add_opt(&message, 0, options, sizeof(options) - 1);
    ck_assert_int_eq(read_answer(&message, &answer), DNS_ANSWER);
    ck_assert(answer.edns && !answer.edns_refused);
    ck_assert_str_eq(answer.ede, "18 Prohibited: staff; 4660");
}
END_TEST

START_TEST(dns__options_beyond_their_record_are_not_read)
{
    struct message message = reply(0x8185, 0);
    struct dns_answer answer;
    add_opt(&message, 0, "\0\x0f\0\x40\0\x12", 6);
    add(&message, "behind the record", 17);
    ck_assert_int_eq(read_answer(&message, &answer), DNS_ANSWER);
    ck_assert(answer.edns);
    ck_assert_ptr_null(answer.ede);
}
END_TEST

START_TEST(dns__what_may_be_about_edns)
{
    static const struct {
        unsigned flags;
        bool opt;
        unsigned extended_rcode;
        bool refused;
    } cases[] = {
        {0x8181, false, 0, true},  {0x8182, false, 0, true},  {0x8184, false, 0, true},
        {0x8185, false, 0, false}, {0x8180, false, 0, false}, {0x8182, true, 0, false},
        {0x8180, true, 1, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct message message = reply(cases[i].flags, 0);
        struct dns_answer answer;
        if (cases[i].opt)
            add_opt(&message, cases[i].extended_rcode, "", 0);
        ck_assert_int_eq(read_answer(&message, &answer), DNS_ANSWER);
        ck_assert_msg(answer.edns_refused == cases[i].refused, "case %zu", i);
    }
}
END_TEST

START_TEST(dns__query_asks_with_edns)
{
    static const uint8_t opt[] = {0, 0, 41, 2, 0, 0, 0, 0, 0, 0, 0};
    struct error error;
    struct dns_query edns;
    ck_assert(dns_query_build(arena, "www.example", "A", true, &edns, &error));
    ck_assert_uint_eq(edns.length, query.length + sizeof(opt));
    ck_assert_uint_eq(edns.bytes[11], 1);
    ck_assert_mem_eq(edns.bytes + query.length, opt, sizeof(opt));
}
END_TEST

/* What came instead is said, for each way not to answer. */
START_TEST(dns__what_does_not_answer_is_described)
{
    struct dns_answer answer;
    struct message message = reply(0x8180, 0);
    message.bytes[HEADER + 1] = 'v';
    message.bytes[message.length - 3] = 28;
    ck_assert_int_eq(read_answer(&message, &answer), DNS_OTHER);
    ck_assert_str_eq(answer.received, "an answer to another question: vww.example AAAA");
    message = reply(0x8180, 0);
    message.bytes[5] = 0;
    ck_assert_int_eq(read_answer(&message, &answer), DNS_OTHER);
    ck_assert_str_eq(answer.received, "an answer without a question");
    message = reply(0x0100, 0);
    ck_assert_int_eq(read_answer(&message, &answer), DNS_OTHER);
    ck_assert_str_eq(answer.received, "a query, not an answer");
    message = reply(0xa980, 0);
    ck_assert_int_eq(read_answer(&message, &answer), DNS_OTHER);
    ck_assert_str_eq(answer.received, "an answer to another kind of request");
}
END_TEST

START_TEST(dns__copy_outlives_its_message)
{
    struct arena *scratch = arena_new();
    struct message message = reply(0x8180, 1);
    struct dns_answer answer;
    RECORD(&message, 1, "\x01\x02\x03\x04");
    ck_assert_int_eq(dns_answer_read(scratch, &query, message.bytes, message.length, &answer),
                     DNS_ANSWER);
    answer = dns_answer_copy(arena, &answer);
    arena_free(&scratch);
    ck_assert_str_eq(answer.texts[0].string, "1.2.3.4");
    ck_assert_uint_eq(answer.addresses[0].address.bytes[3], 4);
}
END_TEST

/* Header and question, recursion wanted; no EDNS. */
START_TEST(dns__query_is_plain)
{
    static const uint8_t rest[] = {1, 0,   0,   1,   0,   0,   0,   0,   0, 0, 3, 'w', 'w', 'w',
                                   7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0,   1};
    ck_assert_uint_eq(query.length, 2 + sizeof(rest));
    ck_assert_uint_eq(query.bytes[0] << 8 | query.bytes[1], query.id);
    ck_assert_mem_eq(query.bytes + 2, rest, sizeof(rest));
}
END_TEST

START_TEST(dns__names_that_cannot_be_asked_are_refused)
{
    struct error error;
    char label[80];
    memset(label, 'a', sizeof(label) - 1);
    label[sizeof(label) - 1] = '\0';
    ck_assert(!dns_query_build(arena, "a..b", "A", false, &query, &error));
    ck_assert(!dns_query_build(arena, label, "A", false, &query, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "it is not a domain name"));
}
END_TEST

Suite *actions_net_dns_suite(void)
{
    Suite *suite = suite_create("actions/net/dns");
    TCase *tests = tcase_create("dns");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, dns__answer_gives_address);
    tcase_add_test(tests, dns__chain_leads_to_the_address_and_nowhere_else);
    tcase_add_test(tests, dns__cname_to_itself_ends);
    tcase_add_test(tests, dns__other_id_question_or_direction_is_not_ours);
    tcase_add_test(tests, dns__question_matches_in_any_case);
    tcase_add_test(tests, dns__nothing_of_a_truncated_answer_is_used);
    tcase_add_test(tests, dns__truncated_within_a_record_is_truncated);
    tcase_add_test(tests, dns__what_follows_the_answers_is_not_read);
    tcase_add_test(tests, dns__name_that_leaves_its_record_is_malformed);
    tcase_add_test(tests, dns__only_a_refusal_may_leave_the_question_out);
    tcase_add_test(tests, dns__counts_beyond_the_bytes_are_malformed);
    tcase_add_test(tests, dns__address_of_wrong_length_is_malformed);
    tcase_add_test(tests, dns__compression_loop_is_malformed);
    tcase_add_test(tests, dns__any_prefix_is_survived);
    tcase_add_test(tests, dns__any_changed_byte_is_survived);
    tcase_add_test(tests, dns__text_is_joined_and_escaped);
    tcase_add_test(tests, dns__address_is_asked_by_its_reverse_name);
    tcase_add_test(tests, dns__query_is_plain);
    tcase_add_test(tests, dns__query_asks_with_edns);
    tcase_add_test(tests, dns__errors_of_the_server_are_text);
    tcase_add_test(tests, dns__options_beyond_their_record_are_not_read);
    tcase_add_test(tests, dns__what_may_be_about_edns);
    tcase_add_test(tests, dns__what_does_not_answer_is_described);
    tcase_add_test(tests, dns__copy_outlives_its_message);
    tcase_add_test(tests, dns__names_that_cannot_be_asked_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
