/* ufw.status: is ufw active, and would it let a packet to a port in? It asks the kernel for the
 * rules that are loaded, so it does not believe ufw's files, except for one thing: to someone who
 * may not ask the kernel, `ENABLED=no` says that ufw is inactive. iptables prints ufw's rules in
 * the form that ufw gave them; nft, where it is there, tells what else stands among them and beside
 * them. Source: ufw(8), iptables-save(8), nft(8).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actions/linux/ufw.h"
#include "actions/linux/ufw_beside.h"

enum { TABLE_BYTES = 4 * 1024 * 1024, HIGHEST_PORT = 65535 };

struct source {
    struct network network;
    const struct address *to;
    const char *link;
    struct ufw_decision decision;
};

struct state {
    struct ufw_table tables[2]; /* IPv4, IPv6 */
    const char *broken;         /* why the IPv6 table could not be read; NULL: it was */
    struct ufw_beside beside;
    bool ipv6;        /* which table is being asked for ... */
    size_t chain;     /* ... and which chain of it, where iptables refuses the whole */
    struct text text; /* what was read of such a table */
};

static bool is_installed(void)
{
    static const char *const places[] = {"/usr/sbin/ufw", "/sbin/ufw", "/usr/bin/ufw"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (access(places[i], F_OK) == 0)
            return true;
    return false;
}

/* ---- who sends
 * ----------------------------------------------------------------------------------- */

static bool is_loopback(const struct network *network)
{
    static const uint8_t ipv6_loopback[16] = {[15] = 1};
    const struct address *address = &network->address;
    if (address->family == AF_INET)
        return address->bytes[0] == 127 && network->prefix >= 8;
    return network->prefix == 128 && memcmp(address->bytes, ipv6_loopback, 16) == 0;
}

/* Where a packet from `network` comes in: on the link of the subnet that holds it. */
static void find_way(const struct subnet *subnets, size_t count, struct source *source)
{
    if (is_loopback(&source->network))
        source->link = "lo";
    for (size_t i = 0; i < count && !source->link; i++) {
        if (subnets[i].network.prefix <= source->network.prefix &&
            network_contains(&subnets[i].network, &source->network.address)) {
            source->link = subnets[i].link;
            source->to = &subnets[i].address;
        }
    }
}

/* The senders asked about: `from`, or each local subnet, or anyone where there is none. Without an
 * IPv6 firewall nobody is asked about over IPv6. */
static size_t find_sources(struct arena *arena, const struct value *from, bool ipv6,
                           struct source **sources)
{
    const struct subnet *subnets;
    size_t known = machine_subnets(arena, &subnets);
    size_t count = 0;
    *sources = arena_alloc(arena, (known + 1) * sizeof **sources);
    for (size_t i = 0; i < known && !from; i++)
        if (ipv6 || subnets[i].network.address.family == AF_INET)
            (*sources)[count++].network = subnets[i].network;
    if (count == 0)
        (*sources)[count++].network =
            from ? from->network : (struct network){.address.family = AF_INET};
    for (size_t i = 0; i < count; i++)
        find_way(subnets, known, &(*sources)[i]);
    return count;
}

/* ---- the answer
 * ---------------------------------------------------------------------------------- */

static const struct field source_fields[] = {
    {.name = "network", .type = {.kind = KIND_NETWORK}, .doc = {"the senders", "送信元"}},
    {.name = "allowed",
     .type = {.kind = KIND_BOOLEAN},
     .doc = {"would their packet pass", "パケットが通るか"}},
    {.name = "by",
     .type = {.kind = KIND_STRING},
     .doc = {"what decides: a rule, or the default", "決め手となるルールまたは既定の動作"}},
    {.name = "by_default",
     .type = {.kind = KIND_BOOLEAN},
     .doc = {"no rule speaks of it, the default decides",
             "当たるルールがなく、既定の動作で決まる"}},
    {.name = NULL},
};

enum { SOURCE_FIELDS = sizeof source_fields / sizeof *source_fields - 1 };

static struct value source_value(struct arena *arena, const struct source *source)
{
    const char **names = arena_alloc(arena, SOURCE_FIELDS * sizeof *names);
    for (size_t i = 0; i < SOURCE_FIELDS; i++)
        names[i] = source_fields[i].name;
    struct value *values = arena_alloc(arena, SOURCE_FIELDS * sizeof *values);
    values[0] = (struct value){.kind = KIND_NETWORK, .network = source->network};
    if (source->decision.verdict != UFW_NOT_CLEAR)
        values[1] = value_boolean(source->decision.verdict == UFW_PASSES);
    values[2] = value_string(arena, source->decision.by);
    values[3] = value_boolean(source->decision.by_default);
    return (struct value){.kind = KIND_RECORD, .record = {names, values, SOURCE_FIELDS}};
}

static void set_sources(struct probe *probe, const struct source *sources, size_t count)
{
    struct arena *arena = probe_arena(probe);
    struct value *items = arena_alloc(arena, count * sizeof *items);
    for (size_t i = 0; i < count; i++)
        items[i] = source_value(arena, &sources[i]);
    probe_set(probe, "sources", value_list(items, count));
}

/* All the senders must pass. Where there are IPv4 networks they alone decide: a rule made for the
 * LAN by hand names the IPv4 one, and hosts there come over IPv4. */
static const struct source *weakest(const struct source *sources, size_t count)
{
    const struct source *worst = NULL;
    bool ipv4 = false;
    for (size_t i = 0; i < count; i++)
        ipv4 |= sources[i].network.address.family == AF_INET;
    for (size_t i = 0; i < count; i++) {
        enum ufw_verdict verdict = sources[i].decision.verdict;
        if (ipv4 && sources[i].network.address.family != AF_INET)
            continue;
        if (!worst || verdict == UFW_BLOCKED ||
            (verdict == UFW_NOT_CLEAR && worst->decision.verdict == UFW_PASSES))
            worst = &sources[i];
        if (verdict == UFW_BLOCKED)
            break;
    }
    return worst;
}

static void set_allowed(struct probe *probe, const struct source *source)
{
    struct arena *arena = probe_arena(probe);
    struct value network = {.kind = KIND_NETWORK, .network = source->network};
    const char *by =
        arena_format(arena, "%s, from %s", source->decision.by, value_print(arena, &network));
    probe_set(probe, "reason", value_string(arena, by));
    if (source->decision.verdict == UFW_NOT_CLEAR)
        probe_absent(probe, "allowed", "it cannot be told whether this decides: %s", by);
    else
        probe_set(probe, "allowed", value_boolean(source->decision.verdict == UFW_PASSES));
}

/* An inactive ufw lets everything pass, unless there is something in its place. */
static void decide(struct probe *probe, const struct state *state, struct source *source,
                   uint16_t port)
{
    struct arena *arena = probe_arena(probe);
    bool ipv6 = source->network.address.family == AF_INET6;
    if (ipv6 && state->broken) {
        source->decision = (struct ufw_decision){UFW_NOT_CLEAR, state->broken, false};
        return;
    }
    struct ufw_packet packet = {.from = source->network,
                                .to = source->to,
                                .link = source->link,
                                .protocol = probe_string(probe, "protocol"),
                                .port = port};
    source->decision = ufw_decide(arena, &state->tables[ipv6], "INPUT", &packet);
    const char *other = ufw_beside_find(arena, &state->beside, ipv6, &packet);
    if (!other && !ufw_loaded(&state->tables[0]) && source->decision.verdict != UFW_PASSES)
        other = arena_format(arena, "table 'filter', without ufw: %s", source->decision.by);
    if (other)
        source->decision = (struct ufw_decision){UFW_NOT_CLEAR, other, false};
}

static const struct source *judge(struct probe *probe, const struct state *state, uint16_t port)
{
    struct source *sources;
    const struct value *from = arguments_get(probe_arguments(probe), "from");
    size_t count = find_sources(probe_arena(probe), from, !state->broken, &sources);
    for (size_t i = 0; i < count; i++)
        decide(probe, state, &sources[i], port);
    set_sources(probe, sources, count);
    return weakest(sources, count);
}

static void answer_active(struct probe *probe, const struct state *state)
{
    struct arena *arena = probe_arena(probe);
    const struct ufw_table *tables[] = {&state->tables[0], &state->tables[1]};
    const struct value *port = arguments_get(probe_arguments(probe), "port");
    probe_set(probe, "default_in", value_string(arena, ufw_default_in(&state->tables[0])));
    probe_set(probe, "rules", ufw_rules(arena, tables, state->broken ? 1 : 2));
    if (port)
        set_allowed(probe, judge(probe, state, (uint16_t)port->number));
    probe_answer(probe, true);
}

/* What does not filter lets everything pass; `state` is what is loaded instead, NULL: not known. */
static void answer_inactive(struct probe *probe, const struct state *state, const char *reason)
{
    struct arena *arena = probe_arena(probe);
    const struct value *port = arguments_get(probe_arguments(probe), "port");
    const struct source *source =
        port && state ? judge(probe, state, (uint16_t)port->number) : NULL;
    probe_set(probe, "default_in", value_string(arena, "allow"));
    probe_set(probe, "rules", value_list(NULL, 0));
    if (source && source->decision.verdict != UFW_PASSES)
        set_allowed(probe, source);
    else
        probe_set(probe, "reason", value_string(arena, reason));
    if (port && (!source || source->decision.verdict == UFW_PASSES))
        probe_set(probe, "allowed", value_boolean(true));
    probe_answer(probe, false);
}

static void answer(struct probe *probe, const struct state *state)
{
    bool active = ufw_loaded(&state->tables[0]);
    probe_set(probe, "installed", value_boolean(true));
    probe_set(probe, "active", value_boolean(active));
    if (!arguments_get(probe_arguments(probe), "port"))
        probe_absent(probe, "allowed", "no port is given");
    if (active)
        answer_active(probe, state);
    else
        answer_inactive(probe, state, "ufw's rules are not loaded");
}

/* ---- asking
 * -------------------------------------------------------------------------------------- */

static const char *const ask_ruleset[] = {"nft", "-j", "list", "ruleset", NULL};
static const char *const ask_tables[2][2] = {{"iptables-save", NULL}, {"ip6tables-save", NULL}};
static const char *const ask_chains[2][6] = {{"iptables", "-t", "filter", "-S", "*", NULL},
                                             {"ip6tables", "-t", "filter", "-S", "*", NULL}};

static const struct query queries[] = {
    {ask_ruleset, QUERY_NET_ADMIN},   {ask_tables[0], QUERY_NET_ADMIN},
    {ask_tables[1], QUERY_NET_ADMIN}, {ask_chains[0], QUERY_NET_ADMIN},
    {ask_chains[1], QUERY_NET_ADMIN}, {NULL, 0}};

static void ask_table(struct probe *probe);

/* Takes the table of the family that is being asked for, or why it could not be read; then asks for
 * the other one, or answers. */
static void take_table(struct probe *probe, const char *text, const char *broken)
{
    struct state *state = probe_state(probe, sizeof *state);
    struct arena *arena = probe_arena(probe);
    struct ufw_table *table = &state->tables[state->ipv6];
    struct error error;
    if (!broken &&
        !ufw_table_read(arena, state->ipv6 ? AF_INET6 : AF_INET, text, "filter", table, &error))
        broken = arena_string(arena, error.message);
    if (!broken)
        nft_mark(&state->beside.nft, table);
    if (state->ipv6) {
        state->broken = broken;
        answer(probe, state);
    } else if (broken) {
        probe_unknown(probe, "%s", broken);
    } else {
        state->ipv6 = true;
        ask_table(probe);
    }
}

static void ask_chain(struct probe *probe);

static void have_chain(struct probe *probe, const struct program_result *result)
{
    struct state *state = probe_state(probe, sizeof *state);
    const struct nft_chain *chain = &state->beside.nft.chains[state->ipv6][state->chain++];
    bool printed = !result->failure && result->status == 0 && !result->cut;
    text_add(&state->text, printed ? result->output : nft_render(probe_arena(probe), chain));
    ask_chain(probe);
}

/* One chain after the other: each that iptables can render it prints, whatever stands in others. */
static void ask_chain(struct probe *probe)
{
    struct state *state = probe_state(probe, sizeof *state);
    if (state->chain == state->beside.nft.counts[state->ipv6]) {
        take_table(probe, text_string(&state->text), NULL);
        return;
    }
    const char *argv[6];
    memcpy(argv, ask_chains[state->ipv6], sizeof argv);
    argv[4] = state->beside.nft.chains[state->ipv6][state->chain].name;
    probe_run(probe, &(struct program){.argv = argv, .limit = TABLE_BYTES}, have_chain);
}

static void ask_chains_of_table(struct probe *probe)
{
    struct state *state = probe_state(probe, sizeof *state);
    state->chain = 0;
    state->text = text_new(probe_arena(probe));
    text_add(&state->text, "*filter\n");
    for (size_t i = 0; i < state->beside.nft.counts[state->ipv6]; i++) {
        const struct nft_chain *chain = &state->beside.nft.chains[state->ipv6][i];
        text_format(&state->text, ":%s %s\n", chain->name, chain->policy);
    }
    ask_chain(probe);
}

static void have_table(struct probe *probe, const struct program_result *result)
{
    struct state *state = probe_state(probe, sizeof *state);
    const char *program = ask_tables[state->ipv6][0];
    const char *broken = result->failure;
    bool refused = !broken && (strstr(result->output, "`filter' is incompatible") ||
                               strstr(result->errors, "`filter' is incompatible"));
    if (!broken)
        ufw_beside_read(probe_arena(probe), result->output, result->errors, state->ipv6,
                        &state->beside);
    if (refused && state->beside.nft.counts[state->ipv6]) {
        ask_chains_of_table(probe);
        return;
    }
    if (refused)
        broken = "iptables cannot print the table filter, and nft cannot be asked";
    else if (!broken && result->status != 0)
        broken = arena_format(probe_arena(probe), "%s failed: %.*s", program,
                              (int)strcspn(result->errors, "\r\n"), result->errors);
    else if (!broken && result->cut)
        broken = arena_format(probe_arena(probe), "%s wrote more than %d bytes, the limit", program,
                              TABLE_BYTES);
    take_table(probe, result->output, broken);
}

static void ask_table(struct probe *probe)
{
    struct state *state = probe_state(probe, sizeof *state);
    probe_run(probe, &(struct program){.argv = ask_tables[state->ipv6], .limit = TABLE_BYTES},
              have_table);
}

/* Without nft there is nothing that only nft can have made. */
static void have_ruleset(struct probe *probe, const struct program_result *result)
{
    struct state *state = probe_state(probe, sizeof *state);
    struct error error = {0};
    if (result->failure_code == ENOENT || (!result->failure && result->status != 0))
        ask_table(probe);
    else if (result->failure)
        probe_unknown(probe, "%s", result->failure);
    else if (result->cut)
        probe_unknown(probe, "nft wrote more than %d bytes, the limit", TABLE_BYTES);
    else if (nft_read(probe_arena(probe), result->output, result->output_length, &state->beside.nft,
                      &error))
        ask_table(probe);
    else
        probe_unknown(probe, "%s", error.message);
}

static bool has_line(const char *text, const char *line)
{
    size_t length = strlen(line);
    for (const char *at = strstr(text, line); at; at = strstr(at + 1, line))
        if ((at == text || at[-1] == '\n') && (at[length] == '\n' || at[length] == '\0'))
            return true;
    return false;
}

static void have_conf(struct probe *probe, const struct file_text *file)
{
    if (file->code || !has_line(file->bytes, "ENABLED=no")) {
        probe_unknown(probe, "only root may see which rules are loaded: run again with sudo");
        return;
    }
    probe_set(probe, "installed", value_boolean(true));
    probe_set(probe, "active", value_boolean(false));
    answer_inactive(probe, NULL, "ufw.conf says ENABLED=no");
}

static void start(struct probe *probe)
{
    if (!is_installed()) {
        probe_set(probe, "installed", value_boolean(false));
        probe_set(probe, "active", value_boolean(false));
        answer_inactive(probe, NULL, "ufw is not installed");
    } else if (geteuid() != 0) {
        probe_read(probe, "/etc/ufw/ufw.conf", have_conf);
    } else {
        probe_run(probe, &(struct program){.argv = ask_ruleset, .limit = TABLE_BYTES},
                  have_ruleset);
    }
}

static bool costly_here(void)
{
    return geteuid() == 0 && is_installed();
}

static const struct argument arguments[] = {
    {.name = "port",
     .type = {.kind = KIND_NUMBER},
     .flags = ARGUMENT_OPTIONAL,
     .least = 1,
     .most = HIGHEST_PORT,
     .doc = {"the destination port; without it `allowed` has no value",
             "宛先ポート。省略すると `allowed` は値なし"}},
    {.name = "protocol",
     .type = {.kind = KIND_STRING, .words = (const char *const[]){"tcp", "udp", NULL}},
     .fallback = "tcp",
     .doc = {"the protocol of the packet", "パケットのプロトコル"}},
    {.name = "from",
     .type = {.kind = KIND_NETWORK},
     .flags = ARGUMENT_OPTIONAL,
     .also = 1u << KIND_ADDRESS,
     .doc =
         {"who sends: a network or an address; absent: any host of the local subnets. Rules for a "
          "part of that network only do not count",
          "送信元のネットワークまたはアドレス。省略時はローカルサブネットの任意のホスト。その一部だ"
          "けを"
          "対象とするルールは数えない"}},
    {.name = NULL},
};

static const struct type rule_type = {.kind = KIND_RECORD, .fields = ufw_rule_fields};
static const struct type source_type = {.kind = KIND_RECORD, .fields = source_fields};

static const struct field fields[] = {
    {.name = "installed",
     .type = {.kind = KIND_BOOLEAN},
     .doc = {"ufw is installed", "ufwがインストールされている"}},
    {.name = "active",
     .type = {.kind = KIND_BOOLEAN},
     .doc = {"its rules are loaded, whatever its files say",
             "ルールが実際に読み込まれている（設定ファイルの内容は問わない）"}},
    {.name = "default_in",
     .type = {.kind = KIND_STRING, .words = (const char *const[]){"allow", "deny", "reject", NULL}},
     .doc = {"what happens to an incoming packet that no rule speaks of",
             "どのルールにも当たらない受信パケットの扱い"}},
    {.name = "allowed",
     .type = {.kind = KIND_BOOLEAN},
     .doc = {"would the packet pass; true when inactive; no value where a rule that is not "
             "understood could decide",
             "パケットが通るか。無効なら真。解釈できないルールで決まりうるときは値なし"}},
    {.name = "rules",
     .type = {.kind = KIND_LIST, .element = &rule_type},
     .doc = {"the user's rules that are loaded, in order, IPv4 then IPv6",
             "読み込まれているユーザールール（順序どおり、IPv4の後にIPv6）"}},
    {.name = "sources",
     .type = {.kind = KIND_LIST, .element = &source_type},
     .doc = {"the verdict for each network of senders that was asked about",
             "調べた送信元ネットワークごとの判定"}},
    {.name = "reason",
     .type = {.kind = KIND_STRING},
     .doc = {"what decides about the packet, or why ufw does not filter",
             "判定の根拠、またはufwが働いていない理由"}},
    {.name = NULL},
};

const struct action ufw_status_action = {
    .name = "ufw.status",
    .role = ROLE_PROBE,
    .summary = {"see whether ufw is active and lets a port in",
                "ufwが有効か、ポートへの受信を許可しているかを調べる"},
    .arguments = arguments,
    .fields = fields,
    .ok = {"ufw is active", "ufwが有効である"},
    .costly_here = costly_here,
    .timeout = SECONDS(TIMEOUT_PROGRAM_S),
    .queries = queries,
    .start = start,
};
