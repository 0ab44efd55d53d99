/* Tells the networking mode and DNS tunnelling from rules, interfaces, addresses and the tunnel's
 * listener. Whether the tunnel answers is not asked (dns.lookup does). Source: microsoft/WSL,
 * NetworkManager.cpp, GnsEngine.cpp, DnsServer.cpp; getifaddrs(3); linux/inet_diag.h.
 */
#include "actions/wsl/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/fib_rules.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

enum { TABLE_LOOPBACK = 127, TABLE_HOST = 128 };
enum { DNS_PORT = 53, NAT_PREFIX = 0xac100000, NAT_MASK = 0xfff00000 };

static in_addr_t ipv4_of(const struct ifaddrs *entry)
{
    if (!entry->ifa_addr || entry->ifa_addr->sa_family != AF_INET)
        return 0;
    return ntohl(((const struct sockaddr_in *)(const void *)entry->ifa_addr)->sin_addr.s_addr);
}

/* Mirrored mode looks 127.0.0.1 up in table 127 and the host's addresses in table 128. */
static void see_rule(const struct nlmsghdr *message, void *data)
{
    bool *mirrored = data;
    if (!message)
        *mirrored = false;
    if (!message || message->nlmsg_type != RTM_NEWRULE ||
        message->nlmsg_len < NLMSG_LENGTH(sizeof(struct fib_rule_hdr)))
        return;
    const struct fib_rule_hdr *rule = NLMSG_DATA(message);
    *mirrored = *mirrored || rule->table == TABLE_LOOPBACK || rule->table == TABLE_HOST;
}

static bool has_mirrored_rules(bool *mirrored)
{
    struct {
        struct nlmsghdr header;
        struct fib_rule_hdr body;
    } request = {
        .header = {.nlmsg_len = sizeof(request),
                   .nlmsg_type = RTM_GETRULE,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.family = AF_INET},
    };
    struct error error;
    return netlink_request(NETLINK_ROUTE, &request.header, see_rule, mirrored, &error);
}

/* `loopback0` tells nothing: consomme has it from 2.5.10 on. */
const char *network_mode(void)
{
    struct ifaddrs *all;
    bool mirrored = false, others = false, ethernet = false, private = false, relay = false;
    if (!has_mirrored_rules(&mirrored) || getifaddrs(&all) != 0)
        return NULL;
    for (const struct ifaddrs *entry = all; entry; entry = entry->ifa_next) {
        relay = relay || strcmp(entry->ifa_name, "loopback0") == 0;
        others = others || !(entry->ifa_flags & IFF_LOOPBACK);
        if (strcmp(entry->ifa_name, "eth0") != 0)
            continue;
        ethernet = true;
        private = private || (ipv4_of(entry) & NAT_MASK) == NAT_PREFIX;
    }
    freeifaddrs(all);
    if (mirrored)
        return "mirrored";
    if (!others)
        return "none";
    return ethernet && private && !relay ? "nat" : NULL;
}

/* What is looked for, and what was seen of it. */
struct tunnel {
    in_addr_t asked, fixed, early; /* the configured address, the default one, and that of 2.0 */
    const struct ifaddrs *all;
    bool found;
};

static bool on_loopback(const struct ifaddrs *all, in_addr_t address)
{
    for (const struct ifaddrs *entry = all; entry; entry = entry->ifa_next)
        if (entry->ifa_flags & IFF_LOOPBACK && ipv4_of(entry) == address)
            return true;
    return false;
}

/* A listener on a loopback interface's address outside 127/8 is the tunnel's: with another address
 * configured since, this is where the one in force shows. */
static void see_listener(const struct nlmsghdr *message, void *data)
{
    struct tunnel *tunnel = data;
    if (!message || message->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
        message->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
        return;
    const struct inet_diag_msg *socket = NLMSG_DATA(message);
    in_addr_t address = ntohl(socket->id.idiag_src[0]);
    if (ntohs(socket->id.idiag_sport) != DNS_PORT)
        return;
    if (address == tunnel->early ||
        (address >> IN_CLASSA_NSHIFT != IN_LOOPBACKNET && on_loopback(tunnel->all, address)))
        tunnel->found = true;
}

static bool look_for_listener(struct tunnel *tunnel, struct error *error)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 body;
    } request = {
        .header = {.nlmsg_len = sizeof(request),
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_UDP, .idiag_states = ~0u},
    };
    return netlink_request(NETLINK_SOCK_DIAG, &request.header, see_listener, tunnel, error);
}

bool network_tunnel(const struct address *configured, bool *found, struct error *error)
{
    struct ifaddrs *all;
    struct tunnel tunnel = {.fixed = ntohl(inet_addr("10.255.255.254")),
                            .early = ntohl(inet_addr("127.0.0.42"))};
    if (getifaddrs(&all) != 0)
        return error_system(error, errno, "cannot list the addresses of this machine");
    memcpy(&tunnel.asked, configured ? configured->bytes : (const uint8_t[4]){0}, 4);
    tunnel.asked = ntohl(tunnel.asked);
    tunnel.all = all;
    tunnel.found = on_loopback(all, tunnel.fixed) || (configured && on_loopback(all, tunnel.asked));
    bool known = tunnel.found || look_for_listener(&tunnel, error);
    *found = tunnel.found;
    freeifaddrs(all);
    return known;
}
