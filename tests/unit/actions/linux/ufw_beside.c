/* Which table beside ufw's can decide about TCP port 8022 from 192.168.1.0/24 to 192.168.1.20. */
#include "actions/linux/ufw_beside.h"

#include <check.h>
#include <string.h>
#include <sys/socket.h>

#define TABLE(family, name, hook, prio, policy)                                                    \
    "{\"chain\":{\"family\":\"" family "\",\"table\":\"" name "\",\"name\":\"first\",\"handle\":1" \
    ",\"type\":\"filter\",\"hook\":\"" hook "\",\"prio\":" prio ",\"policy\":\"" policy "\"}},"    \
    "{\"chain\":{\"family\":\"" family "\",\"table\":\"" name "\",\"name\":\"side\"}},"
#define RULE(family, name, chain, parts)                                                           \
    "{\"rule\":{\"family\":\"" family "\",\"table\":\"" name "\",\"chain\":\"" chain               \
    "\",\"handle\":9,\"expr\":[" parts "]}},"
#define INPUT(parts) TABLE("inet", "t", "input", "0", "accept") RULE("inet", "t", "first", parts)
#define EARLY(parts)                                                                               \
    TABLE("inet", "t", "prerouting", "-300", "accept") RULE("inet", "t", "first", parts)
#define MATCH(op, left, right)                                                                     \
    "{\"match\":{\"op\":\"" op "\",\"left\":" left ",\"right\":" right "}},"
#define META(key)             "{\"meta\":{\"key\":\"" key "\"}}"
#define CT_STATE              "{\"ct\":{\"key\":\"state\"}}"
#define FIELD(protocol, name) "{\"payload\":{\"protocol\":\"" protocol "\",\"field\":\"" name "\"}}"
#define PREFIX(address, bits) "{\"prefix\":{\"addr\":\"" address "\",\"len\":" bits "}}"
#define DROP                  "{\"drop\":null}"
#define XT(type, name)        "{\"xt\":{\"type\":\"" type "\",\"name\":\"" name "\"}}"

static const struct {
    const char *items;
    bool decides;
} rulesets[] = {
    {INPUT(DROP), true},
    {INPUT("{\"counter\":{}},{\"log\":{}},{\"accept\":null}"), false},
    {INPUT(MATCH("==", META("l4proto"), "\"udp\"") DROP), false},
    {INPUT(MATCH("==", META("l4proto"), "\"tcp\"") DROP), true},
    {INPUT(MATCH("==", META("iifname"), "\"docker0\"") DROP), false},
    {INPUT(MATCH("!=", META("iifname"), "\"docker0\"") DROP), true},
    {INPUT(MATCH("==", META("iifname"), "\"eth*\"") DROP), true},
    {INPUT(MATCH("==", META("nfproto"), "\"ipv6\"") DROP), false},
    {INPUT(MATCH("==", FIELD("ip", "saddr"), PREFIX("10.0.0.0", "8")) DROP), false},
    {INPUT(MATCH("==", FIELD("ip", "saddr"), PREFIX("192.168.0.0", "16")) DROP), true},
    {INPUT(MATCH("==", FIELD("ip", "saddr"), "\"@blocked\"") DROP), true},
    {INPUT(MATCH("==", FIELD("ip", "daddr"), "\"172.17.0.2\"") DROP), false},
    {INPUT(MATCH("==", FIELD("ip", "daddr"), "\"192.168.1.20\"") DROP), true},
    {INPUT(MATCH("==", FIELD("icmp", "type"), "\"echo-request\"") DROP), false},
    {INPUT(MATCH("<", FIELD("tcp", "sport"), "1024") DROP), true},
    {INPUT(MATCH("in", CT_STATE, "[\"established\",\"related\"]") DROP), true},
    {INPUT(MATCH("in", CT_STATE, "[\"established\",\"related\"]") "{\"accept\":null}"), false},
    {INPUT(MATCH("!=", CT_STATE, "\"new\"") DROP), true},
    {INPUT(MATCH("in", CT_STATE, "\"new\"") DROP), true},
    {INPUT(MATCH("in", CT_STATE, "\"invalid\"") DROP), false},
    {EARLY(MATCH("in", CT_STATE, "\"invalid\"") DROP), true},
    {INPUT("{\"vmap\":{\"key\":" CT_STATE ",\"data\":{\"set\":[[\"invalid\"," DROP
           "],[\"established\",{\"accept\":null}]]}}}"),
     false},
    {INPUT("{\"vmap\":{\"key\":" META("l4proto") ",\"data\":{\"set\":[[\"tcp\"," DROP "]]}}}"),
     true},
    {INPUT("{\"vmap\":{\"key\":" META("l4proto") ",\"data\":\"@verdicts\"}}"), true},
    {INPUT(MATCH("==", FIELD("ip", "saddr"), PREFIX("192.168.1.0", "24")) "{\"accept\":null}")
         RULE("inet", "t", "first", DROP),
     false},
    {INPUT("{\"jump\":{\"target\":\"side\"}}"), false},
    {INPUT("{\"jump\":{\"target\":\"side\"}}") RULE("inet", "t", "side", DROP), true},
    {INPUT("{\"jump\":{\"target\":\"gone\"}}"), true},
    {INPUT("{\"counter\":{}}") RULE("inet", "t", "side", DROP), false},
    {INPUT("{\"mangle\":{\"key\":" META("mark") ",\"value\":7}}"), false},
    {INPUT("{\"mangle\":{\"key\":" FIELD("ip", "daddr") ",\"value\":\"192.0.2.1\"}}"), true},
    {INPUT("{\"dnat\":{\"addr\":\"192.0.2.1\"}}"), true},
    {EARLY(XT("target", "CT")), true},
    {EARLY(XT("target", "MARK")), false},
    {EARLY(XT("match", "set") "," DROP), true},
    {TABLE("inet", "t", "output", "0", "drop"), false},
    {TABLE("ip6", "t", "input", "0", "accept") RULE("ip6", "t", "first", DROP), false},
    {TABLE("netdev", "t", "ingress", "0", "accept") RULE("netdev", "t", "first", DROP), true},
    {TABLE("ip", "filter", "prerouting", "-300", "accept") RULE("ip", "filter", "first", DROP),
     true},
};

