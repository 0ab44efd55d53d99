/* hyperv.allow: one inbound rule for one port in the Hyper-V firewall of Windows. It never touches
 * defaults, profiles or rules of others, and never raises an elevation prompt.
 * Source: New-NetFirewallHyperVRule (learn.microsoft.com); its parameter names are plural. */
#include <string.h>

#include "actions/windows/hyperv.h"

enum { HIGHEST_PORT = 65535, NEED_RULES = 0 };

#define NEW_RULE(from)                                                                             \
    "New-NetFirewallHyperVRule -Name '%s' -DisplayName 'playbook: %s %u from %s' "                 \
    "-Direction Inbound -VMCreatorId '" HYPERV_WSL                                                 \
    "' -Protocol %s -LocalPorts %u -RemoteAddresses " from " -Action Allow"
#define EITHER(one, other) "try{" one " -ErrorAction Stop}catch{" other "}"

static const char make_rule[] = NEW_RULE("%s");
/* LocalSubnet stands in scripts of many people and in no reference page: where Windows does not
 * take it, the networks themselves. */
static const char make_either[] = EITHER("%s", "%s");
enum { MOST_NETWORKS = 3 };
static const char remove_rule[] = "Remove-NetFirewallHyperVRule -Name '%s'";
static const char look_at_rule[] =
    "$ErrorActionPreference='Stop';try{"
    "$r=@(Get-NetFirewallHyperVRule|Where-Object{\"$($_.Name)\" -eq '%s'});"
    "if($r.Count -eq 0){'no rule %s'}"
    "else{\"$($r.Direction) $($r.Action) port $($r.LocalPorts), enabled $($r.Enabled)\"}"
    "}catch{\"error $($_.FullyQualifiedErrorId)\"}";

/* What is asked for, in words that are safe inside a PowerShell text: a number, a fixed word, an
 * address printed from its value. */
struct wish {
    const char *protocol; /* "TCP" */
    const char *remote;   /* "LocalSubnet" or a network */
    const char *name;     /* of the rule */
    unsigned port;
};

static bool read_port(const struct value *value, unsigned *port, struct error *error)
{
    *port = (unsigned)value->number;
    if (value->number == *port && *port >= 1 && *port <= HIGHEST_PORT)
        return true;
    return error_set(error, "%g is no port", value->number);
}

/* "playbook-tcp-3000", "playbook-tcp-3000-192.168.1.0-24": no `:` or `/` in a name. */
static const char *rule_name(struct arena *arena, const char *protocol, unsigned port,
                             const char *network)
{
    char *name = arena_format(arena, "playbook-%s-%u%s%s", protocol, port, network ? "-" : "",
                              network ? network : "");
    for (char *at = name; *at; at++)
        *at = *at == ':' || *at == '/' ? '-' : *at;
    return name;
}

static bool read_wish(struct planner *planner, struct wish *wish, struct error *error)
{
    struct arena *arena = plan_arena(planner);
    const struct arguments *arguments = plan_arguments(planner);
    const char *protocol = arguments_get(arguments, "protocol")->string;
    const char *from = arguments_get(arguments, "from")->string;
    struct value network = {.kind = KIND_NETWORK};
    bool lan;
    if (!read_port(arguments_get(arguments, "port"), &wish->port, error))
        return false;
    if (!hyperv_from(from, &lan, &network.network))
        return error_set(error, "'%s' is no address, no network and not %s", from, HYPERV_LAN);
    wish->protocol = text_equal(protocol, "udp") ? "UDP" : "TCP";
    wish->remote = lan ? HYPERV_LAN : value_print(arena, &network);
    wish->name = rule_name(arena, text_equal(protocol, "udp") ? "udp" : "tcp", wish->port,
                           lan ? NULL : wish->remote);
    return true;
}

/* The state of exactly that rule, for a comparison: addresses and protocol are left out, because
 * Windows gives them back in another form than it took them. */
static const char *look_script(struct arena *arena, const struct wish *wish)
{
    return arena_format(arena, look_at_rule, wish->name, wish->name);
}

/* The neighbours' networks are this machine's in mirrored mode; "": none is known, or too many. */
static const char *list_networks(struct arena *arena)
{
    const struct subnet *subnets;
    size_t count = machine_subnets(arena, &subnets);
    struct text networks = text_new(arena);
    for (size_t i = 0; i < count; i++) {
        struct value network = {.kind = KIND_NETWORK, .network = subnets[i].network};
        text_format(&networks, "%s%s", i ? "," : "", value_print(arena, &network));
    }
    return count <= MOST_NETWORKS ? text_string(&networks) : "";
}

static const char *rule_from(struct arena *arena, const struct wish *wish, const char *remote)
{
    return arena_format(arena, make_rule, wish->name, wish->protocol, wish->port, wish->remote,
                        wish->protocol, wish->port, remote);
}

static const char *make_script(struct arena *arena, const struct wish *wish)
{
    const char *networks = text_equal(wish->remote, HYPERV_LAN) ? list_networks(arena) : "";
    const char *rule = rule_from(arena, wish, wish->remote);
    return *networks ? arena_format(arena, make_either, rule, rule_from(arena, wish, networks))
                     : rule;
}

