/* Walks the loaded chains as a packet would and tells ufw's rules in ufw's words. It does not read
 * ufw's files. Source: ufw(8), iptables(8); /lib/ufw/ufw-init-functions for the chains. */
#include "actions/linux/ufw.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    DEPTH_LIMIT = 16,
    STEPS_LIMIT = 100 * 1000,
    LOWEST_CLIENT_PORT = 1024,
    HIGHEST_PORT = 65535
};

/* ---- does a rule match ------------------------------------------------------------------------
 */

enum fit { FIT_NO, FIT_UNCLEAR, FIT_YES };

static enum fit fit_if(bool fits, bool negated)
{
    return fits != negated ? FIT_YES : FIT_NO;
}

static enum fit fit_from(const struct ufw_network *rule, const struct network *from)
{
    if (!rule->given)
        return FIT_YES;
    bool covers =
        rule->network.prefix <= from->prefix && network_contains(&rule->network, &from->address);
    return fit_if(covers, rule->negated);
}

/* Where it is not known which of this machine's addresses is meant, only "any" and groups of
 * addresses that no connection goes to are clear. */
static enum fit fit_to(const struct ufw_network *rule, const struct address *to)
{
    if (!rule->given || rule->network.prefix == 0)
        return fit_if(true, rule->negated);
    if (to)
        return fit_if(network_contains(&rule->network, to), rule->negated);
    const uint8_t *bytes = rule->network.address.bytes;
    bool group = rule->network.address.family == AF_INET ? bytes[0] >= 224 : bytes[0] == 0xff;
    return group ? fit_if(false, rule->negated) : FIT_UNCLEAR;
}

static enum fit fit_link(const struct ufw_link *rule, const char *link)
{
    if (!rule->name)
        return FIT_YES;
    if (!link)
        return text_equal(rule->name, "lo") ? fit_if(false, rule->negated) : FIT_UNCLEAR;
    size_t length = strlen(rule->name);
    bool equal = length && rule->name[length - 1] == '+'
                     ? strncmp(rule->name, link, length - 1) == 0
                     : text_equal(rule->name, link);
    return fit_if(equal, rule->negated);
}

static enum fit fit_protocol(const struct ufw_rule *rule, const char *protocol)
{
    if (!rule->protocol)
        return FIT_YES;
    const char *number = text_equal(protocol, "tcp") ? "6" : "17";
    bool equal = text_equal(rule->protocol, protocol) || text_equal(rule->protocol, number);
    return fit_if(equal, rule->protocol_negated);
}

static enum fit fit_port(const struct ufw_ports *rule, uint16_t port)
{
    bool inside = rule->count == 0;
    for (size_t i = 0; i < rule->count; i++)
        inside |= rule->ranges[i].first <= port && port <= rule->ranges[i].last;
    return fit_if(inside, rule->negated);
}

/* A new connection comes from a port that its sender's system picked. */
static enum fit fit_source_port(const struct ufw_ports *rule)
{
    if (rule->count == 0)
        return FIT_YES;
    bool reserved = true;
    for (size_t i = 0; i < rule->count; i++) {
        if (rule->ranges[i].first <= LOWEST_CLIENT_PORT && rule->ranges[i].last == HIGHEST_PORT)
            return fit_if(true, rule->negated);
        reserved &= rule->ranges[i].last < LOWEST_CLIENT_PORT;
    }
    return reserved ? fit_if(false, rule->negated) : FIT_UNCLEAR;
}

static enum fit fit_special(const struct ufw_rule *rule)
{
    if (rule->special & UFW_NEVER || rule->out.name)
        return FIT_NO;
    return rule->special & UFW_UNCLEAR ? FIT_UNCLEAR : FIT_YES;
}

static enum fit fit_rule(const struct ufw_rule *rule, const struct ufw_packet *packet)
{
    const enum fit conditions[] = {
        fit_special(rule),
        fit_protocol(rule, packet->protocol),
        fit_port(&rule->ports, packet->port),
        fit_source_port(&rule->source_ports),
        fit_from(&rule->from, &packet->from),
        fit_to(&rule->to, packet->to),
        fit_link(&rule->in, packet->link),
    };
    enum fit least = FIT_YES;
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
        least = conditions[i] < least ? conditions[i] : least;
    return least;
}

/* ---- in ufw's words
 * ------------------------------------------------------------------------------ */