static struct ufw_packet packet(struct address *to)
{
    *to = (struct address){.family = AF_INET, .bytes = {192, 168, 1, 20}};
    return (struct ufw_packet){.from = {{.family = AF_INET, .bytes = {192, 168, 1}}, 24},
                               .to = to,
                               .link = "eth0",
                               .protocol = "tcp",
                               .port = 8022};
}

START_TEST(ufw_beside__rules_of_nft)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct ufw_beside beside = {0};
    struct error error;
    struct address to;
    struct ufw_packet asked = packet(&to);
    const char *text =
        arena_format(arena, "{\"nftables\":[%s{\"metainfo\":{}}]}", rulesets[_i].items);
    ck_assert_msg(nft_read(arena, text, strlen(text), &beside.nft, &error), "%s", error.message);
    const char *found = ufw_beside_find(arena, &beside, false, &asked);
    ck_assert_msg((found != NULL) == rulesets[_i].decides, "%s: %s", text, found);
}
END_TEST

static const struct {
    const char *output, *found;
} saved[] = {
    {"", NULL},
    {"*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j DROP\nCOMMIT\n",
     "table 'raw' of iptables, rule '-A PREROUTING -p tcp -j DROP'"},
    {"*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -j DROP\nCOMMIT\n", NULL},
    {"*raw\n:PREROUTING DROP [0:0]\nCOMMIT\n", "table 'raw' of iptables, default deny"},
    {"*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -m conntrack --ctstate INVALID -j "
     "DROP\nCOMMIT\n",
     "table 'raw' of iptables, rule '-A PREROUTING -m conntrack --ctstate INVALID -j DROP'"},
    {"*mangle\n:INPUT ACCEPT [0:0]\n-A INPUT -m conntrack --ctstate INVALID -j DROP\n"
     "-A INPUT -j MARK --set-xmark 0x7/0xffffffff\nCOMMIT\n",
     NULL},
    {"*mangle\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --tcp-flags SYN,ACK ACK -j "
     "DROP\nCOMMIT\n",
     "table 'mangle' of iptables, rule '-A INPUT -p tcp -m tcp --tcp-flags SYN,ACK ACK -j DROP'"},
    {"*mangle\n:INPUT ACCEPT [0:0]\n-A INPUT -m conntrack ! --ctstate NEW -j DROP\nCOMMIT\n",
     "table 'mangle' of iptables, rule '-A INPUT -m conntrack ! --ctstate NEW -j DROP'"},
    {"*mangle\n:FORWARD DROP [0:0]\nCOMMIT\n", NULL},
    {"*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL "
     "-j DOCKER\n-A DOCKER -i docker0 -j RETURN\n-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 "
     "-j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n",
     NULL},
    {"*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL "
     "-j DOCKER\n-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8022 -j DNAT --to-destination "
     "172.17.0.2:80\nCOMMIT\n",
     "table 'nat' of iptables, rule '-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8022 -j DNAT "
     "--to-destination 172.17.0.2:80'"},
    {"# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n",
     "tables of iptables-legacy, which iptables does not print"},
};

START_TEST(ufw_beside__tables_of_iptables)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct ufw_beside beside = {0};
    struct address to;
    struct ufw_packet asked = packet(&to);
    ufw_beside_read(arena, saved[_i].output, "", false, &beside);
    ck_assert_pstr_eq(ufw_beside_find(arena, &beside, false, &asked), saved[_i].found);
}
END_TEST

Suite *actions_linux_ufw_beside_suite(void)
{
    Suite *suite = suite_create("actions/linux/ufw_beside");
    TCase *tests = tcase_create("beside");
    tcase_add_loop_test(tests, ufw_beside__rules_of_nft, 0, sizeof rulesets / sizeof *rulesets);
    tcase_add_loop_test(tests, ufw_beside__tables_of_iptables, 0, sizeof saved / sizeof *saved);
    suite_add_tcase(suite, tests);
    return suite;
}
