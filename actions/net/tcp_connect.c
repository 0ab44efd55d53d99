/* tcp.connect: does a TCP connection come about. Sends no data and closes at once. */
#include "actions/net/dial.h"
#include "actions/net/reasons.h"

static void fail(struct probe *probe, const char *reason)
{
    probe_set(probe, "reason", value_string(probe_arena(probe), reason));
    probe_absent(probe, "time", "no connection: %s", reason);
    probe_absent(probe, "address", "no connection: %s", reason);
    probe_answer(probe, false);
}

static void dialled(struct probe *probe)
{
    struct dial *dial = probe_state(probe, sizeof(*dial));
    if (dial->fd < 0) {
        fail(probe, dial->reason);
        return;
    }
    struct address address = endpoint_address(&dial->to);
    probe_set(probe, "time", value_duration(dial->took));
    probe_set(probe, "address", value_address(&address));
    probe_set(probe, "reason", value_string(probe_arena(probe), "reply"));
    probe_answer(probe, true);
}

static void found(struct probe *probe, const char *result, size_t length)
{
    struct host host;
    const char *reason;
    if (!host_read(probe, result, length, &host, &reason))
        return;
    if (reason)
        fail(probe, reason);
    else
        dial_start(probe, probe_state(probe, sizeof(struct dial)), &host,
                   (unsigned)probe_number(probe, "port"), dialled);
}

static void start(struct probe *probe)
{
    host_find(probe, probe_string(probe, "host"), AF_UNSPEC, found);
}

static void expire(struct probe *probe)
{
    fail(probe, dial_reason(probe_state(probe, sizeof(struct dial))));
}

static const struct argument arguments[] = {
    HOST_ARGUMENT,
    {
        .name = "port",
        .type = {.kind = KIND_NUMBER},
        .least = 1,
        .most = 65535,
        .doc = {"the TCP port", "TCPポート番号"},
    },
    {0},
};

static const struct field fields[] = {
    {"time",
     {.kind = KIND_DURATION},
     {"how long the handshake took, without the resolving of the name",
      "接続の確立にかかった時間（名前解決は含まない）"}},
    {"address",
     {.kind = KIND_ADDRESS},
     {"which address of the host was connected to", "接続できたアドレス"}},
    REASON_FIELD,
    {0},
};

const struct action tcp_connect_action = {
    .name = "tcp.connect",
    .role = ROLE_PROBE,
    .summary = {"opens a TCP connection and closes it", "TCP接続を開き、すぐに閉じる"},
    .arguments = arguments,
    .fields = fields,
    .ok = {"connected", "接続できた"},
    .timeout = SECONDS(TIMEOUT_NETWORK_S),
    .help = host_help,
    .start = start,
    .expire = expire,
};
