/* actions/windows/hyperv.c and hyperv_decide.c: answers as PowerShell 5.1 prints them, and odd
 * ones. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "actions/windows/hyperv.h"
#include "engine/base/encoding.h"

static struct arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(&arena);
}

static const char *encode(const char *bytes)
{
    return arena_format(arena, "%s\r\n", base64_encode(arena, bytes, strlen(bytes)));
}

static bool read_json(const char *json, struct hyperv_state *state, struct error *error)
{
    const char *output = encode(json);
    *error = (struct error){0};
    return hyperv_read(arena, output, state, error);
}

static struct hyperv_state state_of(const char *rules)
{
    struct hyperv_state state;
    struct error error;
    const char *json = arena_format(arena,
                                    "{\"elevated\":false,\"settings\":[{\"enabled\":\"True\","
                                    "\"inbound\":\"Block\"}],\"rules\":[%s],"
                                    "\"categories\":[{\"category\":\"Private\"}]}",
                                    rules);
    ck_assert_msg(read_json(json, &state, &error), "%s", error.message);
    return state;
}

static struct hyperv_decision decide(const char *rules, const char *from, unsigned port)
{
    struct network sender = {0};
    struct hyperv_packet packet = {.protocol = "tcp", .port = (uint16_t)port, .lan = true};
    struct hyperv_state state = state_of(rules);
    if (from) {
        ck_assert(network_read(from, &sender));
        packet.senders = &sender;
        packet.sender_count = 1;
    }
    return hyperv_decide(&state, &packet);
}

#define RULE(action, ports, more)                                                                  \
    "{\"name\":\"r-" action ports "\",\"enabled\":\"True\",\"direction\":\"Inbound\","             \
    "\"action\":\"" action "\",\"protocol\":\"TCP\",\"ports\":\"" ports "\"" more "}"

static const struct {
    const char *rules;
    unsigned port;
    enum hyperv_verdict verdict;
} cases[] = {
    {"", 3000, HYPERV_BLOCKED},
    {RULE("Allow", "3000", ""), 3000, HYPERV_PASSES},
    {RULE("Allow", "3000", ""), 3001, HYPERV_BLOCKED},
    {RULE("Allow", "Any", ""), 3000, HYPERV_PASSES},
    {RULE("Allow", "", ""), 3000, HYPERV_PASSES},
    {RULE("Allow", "80 443 3000-3010", ""), 3010, HYPERV_PASSES},
    {RULE("Allow", "80 443 3000-3010", ""), 3011, HYPERV_BLOCKED},
    {RULE("Allow", "RPC", ""), 3000, HYPERV_NOT_CLEAR},
    {RULE("Block", "RPC", ""), 3000, HYPERV_BLOCKED},
    {RULE("Allow", "3000", "") "," RULE("Block", "3000", ""), 3000, HYPERV_BLOCKED},
    {RULE("Allow", "3000", ",\"priority\":\"1\"") "," RULE("Block", "3000", ",\"priority\":\"9\""),
     3000, HYPERV_PASSES},
    {RULE("Allow", "3000", "") "," RULE("Block", "IPHTTPSIn", ""), 3000, HYPERV_NOT_CLEAR},
    {RULE("Allow", "3000", ",\"remote\":\"LocalSubnet\""), 3000, HYPERV_PASSES},
    {RULE("Allow", "3000", ",\"remote\":\"LocalSubnet6\""), 3000, HYPERV_BLOCKED},
    {RULE("Allow", "3000", ",\"remote\":\"192.168.1.0/24\""), 3000, HYPERV_PASSES},
    {RULE("Allow", "3000", ",\"remote\":\"192.168.1.0/255.255.255.0\""), 3000, HYPERV_PASSES},
    {RULE("Allow", "3000", ",\"remote\":\"192.168.1.0-192.168.1.255\""), 3000, HYPERV_PASSES},
    {RULE("Allow", "3000", ",\"remote\":\"192.168.1.1-192.168.1.9\""), 3000, HYPERV_BLOCKED},
    {RULE("Allow", "3000", ",\"remote\":\"192.168.1.7\""), 3000, HYPERV_BLOCKED},
    {RULE("Allow", "3000", ",\"remote\":\"10.0.0.0/8\""), 3000, HYPERV_BLOCKED},
    {RULE("Allow", "3000", ",\"remote\":\"DefaultGateway\""), 3000, HYPERV_NOT_CLEAR},
    {RULE("Allow", "3000", ",\"local\":\"192.168.1.5\""), 3000, HYPERV_NOT_CLEAR},
    {RULE("Allow", "3000", ",\"remotePorts\":\"5000\""), 3000, HYPERV_NOT_CLEAR},
    {RULE("Allow", "3000", ",\"profiles\":\"Any\""), 3000, HYPERV_PASSES},
    {RULE("Allow", "3000", ",\"profiles\":\"Domain, Private\""), 3000, HYPERV_PASSES},
    {RULE("Allow", "3000", ",\"profiles\":\"Public\""), 3000, HYPERV_BLOCKED},
    {RULE("Allow", "3000", ",\"profiles\":4"), 3000, HYPERV_BLOCKED},
    {RULE("Allow", "3000", ",\"profiles\":2147483647"), 3000, HYPERV_PASSES},
    {RULE("Allow", "3000", ",\"creator\":\"{40e0ac32-46a5-438a-a0b2-2b479e8f2e90}\""), 3000,
     HYPERV_PASSES},
    {RULE("Allow", "3000", ",\"creator\":\"{11111111-46a5-438a-a0b2-2b479e8f2e90}\""), 3000,
     HYPERV_BLOCKED},
    {RULE("Allow", "3000", ",\"status\":\"ProfileInactive\""), 3000, HYPERV_BLOCKED},
    {RULE("Allow", "3000", ",\"status\":5"), 3000, HYPERV_BLOCKED},
    {RULE("Allow", "3000", ",\"status\":\"Full\""), 3000, HYPERV_PASSES},
    {RULE("Allow", "3000", "") "," RULE("Block", "3000", ",\"status\":\"DisabledObject\""), 3000,
     HYPERV_PASSES},
    /* numbers where words were asked for */
    {"{\"name\":\"n\",\"enabled\":1,\"direction\":1,\"action\":2,\"protocol\":6,\"ports\":3000}",
     3000, HYPERV_PASSES},
    {"{\"name\":\"n\",\"enabled\":2,\"direction\":1,\"action\":2,\"protocol\":6,\"ports\":3000}",
     3000, HYPERV_BLOCKED},
    {"{\"name\":\"n\",\"enabled\":true,\"direction\":1,\"action\":2,\"protocol\":\"Any\","
     "\"ports\":[\"22\",\"3000\"]}",
     3000, HYPERV_PASSES},
    {"{\"name\":\"n\",\"enabled\":true,\"direction\":2,\"action\":2,\"protocol\":\"Any\"}", 3000,
     HYPERV_BLOCKED},
    {"{}", 3000, HYPERV_BLOCKED},
};

