/* Mounts and namespaces, the network's settings, the kernel's. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "tests/attempts/attempts.h"

/* ---- mounts and namespaces ------------------------------------------------------------------- */

ATTEMPT(mount_bind)
{
    return mount(target->folder, inside(target, "empty"), NULL, MS_BIND, NULL);
}

ATTEMPT(mount_new)
{
    return mount("none", inside(target, "empty"), "tmpfs", 0, NULL);
}

ATTEMPT(unmount)
{
    return umount2(inside(target, "empty"), MNT_DETACH);
}

ATTEMPT(new_mount_api)
{
    return syscall(SYS_fsopen, "tmpfs", 0);
}

ATTEMPT(clone_tree)
{
    return syscall(SYS_open_tree, AT_FDCWD, target->folder, 1 /* OPEN_TREE_CLONE */);
}

ATTEMPT(mount_attributes)
{
    struct {
        uint64_t set, clear, propagation, user;
    } asked = {.set = 1};
    return syscall(SYS_mount_setattr, AT_FDCWD, inside(target, "empty"), 0, &asked, sizeof(asked));
}

ATTEMPT(new_root)
{
    return chroot(target->folder);
}

ATTEMPT(new_mounts)
{
    return unshare(CLONE_NEWNS);
}

ATTEMPT(new_user)
{
    return unshare(CLONE_NEWUSER);
}

static long clone_to_exit(long flags)
{
    long child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        _exit(0);
    return child;
}

ATTEMPT(clone_user)
{
    return clone_to_exit(CLONE_NEWUSER | CLONE_NEWNET);
}

ATTEMPT(clone3_user)
{
    struct {
        uint64_t flags, rest[10];
    } asked = {.flags = CLONE_NEWUSER};
    long child = syscall(SYS_clone3, &asked, sizeof(asked));
    if (child == 0)
        _exit(0);
    return child;
}

ATTEMPT(enter_namespace)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/ns/uts", (int)target->victim);
    int fd = open(path, O_RDONLY);
    return setns(fd >= 0 ? fd : open("/proc/self/ns/uts", O_RDONLY), CLONE_NEWUTS);
}

/* ---- the network's settings ------------------------------------------------------------------ */

/* The verdict that the kernel sends back for a netlink request. */
static long ask_kernel(int protocol, struct nlmsghdr *request, size_t length)
{
    struct {
        struct nlmsghdr head;
        struct nlmsgerr verdict;
        char rest[8192];
    } reply;
    int fd = socket(AF_NETLINK, SOCK_RAW, protocol);
    if (fd < 0 || send(fd, request, length, 0) < 0 || recv(fd, &reply, sizeof(reply), 0) < 0)
        return -1;
    if (reply.head.nlmsg_type != NLMSG_ERROR || reply.verdict.error == 0)
        return 0;
    errno = -reply.verdict.error;
    return -1;
}

