/* Tables of nft as chains of rules in the form of iptables, so that one walk (ufw.h) judges both. A
 * condition that has no such form makes its rule unclear, a statement that is not known to leave
 * the packet alone becomes a target that is not known either. Source: libnftables-json(5), nft(8).
 */
#include <string.h>
#include <sys/socket.h>

#include "actions/linux/nft_json.h"

enum { CONNTRACK_PRIORITY = -200 };

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words && !text_equal(word, *words))
        words++;
    return *words != NULL;
}

/* ---- conditions ---- */

struct condition {
    struct arena *arena;
    const json_t *left, *right;
    bool negated;
    bool early; /* conntrack has not seen the packet yet */
    struct ufw_rule *rule;
};

static bool take_protocol(const struct condition *condition, const char *protocol, bool negated)
{
    struct ufw_rule *rule = condition->rule;
    if (rule->protocol)
        return text_equal(rule->protocol, protocol) && rule->protocol_negated == negated;
    rule->protocol = arena_string(condition->arena, protocol);
    rule->protocol_negated = negated;
    return true;
}

static bool take_network(const struct condition *condition, struct ufw_network *network)
{
    const json_t *prefix = json_object_get(condition->right, "prefix");
    const char *text =
        json_string_value(prefix ? json_object_get(prefix, "addr") : condition->right);
    struct address address;
    bool narrower = !network->given || (network->network.prefix == 0 && !network->negated);
    if (!text || !narrower || !address_read(text, &address))
        return false;
    unsigned bits = address.family == AF_INET ? 32 : 128;
    if (prefix)
        bits = (unsigned)json_integer_value(json_object_get(prefix, "len"));
    network->given = true;
    network->negated = condition->negated;
    return network_read(
        arena_format(condition->arena, "%s/%u", address_print(condition->arena, &address), bits),
        &network->network);
}

static bool take_port(const struct condition *condition, const char *protocol,
                      struct ufw_ports *ports)
{
    if (ports->count || !nft_read_ports(condition->right, ports)) {
        ports->count = 0;
        return false;
    }
    ports->negated = condition->negated;
    return text_equal(protocol, "th") || take_protocol(condition, protocol, false);
}

static bool take_payload(const struct condition *condition, const json_t *payload)
{
    static const char *const next[] = {"protocol", "nexthdr", NULL};
    static const char *const transports[] = {"tcp", "udp", "icmp", "icmpv6", "sctp", NULL};
    const char *protocol = nft_text(payload, "protocol"), *field = nft_text(payload, "field");
    if (text_equal(field, "dport"))
        return take_port(condition, protocol, &condition->rule->ports);
    if (text_equal(field, "sport"))
        return take_port(condition, protocol, &condition->rule->source_ports);
    if (text_equal(field, "saddr"))
        return take_network(condition, &condition->rule->from);
    if (text_equal(field, "daddr"))
        return take_network(condition, &condition->rule->to);
    if (is_one_of(field, next) && json_is_string(condition->right))
        return take_protocol(condition, json_string_value(condition->right), condition->negated);
    if (is_one_of(protocol, transports))
        take_protocol(condition, protocol, false);
    return false;
}

static bool take_meta(const struct condition *condition, const char *key)
{
    static const struct ufw_network ipv4 = {.given = true, .network = {.address.family = AF_INET}};
    static const struct ufw_network ipv6 = {.given = true, .network = {.address.family = AF_INET6}};
    const char *word = json_string_value(condition->right);
    struct ufw_rule *rule = condition->rule;
    if (!word)
        return false;
    if (text_equal(key, "l4proto"))
        return take_protocol(condition, word, condition->negated);
    if (text_equal(key, "nfproto") && !rule->from.given && !condition->negated) {
        rule->from = text_equal(word, "ipv6") ? ipv6 : ipv4;
        return true;
    }
    if ((!text_equal(key, "iifname") && !text_equal(key, "iif")) || rule->in.name)
        return false;
    size_t length = strlen(word);
    bool any = length && word[length - 1] == '*';
    rule->in.name =
        arena_format(condition->arena, "%.*s%s", (int)(length - any), word, any ? "+" : "");
    rule->in.negated = condition->negated;
    return true;
}

/* Words in any of the forms that nft has for several. */
static bool has_word(const json_t *right, const char *word)
{
    const json_t *set = json_object_get(right, "set");
    const json_t *list = set ? set : right;
    if (!json_is_array(list))
        return text_equal(json_string_value(list) ? json_string_value(list) : "", word);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (has_word(json_array_get(list, i), word))
            return true;
    return false;
}

