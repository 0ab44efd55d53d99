/* ufw.allow: lets one port in from some networks, with ufw's own command and one rule for each
 * network. It never switches ufw on or off and leaves its defaults alone. A rule that blocks the
 * port stays; the new one is put before it. Source: ufw(8); ufw 0.36, backend_iptables.py. */
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actions/linux/ufw_tuples.h"

enum { HIGHEST_PORT = 65535, NEED_STATUS = 0, ARGV_WORDS = 16 };

static const char ipv4_rules[] = "/etc/ufw/user.rules";
static const char ipv6_rules[] = "/etc/ufw/user6.rules";
static const char defaults[] = "/etc/default/ufw", ufw_lock[] = "/run/ufw.lock";

/* The end of every command here. */
#define RULE " proto %s from %s to any port %s"

/* Every rule command loads ufw's files anew, with whatever else had changed in them. */
static const struct loaded_state tables[] = {
    {(const char *const[]){"iptables-save", "-t", "filter", NULL},
     (const char *const[]){"iptables-restore", "-n", NULL}, "ufw", NULL},
    {(const char *const[]){"ip6tables-save", "-t", "filter", NULL},
     (const char *const[]){"ip6tables-restore", "-n", NULL}, "ufw",
     (const char *const[]){"ufw", "reload", NULL}},
    {NULL, NULL, NULL, NULL},
};

struct allow {
    struct planner *planner;
    const char *protocol; /* "tcp" or "udp" */
    unsigned port;
    struct ufw_tuples ipv4; /* as the plan so far leaves them */
    struct ufw_tuples ipv6;
};

/* One network that shall get in. */
struct sender {
    struct network network;
    bool behind_rule; /* a rule blocks it, or may: the new one must come first */
};

/* ---- ufw's files
 * --------------------------------------------------------------------------------- */

static bool has_ipv6(struct planner *planner)
{
    struct path_state file;
    struct error error;
    if (!plan_look(planner, defaults, &file, &error) || file.kind != PATH_FILE)
        return true;
    for (const char *at = file.bytes; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncasecmp(at, "IPV6=no", 7) == 0 || strncasecmp(at, "IPV6=\"no\"", 9) == 0)
            return false;
    }
    return true;
}

/* Whoever may not read the rules may not change them either: their plan is shown only, and is made
 * anew when they come back as root. */
static bool read_tuples(struct planner *planner, const char *path, bool must,
                        struct ufw_tuples *tuples, struct error *error)
{
    struct path_state file;
    *tuples = (struct ufw_tuples){0};
    if (!plan_look(planner, path, &file, error))
        return !must;
    if (file.kind == PATH_FILE)
        *tuples = ufw_tuples_read(plan_arena(planner), file.bytes);
    return true;
}

/* ---- commands
 * ------------------------------------------------------------------------------------ */

/* "allow proto tcp from 192.168.1.0/24 to any port 3000", with `verb` words before it. */
static const char *const *command(struct allow *allow, const char *const *verb,
                                  const struct network *from)
{
    struct arena *arena = plan_arena(allow->planner);
    struct value network = {.kind = KIND_NETWORK, .network = *from};
    const char *const rest[] = {
        "proto", allow->protocol, "from", value_print(arena, &network),
        "to",    "any",           "port", arena_format(arena, "%u", allow->port)};
    const char **argv = arena_alloc(arena, (ARGV_WORDS + 1) * sizeof *argv);
    size_t count = 0;
    argv[count++] = "ufw";
    for (; *verb; verb++)
        if (**verb)
            argv[count++] = *verb;
    memcpy(argv + count, rest, sizeof rest);
    return argv;
}

static bool plan_ufw(struct allow *allow, const char *const *argv, const char *const *undo,
                     struct error *error)
{
    static const char *const touches[] = {ipv4_rules, ipv6_rules, ufw_lock, NULL};
    struct command_change change = {
        .argv = argv, .undo = undo, .touches = touches, .target = "ufw"};
    return plan_command(allow->planner, &change, error);
}

static bool plan_new(struct allow *allow, const struct network *from, bool first,
                     struct error *error)
{
    const char *const plainly[] = {"allow", NULL};
    const char *const at_first[] = {"prepend", "allow", NULL};
    const char *const undo[] = {"delete", "allow", NULL};
    bool ipv6 = from->address.family == AF_INET6;
    ufw_tuples_add(plan_arena(allow->planner), ipv6 ? &allow->ipv6 : &allow->ipv4, first);
    return plan_ufw(allow, command(allow, first ? at_first : plainly, from),
                    command(allow, undo, from), error);
}

/* Takes a rule for the same port and network away; its undo puts it back where it was. ufw counts
 * the IPv6 rules on from the IPv4 ones. */
static bool plan_removal(struct allow *allow, const struct network *from, size_t index,
                         struct error *error)
{
    struct arena *arena = plan_arena(allow->planner);
    bool ipv6 = from->address.family == AF_INET6;
    struct ufw_tuples *tuples = ipv6 ? &allow->ipv6 : &allow->ipv4;
    struct ufw_tuple removed = tuples->items[index];
    ufw_tuples_remove(tuples, index);
    size_t position = index + 1 + (ipv6 ? allow->ipv4.count : 0);
    bool last = index == tuples->count;
    const char *const away[] = {"delete", removed.action, removed.log, NULL};
    const char *const back[] = {last ? "" : "insert",
                                last ? "" : arena_format(arena, "%zu", position), removed.action,
                                removed.log, NULL};
    return plan_ufw(allow, command(allow, away, from), command(allow, back, from), error);
}

