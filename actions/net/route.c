/* RTM_GETROUTE. rtnetlink(7), linux/rtnetlink.h. */
#include "actions/net/route.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "actions/net/attributes.h"

static bool read_via(const struct nlattr *attribute, struct address *gateway)
{
    const struct rtvia *via = mnl_attr_get_payload(attribute);
    size_t length = mnl_attr_get_payload_len(attribute);
    if (length < sizeof(*via) || length - sizeof(*via) > sizeof(gateway->bytes))
        return false;
    *gateway = (struct address){.family = via->rtvia_family};
    memcpy(gateway->bytes, via->rtvia_addr, length - sizeof(*via));
    return gateway->family == AF_INET || gateway->family == AF_INET6;
}

/* Of several next hops the first stands for the route. */
static bool read_multipath(const struct nlattr *attribute, int family, struct route *route)
{
    const struct rtnexthop *hop = mnl_attr_get_payload(attribute);
    size_t length = mnl_attr_get_payload_len(attribute);
    if (length < sizeof(*hop) || hop->rtnh_len > length || hop->rtnh_len < sizeof(*hop))
        return false;
    const struct nlattr *inner = (const struct nlattr *)(hop + 1);
    size_t room = hop->rtnh_len - sizeof(*hop);
    route->link = (unsigned)hop->rtnh_ifindex;
    for (; mnl_attr_ok(inner, (int)room);
         room -= MNL_ALIGN(inner->nla_len), inner = mnl_attr_next(inner)) {
        struct attributes one = {0};
        if (mnl_attr_get_type(inner) != RTA_GATEWAY)
            continue;
        one.at[RTA_GATEWAY] = inner;
        route->has_gateway = attribute_address(&one, RTA_GATEWAY, family, &route->gateway);
        break;
    }
    return true;
}

static void read_route(int family, const struct attributes *at, struct route *route)
{
    struct attributes metrics = {0};
    route->found = true;
    route->link = attribute_u32(at, RTA_OIF, 0);
    route->metric = attribute_u32(at, RTA_PRIORITY, 0);
    route->has_source = attribute_address(at, RTA_PREFSRC, family, &route->source);
    route->has_gateway = attribute_address(at, RTA_GATEWAY, family, &route->gateway) ||
                         (at->at[RTA_VIA] && read_via(at->at[RTA_VIA], &route->gateway));
    if (at->at[RTA_MULTIPATH] && !read_multipath(at->at[RTA_MULTIPATH], family, route))
        route->found = false;
    if (at->at[RTA_METRICS] && attributes_nested(at->at[RTA_METRICS], &metrics))
        route->mtu = attribute_u32(&metrics, RTAX_MTU, 0);
}

static bool carries(const struct rtmsg *head)
{
    return head->rtm_type == RTN_UNICAST || head->rtm_type == RTN_LOCAL ||
           head->rtm_type == RTN_BROADCAST || head->rtm_type == RTN_MULTICAST ||
           head->rtm_type == RTN_ANYCAST;
}

/* ---- one address ---- */

static void take_answer(const struct nlmsghdr *message, void *data)
{
    struct route *route = data;
    struct attributes at;
    if (!message) {
        *route = (struct route){0};
        return;
    }
    const struct rtmsg *head = mnl_nlmsg_get_payload(message);
    if (message->nlmsg_type != RTM_NEWROUTE || !attributes_read(message, sizeof(*head), &at) ||
        !carries(head))
        return;
    read_route(head->rtm_family, &at, route);
    route->prefix = head->rtm_dst_len;
}

/* `source` may be NULL. */
static bool ask_for(const struct address *to, const struct address *source, unsigned flags,
                    struct route *route, struct error *error)
{
    char buffer[256];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    size_t size = to->family == AF_INET ? 4 : 16;
    request->nlmsg_type = RTM_GETROUTE;
    request->nlmsg_flags = NLM_F_ACK; /* else nothing says that the answer is over */
    struct rtmsg *head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
    head->rtm_family = (unsigned char)to->family;
    head->rtm_dst_len = (unsigned char)(size * 8);
    head->rtm_flags = flags;
    mnl_attr_put(request, RTA_DST, size, to->bytes);
    if (source) {
        head->rtm_src_len = (unsigned char)(size * 8);
        mnl_attr_put(request, RTA_SRC, size, source->bytes);
    }
    if (netlink_request(NETLINK_ROUTE, request, take_answer, route, error))
        return true;
    *route = (struct route){0};
    switch (error->code) {
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EACCES: /* prohibit */
    case EINVAL: /* blackhole */
    case ESRCH:
        return true;
    default:
        return false;
    }
}