ATTEMPT(link_by_netlink)
{
    struct {
        struct nlmsghdr head;
        struct ifinfomsg link;
        struct rtattr attribute;
        uint32_t mtu;
    } request = {.head = {.nlmsg_len = sizeof(request),
                          .nlmsg_type = RTM_NEWLINK,
                          .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
                 .link = {.ifi_index = (int)if_nametoindex("lo")},
                 .attribute = {.rta_len = 8, .rta_type = IFLA_MTU},
                 .mtu = 1280};
    return ask_kernel(NETLINK_ROUTE, &request.head, sizeof(request));
}

ATTEMPT(address_by_netlink)
{
    struct {
        struct nlmsghdr head;
        struct ifaddrmsg address;
        struct rtattr attribute;
        uint32_t local;
    } request = {
        .head = {.nlmsg_len = sizeof(request),
                 .nlmsg_type = RTM_NEWADDR,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE},
        .address = {.ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = if_nametoindex("lo")},
        .attribute = {.rta_len = 8, .rta_type = IFA_LOCAL},
        .local = htonl(0x7f090909)};
    return ask_kernel(NETLINK_ROUTE, &request.head, sizeof(request));
}

ATTEMPT(route_by_netlink)
{
    struct {
        struct nlmsghdr head;
        struct rtmsg route;
        struct rtattr attributes[2][2];
    } request = {.head = {.nlmsg_len = sizeof(request),
                          .nlmsg_type = RTM_NEWROUTE,
                          .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE},
                 .route = {.rtm_family = AF_INET,
                           .rtm_dst_len = 32,
                           .rtm_table = RT_TABLE_MAIN,
                           .rtm_protocol = RTPROT_STATIC,
                           .rtm_type = RTN_BLACKHOLE}};
    request.attributes[0][0] = (struct rtattr){8, RTA_DST};
    memcpy(&request.attributes[0][1], "\xcb\x00\x71\x09", 4);
    request.attributes[1][0] = (struct rtattr){8, RTA_PRIORITY};
    request.attributes[1][1] = (struct rtattr){7, 0};
    return ask_kernel(NETLINK_ROUTE, &request.head, sizeof(request));
}

struct nft_message {
    struct nlmsghdr head;
    struct nfgenmsg family;
};

ATTEMPT(table_by_netlink)
{
    struct {
        struct nft_message begin, table;
        struct nlattr attribute;
        char name[8];
        struct nft_message end;
    } request = {
        .begin = {{sizeof(struct nft_message), NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, 0, 0},
                  {AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES)}},
        .table = {{sizeof(struct nft_message) + 12, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE,
                   NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE, 1, 0},
                  {AF_INET, NFNETLINK_V0, 0}},
        .attribute = {12, NFTA_TABLE_NAME},
        .name = "escape",
        .end = {{sizeof(struct nft_message), NFNL_MSG_BATCH_END, NLM_F_REQUEST, 2, 0},
                {AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES)}}};
    return ask_kernel(NETLINK_NETFILTER, &request.begin.head, sizeof(request));
}

ATTEMPT(mtu_by_ioctl)
{
    struct ifreq asked = {.ifr_name = "lo", .ifr_mtu = 1400};
    return ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFMTU, &asked);
}

ATTEMPT(down_by_ioctl)
{
    struct ifreq asked = {.ifr_name = "lo", .ifr_flags = 0};
    return ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &asked);
}

