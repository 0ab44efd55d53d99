/* Reads nft's JSON as far as this family needs it. What is not known to be harmless is taken for a
 * condition that iptables cannot render, and a set by name for every port.
 */
#include <string.h>
#include <sys/socket.h>

#include "actions/linux/nft_json.h"

enum { HIGHEST_PORT = 65535 };

const char *nft_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static bool is_word_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (text_equal(word, *words))
            return true;
    return false;
}

const char *nft_kind(const json_t *object)
{
    void *first = json_object_iter((json_t *)(uintptr_t)object);
    return first ? json_object_iter_key(first) : "";
}

/* ---- rules of ufw's table ---- */

static bool is_plain_left(const json_t *left)
{
    static const char *const keys[] = {"iif", "oif", "iifname", "oifname", "l4proto", NULL};
    const json_t *masked = json_object_get(left, "&");
    if (json_is_array(masked))
        left = json_array_get(masked, 0);
    const json_t *meta = json_object_get(left, "meta");
    return meta ? is_word_of(nft_text(meta, "key"), keys)
                : json_is_string(json_object_get(json_object_get(left, "payload"), "field"));
}

static bool is_plain_right(const json_t *right)
{
    if (json_is_string(right))
        return json_string_value(right)[0] != '@';
    return !json_is_object(right) || json_object_get(right, "prefix") ||
           json_object_get(right, "range");
}

bool nft_is_plain(const json_t *part)
{
    static const char *const kinds[] = {"counter", "jump",  "goto", "accept", "drop",
                                        "return",  "limit", "log",  "xt",     NULL};
    const json_t *match = json_object_get(part, "match");
    if (match)
        return is_plain_left(json_object_get(match, "left")) &&
               is_plain_right(json_object_get(match, "right"));
    return is_word_of(nft_kind(part), kinds);
}

/* NULL: the part is no verdict. */
static const char *target_of(struct arena *arena, const json_t *part)
{
    static const char *const verdicts[][2] = {{"accept", "ACCEPT"}, {"drop", "DROP"},
                                              {"reject", "REJECT"}, {"return", "RETURN"},
                                              {"vmap", ""},         {"queue", ""}};
    const char *kind = nft_kind(part);
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
        if (text_equal(kind, verdicts[i][0]))
            return verdicts[i][1];
    if (text_equal(kind, "jump") || text_equal(kind, "goto"))
        return arena_string(arena, nft_text(json_object_get(part, kind), "target"));
    return text_equal(nft_text(json_object_get(part, "xt"), "type"), "target") ? "" : NULL;
}

static bool add_ports(const json_t *right, struct ufw_ports *ports)
{
    const json_t *range = json_object_get(right, "range");
    const json_t *first = range ? json_array_get(range, 0) : right;
    const json_t *last = range ? json_array_get(range, 1) : right;
    if (ports->count == UFW_RANGES_LIMIT || !json_is_integer(first) || !json_is_integer(last))
        return false;
    ports->ranges[ports->count++] =
        (struct ufw_range){(uint16_t)json_integer_value(first), (uint16_t)json_integer_value(last)};
    return true;
}

bool nft_read_ports(const json_t *right, struct ufw_ports *ports)
{
    const json_t *set = json_object_get(right, "set");
    bool read = json_array_size(set) > 0;
    if (!json_is_array(set))
        return add_ports(right, ports);
    for (size_t i = 0; i < json_array_size(set) && read; i++)
        read = add_ports(json_array_get(set, i), ports);
    return read;
}

/* `tcp dport { 7000, 7001-7009 }`: iptables would leave it out, and we know it. */
static bool take_ports(struct arena *arena, const json_t *part, struct nft_rule *rule)
{
    const json_t *match = json_object_get(part, "match");
    const json_t *payload = json_object_get(json_object_get(match, "left"), "payload");
    struct ufw_ports ports = {.negated = text_equal(nft_text(match, "op"), "!=")};
    if (!text_equal(nft_text(payload, "field"), "dport") || rule->ports.count ||
        text_equal(nft_text(payload, "protocol"), "th") ||
        !nft_read_ports(json_object_get(match, "right"), &ports))
        return false;
    rule->ports = ports;
    rule->protocol = arena_string(arena, nft_text(payload, "protocol"));
    return true;
}

static struct nft_rule read_rule(struct arena *arena, const json_t *parts)
{
    static const char *const without_condition[] = {"counter", "jump",   "goto", "accept",
                                                    "drop",    "return", NULL};
    struct nft_rule rule = {.bare = true};
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *part = json_array_get(parts, i);
        const char *target = target_of(arena, part);
        rule.target = target ? target : rule.target;
        if (take_ports(arena, part, &rule))
            continue;
        rule.foreign = rule.foreign || !nft_is_plain(part);
        rule.bare = rule.bare && is_word_of(nft_kind(part), without_condition);
    }
    return rule;
}