START_TEST(hyperv__rules_decide)
{
    struct hyperv_decision decision = decide(cases[_i].rules, "192.168.1.0/24", cases[_i].port);
    ck_assert_msg(decision.verdict == cases[_i].verdict, "%s -> %d %s", cases[_i].rules,
                  decision.verdict, decision.rule ? decision.rule->name : "default");
}
END_TEST

START_TEST(hyperv__neighbours_need_no_addresses)
{
    ck_assert_int_eq(
        decide(RULE("Allow", "3000", ",\"remote\":\"LocalSubnet\""), NULL, 3000).verdict,
        HYPERV_PASSES);
    ck_assert_int_eq(
        decide(RULE("Allow", "3000", ",\"remote\":\"192.168.1.0/24\""), NULL, 3000).verdict,
        HYPERV_NOT_CLEAR);
}
END_TEST

START_TEST(hyperv__block_rule_is_named)
{
    struct hyperv_decision decision = decide(RULE("Block", "3000", ""), NULL, 3000);
    ck_assert_ptr_nonnull(decision.rule);
    ck_assert_str_eq(decision.rule->name, "r-Block3000");
}
END_TEST

START_TEST(hyperv__one_rule_may_come_without_its_list)
{
    struct hyperv_state state;
    struct error error;
    ck_assert(read_json("{\"elevated\":true,\"settings\":{\"enabled\":1,\"inbound\":4},"
                        "\"rules\":{\"name\":\"\xe8\xa6\x8f\xe5\x89\x87\"},\"categories\":null}",
                        &state, &error));
    ck_assert(state.elevated);
    ck_assert_int_eq(state.enabled, HYPERV_ON);
    ck_assert_int_eq(state.default_in, HYPERV_BLOCK);
    ck_assert_uint_eq(state.count, 1);
    ck_assert_str_eq(state.rules[0].name, "\xe8\xa6\x8f\xe5\x89\x87");
}
END_TEST

