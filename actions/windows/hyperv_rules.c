/* hyperv.rules: does the Hyper-V firewall of Windows let a packet in to WSL's virtual machine? It
 * asks for what is in force (the active store), rules from policies and merged host rules included.
 * It changes nothing and never asks for elevation. */
#include <string.h>

#include "actions/windows/hyperv.h"

enum { HIGHEST_PORT = 65535 };

/* ---- who sends
 * ----------------------------------------------------------------------------------- */

static bool holds(const struct network *outer, const struct network *inner)
{
    return outer->prefix <= inner->prefix && network_contains(outer, &inner->address);
}

/* In mirrored mode this machine's subnets are those of Windows: whoever is in one of them is a
 * neighbour, and neighbours have addresses of them. IPv4 alone decides where there is any. */
static void find_senders(struct arena *arena, bool lan, const struct network *from,
                         struct hyperv_packet *packet)
{
    const struct subnet *subnets;
    size_t count = machine_subnets(arena, &subnets);
    struct network *senders = arena_alloc(arena, (count + 1) * sizeof *senders);
    packet->lan = lan;
    packet->senders = senders;
    if (!lan)
        senders[packet->sender_count++] = *from;
    for (size_t i = 0; i < count; i++) {
        if (!lan)
            packet->lan |= holds(&subnets[i].network, from);
        else if (subnets[i].network.address.family == subnets[0].network.address.family)
            senders[packet->sender_count++] = subnets[i].network;
    }
}

/* ---- the answer
 * ---------------------------------------------------------------------------------- */

static const char *const actions[] = {
    [HYPERV_OTHER] = NULL, [HYPERV_ALLOW] = "allow", [HYPERV_BLOCK] = "block"};

static const struct field rule_fields[] = {
    {.name = "name",
     .type = {.kind = KIND_STRING},
     .doc = {"its unique name", "ルールの一意な名前"}},
    {.name = "direction",
     .type = {.kind = KIND_STRING, .words = (const char *const[]){"inbound", "outbound", NULL}},
     .doc = {"which way the packet goes", "パケットの向き"}},
    {.name = "action",
     .type = {.kind = KIND_STRING, .words = (const char *const[]){"allow", "block", NULL}},
     .doc = {"what happens to the packet", "パケットの扱い"}},
    {.name = "protocol",
     .type = {.kind = KIND_STRING},
     .doc = {"`tcp`, `udp`, `any`, or what Windows calls it",
             "`tcp`、`udp`、`any`、またはWindowsでの表記"}},
    {.name = "ports",
     .type = {.kind = KIND_STRING},
     .doc = {"ports of the guest, separated by blanks: `3000 8000-8010`, or `Any`",
             "ゲスト側のポート（空白区切り）。例 `3000 8000-8010`、または `Any`"}},
    {.name = "profiles",
     .type = {.kind = KIND_STRING},
     .doc = {"networks that it counts on: `Any`, `Domain, Private`",
             "有効になるネットワークの種類。`Any`、`Domain, Private` など"}},
    {.name = "enabled", .type = {.kind = KIND_BOOLEAN}, .doc = {"it is switched on", "有効である"}},
    {.name = "enforced",
     .type = {.kind = KIND_BOOLEAN},
     .doc = {"Windows applies it; one that it does not decides nothing",
             "Windowsが実際に適用している（適用していないルールは判定に関わらない）"}},
    {.name = "from",
     .type = {.kind = KIND_STRING},
     .doc = {"senders that it speaks of: `Any`, `LocalSubnet`, addresses",
             "対象とする送信元。`Any`、`LocalSubnet`、アドレスなど"}},
    {.name = NULL},
};

enum { RULE_FIELDS = sizeof rule_fields / sizeof *rule_fields - 1 };

static const char *list_or_any(const char *list)
{
    return *list ? list : "Any";
}

static struct value rule_value(struct arena *arena, const char *const *names,
                               const struct hyperv_rule *rule)
{
    struct value *values = arena_alloc(arena, RULE_FIELDS * sizeof *values);
    values[0] = value_string(arena, rule->name);
    values[1] = value_string(arena, rule->inbound ? "inbound" : "outbound");
    if (actions[rule->action])
        values[2] = value_string(arena, actions[rule->action]);
    values[3] = value_string(arena, rule->protocol);
    values[4] = value_string(arena, list_or_any(rule->ports));
    values[5] = value_string(arena, list_or_any(rule->profiles));
    values[6] = value_boolean(rule->enabled);
    values[7] = value_boolean(rule->enforced);
    values[8] = value_string(arena, list_or_any(rule->remote_addresses));
    return (struct value){.kind = KIND_RECORD, .record = {names, values, RULE_FIELDS}};
}

