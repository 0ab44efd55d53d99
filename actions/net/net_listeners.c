/* net.listeners: sockets that wait for others: TCP ones that listen, UDP ones that are bound and
 * connected to nobody. Whether a packet gets to them is for the firewall probes. sock_diag(7),
 * linux/inet_diag.h. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "actions/net/attributes.h"

static const char *const protocol_words[] = {"tcp", "udp", NULL};
static const char *const record_names[] = {"address", "port", "protocol",
                                           "process", "pid",  "v6only"};
enum { ADDRESS, PORT, PROTOCOL, PROCESS, PID, V6ONLY, RECORD_FIELDS };

struct listener {
    struct address address;
    unsigned port;
    const char *protocol;
    uint64_t inode;
    bool v6only;
};

struct listeners {
    struct arena *arena;
    double port; /* 0: all */
    const char *protocol;
    struct listener *items;
    size_t count, kept; /* kept: of the requests that came before */
};

static void take_socket(const struct nlmsghdr *message, void *data)
{
    struct listeners *all = data;
    struct attributes at;
    if (!message) {
        all->count = all->kept;
        return;
    }
    const struct inet_diag_msg *head = mnl_nlmsg_get_payload(message);
    if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY || !attributes_read(message, sizeof(*head), &at))
        return;
    unsigned port = ntohs(head->id.idiag_sport);
    if (port == 0 || (all->port != 0 && port != all->port))
        return;
    struct listener listener = {.address.family = head->idiag_family,
                                .port = port,
                                .protocol = all->protocol,
                                .inode = head->idiag_inode};
    memcpy(listener.address.bytes, head->id.idiag_src, head->idiag_family == AF_INET ? 4 : 16);
    const struct nlattr *v6only = at.at[INET_DIAG_SKV6ONLY];
    listener.v6only = v6only && mnl_attr_get_payload_len(v6only) == 1 && mnl_attr_get_u8(v6only);
    all->items = arena_grow(all->arena, all->items, all->count, sizeof(*all->items));
    all->items[all->count++] = listener;
}

static bool ask(struct listeners *all, int family, const char *protocol, struct error *error)
{
    char buffer[256];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    bool tcp = text_equal(protocol, "tcp");
    request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request->nlmsg_flags = NLM_F_DUMP;
    struct inet_diag_req_v2 *wish = mnl_nlmsg_put_extra_header(request, sizeof(*wish));
    wish->sdiag_family = (uint8_t)family;
    wish->sdiag_protocol = tcp ? IPPROTO_TCP : IPPROTO_UDP;
    /* An unconnected UDP socket is in the state that TCP calls closed. */
    wish->idiag_states = 1u << (tcp ? TCP_LISTEN : TCP_CLOSE);
    all->protocol = protocol;
    all->kept = all->count;
    return netlink_request(NETLINK_SOCK_DIAG, request, take_socket, all, error);
}

static bool ask_all(struct listeners *all, const char *only, struct error *error)
{
    for (size_t i = 0; protocol_words[i]; i++) {
        if (only && !text_equal(only, protocol_words[i]))
            continue;
        if (!ask(all, AF_INET, protocol_words[i], error) ||
            !ask(all, AF_INET6, protocol_words[i], error))
            return false;
    }
    return true;
}

static struct value record(struct arena *arena, const struct listener *listener,
                           const struct socket_owner *owner)
{
    struct value *values = arena_alloc(arena, RECORD_FIELDS * sizeof(*values));
    values[ADDRESS] = value_address(&listener->address);
    values[PORT] = value_number(listener->port);
    values[PROTOCOL] = value_string(arena, listener->protocol);
    if (owner->pid) { /* else: of another user, or of the kernel */
        values[PROCESS] = value_string(arena, owner->process);
        values[PID] = value_number(owner->pid);
    }
    values[V6ONLY] = value_boolean(listener->v6only);
    return (struct value){.kind = KIND_RECORD, .record = {record_names, values, RECORD_FIELDS}};
}

static void answer(struct probe *probe, const struct listeners *all)
{
    size_t count = all->count;
    struct socket_owner *owners = arena_alloc(all->arena, (count + 1) * sizeof(*owners));
    struct value *records = arena_alloc(all->arena, (count + 1) * sizeof(*records));
    for (size_t i = 0; i < count; i++)
        owners[i].inode = all->items[i].inode;
    if (count)
        probe_socket_owners(probe, owners, count);
    for (size_t i = 0; i < count; i++)
        records[i] = record(all->arena, &all->items[i], &owners[i]);
    probe_set(probe, "listeners", value_list(records, count));
    probe_answer(probe, count > 0);
}

static void start(struct probe *probe)
{
    const struct value *port = arguments_get(probe_arguments(probe), "port");
    const struct value *protocol = arguments_get(probe_arguments(probe), "protocol");
    struct listeners all = {.arena = probe_arena(probe), .port = port ? port->number : 0};
    struct error error;
    if (ask_all(&all, protocol ? protocol->string : NULL, &error))
        answer(probe, &all);
    else if (error.code == ENOENT)
        probe_unknown(probe, "this kernel cannot list sockets: modprobe tcp_diag udp_diag");
    else
        probe_unknown(probe, "%s", error.message);
}

static const struct argument arguments[] = {
    {
        .name = "port",
        .type = {.kind = KIND_NUMBER},
        .flags = ARGUMENT_OPTIONAL,
        .least = 1,
        .most = 65535,
        .doc = {"only sockets on this port", "このポートのソケットだけ"},
    },
    {
        .name = "protocol",
        .type = {.kind = KIND_STRING, .words = protocol_words},
        .flags = ARGUMENT_OPTIONAL,
        .doc = {"only sockets of this protocol", "このプロトコルのソケットだけ"},
    },
    {0},
};

static const struct field listener_fields[] = {
    {"address",
     {.kind = KIND_ADDRESS},
     {"the address it is bound to; 0.0.0.0 or :: for all",
      "待ち受けアドレス（0.0.0.0や::はすべて）"}},
    {"port", {.kind = KIND_NUMBER}, {"its port", "ポート番号"}},
    {"protocol", {.kind = KIND_STRING, .words = protocol_words}, {"tcp or udp", "tcpかudp"}},
    {"process",
     {.kind = KIND_STRING},
     {"the command's name of its process, where it may be seen",
      "プロセスのコマンド名（見る権限がある場合）"}},
    {"pid", {.kind = KIND_NUMBER}, {"the number of that process", "そのプロセスの番号"}},
    {"v6only",
     {.kind = KIND_BOOLEAN},
     {"an IPv6 socket that takes no IPv4", "IPv4を受け付けないIPv6ソケットか"}},
    {0},
};
static const struct type listener_type = {.kind = KIND_RECORD, .fields = listener_fields};

static const struct field fields[] = {
    {"listeners",
     {.kind = KIND_LIST, .element = &listener_type},
     {"the sockets that wait", "待ち受けているソケットの一覧"}},
    {0},
};

const struct action net_listeners_action = {
    .name = "net.listeners",
    .role = ROLE_PROBE,
    .summary = {"lists the sockets that wait for connections or datagrams",
                "接続やデータグラムを待ち受けるソケットの一覧を得る"},
    .arguments = arguments,
    .fields = fields,
    .ok = {"at least one such socket", "一つ以上ある"},
    .timeout = SECONDS(TIMEOUT_LOCAL_S),
    .start = start,
};