static bool plan_sender(struct allow *allow, const struct sender *sender, struct error *error)
{
    bool ipv6 = sender->network.address.family == AF_INET6;
    const struct ufw_tuples *tuples = ipv6 ? &allow->ipv6 : &allow->ipv4;
    size_t index = ufw_tuples_find(tuples, allow->protocol, allow->port, &sender->network);
    bool stands = index < tuples->count;
    if (stands && !plan_removal(allow, &sender->network, index, error))
        return false;
    return plan_new(allow, &sender->network, stands || sender->behind_rule, error);
}

/* ---- who shall get in
 * ------------------------------------------------------------------------------ */

struct senders {
    struct sender *items;
    size_t count;
};

static void add_sender(struct arena *arena, struct senders *senders, const struct network *network,
                       bool behind_rule)
{
    senders->items = arena_grow(arena, senders->items, senders->count, sizeof *senders->items);
    senders->items[senders->count++] = (struct sender){*network, behind_rule};
}

/* The networks that ufw.status found, less those that get in already: none where ufw does not
 * filter. */
static void take_known(struct arena *arena, const struct value *sources, struct senders *senders)
{
    for (size_t i = 0; sources && i < sources->list.count; i++) {
        const struct value *source = &sources->list.items[i];
        const struct value *allowed = value_field(source, "allowed");
        const struct value *by_default = value_field(source, "by_default");
        bool known = allowed && allowed->kind == KIND_BOOLEAN;
        if (known && allowed->boolean)
            continue;
        add_sender(arena, senders, &value_field(source, "network")->network,
                   !known || !by_default->boolean);
    }
}

static bool take_assumed(struct planner *planner, struct senders *senders, struct error *error)
{
    struct arena *arena = plan_arena(planner);
    const struct value *from = arguments_get(plan_arguments(planner), "from");
    const struct subnet *subnets;
    if (from) {
        add_sender(arena, senders, &from->network, false);
        return true;
    }
    size_t count = machine_subnets(arena, &subnets);
    for (size_t i = 0; i < count; i++)
        add_sender(arena, senders, &subnets[i].network, false);
    if (count)
        return true;
    error_set(error, "this machine is in no local subnet");
    error_hint(error, "say who shall get in: from: 192.168.1.0/24");
    return false;
}

static bool find_senders(struct planner *planner, struct senders *senders, struct error *error)
{
    const struct answer *status = plan_need(planner, NEED_STATUS);
    if (status->state != ANSWER_KNOWN && geteuid() == 0)
        return error_set(error, "what ufw lets in is not known: %s", status->reason);
    if (status->state != ANSWER_KNOWN)
        return take_assumed(planner, senders, error);
    take_known(plan_arena(planner), answer_field(status, "sources"), senders);
    return true;
}

/* ---- the plan
 * --------------------------------------------------------------------------------------- */

static bool read_wish(struct planner *planner, struct allow *allow, struct error *error)
{
    const struct arguments *arguments = plan_arguments(planner);
    double port = arguments_get(arguments, "port")->number;
    const char *protocol = arguments_get(arguments, "protocol")->string;
    bool root = geteuid() == 0;
    *allow = (struct allow){.planner = planner,
                            .port = (unsigned)port,
                            .protocol = text_equal(protocol, "udp") ? "udp" : "tcp"};
    if (port != allow->port || port < 1 || port > HIGHEST_PORT)
        return error_set(error, "%g is no port", port);
    return read_tuples(planner, ipv4_rules, root, &allow->ipv4, error) &&
           read_tuples(planner, ipv6_rules, root, &allow->ipv6, error);
}

static bool plan(struct planner *planner, struct error *error)
{
    struct allow allow;
    struct senders senders = {0};
    if (!find_senders(planner, &senders, error) || !read_wish(planner, &allow, error))
        return false;
    bool ipv6 = has_ipv6(planner);
    for (size_t i = 0; i < senders.count; i++) {
        if (senders.items[i].network.address.family == AF_INET6 && !ipv6)
            continue;
        if (!plan_sender(&allow, &senders.items[i], error))
            return false;
    }
    return true;
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
     .type = {.kind = KIND_NETWORK},
     .flags = ARGUMENT_OPTIONAL,
     .also = 1u << KIND_ADDRESS,
     .doc = {"who may come in; absent: the local subnets, without those of container bridges",
             "許可する送信元。省略時はローカルサブネット（コンテナ用ブリッジを除く）"}},
    {.name = NULL},
};

static const struct need needs[] = {
    [NEED_STATUS] = {"ufw.status",
                     {{.name = "port", .from = "port"},
                      {.name = "protocol", .from = "protocol"},
                      {.name = "from", .from = "from"}}},
    {.probe = NULL},
};

const struct action ufw_allow_action = {
    .name = "ufw.allow",
    .role = ROLE_FIX,
    .summary = {"let one port in through ufw", "ufwでポートを1つ許可する"},
    .arguments = arguments,
    .effect = "ufw",
    .loaded = tables,
    .touches = (const struct touch[]){{"command", "ufw %s" RULE},
                                      {"command", "ufw %s %s" RULE},
                                      {"command", "ufw %s %s %s" RULE},
                                      {"command", "ufw insert %u %s %s" RULE},
                                      {"file", ipv4_rules},
                                      {"file", ipv6_rules},
                                      {"file", ufw_lock},
                                      {NULL, NULL}},
    .effective = EFFECTIVE_NOW,
    .needs = needs,
    .plan = plan,
};
