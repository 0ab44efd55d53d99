/* machine_subnets() of engine/action.h: which networks are this machine's neighbourhood. A rule for
 * "the LAN" means these; what a container engine or a hypervisor built for itself is no part of it.
 * Source: getifaddrs(3); the link names are Docker's, Podman's, libvirt's and LXD's. */
#include <arpa/inet.h>
#include <fnmatch.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/action.h"

enum { IPV4_BITS = 32, IPV6_BITS = 128 };

static bool is_private_bridge(const char *link)
{
    static const char *const patterns[] = {"docker*", "br-????????????", "veth*",  "podman*",
                                           "cni*",    "virbr*",          "lxcbr*", "lxdbr*"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (fnmatch(patterns[i], link, 0) == 0)
            return true;
    return false;
}

static bool read_socket_address(const struct sockaddr *from, struct address *address)
{
    *address = (struct address){.family = from ? from->sa_family : AF_UNSPEC};
    if (address->family == AF_INET)
        memcpy(address->bytes, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    else if (address->family == AF_INET6)
        memcpy(address->bytes, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
    else
        return false;
    return true;
}

static bool is_link_local(const struct address *address)
{
    if (address->family == AF_INET)
        return address->bytes[0] == 169 && address->bytes[1] == 254;
    return address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

/* Clears the bits that the mask leaves out and counts the others. */
static struct network masked(const struct address *address, const struct address *mask)
{
    struct network network = {.address = *address};
    for (size_t i = 0; i < sizeof address->bytes; i++) {
        network.address.bytes[i] &= mask->bytes[i];
        network.prefix += (unsigned)__builtin_popcount(mask->bytes[i]);
    }
    return network;
}

/* A network of one address has no neighbours. */
static bool read_subnet(const struct ifaddrs *entry, struct subnet *subnet)
{
    struct address mask;
    if (entry->ifa_flags & IFF_LOOPBACK || !(entry->ifa_flags & IFF_UP) ||
        is_private_bridge(entry->ifa_name) ||
        !read_socket_address(entry->ifa_addr, &subnet->address) ||
        !read_socket_address(entry->ifa_netmask, &mask) || is_link_local(&subnet->address))
        return false;
    subnet->network = masked(&subnet->address, &mask);
    return subnet->network.prefix <
           (unsigned)(subnet->address.family == AF_INET ? IPV4_BITS : IPV6_BITS);
}

static bool is_known(const struct subnet *subnets, size_t count, const struct subnet *subnet)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(&subnets[i].network, &subnet->network, sizeof subnet->network) == 0)
            return true;
    return false;
}

size_t machine_subnets(struct arena *arena, const struct subnet **subnets)
{
    struct subnet *found = NULL;
    size_t count = 0;
    struct ifaddrs *all;
    *subnets = NULL;
    if (getifaddrs(&all) != 0)
        return 0;
    for (const struct ifaddrs *entry = all; entry; entry = entry->ifa_next) {
        struct subnet subnet = {0};
        if (!read_subnet(entry, &subnet) || is_known(found, count, &subnet))
            continue;
        subnet.link = arena_string(arena, entry->ifa_name);
        found = arena_grow(arena, found, count, sizeof *found);
        found[count++] = subnet;
    }
    freeifaddrs(all);
    *subnets = found;
    return count;
}