/* ---- tables beside it ---- */

static void mention(struct arena *arena, struct nft *nft, const struct nft_mention *found)
{
    nft->mentions = arena_grow(arena, nft->mentions, nft->mention_count, sizeof(*nft->mentions));
    nft->mentions[nft->mention_count++] = *found;
}

/* Sets nest once: a range or an element with a comment inside a set. */
static void mention_ports(struct arena *arena, struct nft *nft, struct nft_mention found,
                          const json_t *right, unsigned depth)
{
    const json_t *range = json_object_get(right, "range"), *set = json_object_get(right, "set");
    const json_t *element = json_object_get(json_object_get(right, "elem"), "val");
    found.first = 0;
    found.last = HIGHEST_PORT;
    if (element && depth)
        right = element;
    if (json_is_array(set) && depth) {
        for (size_t i = 0; i < json_array_size(set); i++)
            mention_ports(arena, nft, found, json_array_get(set, i), depth - 1);
        return;
    }
    if (json_is_integer(right))
        found.first = found.last = (uint16_t)json_integer_value(right);
    if (json_is_array(range)) {
        found.first = (uint16_t)json_integer_value(json_array_get(range, 0));
        found.last = (uint16_t)json_integer_value(json_array_get(range, 1));
    }
    mention(arena, nft, &found);
}

static void mention_part(struct arena *arena, struct nft *nft, struct nft_mention found,
                         const json_t *part)
{
    const json_t *match = json_object_get(part, "match"), *map = json_object_get(part, "vmap");
    const json_t *left = json_object_get(match ? match : map, match ? "left" : "key");
    const json_t *payload = json_object_get(left, "payload");
    const char *protocol = nft_text(payload, "protocol");
    if (!text_equal(nft_text(payload, "field"), "dport"))
        return;
    found.protocol = text_equal(protocol, "tcp")   ? "tcp"
                     : text_equal(protocol, "udp") ? "udp"
                                                   : NULL;
    bool equal = match && !text_equal(nft_text(match, "op"), "!=");
    mention_ports(arena, nft, found, equal ? json_object_get(match, "right") : NULL, 2);
}

/* ---- the ruleset ---- */

enum { NOT_UFW = -1, IPV4, IPV6 };

static int family_of_ufw(const json_t *object)
{
    const char *table = nft_text(object, json_object_get(object, "table") ? "table" : "name");
    const char *family = nft_text(object, "family");
    if (!text_equal(table, "filter"))
        return NOT_UFW;
    return text_equal(family, "ip") ? IPV4 : text_equal(family, "ip6") ? IPV6 : NOT_UFW;
}

static struct nft_mention mention_of(struct arena *arena, const json_t *object)
{
    return (struct nft_mention){.family = arena_string(arena, nft_text(object, "family")),
                                .table = arena_string(arena, nft_text(object, "table")),
                                .last = HIGHEST_PORT};
}

bool nft_comes_in(const json_t *chain)
{
    const char *hook = nft_text(chain, "hook");
    return text_equal(hook, "input") || text_equal(hook, "prerouting") ||
           text_equal(hook, "ingress");
}

static void read_chain(struct arena *arena, const json_t *object, struct nft *nft)
{
    int family = family_of_ufw(object);
    const char *hook = nft_text(object, "hook");
    bool drops = text_equal(nft_text(object, "policy"), "drop");
    struct nft_mention found = mention_of(arena, object);
    found.policy = true;
    if (family == NOT_UFW && drops && nft_comes_in(object))
        mention(arena, nft, &found);
    if (family == NOT_UFW)
        return;
    nft->chains[family] =
        arena_grow(arena, nft->chains[family], nft->counts[family], sizeof(*nft->chains[family]));
    nft->chains[family][nft->counts[family]++] =
        (struct nft_chain){.name = arena_string(arena, nft_text(object, "name")),
                           .policy = !*hook  ? "-"
                                     : drops ? "DROP"
                                             : "ACCEPT"};
}

static bool same_chain(const json_t *chain, const json_t *rule)
{
    return text_equal(nft_text(chain, "name"), nft_text(rule, "chain")) &&
           text_equal(nft_text(chain, "table"), nft_text(rule, "table")) &&
           text_equal(nft_text(chain, "family"), nft_text(rule, "family"));
}

/* Chains that only outgoing packets meet. */
struct outgoing {
    const json_t **chains;
    size_t count;
};