static bool plan_rule(struct planner *planner, const struct wish *wish, bool elevated,
                      struct error *error)
{
    struct arena *arena = plan_arena(planner);
    struct windows_change change = {
        .target = "Hyper-V firewall",
        .before = arena_format(arena, "no rule %s", wish->name),
        .after = arena_format(arena, "Inbound Allow port %u, enabled True", wish->port),
        .apply = make_script(arena, wish),
        .undo = arena_format(arena, remove_rule, wish->name),
        .look = look_script(arena, wish),
        .administrator = true,
        .elevated = elevated,
    };
    return plan_windows(planner, &change, error);
}

static bool holds_rule(const struct value *rules, const char *name)
{
    for (size_t i = 0; rules && i < rules->list.count; i++) {
        const struct value *found = value_field(&rules->list.items[i], "name");
        if (found && found->kind == KIND_STRING && text_equal(found->string, name))
            return true;
    }
    return false;
}

/* What stands in the way of a new rule that would help. */
static bool is_possible(const struct answer *rules, const struct wish *wish, struct error *error)
{
    const struct value *allowed = answer_field(rules, "allowed");
    const struct value *rule = answer_field(rules, "rule");
    if (holds_rule(answer_field(rules, "rules"), wish->name)) {
        error_set(error,
                  "the Hyper-V firewall already has a rule '%s', and it does not let port "
                  "%u in",
                  wish->name, wish->port);
        error_hint(error, "as administrator: Remove-NetFirewallHyperVRule -Name '%s'", wish->name);
        return false;
    }
    const struct value *local = answer_field(rules, "local_rules");
    if (local && !local->boolean) {
        error_set(error, "a policy of this computer lets no rule count that is made here");
        error_hint(error, "ask who manages this computer for a Hyper-V firewall rule for port %u",
                   wish->port);
        return false;
    }
    if (allowed && !allowed->boolean && rule) {
        error_set(error,
                  "rule '%s' of the Hyper-V firewall blocks port %u: a rule that allows it "
                  "would not help",
                  rule->string, wish->port);
        error_hint(error, "remove or change that rule on Windows");
        return false;
    }
    return true;
}

static bool plan(struct planner *planner, struct error *error)
{
    const struct answer *rules = plan_need(planner, NEED_RULES);
    struct wish wish = {0};
    if (!read_wish(planner, &wish, error))
        return false;
    if (rules->state != ANSWER_KNOWN)
        return error_set(error, "the rules of the Hyper-V firewall are not known: %s",
                         rules->reason);
    const struct value *allowed = answer_field(rules, "allowed");
    if (allowed && allowed->boolean)
        return true;
    const struct value *elevated = answer_field(rules, "elevated");
    return is_possible(rules, &wish, error) &&
           plan_rule(planner, &wish, elevated && elevated->boolean, error);
}

static const struct argument arguments[] = {
    {.name = "port",
     .type = {.kind = KIND_NUMBER},
     .least = 1,
     .most = HIGHEST_PORT,
     .doc = {"the port to let in", "許可するポート"}},
    {.name = "protocol",
     .type = {.kind = KIND_STRING, .words = (const char *const[]){"tcp", "udp", NULL}},
     .fallback = "tcp",
     .doc = {"its protocol", "プロトコル"}},
    {.name = "from",
     .type = {.kind = KIND_STRING},
     .fallback = HYPERV_LAN,
     .also = 1u << KIND_ADDRESS | 1u << KIND_NETWORK,
     .doc = {"who may come in: `LocalSubnet` (the neighbours of Windows), a network or an address",
             "許可する送信元。`LocalSubnet`"
             "（Windowsと同じサブネット）、ネットワーク、またはアドレス"}},
    {.name = NULL},
};

static const struct need needs[] = {
    [NEED_RULES] = {"hyperv.rules",
                    {{.name = "port", .from = "port"},
                     {.name = "protocol", .from = "protocol"},
                     {.name = "from", .from = "from"}}},
    {.probe = NULL},
};

const struct action hyperv_allow_action = {
    .name = "hyperv.allow",
    .role = ROLE_FIX,
    .summary = {"let one port in through the Hyper-V firewall of Windows",
                "WindowsのHyper-Vファイアウォールでポートを1つ許可する"},
    .arguments = arguments,
    .check = hyperv_check_from,
    .effect = "hyperv",
    .touches = (const struct touch[]){{"windows", make_rule},
                                      {"windows", EITHER(NEW_RULE("%s"), NEW_RULE("%s"))},
                                      {"windows", EITHER(NEW_RULE("%s"), NEW_RULE("%s,%s"))},
                                      {"windows", EITHER(NEW_RULE("%s"), NEW_RULE("%s,%s,%s"))},
                                      {"windows", remove_rule},
                                      {"windows", look_at_rule},
                                      {NULL, NULL}},
    .effective = EFFECTIVE_NOW,
    .settle = SECONDS(2),
    .needs = needs,
    .plan = plan,
};