static void never_unless(const struct condition *condition, bool possible)
{
    if (possible == condition->negated)
        condition->rule->special |= UFW_NEVER;
}

/* A rule for later packets of a connection decides about it as well. */
static bool take_state(const struct condition *condition)
{
    bool first = has_word(condition->right, "new") != condition->negated;
    bool later = has_word(condition->right, "established") != condition->negated;
    if (!first && !later && !condition->early)
        condition->rule->special |= UFW_NEVER;
    return !condition->early && (first || !later);
}

static void take_condition(const struct condition *condition)
{
    const json_t *payload = json_object_get(condition->left, "payload");
    const json_t *meta = json_object_get(condition->left, "meta");
    const char *conntrack = nft_text(json_object_get(condition->left, "ct"), "key");
    const json_t *fib = json_object_get(condition->left, "fib");
    bool understood = true;
    if (payload)
        understood = take_payload(condition, payload);
    else if (meta)
        understood = take_meta(condition, nft_text(meta, "key"));
    else if (text_equal(conntrack, "state"))
        understood = take_state(condition);
    else if (text_equal(nft_text(fib, "result"), "type") &&
             has_word(json_object_get(fib, "flags"), "daddr"))
        never_unless(condition, has_word(condition->right, "local"));
    else
        understood = false;
    if (!understood)
        condition->rule->special |= UFW_UNCLEAR;
}

/* ---- statements ---- */

/* NULL: the packet goes on to the next statement as it is. */
static const char *target_of(const json_t *part)
{
    static const char *const passing[] = {"counter", "log",   "limit",    "quota", "set",
                                          "comment", "match", "continue", NULL};
    static const char *const verdicts[][2] = {
        {"accept", "ACCEPT"}, {"drop", "DROP"}, {"reject", "REJECT"}, {"return", "RETURN"}};
    const char *kind = nft_kind(part);
    const json_t *body = json_object_get(part, kind);
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++)
        if (text_equal(kind, verdicts[i][0]))
            return verdicts[i][1];
    if (text_equal(kind, "jump") || text_equal(kind, "goto"))
        return nft_text(body, "target");
    if (text_equal(kind, "xt"))
        return text_equal(nft_text(body, "type"), "target") ? nft_text(body, "name") : NULL;
    const json_t *key = text_equal(kind, "mangle") ? json_object_get(body, "key") : NULL;
    if (is_one_of(kind, passing) || json_object_get(key, "meta") || json_object_get(key, "ct"))
        return NULL;
    return "(nft)"; /* no chain has such a name */
}

/* A limit, a quota or an extension of iptables matches now and then, or nobody knows when. */
static bool is_hidden_condition(const json_t *part)
{
    static const char *const kinds[] = {"limit", "quota", NULL};
    const json_t *xt = json_object_get(part, "xt");
    return is_one_of(nft_kind(part), kinds) || (text_equal(nft_text(xt, "type"), "match") &&
                                                !text_equal(nft_text(xt, "name"), "comment"));
}

/* ---- rules ---- */

struct builder {
    struct arena *arena;
    struct ufw_chain *chain;
    const char *text; /* what names the rule that is being read */
    bool early;
};

static void add_rule(struct builder *builder, const struct ufw_rule *rule)
{
    struct ufw_chain *chain = builder->chain;
    chain->rules = arena_grow(builder->arena, chain->rules, chain->count, sizeof(*chain->rules));
    chain->rules[chain->count++] = *rule;
}

static void take_match(struct builder *builder, const json_t *match, struct ufw_rule *rule)
{
    static const char *const compared[] = {"==", "in", "!=", NULL};
    struct condition condition = {.arena = builder->arena,
                                  .left = json_object_get(match, "left"),
                                  .right = json_object_get(match, "right"),
                                  .negated = text_equal(nft_text(match, "op"), "!="),
                                  .early = builder->early,
                                  .rule = rule};
    if (is_one_of(nft_text(match, "op"), compared))
        take_condition(&condition);
    else
        rule->special |= UFW_UNCLEAR;
}

static void take_target(struct builder *builder, const json_t *part, struct ufw_rule *rule)
{
    const char *target = target_of(part);
    if (!target)
        return;
    struct ufw_rule copy = *rule;
    copy.target = arena_string(builder->arena, target);
    copy.goes = text_equal(nft_kind(part), "goto");
    add_rule(builder, &copy);
}

