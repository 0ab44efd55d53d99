/* actions/linux/nft.c: what nft 1.0 prints (libnftables-json(5)), and what is none. */
#include "actions/linux/nft.h"

#include <check.h>
#include <string.h>
#include <sys/socket.h>

#include "actions/linux/ufw.h"

#define CHAIN(family, table, name, more)                                                           \
    "{\"chain\":{\"family\":\"" family "\",\"table\":\"" table "\",\"name\":\"" name               \
    "\",\"handle\":1" more "}},"
#define HOOK(hook, policy)                                                                         \
    ",\"type\":\"filter\",\"hook\":\"" hook "\",\"prio\":0,\"policy\":\"" policy "\""
#define RULE(family, table, chain, parts)                                                          \
    "{\"rule\":{\"family\":\"" family "\",\"table\":\"" table "\",\"chain\":\"" chain              \
    "\",\"handle\":2,\"expr\":[" parts "]}},"
#define DPORT(op, protocol, right)                                                                 \
    "{\"match\":{\"op\":\"" op "\",\"left\":{\"payload\":{\"protocol\":\"" protocol                \
    "\",\"field\":\"dport\"}},\"right\":" right "}},"
#define COUNTER "{\"counter\":{\"packets\":0,\"bytes\":0}},"
#define DROP    "{\"drop\":null}"

static struct nft read_text(struct arena *arena, const char *items)
{
    struct nft nft;
    struct error error;
    const char *text = arena_format(arena, "{\"nftables\":[%s{\"metainfo\":{}}]}", items);
    ck_assert_msg(nft_read(arena, text, strlen(text), &nft, &error), "%s", error.message);
    return nft;
}

/* One rule in INPUT, before it is opened for all; does port 8022 pass? */
static const struct {
    const char *parts, *printed;
    enum ufw_verdict verdict;
} rules[] = {
    {DPORT("==", "tcp", "8022") COUNTER DROP, "-p tcp -m tcp --dport 8022 -j DROP", UFW_BLOCKED},
    {DPORT("==", "tcp", "{\"set\":[7000,7001]}") DROP, "-p tcp -j DROP", UFW_PASSES},
    {DPORT("==", "tcp", "{\"set\":[7000,{\"range\":[8000,8100]}]}") DROP, "-p tcp -j DROP",
     UFW_BLOCKED},
    {DPORT("!=", "tcp", "{\"set\":[8022,8023]}") DROP, "-p tcp -j DROP", UFW_PASSES},
    {DPORT("==", "tcp", "\"@closed\"") DROP, "-p tcp -j DROP", UFW_NOT_CLEAR},
    {DPORT("==", "udp", "{\"set\":[8022]}") DROP, "-p udp -j DROP", UFW_PASSES},
    {"{\"match\":{\"op\":\"==\",\"left\":{\"numgen\":{\"mode\":\"inc\",\"mod\":4}},\"right\":0}}"
     "," DROP,
     "-j DROP", UFW_NOT_CLEAR},
    {"{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"iifname\"}},\"right\":\"docker0\"}}"
     "," DROP,
     "-i docker0 -j DROP", UFW_PASSES},
    {"{\"xt\":{\"type\":\"match\",\"name\":\"conntrack\"}}," DROP,
     "-m conntrack --ctstate INVALID -j DROP", UFW_PASSES},
    {"{\"mangle\":{}}", "-j nothing-known", UFW_NOT_CLEAR},
};

START_TEST(nft__completes_what_iptables_prints)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct ufw_table table;
    struct error error;
    struct nft nft = read_text(
        arena,
        arena_format(
            arena, "%s%s%s%s", CHAIN("ip", "filter", "INPUT", HOOK("input", "accept")),
            "{\"rule\":{\"family\":\"ip\",\"table\":\"filter\",\"chain\":\"INPUT\",\"expr\":[",
            rules[_i].parts, "]}},"));
    const char *text = arena_format(arena, "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT %s\nCOMMIT\n",
                                    rules[_i].printed);
    ck_assert(ufw_table_read(arena, AF_INET, text, "filter", &table, &error));
    nft_mark(&nft, &table);
    struct ufw_packet packet = {.from = {{.family = AF_INET, .bytes = {192, 168, 1}}, 24},
                                .link = "eth0",
                                .protocol = "tcp",
                                .port = 8022};
    ck_assert_msg(ufw_decide(arena, &table, "INPUT", &packet).verdict == rules[_i].verdict, "%s",
                  rules[_i].parts);
}
END_TEST

START_TEST(nft__trusts_no_chain_of_another_length)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct ufw_table table;
    struct error error;
    struct nft nft = read_text(arena, CHAIN("ip", "filter", "INPUT", HOOK("input", "accept")));
    ck_assert(ufw_table_read(arena, AF_INET, "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP\n",
                             "filter", &table, &error));
    nft_mark(&nft, &table);
    ck_assert(table.chains[0].rules[0].special & UFW_UNCLEAR);
}
END_TEST