START_TEST(hyperv__unregistered_machine_is_not_filtered)
{
    struct hyperv_state state;
    struct error error;
    ck_assert(read_json("{\"elevated\":true,\"settings\":[],\"rules\":[]}", &state, &error));
    ck_assert(!state.registered);
    ck_assert_int_eq(state.enabled, HYPERV_OFF);
    ck_assert_int_eq(hyperv_decide(&state, &(struct hyperv_packet){.protocol = "tcp"}).verdict,
                     HYPERV_PASSES);
}
END_TEST

START_TEST(hyperv__not_configured_is_not_guessed)
{
    struct hyperv_state state;
    struct error error;
    ck_assert(
        read_json("{\"settings\":[{\"enabled\":2,\"inbound\":0}],\"rules\":[]}", &state, &error));
    ck_assert_int_eq(state.enabled, HYPERV_NOT_SAID);
    ck_assert_int_eq(hyperv_decide(&state, &(struct hyperv_packet){.protocol = "tcp"}).verdict,
                     HYPERV_NOT_CLEAR);
}
END_TEST

/* What the settings, the profiles and the connected networks make of each other: a letter each for
 * enabled, default_in, default_out, local_rules (y n, a b, a b, y n; `?`: not said), and whether a
 * local rule lets port 3000 in (y n ?). */
static const struct {
    const char *enabled, *profiles, *categories, *expected;
} merges[] = {
    {"True", "", "Private", "yba?y"},
    {"True", "{\"profile\":\"Private\",\"enabled\":\"False\"}", "Private", "nba?y"},
    {"True", "{\"profile\":\"Private\",\"enabled\":\"False\"}", "Public", "yba?y"},
    {"False", "{\"profile\":\"Private\",\"enabled\":\"True\"}", "Private", "nba?y"},
    {"True", "{\"profile\":2,\"enabled\":1,\"inbound\":2,\"outbound\":4,\"localRules\":1}",
     "Private", "yabyy"},
    {"True", "{\"name\":\"Domain\",\"enabled\":\"NotConfigured\",\"localRules\":\"False\"}",
     "DomainAuthenticated",
     "yban"
     "n"},
    {"True",
     "{\"name\":\"Private\",\"localRules\":\"False\"},{\"name\":\"Public\",\"localRules\":"
     "\"True\"}",
     "Private Public", "yba??"},
    {"True",
     "{\"name\":\"Private\",\"enabled\":\"False\"},{\"name\":\"Public\",\"enabled\":\"True\"}",
     "Private Public", "?ba?y"},
    {"True", "{\"name\":\"Private\",\"inbound\":\"Allow\"},{\"name\":\"Public\"}", "", "y?a?y"},
};

START_TEST(hyperv__profiles_of_connected_networks_outweigh_the_machine)
{
    struct hyperv_state state;
    struct error error;
    const char *categories = merges[_i].categories;
    struct text list = text_new(arena);
    for (size_t length; *categories; categories += length + strspn(categories + length, " ")) {
        length = strcspn(categories, " ");
        text_format(&list, "%s{\"category\":\"%.*s\"}", list.length ? "," : "", (int)length,
                    categories);
    }
    const char *json = arena_format(
        arena,
        "{\"settings\":[{\"enabled\":\"%s\",\"inbound\":\"Block\",\"outbound\":\"Allow\"}],"
        "\"rules\":[%s],\"profiles\":[%s],\"categories\":[%s]}",
        merges[_i].enabled, RULE("Allow", "3000", ",\"source\":\"Local\""), merges[_i].profiles,
        text_string(&list));
    ck_assert_msg(read_json(json, &state, &error), "%s", error.message);
    struct hyperv_decision decision = hyperv_decide(
        &state, &(struct hyperv_packet){.protocol = "tcp", .port = 3000, .lan = true});
    char found[] = {"ny??"[state.enabled],     "?ab"[state.default_in], "?ab"[state.default_out],
                    "ny??"[state.local_rules], "yn?"[decision.verdict], '\0'};
    ck_assert_str_eq(found, merges[_i].expected);
}
END_TEST