ATTEMPT(raw_socket)
{
    return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

ATTEMPT(packet_socket)
{
    return socket(AF_PACKET, SOCK_RAW, 0);
}

ATTEMPT(replace_tables)
{
    return setsockopt(socket(AF_INET, SOCK_DGRAM, 0), IPPROTO_IP, 64 /* IPT_SO_SET_REPLACE */, "",
                      0);
}

/* ---- the kernel's settings ------------------------------------------------------------------- */

ATTEMPT(host_name)
{
    return sethostname("escaped", 7);
}

ATTEMPT(domain_name)
{
    return setdomainname("escaped", 7);
}

ATTEMPT(set_clock)
{
    struct timespec never = {.tv_nsec = -1};
    return syscall(SYS_clock_settime, CLOCK_REALTIME, &never); /* libc would look itself */
}

ATTEMPT(set_time_of_day)
{
    struct timeval never = {.tv_usec = -1};
    return syscall(SYS_settimeofday, &never, NULL);
}

ATTEMPT(adjust_clock)
{
    struct timex asked = {.modes = ADJ_SETOFFSET, .time.tv_usec = -1};
    return syscall(SYS_adjtimex, &asked);
}

ATTEMPT(restart)
{
    return syscall(SYS_reboot, 0, 0, 0, NULL); /* without its magic numbers it does nothing */
}

ATTEMPT(other_kernel)
{
    return syscall(SYS_kexec_load, 0, 1000, NULL, 0);
}

ATTEMPT(load_module)
{
    return syscall(SYS_init_module, "", 0, "");
}

ATTEMPT(load_module_file)
{
    return syscall(SYS_finit_module, open(target->file, O_RDONLY), "", 0);
}

ATTEMPT(unload_module)
{
    return syscall(SYS_delete_module, "no_such_module", O_NONBLOCK);
}

ATTEMPT(swap)
{
    return syscall(SYS_swapon, target->folder, 0);
}

ATTEMPT(account)
{
    return syscall(SYS_acct, target->folder);
}

ATTEMPT(quota)
{
    return syscall(SYS_quotactl, 0x800002 << 8, NULL, 0, target->folder);
}

ATTEMPT(kernel_log_read_away)
{
    return syscall(SYS_syslog, 2, NULL, 0);
}

ATTEMPT(kernel_program)
{
    union bpf_attr asked = {
        .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    return syscall(SYS_bpf, BPF_MAP_CREATE, &asked, sizeof(asked));
}

ATTEMPT(kernel_events)
{
    struct perf_event_attr asked = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(asked)};
    return syscall(SYS_perf_event_open, &asked, 0, -1, -1, 0);
}

ATTEMPT(page_faults)
{
    return syscall(SYS_userfaultfd, 0);
}

ATTEMPT(watch_everything)
{
    return syscall(SYS_fanotify_init, 0, 0);
}

const struct attempt system_attempts[] = {
    {"mounts", "mount, bind", mount_bind, REFUSED, false},
    {"mounts", "mount, tmpfs", mount_new, REFUSED, false},
    {"mounts", "umount2", unmount, REFUSED, false},
    {"mounts", "fsopen", new_mount_api, REFUSED, false},
    {"mounts", "open_tree, clone", clone_tree, REFUSED, false},
    {"mounts", "mount_setattr", mount_attributes, REFUSED, true},
    {"mounts", "chroot", new_root, REFUSED, false},
    {"mounts", "unshare mounts", new_mounts, REFUSED, false},
    {"mounts", "unshare users", new_user, REFUSED, false},
    {"mounts", "clone into new users and network", clone_user, REFUSED, false},
    {"mounts", "clone3 into new users", clone3_user, REFUSED, false},
    {"mounts", "setns", enter_namespace, REFUSED, false},
    {"network-settings", "a link's MTU by netlink", link_by_netlink, REFUSED, false},
    {"network-settings", "an address by netlink", address_by_netlink, REFUSED, false},
    {"network-settings", "a route by netlink", route_by_netlink, REFUSED, false},
    {"network-settings", "an nft table by netlink", table_by_netlink, REFUSED, false},
    {"network-settings", "a link's MTU by ioctl", mtu_by_ioctl, REFUSED, false},
    {"network-settings", "a link down by ioctl", down_by_ioctl, REFUSED, false},
    {"network-settings", "iptables by setsockopt", replace_tables, REFUSED, true},
    {"network-settings", "a raw socket", raw_socket, REFUSED, false},
    {"network-settings", "a packet socket", packet_socket, REFUSED, false},
    {"kernel-settings", "sethostname", host_name, REFUSED, false},
    {"kernel-settings", "setdomainname", domain_name, REFUSED, false},
    {"kernel-settings", "clock_settime", set_clock, REFUSED, true},
    {"kernel-settings", "settimeofday", set_time_of_day, REFUSED, true},
    {"kernel-settings", "adjtimex", adjust_clock, REFUSED, true},
    {"kernel-settings", "reboot", restart, REFUSED, true},
    {"kernel-settings", "kexec_load", other_kernel, REFUSED, true},
    {"kernel-settings", "init_module", load_module, REFUSED, true},
    {"kernel-settings", "finit_module", load_module_file, REFUSED, true},
    {"kernel-settings", "delete_module", unload_module, REFUSED, true},
    {"kernel-settings", "swapon", swap, REFUSED, true},
    {"kernel-settings", "acct", account, REFUSED, true},
    {"kernel-settings", "quotactl", quota, REFUSED, true},
    {"kernel-settings", "syslog, read away", kernel_log_read_away, REFUSED, true},
    {"kernel-programs", "bpf", kernel_program, REFUSED, false},
    {"kernel-programs", "perf_event_open", kernel_events, REFUSED, true},
    {"kernel-programs", "userfaultfd", page_faults, REFUSED, true},
    {"kernel-programs", "fanotify_init", watch_everything, REFUSED, false},
    {0}};