bool route_to(const struct address *to, struct route *route, struct error *error)
{
    struct route entry;
    struct address chosen;
    if (!ask_for(to, NULL, 0, route, error))
        return false;
    /* ip_route_connect() of net/route.h: once the source is chosen the kernel looks again with it.
     * IPv6 keeps what it found first (ip6_dst_lookup_tail()). */
    bool again = to->family == AF_INET && route->found && route->has_source;
    if (again) {
        chosen = route->source;
        if (!ask_for(to, &chosen, 0, route, error))
            return false;
        route->source = chosen; /* an answer to a question with a source does not repeat it */
        route->has_source = route->found;
    }
    /* Only the table's entry knows the metric. Kernels before 4.13 do not give it. */
    if (route->found && ask_for(to, again ? &chosen : NULL, RTM_F_FIB_MATCH, &entry, error) &&
        entry.found) {
        route->metric = entry.metric;
        route->prefix = entry.prefix;
    }
    return true;
}

/* ---- a network ---- */

struct search {
    const struct network *to;
    struct route best; /* found == false: it refuses, or there is none yet */
    bool any;
    unsigned prefix;
};

static void take_entry(const struct nlmsghdr *message, void *data)
{
    struct search *search = data;
    struct attributes at;
    if (!message) {
        search->best = (struct route){0};
        search->any = false;
        return;
    }
    const struct rtmsg *head = mnl_nlmsg_get_payload(message);
    if (message->nlmsg_type != RTM_NEWROUTE || !attributes_read(message, sizeof(*head), &at))
        return;
    struct network covers = {.address.family = head->rtm_family, .prefix = head->rtm_dst_len};
    struct route route = {0};
    if (attribute_u32(&at, RTA_TABLE, head->rtm_table) != RT_TABLE_MAIN ||
        head->rtm_flags & RTM_F_CLONED || covers.prefix > search->to->prefix ||
        (covers.prefix && !attribute_address(&at, RTA_DST, head->rtm_family, &covers.address)) ||
        !network_contains(&covers, &search->to->address))
        return;
    read_route(head->rtm_family, &at, &route);
    route.found &= carries(head);
    if (search->any && (covers.prefix < search->prefix ||
                        (covers.prefix == search->prefix && route.metric >= search->best.metric)))
        return;
    search->best = route;
    search->any = true;
    search->prefix = covers.prefix;
}

static bool find_entry(const struct network *to, struct route *route, struct error *error)
{
    char buffer[256];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    struct search search = {.to = to};
    request->nlmsg_type = RTM_GETROUTE;
    request->nlmsg_flags = NLM_F_DUMP;
    struct rtmsg *head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
    head->rtm_family = (unsigned char)to->address.family;
    bool asked = netlink_request(NETLINK_ROUTE, request, take_entry, &search, error);
    *route = search.best;
    return asked;
}

/* Addresses that only the default route leads to (RFC 5737, RFC 3849). */
static const struct address nowhere[] = {
    {.family = AF_INET, .bytes = {192, 0, 2, 1}},
    {.family = AF_INET6, .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}},
};

/* The entry of a network rarely names a source: the kernel then chooses one when it sends. */
static void add_source(const struct route *sent, struct route *route)
{
    if (route->found && !route->has_source && sent->found && sent->link == route->link &&
        sent->has_source) {
        route->source = sent->source;
        route->has_source = true;
    }
}

bool route_to_network(const struct network *to, struct route *route, struct error *error)
{
    const struct address *sample = &to->address;
    struct route sent;
    if (to->prefix == 0)
        sample = &nowhere[to->address.family == AF_INET6];
    if (!find_entry(to, route, error) || !route_to(sample, &sent, error))
        return false;
    if (to->prefix == 0 && sent.found && sent.prefix == 0)
        *route = sent;
    else
        add_source(&sent, route);
    return true;
}