static void set_rules(struct probe *probe, const struct hyperv_state *state)
{
    struct arena *arena = probe_arena(probe);
    struct value *items = arena_alloc(arena, (state->count + 1) * sizeof *items);
    const char **names = arena_alloc(arena, RULE_FIELDS * sizeof *names);
    for (size_t i = 0; i < RULE_FIELDS; i++)
        names[i] = rule_fields[i].name;
    for (size_t i = 0; i < state->count; i++)
        items[i] = rule_value(arena, names, &state->rules[i]);
    probe_set(probe, "rules", value_list(items, state->count));
}

static const char *told(struct arena *arena, const struct hyperv_state *state,
                        const struct hyperv_decision *decision)
{
    if (!state->registered)
        return "the Hyper-V firewall does not filter this machine";
    if (state->enabled == HYPERV_OFF)
        return "the Hyper-V firewall is off";
    if (decision->rule)
        return arena_format(arena, "%s rule '%s'", actions[decision->rule->action],
                            decision->rule->name);
    return "the default for incoming packets";
}

static void set_allowed(struct probe *probe, const struct hyperv_state *state,
                        const struct hyperv_packet *packet)
{
    struct arena *arena = probe_arena(probe);
    struct hyperv_decision decision = hyperv_decide(state, packet);
    const char *reason = told(arena, state, &decision);
    if (decision.rule)
        probe_set(probe, "rule", value_string(arena, decision.rule->name));
    else
        probe_absent(probe, "rule", "no rule decides");
    probe_set(probe, "reason", value_string(arena, reason));
    if (decision.verdict == HYPERV_NOT_CLEAR)
        probe_absent(probe, "allowed", "it cannot be told whether this decides (%s): %s",
                     decision.why, reason);
    else
        probe_set(probe, "allowed", value_boolean(decision.verdict == HYPERV_PASSES));
}

static void set_default(struct probe *probe, const char *field, enum hyperv_action action)
{
    if (actions[action])
        probe_set(probe, field, value_string(probe_arena(probe), actions[action]));
    else
        probe_absent(probe, field, "Windows names none, or one for each connected network");
}

static void answer(struct probe *probe, const struct hyperv_state *state)
{
    const struct value *port = arguments_get(probe_arguments(probe), "port");
    bool lan;
    struct network from;
    if (!hyperv_from(probe_string(probe, "from"), &lan, &from)) {
        probe_unknown(probe, "'%s' is no address, no network and not %s",
                      probe_string(probe, "from"), HYPERV_LAN);
        return;
    }
    if (state->enabled == HYPERV_NOT_SAID) {
        probe_unknown(probe, "Windows does not say whether the Hyper-V firewall is on, or not the "
                             "same for all connected networks");
        return;
    }
    probe_set(probe, "enabled", value_boolean(state->enabled == HYPERV_ON));
    probe_set(probe, "elevated", value_boolean(state->elevated));
    set_default(probe, "default_in", state->default_in);
    set_default(probe, "default_out", state->default_out);
    if (state->local_rules == HYPERV_ON || state->local_rules == HYPERV_OFF)
        probe_set(probe, "local_rules", value_boolean(state->local_rules == HYPERV_ON));
    else
        probe_absent(probe, "local_rules", "the profiles of the connected networks do not tell");
    set_rules(probe, state);
    if (port) {
        struct hyperv_packet packet = {.protocol = probe_string(probe, "protocol"),
                                       .port = (uint16_t)port->number};
        find_senders(probe_arena(probe), lan, &from, &packet);
        set_allowed(probe, state, &packet);
    } else {
        probe_absent(probe, "allowed", "no port is given");
    }
    probe_answer(probe, state->enabled == HYPERV_ON);
}

