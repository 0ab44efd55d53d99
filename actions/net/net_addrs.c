/* net.addrs: the addresses of the links. RTM_GETADDR; rtnetlink(7), scope words as iproute2's. */
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "actions/net/attributes.h"
#include "actions/net/host.h"
#include "actions/net/links.h"

static const char *const scope_words[] = {"global",  "site",  "link", "host",
                                          "nowhere", "other", NULL};
static const char *const record_names[] = {"address", "network", "link", "family", "scope"};
enum { ADDRESS, NETWORK, LINK, FAMILY, SCOPE, RECORD_FIELDS };

struct collected {
    struct arena *arena;
    const struct links *links;
    const char *link; /* NULL: all */
    int family;
    struct value *records;
    size_t count;
    bool global;
};

static const char *scope_word(unsigned scope)
{
    switch (scope) {
    case RT_SCOPE_UNIVERSE:
        return "global";
    case RT_SCOPE_SITE:
        return "site";
    case RT_SCOPE_LINK:
        return "link";
    case RT_SCOPE_HOST:
        return "host";
    case RT_SCOPE_NOWHERE:
        return "nowhere";
    default:
        return "other";
    }
}

/* IFA_LOCAL is the own end of a point-to-point link, IFA_ADDRESS then the other one. */
static bool own_address(const struct attributes *at, int family, struct address *address)
{
    return attribute_address(at, IFA_LOCAL, family, address) ||
           attribute_address(at, IFA_ADDRESS, family, address);
}

static void take_address(const struct nlmsghdr *message, void *data)
{
    struct collected *all = data;
    struct attributes at;
    struct address address;
    if (!message) {
        all->count = 0;
        all->global = false;
        return;
    }
    if (message->nlmsg_type != RTM_NEWADDR ||
        !attributes_read(message, sizeof(struct ifaddrmsg), &at))
        return;
    const struct ifaddrmsg *head = mnl_nlmsg_get_payload(message);
    const struct link *link = links_find(all->links, head->ifa_index);
    if (!link || (all->link && !text_equal(all->link, link->name)) ||
        (all->family != AF_UNSPEC && all->family != head->ifa_family) ||
        !own_address(&at, head->ifa_family, &address))
        return;
    struct value *values = arena_alloc(all->arena, RECORD_FIELDS * sizeof(*values));
    values[ADDRESS] = value_address(&address);
    values[NETWORK] = value_network(&address, head->ifa_prefixlen);
    values[LINK] = value_string(all->arena, link->name);
    values[FAMILY] = value_string(all->arena, head->ifa_family == AF_INET ? "ipv4" : "ipv6");
    values[SCOPE] = value_string(all->arena, scope_word(head->ifa_scope));
    all->records = arena_grow(all->arena, all->records, all->count, sizeof(*all->records));
    all->records[all->count++] =
        (struct value){.kind = KIND_RECORD, .record = {record_names, values, RECORD_FIELDS}};
    all->global |= head->ifa_scope == RT_SCOPE_UNIVERSE;
}

static void start(struct probe *probe)
{
    const struct arguments *given = probe_arguments(probe);
    const struct value *link = arguments_get(given, "link");
    const struct value *family = arguments_get(given, "family");
    char buffer[256];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    struct links links;
    struct error error;
    struct collected all = {.arena = probe_arena(probe),
                            .links = &links,
                            .link = link ? link->string : NULL,
                            .family = family_of(family ? family->string : NULL)};
    request->nlmsg_type = RTM_GETADDR;
    request->nlmsg_flags = NLM_F_DUMP;
    mnl_nlmsg_put_extra_header(request, sizeof(struct ifaddrmsg));
    if (!links_read(all.arena, &links, &error) ||
        !netlink_request(NETLINK_ROUTE, request, take_address, &all, &error)) {
        probe_unknown(probe, "%s", error.message);
        return;
    }
    probe_set(probe, "addrs", value_list(all.records, all.count));
    probe_answer(probe, all.global);
}

static const struct argument arguments[] = {
    {
        .name = "link",
        .type = {.kind = KIND_STRING},
        .flags = ARGUMENT_OPTIONAL,
        .doc = {"only addresses of this link", "このリンクのアドレスだけ"},
    },
    {
        .name = "family",
        .type = {.kind = KIND_STRING, .words = family_words},
        .flags = ARGUMENT_OPTIONAL,
        .doc = {"only addresses of this family", "この種類のアドレスだけ"},
    },
    {0},
};

static const char *const one_family_words[] = {"ipv4", "ipv6", NULL};

static const struct field address_fields[] = {
    {"address", {.kind = KIND_ADDRESS}, {"the address", "アドレス"}},
    {"network",
     {.kind = KIND_NETWORK},
     {"the network it is in, by its prefix length", "プレフィックス長で決まるネットワーク"}},
    {"link", {.kind = KIND_STRING}, {"the link that has it", "アドレスを持つリンク"}},
    {"family", {.kind = KIND_STRING, .words = one_family_words}, {"ipv4 or ipv6", "ipv4かipv6"}},
    {"scope",
     {.kind = KIND_STRING, .words = scope_words},
     {"how far it is valid", "アドレスが有効な範囲"}},
    {0},
};
static const struct type address_type = {.kind = KIND_RECORD, .fields = address_fields};

static const struct field fields[] = {
    {"addrs", {.kind = KIND_LIST, .element = &address_type}, {"the addresses", "アドレスの一覧"}},
    {0},
};

const struct action net_addrs_action = {
    .name = "net.addrs",
    .role = ROLE_PROBE,
    .summary = {"lists the addresses of the links", "リンクのアドレスの一覧を得る"},
    .arguments = arguments,
    .fields = fields,
    .ok = {"an address of global scope is among them", "スコープがglobalのアドレスがある"},
    .timeout = SECONDS(TIMEOUT_LOCAL_S),
    .start = start,
};