/* `ct state vmap { invalid : drop, ... }` is one rule for each element. */
static void take_map(struct builder *builder, const json_t *map, const struct ufw_rule *rule)
{
    const json_t *set = json_object_get(json_object_get(map, "data"), "set");
    for (size_t i = 0; i < json_array_size(set); i++) {
        const json_t *pair = json_array_get(set, i);
        struct ufw_rule one = *rule;
        take_condition(&(struct condition){builder->arena, json_object_get(map, "key"),
                                           json_array_get(pair, 0), false, builder->early, &one});
        take_target(builder, json_array_get(pair, 1), &one);
    }
    if (!json_is_array(set)) {
        struct ufw_rule any = *rule;
        any.target = "(map)";
        add_rule(builder, &any);
    }
}

/* Each statement that does something to the packet becomes a rule with the conditions before it. */
static void read_rule(struct builder *builder, const json_t *parts)
{
    struct ufw_rule rule = {.text = builder->text};
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *part = json_array_get(parts, i), *match = json_object_get(part, "match");
        if (match)
            take_match(builder, match, &rule);
        else if (json_object_get(part, "vmap"))
            take_map(builder, json_object_get(part, "vmap"), &rule);
        else if (is_hidden_condition(part))
            rule.special |= UFW_UNCLEAR;
        else
            take_target(builder, part, &rule);
    }
}

/* ---- tables ---- */

static struct nft_table *table_of(struct arena *arena, struct nft *nft, const json_t *object)
{
    const char *family = nft_text(object, "family"), *name = nft_text(object, "table");
    for (size_t i = 0; i < nft->table_count; i++)
        if (text_equal(nft->tables[i].family, family) && text_equal(nft->tables[i].name, name))
            return &nft->tables[i];
    nft->tables = arena_grow(arena, nft->tables, nft->table_count, sizeof(*nft->tables));
    struct nft_table *table = &nft->tables[nft->table_count++];
    *table = (struct nft_table){.family = arena_string(arena, family),
                                .name = arena_string(arena, name),
                                .table.family = text_equal(family, "ip6") ? AF_INET6 : AF_INET};
    return table;
}

static void add_chain(struct arena *arena, struct nft *nft, const json_t *object)
{
    struct nft_table *table = table_of(arena, nft, object);
    struct ufw_table *chains = &table->table;
    const char *name = arena_string(arena, nft_text(object, "name"));
    bool drops = text_equal(nft_text(object, "policy"), "drop");
    json_int_t priority = json_integer_value(json_object_get(object, "prio"));
    chains->chains = arena_grow(arena, chains->chains, chains->count, sizeof(*chains->chains));
    chains->chains[chains->count++] =
        (struct ufw_chain){.name = name, .policy = drops ? "DROP" : "ACCEPT"};
    if (!nft_comes_in(object))
        return;
    table->hooks = arena_grow(arena, table->hooks, table->hook_count, sizeof(*table->hooks));
    table->hooks[table->hook_count++] = name;
    table->early = table->early || priority <= CONNTRACK_PRIORITY ||
                   text_equal(nft_text(object, "hook"), "ingress");
}

static void read_rule_object(struct arena *arena, struct nft *nft, const json_t *object)
{
    struct nft_table *table = table_of(arena, nft, object);
    const json_t *parts = json_object_get(object, "expr");
    const char *name = nft_text(object, "chain");
    json_int_t handle = json_integer_value(json_object_get(object, "handle"));
    struct builder builder = {.arena = arena, .early = table->early};
    for (size_t i = 0; i < table->table.count && !builder.chain; i++)
        if (text_equal(table->table.chains[i].name, name))
            builder.chain = &table->table.chains[i];
    if (!builder.chain)
        return;
    for (size_t i = 0; i < json_array_size(parts); i++)
        table->foreign = table->foreign || !nft_is_plain(json_array_get(parts, i));
    builder.text = arena_format(arena, "handle %lld", (long long)handle);
    read_rule(&builder, parts);
}

void nft_read_tables(struct arena *arena, const json_t *ruleset, struct nft *nft)
{
    for (size_t i = 0; i < json_array_size(ruleset); i++) {
        const json_t *chain = json_object_get(json_array_get(ruleset, i), "chain");
        if (chain)
            add_chain(arena, nft, chain);
    }
    for (size_t i = 0; i < json_array_size(ruleset); i++) {
        const json_t *rule = json_object_get(json_array_get(ruleset, i), "rule");
        if (rule)
            read_rule_object(arena, nft, rule);
    }
}
