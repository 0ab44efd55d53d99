/* Reads what iptables-save prints into a table of chains and rules. It judges each condition only
 * as far as one rule can be judged alone; which rule decides is for ufw.c. A condition that it does
 * not know is marked as such, never dropped. Source: iptables(8), iptables-extensions(8). */
#include "actions/linux/ufw_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { WORDS_LIMIT = 128, HIGHEST_PORT = 65535 };

struct word {
    const char *text;
    bool quoted;
};

struct line {
    struct word words[WORDS_LIMIT];
    size_t count;
};

/* One option of a rule being read. */
struct option {
    struct arena *arena;
    struct ufw_rule *rule;
    const char *value;  /* "" where there is none */
    const char *second; /* the value after it, or "" */
    bool negated;
    bool early;  /* conntrack has not seen the packet yet */
    bool beside; /* it is not the filter table */
};

static bool in_list(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',')) {
        if (*at == ',')
            at++;
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

static bool read_port(const char **at, uint16_t *port)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(*at, &end, 10);
    if (end == *at || **at < '0' || **at > '9' || errno || number > HIGHEST_PORT)
        return false;
    *at = end;
    *port = (uint16_t)number;
    return true;
}

/* "22", "8000:8010", "80,443,8000:8010", ":1023". */
static bool read_ports(const char *text, struct ufw_ports *ports)
{
    for (ports->count = 0; ports->count < UFW_RANGES_LIMIT; text++) {
        struct ufw_range *range = &ports->ranges[ports->count++];
        *range = (struct ufw_range){0, HIGHEST_PORT};
        if (*text != ':' && !read_port(&text, &range->first))
            return false;
        if (*text != ':')
            range->last = range->first;
        else if (text++, *text >= '0' && *text <= '9' && !read_port(&text, &range->last))
            return false;
        if (*text != ',')
            return *text == '\0' && range->first <= range->last;
    }
    return false;
}

static void unclear_unless(const struct option *option, bool understood)
{
    if (!understood)
        option->rule->special |= UFW_UNCLEAR;
}

static void never_unless(const struct option *option, bool possible)
{
    if (possible == option->negated)
        option->rule->special |= UFW_NEVER;
}

static void take_network(const struct option *option, struct ufw_network *network)
{
    struct address address;
    network->given = true;
    network->negated = option->negated;
    if (network_read(option->value, &network->network))
        return;
    unclear_unless(option, address_read(option->value, &address));
    network->network = (struct network){address, address.family == AF_INET ? 32 : 128};
}

static void take_from(const struct option *option)
{
    take_network(option, &option->rule->from);
}

static void take_to(const struct option *option)
{
    take_network(option, &option->rule->to);
}

static void take_in(const struct option *option)
{
    option->rule->in = (struct ufw_link){option->value, option->negated};
}

static void take_out(const struct option *option)
{
    option->rule->out = (struct ufw_link){option->value, option->negated};
}

static void take_protocol(const struct option *option)
{
    if (text_equal(option->value, "all"))
        return;
    option->rule->protocol = option->value;
    option->rule->protocol_negated = option->negated;
}

static void take_ports(const struct option *option)
{
    option->rule->ports.negated = option->negated;
    unclear_unless(option, read_ports(option->value, &option->rule->ports));
}

static void take_source_ports(const struct option *option)
{
    option->rule->source_ports.negated = option->negated;
    unclear_unless(option, read_ports(option->value, &option->rule->source_ports));
}

/* ufw itself lets later packets of a connection pass; another table that drops them makes it
 * useless. */
static void take_times(const struct option *option, bool first, bool later)
{
    if (first == option->negated && option->beside && later != option->negated)
        unclear_unless(option, false);
    else
        never_unless(option, first);
}

static void take_state(const struct option *option)
{
    if (option->early)
        unclear_unless(option, false);
    else
        take_times(option, in_list(option->value, "NEW"), in_list(option->value, "ESTABLISHED"));
}

/* The packets that are asked about are sent to an address of this machine. */
static void take_destination_type(const struct option *option)
{
    never_unless(option, in_list(option->value, "LOCAL"));
}

/* `--syn` is saved as `--tcp-flags FIN,SYN,RST,ACK SYN`: mask, then those set. */
static void take_flags(const struct option *option)
{
    bool first = text_equal(option->second, in_list(option->value, "SYN") ? "SYN" : "NONE");
    take_times(option, first, !option->negated);
}

/* An ordinary packet has no routing header, and a host that comes for the first time in a while has
 * not come too often. */
static void take_rare(const struct option *option)
{
    never_unless(option, false);
}

static void take_nothing(const struct option *option)
{
    (void)option;
}

static void take_target(const struct option *option)
{
    option->rule->target = option->value;
}

static void take_goto(const struct option *option)
{
    option->rule->target = option->value;
    option->rule->goes = true;
}