static bool is_user_chain(const char *name, const char *direction)
{
    static const char *const prefixes[] = {"ufw-user-", "ufw6-user-"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (text_starts(name, prefixes[i]) && text_equal(name + strlen(prefixes[i]), direction))
            return true;
    return false;
}

/* NULL where the rule is one of those that ufw adds for logging and counting. */
static const char *action_word(const struct ufw_rule *rule)
{
    static const char *const words[][2] = {
        {"ACCEPT", "allow"},
        {"DROP", "deny"},
        {"REJECT", "reject"},
        {"ufw-user-limit-accept", "limit"},
        {"ufw6-user-limit-accept", "limit"},
    };
    for (size_t i = 0; rule->target && i < sizeof words / sizeof *words; i++)
        if (text_equal(rule->target, words[i][0]))
            return words[i][1];
    return NULL;
}

static const char *ports_word(struct arena *arena, const struct ufw_ports *ports)
{
    if (ports->count == 0)
        return "any";
    struct text text = text_new(arena);
    for (size_t i = 0; i < ports->count; i++) {
        text_format(&text, "%s%s%u", i ? "," : "", !i && ports->negated ? "not " : "",
                    ports->ranges[i].first);
        if (ports->ranges[i].last != ports->ranges[i].first)
            text_format(&text, ":%u", ports->ranges[i].last);
    }
    return text_string(&text);
}

static struct value network_value(const struct ufw_network *network, int family)
{
    struct value value = {.kind = KIND_NETWORK, .network.address.family = family};
    if (network->given)
        value.network = network->network;
    return value;
}

static const char *describe(struct arena *arena, int family, const struct ufw_chain *chain,
                            const struct ufw_rule *rule)
{
    if (!rule)
        return "";
    const char *action = action_word(rule);
    if (!action || rule->special || !is_user_chain(chain->name, "input"))
        return arena_format(arena, "rule '-A %s %s'", chain->name, rule->text);
    struct text text = text_new(arena);
    text_format(&text, "rule '%s %s %s", action, rule->protocol ? rule->protocol : "any",
                ports_word(arena, &rule->ports));
    struct value from = network_value(&rule->from, family);
    struct value to = network_value(&rule->to, family);
    if (rule->from.given)
        text_format(&text, " from %s%s", rule->from.negated ? "not " : "",
                    value_print(arena, &from));
    if (rule->to.given)
        text_format(&text, " to %s%s", rule->to.negated ? "not " : "", value_print(arena, &to));
    if (rule->in.name)
        text_format(&text, " on %s", rule->in.name);
    text_char(&text, '\'');
    return text_string(&text);
}

/* ---- the walk ----------------------------------------------------------------------------------
 */

enum outcome {
    OUTCOME_PASSES = UFW_PASSES,
    OUTCOME_BLOCKED = UFW_BLOCKED,
    OUTCOME_NOT_CLEAR = UFW_NOT_CLEAR,
    OUTCOME_NEXT,   /* nothing decided: the next rule */
    OUTCOME_RETURN, /* back to the chain that jumped here */
};

struct walk {
    const struct ufw_table *table;
    const struct ufw_packet *packet;
    size_t steps;
    const struct ufw_chain *chain; /* of the rule that decided */
    const struct ufw_rule *rule;
    /* What unclear rules on the way would have decided. */
    bool maybe[OUTCOME_NOT_CLEAR + 1];
    const struct ufw_chain *maybe_chain;
    const struct ufw_rule *maybe_rule;
};

static const struct {
    const char *target;
    enum outcome outcome;
} targets[] = {
    {"ACCEPT", OUTCOME_PASSES}, {"DROP", OUTCOME_BLOCKED},  {"REJECT", OUTCOME_BLOCKED},
    {"RETURN", OUTCOME_RETURN}, {"LOG", OUTCOME_NEXT},      {"NFLOG", OUTCOME_NEXT},
    {"MARK", OUTCOME_NEXT},     {"CONNMARK", OUTCOME_NEXT}, {"TCPMSS", OUTCOME_NEXT},
    {"TRACE", OUTCOME_NEXT},    {"CHECKSUM", OUTCOME_NEXT}, {"DSCP", OUTCOME_NEXT},
    {"TOS", OUTCOME_NEXT},      {"CLASSIFY", OUTCOME_NEXT},
};

static enum outcome walk_chain(struct walk *walk, const struct ufw_chain *chain, unsigned depth);

static enum outcome follow(struct walk *walk, const struct ufw_rule *rule, unsigned depth)
{
    if (!rule->target)
        return OUTCOME_NEXT;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (text_equal(rule->target, targets[i].target))
            return targets[i].outcome;
    const struct ufw_chain *chain = ufw_table_chain(walk->table, rule->target);
    if (!chain || depth == DEPTH_LIMIT)
        return OUTCOME_NOT_CLEAR;
    enum outcome outcome = walk_chain(walk, chain, depth + 1);
    return outcome == OUTCOME_NEXT && rule->goes ? OUTCOME_RETURN : outcome;
}

static void note_maybe(struct walk *walk, const struct ufw_chain *chain,
                       const struct ufw_rule *rule, enum outcome outcome)
{
    walk->maybe[outcome] = true;
    walk->maybe_chain = chain;
    walk->maybe_rule = rule;
}

static enum outcome decided(struct walk *walk, const struct ufw_chain *chain,
                            const struct ufw_rule *rule, enum outcome outcome)
{
    /* A `limit` is told as such, not as the ACCEPT in the chain that it jumps to. */
    bool tells = !walk->rule || action_word(rule);
    if (tells && outcome != OUTCOME_RETURN) {
        walk->chain = chain;
        walk->rule = rule;
    }
    return outcome == OUTCOME_RETURN ? OUTCOME_NEXT : outcome;
}

static enum outcome walk_chain(struct walk *walk, const struct ufw_chain *chain, unsigned depth)
{
    const struct ufw_rule *may_return = NULL;
    for (size_t i = 0; i < chain->count; i++) {
        const struct ufw_rule *rule = &chain->rules[i];
        if (walk->steps++ == STEPS_LIMIT)
            return decided(walk, chain, rule, OUTCOME_NOT_CLEAR);
        enum fit fit = fit_rule(rule, walk->packet);
        if (fit == FIT_NO)
            continue;
        /* An unclear jump must not claim what its chain decides. */
        const struct ufw_rule *before = walk->rule;
        enum outcome outcome = follow(walk, rule, depth);
        if (outcome == OUTCOME_NEXT)
            continue;
        if (fit == FIT_YES) {
            if (may_return && outcome != OUTCOME_RETURN)
                note_maybe(walk, chain, may_return, OUTCOME_NOT_CLEAR);
            return decided(walk, chain, rule, outcome);
        }
        walk->rule = before;
        if (outcome == OUTCOME_RETURN)
            may_return = rule;
        else
            note_maybe(walk, chain, rule, outcome);
    }
    return OUTCOME_NEXT;
}

/* ---- the rules as a field ------------------------------------------------------------------- */

const struct field ufw_rule_fields[] = {
    {.name = "action",
     .type = {.kind = KIND_STRING,
              .words = (const char *const[]){"allow", "deny", "reject", "limit", NULL}},
     .doc = {"what happens to the packet; `limit` allows until a host connects too often",
             "パケットの扱い。`limit` は同じホストの接続が多すぎるまで許可します"}},
    {.name = "direction",
     .type = {.kind = KIND_STRING, .words = (const char *const[]){"in", "out", "forward", NULL}},
     .doc = {"which way the packet goes", "パケットの向き"}},
    {.name = "protocol",
     .type = {.kind = KIND_STRING},
     .doc = {"`tcp`, `udp`, ... or `any`", "`tcp`、`udp` など、または `any`"}},
    {.name = "ports",
     .type = {.kind = KIND_STRING},
     .doc = {"destination ports as ufw writes them (`80,443`, `8000:8010`), or `any`",
             "宛先ポート。ufwの書き方（`80,443`、`8000:8010`）または `any`"}},
    {.name = "from",
     .type = {.kind = KIND_NETWORK},
     .doc = {"senders that the rule speaks of", "ルールが対象とする送信元"}},
    {.name = "to",
     .type = {.kind = KIND_NETWORK},
     .doc = {"own addresses that the rule speaks of", "ルールが対象とする宛先アドレス"}},
    {.name = "link",
     .type = {.kind = KIND_STRING},
     .doc = {"the interface, where the rule names one", "インターフェース（指定がある場合）"}},
    {.name = NULL},
};

enum { RULE_FIELDS = sizeof ufw_rule_fields / sizeof *ufw_rule_fields - 1 };

static struct value rule_value(struct arena *arena, int family, const char *direction,
                               const struct ufw_rule *rule)
{
    const struct ufw_link *link = rule->in.name ? &rule->in : &rule->out;
    const char **names = arena_alloc(arena, RULE_FIELDS * sizeof *names);
    for (size_t i = 0; i < RULE_FIELDS; i++)
        names[i] = ufw_rule_fields[i].name;
    struct value *values = arena_alloc(arena, RULE_FIELDS * sizeof *values);
    values[0] = value_string(arena, action_word(rule));
    values[1] = value_string(arena, direction);
    values[2] = value_string(arena, rule->protocol ? rule->protocol : "any");
    values[3] = value_string(arena, ports_word(arena, &rule->ports));
    values[4] = network_value(&rule->from, family);
    values[5] = network_value(&rule->to, family);
    if (link->name)
        values[6] = value_string(arena, link->name);
    return (struct value){.kind = KIND_RECORD, .record = {names, values, RULE_FIELDS}};
}

struct rule_list {
    struct value *items;
    size_t count;
};

static void add_rules(struct arena *arena, struct rule_list *list, int family,
                      const char *direction, const struct ufw_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++) {
        if (!action_word(&chain->rules[i]))
            continue;
        list->items = arena_grow(arena, list->items, list->count, sizeof *list->items);
        list->items[list->count++] = rule_value(arena, family, direction, &chain->rules[i]);
    }
}

