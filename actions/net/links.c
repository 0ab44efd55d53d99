/* RTM_GETLINK. Attributes that are not needed, or not known yet, are skipped. rtnetlink(7),
 * linux/if_link.h. */
#include "actions/net/links.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>

#include "actions/net/attributes.h"

enum { MAC_BYTES = 6 };

static const char *read_mac(struct arena *arena, const struct nlattr *attribute)
{
    if (!attribute || mnl_attr_get_payload_len(attribute) != MAC_BYTES)
        return NULL;
    const uint8_t *mac = mnl_attr_get_payload(attribute);
    return arena_format(arena, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
                        mac[4], mac[5]);
}

static const char *read_kind(struct arena *arena, unsigned hardware, const struct nlattr *info)
{
    struct attributes inner = {0};
    if (info)
        attributes_nested(info, &inner);
    const char *kind = attribute_string(arena, &inner, IFLA_INFO_KIND);
    if (kind)
        return kind;
    switch (hardware) {
    case ARPHRD_ETHER:
        return "ethernet";
    case ARPHRD_LOOPBACK:
        return "loopback";
    case ARPHRD_PPP:
        return "ppp";
    default:
        return "other";
    }
}

static void take_link(const struct nlmsghdr *message, void *data)
{
    struct links *links = data;
    struct attributes at;
    if (!message) {
        links->count = 0;
        return;
    }
    if (message->nlmsg_type != RTM_NEWLINK ||
        !attributes_read(message, sizeof(struct ifinfomsg), &at))
        return;
    const struct ifinfomsg *head = mnl_nlmsg_get_payload(message);
    const char *name = attribute_string(links->arena, &at, IFLA_IFNAME);
    if (!name)
        return;
    bool carrier = at.at[IFLA_CARRIER] ? mnl_attr_get_payload_len(at.at[IFLA_CARRIER]) == 1 &&
                                             mnl_attr_get_u8(at.at[IFLA_CARRIER])
                                       : head->ifi_flags & IFF_RUNNING;
    links->items = arena_grow(links->arena, links->items, links->count, sizeof(*links->items));
    links->items[links->count++] = (struct link){
        .index = (unsigned)head->ifi_index,
        .name = name,
        .up = head->ifi_flags & IFF_UP && carrier,
        .mtu = attribute_u32(&at, IFLA_MTU, 0),
        .mac = read_mac(links->arena, at.at[IFLA_ADDRESS]),
        .kind = read_kind(links->arena, head->ifi_type, at.at[IFLA_LINKINFO]),
    };
}

bool links_read(struct arena *arena, struct links *links, struct error *error)
{
    char buffer[256];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = RTM_GETLINK;
    request->nlmsg_flags = NLM_F_DUMP;
    mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
    *links = (struct links){.arena = arena};
    return netlink_request(NETLINK_ROUTE, request, take_link, links, error);
}

const struct link *links_find(const struct links *links, unsigned index)
{
    for (size_t i = 0; i < links->count; i++)
        if (links->items[i].index == index)
            return &links->items[i];
    return NULL;
}