/* Extensions whose name alone says nothing; their options are in the table below or unclear. */
static void take_extension(const struct option *option)
{
    static const char *const known[] = {"tcp",       "udp",   "multiport", "comment",
                                        "conntrack", "state", "recent",    "addrtype",
                                        "limit",     "rt",    "icmp",      "icmp6"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (text_equal(option->value, known[i]))
            return;
    unclear_unless(option, false);
}

static const struct {
    const char *name;
    void (*take)(const struct option *option);
} options[] = {
    {"-s", take_from},
    {"-d", take_to},
    {"-i", take_in},
    {"-o", take_out},
    {"-p", take_protocol},
    {"-m", take_extension},
    {"-j", take_target},
    {"-g", take_goto},
    {"--dport", take_ports},
    {"--dports", take_ports},
    {"--sport", take_source_ports},
    {"--sports", take_source_ports},
    {"--ctstate", take_state},
    {"--state", take_state},
    {"--dst-type", take_destination_type},
    {"--tcp-flags", take_flags},
    {"--rt-type", take_rare},
    {"--update", take_rare},
    {"--rcheck", take_rare},
    {"--set", take_nothing},
    {"--seconds", take_nothing},
    {"--hitcount", take_nothing},
    {"--name", take_nothing},
    {"--mask", take_nothing},
    {"--rsource", take_nothing},
    {"--comment", take_nothing},
    {"--reject-with", take_nothing},
    {"--log-prefix", take_nothing},
    {"--log-level", take_nothing},
};

static void take_option(const char *name, const struct option *option)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (text_equal(name, options[i].name)) {
            options[i].take(option);
            return;
        }
    }
    /* Options of a target follow it and are no conditions. */
    if (!option->rule->target)
        unclear_unless(option, false);
}

/* Words are separated by blanks; `"` holds blanks together, `\` takes the next character as it is.
 */
static const char *split_word(struct arena *arena, const char *at, struct word *word)
{
    struct text text = text_new(arena);
    bool inside = false;
    for (; *at && (inside || *at != ' '); at++) {
        if (*at == '"') {
            inside = !inside;
            word->quoted = true;
        } else {
            if (*at == '\\' && at[1])
                at++;
            text_char(&text, *at);
        }
    }
    word->text = text_string(&text);
    return at;
}

static bool split_line(struct arena *arena, const char *at, struct line *line)
{
    line->count = 0;
    while (*(at += strspn(at, " "))) {
        if (line->count == WORDS_LIMIT)
            return false;
        line->words[line->count] = (struct word){0};
        at = split_word(arena, at, &line->words[line->count++]);
    }
    return true;
}

static bool is_value(const struct line *line, size_t i)
{
    if (i >= line->count)
        return false;
    const struct word *word = &line->words[i];
    return word->quoted || (word->text[0] != '-' && !text_equal(word->text, "!"));
}

static void read_rule(struct arena *arena, const struct line *line, const struct ufw_table *table,
                      struct ufw_rule *rule)
{
    struct option option = {
        .arena = arena, .rule = rule, .early = table->early, .beside = table->beside};
    for (size_t i = 2; i < line->count;) {
        option.negated = text_equal(line->words[i].text, "!");
        if (option.negated && ++i == line->count)
            return;
        const char *name = line->words[i++].text;
        option.value = is_value(line, i) ? line->words[i].text : "";
        option.second = is_value(line, i) && is_value(line, i + 1) ? line->words[i + 1].text : "";
        take_option(name, &option);
        while (is_value(line, i))
            i++;
    }
}

static struct ufw_chain *find_chain(const struct ufw_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (text_equal(table->chains[i].name, name))
            return &table->chains[i];
    return NULL;
}

const struct ufw_chain *ufw_table_chain(const struct ufw_table *table, const char *name)
{
    return find_chain(table, name);
}

/* ":INPUT DROP [0:0]" */
static bool add_chain(struct arena *arena, const struct line *line, struct ufw_table *table)
{
    if (line->count < 2 || table->count == UFW_CHAINS_LIMIT)
        return false;
    table->chains = arena_grow(arena, table->chains, table->count, sizeof *table->chains);
    table->chains[table->count++] =
        (struct ufw_chain){.name = line->words[0].text + 1, .policy = line->words[1].text};
    return true;
}

/* "-A ufw-user-input -p tcp ... -j ACCEPT" */
static bool add_rule(struct arena *arena, const char *text, const struct line *line,
                     struct ufw_table *table)
{
    struct ufw_chain *chain = line->count < 2 ? NULL : find_chain(table, line->words[1].text);
    if (!chain)
        return false;
    chain->rules = arena_grow(arena, chain->rules, chain->count, sizeof *chain->rules);
    struct ufw_rule *rule = &chain->rules[chain->count++];
    const char *name = strstr(text, line->words[1].text);
    *rule = (struct ufw_rule){.text = name ? name + strlen(line->words[1].text) : text};
    rule->text += strspn(rule->text, " ");
    read_rule(arena, line, table, rule);
    return true;
}

static bool read_line(struct arena *arena, const char *text, struct ufw_table *table)
{
    struct line line;
    if (text[0] != ':' && !text_starts(text, "-A "))
        return true;
    if (!split_line(arena, text, &line))
        return false;
    return text[0] == ':' ? add_chain(arena, &line, table) : add_rule(arena, text, &line, table);
}

bool ufw_table_read(struct arena *arena, int family, const char *text, const char *name,
                    struct ufw_table *table, struct error *error)
{
    *table = (struct ufw_table){
        .family = family, .early = text_equal(name, "raw"), .beside = !text_equal(name, "filter")};
    bool inside = false;
    size_t lines = 0;
    for (size_t length; *text; text += length + (text[length] == '\n')) {
        length = strcspn(text, "\n");
        if (*text == '*')
            inside = length == strlen(name) + 1 && strncmp(text + 1, name, length - 1) == 0;
        if (!inside || *text == '*')
            continue;
        const char *line = arena_copy(arena, text, length);
        if (++lines > UFW_LINES_LIMIT)
            return error_set(error, "the table '%s' has more than %d lines", name, UFW_LINES_LIMIT);
        if (!read_line(arena, line, table))
            return error_set(error, "cannot read line %zu of the table '%s': '%.100s'", lines, name,
                             line);
    }
    return true;
}