START_TEST(nft__renders_a_chain_that_iptables_refuses)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct nft nft = read_text(
        arena,
        CHAIN("ip", "filter", "INPUT", HOOK("input", "drop"))
            RULE("ip", "filter", "INPUT", COUNTER "{\"jump\":{\"target\":\"ufw-before-input\"}}")
                RULE("ip", "filter", "INPUT", DPORT("==", "tcp", "{\"set\":[1,2]}") DROP)
                    RULE("ip", "filter", "INPUT", "{\"vmap\":{}}")
                        RULE("ip", "filter", "INPUT", "{\"mangle\":{}}"));
    ck_assert_uint_eq(nft.counts[0], 1);
    ck_assert_str_eq(nft.chains[0][0].policy, "DROP");
    ck_assert_str_eq(nft_render(arena, &nft.chains[0][0]), "-A INPUT -j ufw-before-input\n"
                                                           "-A INPUT -p tcp -j DROP\n"
                                                           "-A INPUT --nft -j nft\n"
                                                           "-A INPUT --nft\n");
}
END_TEST

/* Whether a table beside ufw's speaks of TCP port 8022 over IPv4. */
static const struct {
    const char *items, *table; /* NULL: none does */
} others[] = {
    {CHAIN("inet", "mine", "in", HOOK("input", "accept"))
         RULE("inet", "mine", "in", DPORT("==", "tcp", "8022") DROP),
     "mine"},
    {CHAIN("inet", "mine", "in", HOOK("input", "accept"))
         RULE("inet", "mine", "in", DPORT("==", "tcp", "8023") DROP),
     NULL},
    {CHAIN("ip", "nat", "DOCKER", "") RULE("ip", "nat", "DOCKER", DPORT("==", "tcp", "8022") DROP),
     "nat"},
    {CHAIN("ip", "raw", "p", HOOK("prerouting", "drop")), "raw"},
    {CHAIN("ip", "mangle", "p", HOOK("postrouting", "drop")), NULL},
    {CHAIN("ip", "nat", "o", HOOK("output", "accept"))
         RULE("ip", "nat", "o", DPORT("==", "tcp", "8022") DROP),
     NULL},
    {CHAIN("ip6", "raw", "p", HOOK("prerouting", "drop")), NULL},
    {CHAIN("ip", "filter", "INPUT", HOOK("input", "drop"))
         RULE("ip", "filter", "INPUT", DPORT("==", "tcp", "8022") DROP),
     NULL},
    {CHAIN("inet", "filter", "input", HOOK("input", "drop")), "filter"},
    {CHAIN("inet", "m", "c", "")
         RULE("inet", "m", "c", DPORT("==", "th", "{\"set\":[1,{\"range\":[8000,8100]}]}") DROP),
     "m"},
    {CHAIN("inet", "m", "c", "") RULE("inet", "m", "c", DPORT("==", "udp", "8022") DROP), NULL},
    {CHAIN("inet", "m", "c", "") RULE("inet", "m", "c", DPORT("==", "tcp", "\"@ports\"") DROP),
     "m"},
    {CHAIN("inet", "m", "c", "") RULE("inet", "m", "c", DPORT("!=", "tcp", "22") DROP), "m"},
};

START_TEST(nft__names_tables_beside_ufw)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct nft nft = read_text(arena, others[_i].items);
    const struct nft_mention *found = nft_find(&nft, false, "tcp", 8022);
    ck_assert_msg(!found == !others[_i].table, "%s", others[_i].items);
    if (found)
        ck_assert_str_eq(found->table, others[_i].table);
}
END_TEST

START_TEST(nft__refuses_what_is_no_ruleset)
{
    static const char *const texts[] = {"", "Error: no", "[]", "{}", "{\"nftables\":1}"};
    struct arena *arena ARENA_AUTO = arena_new();
    struct nft nft;
    struct error error;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(!nft_read(arena, texts[i], strlen(texts[i]), &nft, &error), "%s", texts[i]);
    ck_assert_uint_eq(
        read_text(arena, "1,{},{\"chain\":2},{\"rule\":{\"expr\":[3,{}]}},").counts[0], 0);
}
END_TEST

Suite *actions_linux_nft_suite(void);
Suite *actions_linux_nft_suite(void)
{
    Suite *suite = suite_create("actions/linux/nft");
    TCase *tests = tcase_create("rulesets");
    tcase_add_loop_test(tests, nft__completes_what_iptables_prints, 0,
                        sizeof rules / sizeof *rules);
    tcase_add_test(tests, nft__trusts_no_chain_of_another_length);
    tcase_add_test(tests, nft__renders_a_chain_that_iptables_refuses);
    tcase_add_loop_test(tests, nft__names_tables_beside_ufw, 0, sizeof others / sizeof *others);
    tcase_add_test(tests, nft__refuses_what_is_no_ruleset);
    suite_add_tcase(suite, tests);
    return suite;
}
