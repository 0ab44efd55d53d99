/* name.resolve: what the system's own resolver answers, as every ordinary program gets it: hosts
 * file, nsswitch, search list and all. Asks no server itself (dns.lookup does). getaddrinfo(3). */
#include "actions/net/host.h"
#include "actions/net/reasons.h"

/* One silent server costs the system 5 s (resolv.conf(5), options timeout), several as much each,
 * twice: past this the answer is that the system would wait on. */
enum { TIMEOUT_RESOLVE_S = 6 };

static void finish(struct probe *probe, const char *reason, bool waiting)
{
    bool ok = text_equal(reason, "reply");
    probe_set(probe, "reason", value_string(probe_arena(probe), reason));
    probe_set(probe, "waiting", value_boolean(waiting));
    if (waiting)
        probe_absent(probe, "time",
                     "the system's resolver had not ended yet: the system would wait longer");
    else if (ok)
        probe_set(probe, "time", value_duration(probe_now(probe) - probe_started(probe)));
    else
        probe_absent(probe, "time", "no address: %s", reason);
    probe_answer(probe, ok);
}

static void found(struct probe *probe, const char *result, size_t length)
{
    struct host host;
    const char *reason;
    if (!host_read(probe, result, length, &host, &reason))
        return;
    struct value *items = arena_alloc(probe_arena(probe), (host.count + 1) * sizeof(*items));
    for (size_t i = 0; i < host.count && !reason; i++) {
        struct address address = endpoint_address(&host.at[i]);
        items[i] = value_address(&address);
    }
    probe_set(probe, "addresses", value_list(items, reason ? 0 : host.count));
    finish(probe, reason ? reason : "reply", false);
}

static void start(struct probe *probe)
{
    host_find(probe, probe_string(probe, "name"), family_of(probe_string(probe, "family")), found);
}

static void expire(struct probe *probe)
{
    probe_set(probe, "addresses", value_list(NULL, 0));
    finish(probe, "timeout", true);
}

static const struct argument arguments[] = {
    {
        .name = "name",
        .type = {.kind = KIND_STRING},
        .also = 1u << KIND_ADDRESS,
        .doc = {"the name to resolve", "解決する名前"},
    },
    {
        .name = "family",
        .type = {.kind = KIND_STRING, .words = family_words},
        .fallback = "any",
        .doc = {"which addresses are wanted", "求めるアドレスの種類"},
    },
    {0},
};

static const struct type address_type = {.kind = KIND_ADDRESS};

static const struct field fields[] = {
    {"addresses",
     {.kind = KIND_LIST, .element = &address_type},
     {"the addresses, in the resolver's order of preference; empty without any",
      "アドレスの一覧（リゾルバーの優先順）。なければ空"}},
    {"time", {.kind = KIND_DURATION}, {"how long the resolver took", "解決にかかった時間"}},
    {"waiting",
     {.kind = KIND_BOOLEAN},
     {"the time was up before the system's resolver had ended: the system would wait longer",
      "時間内にシステムのリゾルバーが終わらなかった（システムはさらに待ち続ける）"}},
    REASON_FIELD,
    {0},
};

const struct action name_resolve_action = {
    .name = "name.resolve",
    .role = ROLE_PROBE,
    .summary = {"resolves a name as the programs of this system do (getaddrinfo)",
                "このシステムのプログラムと同じ方法（getaddrinfo）で名前を解決する"},
    .arguments = arguments,
    .fields = fields,
    .ok = {"the system's resolver gives an address", "システムのリゾルバーがアドレスを返す"},
    .timeout = SECONDS(TIMEOUT_RESOLVE_S),
    .help = host_help,
    .start = start,
    .expire = expire,
};
