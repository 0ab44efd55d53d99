/* Source: rtnetlink(7), linux/if_link.h, linux/if_addr.h, linux/fib_rules.h. */
#include "engine/change/network_state.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

enum { MOST_ATTRIBUTES = 64 };

struct listing {
    struct text *text;
    size_t start; /* where this dump begins: an interrupted one is asked again */
};

typedef const struct nlattr *attributes[MOST_ATTRIBUTES];

struct collect {
    attributes *into;
};

static int collect(const struct nlattr *attribute, void *data)
{
    struct collect *collecting = data;
    uint16_t type = mnl_attr_get_type(attribute);
    if (type < MOST_ATTRIBUTES)
        (*collecting->into)[type] = attribute;
    return MNL_CB_OK;
}

static void parse(const struct nlmsghdr *message, size_t head, attributes *found)
{
    struct collect collecting = {found};
    memset(*found, 0, sizeof(*found));
    mnl_attr_parse(message, (unsigned)head, collect, &collecting);
}

static uint32_t number(const struct nlattr *attribute)
{
    return attribute && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0
               ? mnl_attr_get_u32(attribute)
               : 0;
}

static void add_address(struct text *text, const char *name, int family,
                        const struct nlattr *attribute)
{
    char words[INET6_ADDRSTRLEN];
    size_t length = family == AF_INET6 ? 16 : 4;
    if (attribute && mnl_attr_get_payload_len(attribute) >= length &&
        inet_ntop(family, mnl_attr_get_payload(attribute), words, sizeof(words)))
        text_format(text, " %s %s", name, words);
}

static void add_link_name(struct text *text, uint32_t index)
{
    char name[IF_NAMESIZE];
    if (index)
        text_format(text, " on %s", if_indextoname(index, name) ? name : "?");
}

static void add_link(struct text *text, const struct nlmsghdr *message)
{
    const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
    attributes found;
    parse(message, sizeof(*info), &found);
    const char *name =
        found[IFLA_IFNAME] && mnl_attr_validate(found[IFLA_IFNAME], MNL_TYPE_NUL_STRING) >= 0
            ? mnl_attr_get_str(found[IFLA_IFNAME])
            : "?";
    text_format(text, "link %s mtu %u %s\n", name, number(found[IFLA_MTU]),
                info->ifi_flags & IFF_UP ? "up" : "down");
}

static void add_own_address(struct text *text, const struct nlmsghdr *message)
{
    const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
    attributes found;
    parse(message, sizeof(*info), &found);
    if (info->ifa_scope == RT_SCOPE_LINK || info->ifa_flags & IFA_F_TEMPORARY)
        return;
    text_add(text, "address");
    add_address(text, "is", info->ifa_family,
                found[IFA_LOCAL] ? found[IFA_LOCAL] : found[IFA_ADDRESS]);
    text_format(text, "/%u", info->ifa_prefixlen);
    add_link_name(text, info->ifa_index);
    text_add(text, "\n");
}

static void add_route(struct text *text, const struct nlmsghdr *message)
{
    const struct rtmsg *info = mnl_nlmsg_get_payload(message);
    attributes found;
    parse(message, sizeof(*info), &found);
    bool own = info->rtm_type == RTN_LOCAL || info->rtm_type == RTN_BROADCAST ||
               info->rtm_type == RTN_ANYCAST || info->rtm_type == RTN_MULTICAST;
    if (own || info->rtm_flags & RTM_F_CLONED || info->rtm_protocol == RTPROT_RA ||
        info->rtm_protocol == RTPROT_REDIRECT || info->rtm_scope == RT_SCOPE_HOST)
        return;
    text_format(text, "route type %u table %u", info->rtm_type,
                found[RTA_TABLE] ? number(found[RTA_TABLE]) : info->rtm_table);
    add_address(text, "to", info->rtm_family, found[RTA_DST]);
    text_format(text, "/%u metric %u", info->rtm_dst_len, number(found[RTA_PRIORITY]));
    add_address(text, "by", info->rtm_family, found[RTA_GATEWAY]);
    add_link_name(text, number(found[RTA_OIF]));
    text_add(text, "\n");
}

static void add_rule(struct text *text, const struct nlmsghdr *message)
{
    const struct fib_rule_hdr *info = mnl_nlmsg_get_payload(message);
    attributes found;
    parse(message, sizeof(*info), &found);
    text_format(text, "rule family %u priority %u action %u table %u mark %u", info->family,
                number(found[FRA_PRIORITY]), info->action,
                found[FRA_TABLE] ? number(found[FRA_TABLE]) : info->table,
                number(found[FRA_FWMARK]));
    add_address(text, "from", info->family, found[FRA_SRC]);
    add_address(text, "to", info->family, found[FRA_DST]);
    text_add(text, "\n");
}

static void add_one(const struct nlmsghdr *message, void *data)
{
    struct listing *listing = data;
    if (!message) {
        listing->text->length = listing->start;
        return;
    }
    switch (message->nlmsg_type) {
    case RTM_NEWLINK:
        add_link(listing->text, message);
        break;
    case RTM_NEWADDR:
        add_own_address(listing->text, message);
        break;
    case RTM_NEWROUTE:
        add_route(listing->text, message);
        break;
    case RTM_NEWRULE:
        add_rule(listing->text, message);
        break;
    default:
        break;
    }
}

static bool dump(struct text *text, uint16_t type)
{
    char buffer[MNL_NLMSG_HDRLEN + 256];
    struct error error;
    struct listing listing = {text, text->length};
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = type;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    struct rtgenmsg *info = mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
    info->rtgen_family = AF_UNSPEC;
    return netlink_request(NETLINK_ROUTE, request, add_one, &listing, &error);
}

const char *network_state(struct arena *arena)
{
    static const uint16_t dumps[] = {RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE, RTM_GETRULE};
    struct text text = text_new(arena);
    text_add(&text, "");
    for (size_t i = 0; i < sizeof(dumps) / sizeof(dumps[0]); i++)
        if (!dump(&text, dumps[i]))
            return NULL;
    text.at[text.length] = '\0';
    return text_string(&text);
}

static bool has_line(const char *lines, const char *line, size_t length)
{
    for (; *lines; lines += strcspn(lines, "\n") + 1)
        if (strncmp(lines, line, length + 1) == 0)
            return true;
    return false;
}

/* The lines of `a` that `b` has not. */
static void add_missing(const char *a, const char *b, const char *word,
                        struct differences *differences)
{
    for (; *a; a += strcspn(a, "\n") + 1)
        if (!has_line(b, a, strcspn(a, "\n")))
            differences_add(differences, arena_format(differences->arena, "%s: %.*s", word,
                                                      (int)strcspn(a, "\n"), a));
}

void network_state_compare(const char *before, const char *now, struct differences *differences)
{
    if (before && !now)
        differences_add(differences, "the kernel does not tell links, addresses, routes and rules");
    if (!before || !now)
        return;
    add_missing(before, now, "gone", differences);
    add_missing(now, before, "new", differences);
}