static void note_outgoing(struct arena *arena, const json_t *chain, struct outgoing *outgoing)
{
    const char *hook = nft_text(chain, "hook");
    if (!text_equal(hook, "output") && !text_equal(hook, "postrouting"))
        return;
    outgoing->chains =
        arena_grow(arena, outgoing->chains, outgoing->count, sizeof(*outgoing->chains));
    outgoing->chains[outgoing->count++] = chain;
}

static bool goes_out(const struct outgoing *outgoing, const json_t *rule)
{
    for (size_t i = 0; i < outgoing->count; i++)
        if (same_chain(outgoing->chains[i], rule))
            return true;
    return false;
}

static void read_rule_object(struct arena *arena, const struct outgoing *outgoing,
                             const json_t *object, struct nft *nft)
{
    int family = family_of_ufw(object);
    const json_t *parts = json_object_get(object, "expr");
    for (size_t i = 0; family != NOT_UFW && i < nft->counts[family]; i++) {
        struct nft_chain *chain = &nft->chains[family][i];
        if (!text_equal(chain->name, nft_text(object, "chain")))
            continue;
        chain->rules = arena_grow(arena, chain->rules, chain->count, sizeof(*chain->rules));
        chain->rules[chain->count++] = read_rule(arena, parts);
    }
    if (family != NOT_UFW || goes_out(outgoing, object))
        return;
    for (size_t i = 0; i < json_array_size(parts); i++)
        mention_part(arena, nft, mention_of(arena, object), json_array_get(parts, i));
}

static void read_ruleset(struct arena *arena, const json_t *ruleset, struct nft *nft)
{
    struct outgoing outgoing = {0};
    for (size_t i = 0; i < json_array_size(ruleset); i++) {
        const json_t *chain = json_object_get(json_array_get(ruleset, i), "chain");
        if (!chain)
            continue;
        read_chain(arena, chain, nft);
        note_outgoing(arena, chain, &outgoing);
    }
    for (size_t i = 0; i < json_array_size(ruleset); i++) {
        const json_t *rule = json_object_get(json_array_get(ruleset, i), "rule");
        if (rule)
            read_rule_object(arena, &outgoing, rule, nft);
    }
}

bool nft_read(struct arena *arena, const char *text, size_t length, struct nft *nft,
              struct error *error)
{
    json_error_t where;
    json_t *json = json_loadb(text, length, 0, &where);
    const json_t *ruleset = json_object_get(json, "nftables");
    bool read = json_is_array(ruleset);
    *nft = (struct nft){0};
    if (read) {
        read_ruleset(arena, ruleset, nft);
        nft_read_tables(arena, ruleset, nft);
    } else {
        error_set(error, "cannot read what nft prints: %s", json ? "it is no ruleset" : where.text);
    }
    json_decref(json);
    return read;
}

const struct nft_mention *nft_find(const struct nft *nft, bool ipv6, const char *protocol,
                                   uint16_t port)
{
    for (size_t i = 0; i < nft->mention_count; i++) {
        const struct nft_mention *found = &nft->mentions[i];
        if (text_equal(found->family, ipv6 ? "ip" : "ip6"))
            continue;
        if ((!found->protocol || text_equal(found->protocol, protocol)) && found->first <= port &&
            port <= found->last)
            return found;
    }
    return NULL;
}

static void mark_rule(const struct nft_rule *rule, struct ufw_rule *printed)
{
    if (rule->foreign)
        printed->special |= UFW_UNCLEAR;
    if (rule->ports.count)
        printed->ports = rule->ports;
}

static void mark_chain(const struct nft_chain *chain, struct ufw_chain *printed)
{
    bool aligned = printed->count == chain->count;
    for (size_t i = 0; i < printed->count; i++)
        if (aligned)
            mark_rule(&chain->rules[i], &printed->rules[i]);
        else
            printed->rules[i].special |= UFW_UNCLEAR;
}

void nft_mark(const struct nft *nft, struct ufw_table *table)
{
    int family = table->family == AF_INET ? IPV4 : IPV6;
    for (size_t i = 0; i < nft->counts[family]; i++)
        for (size_t j = 0; j < table->count; j++)
            if (text_equal(table->chains[j].name, nft->chains[family][i].name))
                mark_chain(&nft->chains[family][i], &table->chains[j]);
}

const char *nft_render(struct arena *arena, const struct nft_chain *chain)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < chain->count; i++) {
        const struct nft_rule *rule = &chain->rules[i];
        text_format(&text, "-A %s", chain->name);
        if (rule->protocol)
            text_format(&text, " -p %s", rule->protocol);
        text_add(&text, rule->bare ? "" : " --nft");
        if (rule->target)
            text_format(&text, " -j %s", *rule->target ? rule->target : "nft");
        text_char(&text, '\n');
    }
    return text_string(&text);
}