struct value ufw_rules(struct arena *arena, const struct ufw_table *const *tables, size_t count)
{
    static const struct {
        const char *chain;
        const char *direction;
    } chains[] = {{"input", "in"}, {"output", "out"}, {"forward", "forward"}};
    struct rule_list list = {0};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < sizeof chains / sizeof *chains; k++)
            for (size_t j = 0; j < tables[i]->count; j++)
                if (is_user_chain(tables[i]->chains[j].name, chains[k].chain))
                    add_rules(arena, &list, tables[i]->family, chains[k].direction,
                              &tables[i]->chains[j]);
    return value_list(list.items, list.count);
}

/* ---- questions
 * ----------------------------------------------------------------------------------- */

bool ufw_loaded(const struct ufw_table *table)
{
    return ufw_table_chain(table, "ufw-user-input") || ufw_table_chain(table, "ufw6-user-input");
}

static bool is_reject_chain(const struct ufw_chain *chain)
{
    return text_equal(chain->name, "ufw-reject-input") ||
           text_equal(chain->name, "ufw6-reject-input");
}

/* With `ufw default reject` the policy stays DROP and a chain of its own rejects before it. */
static const char *default_of(const struct ufw_table *table, const struct ufw_chain *start)
{
    if (!start || text_equal(start->policy, "ACCEPT"))
        return "allow";
    const struct ufw_chain *reject = ufw_table_chain(table, "ufw-reject-input");
    return reject && reject->count ? "reject" : "deny";
}