START_TEST(hyperv__errors_of_windows_are_told_by_id)
{
    struct hyperv_state state;
    struct error error;
    ck_assert(!read_json("{\"error\":\"CommandNotFoundException\",\"category\":\"ObjectNotFound\"}",
                         &state, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "Windows 11 22H2"));
    ck_assert(!read_json("{\"error\":\"Windows System Error 5,Get-NetFirewallHyperVRule\","
                         "\"message\":\"\xe6\x8b\x92\xe5\x90\xa6\"}",
                         &state, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "denies access"));
    ck_assert_str_ne(error.hint, "");
    ck_assert(!read_json("{\"error\":\"Odd,Get\",\"message\":\"because\"}", &state, &error));
    ck_assert_str_eq(error.message, "Windows answered 'Odd,Get': because");
}
END_TEST

START_TEST(hyperv__odd_output_is_an_error)
{
    static const char *const outputs[] = {
        "", "\r\n", "Access denied.\r\n", "#< CLIXML\r\n<Objs>", "e30", "bnVsbA==", "W10=", "e3s="};
    struct hyperv_state state;
    struct error error;
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        ck_assert_msg(!hyperv_read(arena, outputs[i], &state, &error), "'%s'", outputs[i]);
    ck_assert(!read_json("{\"settings\":null,\"rules\":[1]}", &state, &error));
}
END_TEST

START_TEST(hyperv__wrapped_output_is_read)
{
    struct hyperv_state state;
    struct error error;
    const char *json = "{\"elevated\":true,\"settings\":null,\"rules\":null}";
    const char *line = encode(json);
    const char *output = arena_format(arena, "%.20s\r\n%s", line, line + 20);
    ck_assert(hyperv_read(arena, output, &state, &error));
    ck_assert(state.elevated);
}
END_TEST

START_TEST(hyperv__from_is_a_word_or_a_network)
{
    bool lan;
    struct network network;
    ck_assert(hyperv_from("LocalSubnet", &lan, &network) && lan);
    ck_assert(hyperv_from("localsubnet", &lan, &network) && lan);
    ck_assert(hyperv_from("192.168.1.7", &lan, &network) && !lan);
    ck_assert_uint_eq(network.prefix, 32);
    ck_assert(!hyperv_from("LocalSubnet;calc", &lan, &network));
    ck_assert(!hyperv_from("'", &lan, &network));
}
END_TEST

Suite *actions_windows_hyperv_suite(void);
Suite *actions_windows_hyperv_suite(void)
{
    Suite *suite = suite_create("actions/windows/hyperv");
    TCase *tests = tcase_create("hyperv");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, hyperv__rules_decide, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tests, hyperv__neighbours_need_no_addresses);
    tcase_add_test(tests, hyperv__block_rule_is_named);
    tcase_add_test(tests, hyperv__one_rule_may_come_without_its_list);
    tcase_add_test(tests, hyperv__unregistered_machine_is_not_filtered);
    tcase_add_test(tests, hyperv__not_configured_is_not_guessed);
    tcase_add_loop_test(tests, hyperv__profiles_of_connected_networks_outweigh_the_machine, 0,
                        sizeof merges / sizeof *merges);
    tcase_add_test(tests, hyperv__errors_of_windows_are_told_by_id);
    tcase_add_test(tests, hyperv__odd_output_is_an_error);
    tcase_add_test(tests, hyperv__wrapped_output_is_read);
    tcase_add_test(tests, hyperv__from_is_a_word_or_a_network);
    suite_add_tcase(suite, tests);
    return suite;
}