static void have_output(struct probe *probe, const struct program_result *result)
{
    struct arena *arena = probe_arena(probe);
    struct hyperv_state state;
    struct error error = {0};
    if (result->failure)
        probe_unknown(probe, "%s", result->failure);
    else if (result->status != 0 && result->output_length == 0)
        probe_unknown(probe, "PowerShell failed with status %d: %.*s", result->status,
                      (int)strcspn(result->errors, "\r\n"), result->errors);
    else if (result->cut)
        probe_unknown(probe, "PowerShell wrote more than %d bytes, the limit", HYPERV_BYTES_LIMIT);
    else if (hyperv_read(arena, result->output, &state, &error))
        answer(probe, &state);
    else
        probe_unknown(probe, "%s%s%s", error.message, error.hint[0] ? ": " : "", error.hint);
}

static const char *const ask_rules[] = {"powershell.exe",   "-NoProfile", "-NonInteractive",
                                        "-ExecutionPolicy", "Bypass",     "-Command",
                                        hyperv_query,       NULL};

static const struct query queries[] = {{ask_rules, QUERY_WINDOWS}, {NULL, 0}};

static void start(struct probe *probe)
{
    if (!machine_is_wsl2()) {
        probe_unknown(probe, "this is not WSL2: there is no Windows to ask");
        return;
    }
    struct program program = {.argv = ask_rules, .windows = true, .limit = HYPERV_BYTES_LIMIT};
    probe_run(probe, &program, have_output);
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
     .type = {.kind = KIND_STRING},
     .fallback = HYPERV_LAN,
     .also = 1u << KIND_ADDRESS | 1u << KIND_NETWORK,
     .doc =
         {"who sends: `LocalSubnet`, a network or an address. Rules for a part of them only do not "
          "count",
          "送信元。`LocalSubnet`、ネットワーク、またはアドレス。その一部だけを対象とするルールは"
          "数えない"}},
    {.name = NULL},
};

static const struct type rule_type = {.kind = KIND_RECORD, .fields = rule_fields};

static const struct field fields[] = {
    {.name = "enabled",
     .type = {.kind = KIND_BOOLEAN},
     .doc = {"the firewall filters WSL's packets", "WSLのパケットがフィルターされている"}},
    {.name = "default_in",
     .type = {.kind = KIND_STRING, .words = (const char *const[]){"allow", "block", NULL}},
     .doc = {"what happens to an incoming packet that no rule speaks of",
             "どのルールにも当たらない受信パケットの扱い"}},
    {.name = "default_out",
     .type = {.kind = KIND_STRING, .words = (const char *const[]){"allow", "block", NULL}},
     .doc = {"what happens to an outgoing packet that no rule speaks of",
             "どのルールにも当たらない送信パケットの扱い"}},
    {.name = "local_rules",
     .type = {.kind = KIND_BOOLEAN},
     .doc = {"rules made on this computer count, beside those of a policy",
             "ポリシーだけでなく、このコンピューターで作成したルールも有効である"}},
    {.name = "allowed",
     .type = {.kind = KIND_BOOLEAN},
     .doc = {"would the packet pass; no value where a rule that is not understood could decide",
             "パケットが通るか。解釈できないルールで決まりうるときは値なし"}},
    {.name = "rules",
     .type = {.kind = KIND_LIST, .element = &rule_type},
     .doc = {"the rules in force", "有効なルールの一覧"}},
    {.name = "rule",
     .type = {.kind = KIND_STRING},
     .doc = {"the name of the rule that decides about the packet",
             "パケットの扱いを決めるルールの名前"}},
    {.name = "reason",
     .type = {.kind = KIND_STRING},
     .doc = {"what decides about the packet", "判定の根拠"}},
    {.name = "elevated",
     .type = {.kind = KIND_BOOLEAN},
     .doc = {"this session may change the firewall (it is an administrator's)",
             "このセッションでファイアウォールを変更できる（管理者権限がある）"}},
    {.name = NULL},
};

const struct action hyperv_rules_action = {
    .name = "hyperv.rules",
    .role = ROLE_PROBE,
    .summary = {"see whether the Hyper-V firewall of Windows lets a port in",
                "WindowsのHyper-Vファイアウォールがポートへの受信を許可しているかを調べる"},
    .arguments = arguments,
    .check = hyperv_check_from,
    .fields = fields,
    .ok = {"the Hyper-V firewall is on for WSL", "WSLに対してHyper-Vファイアウォールが有効である"},
    .costly = true,
    .timeout = SECONDS(TIMEOUT_PROGRAM_S),
    .queries = queries,
    .start = start,
};