const char *ufw_default_in(const struct ufw_table *table)
{
    return default_of(table, ufw_table_chain(table, "INPUT"));
}

struct ufw_decision ufw_decide(struct arena *arena, const struct ufw_table *table,
                               const char *start, const struct ufw_packet *packet)
{
    struct walk walk = {.table = table, .packet = packet};
    const struct ufw_chain *input = ufw_table_chain(table, start);
    enum outcome outcome = input ? walk_chain(&walk, input, 0) : OUTCOME_PASSES;
    struct ufw_decision decision = {.by_default = !walk.rule || is_reject_chain(walk.chain)};
    if (outcome >= OUTCOME_NEXT)
        outcome = text_equal(input->policy, "ACCEPT") ? OUTCOME_PASSES : OUTCOME_BLOCKED;
    for (int i = 0; i <= OUTCOME_NOT_CLEAR; i++)
        if (walk.maybe[i] && (enum outcome)i != outcome)
            outcome = OUTCOME_NOT_CLEAR;
    decision.verdict = (enum ufw_verdict)outcome;
    if (outcome == OUTCOME_NOT_CLEAR)
        decision.by = walk.maybe_rule
                          ? describe(arena, table->family, walk.maybe_chain, walk.maybe_rule)
                          : describe(arena, table->family, walk.chain, walk.rule);
    else if (decision.by_default)
        decision.by = arena_format(arena, "default %s", default_of(table, input));
    else
        decision.by = describe(arena, table->family, walk.chain, walk.rule);
    return decision;
}
