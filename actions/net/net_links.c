/* net.links: the network links with their state, MTU and kind. */
#include "actions/net/links.h"

static const char *const record_names[] = {"name", "up", "mtu", "mac", "kind"};
enum { NAME, UP, MTU, MAC, KIND, RECORD_FIELDS };

static struct value link_record(struct arena *arena, const struct link *link)
{
    struct value *values = arena_alloc(arena, RECORD_FIELDS * sizeof(*values));
    values[NAME] = value_string(arena, link->name);
    values[UP] = value_boolean(link->up);
    values[MTU] = value_number(link->mtu);
    if (link->mac)
        values[MAC] = value_string(arena, link->mac);
    values[KIND] = value_string(arena, link->kind);
    return (struct value){.kind = KIND_RECORD, .record = {record_names, values, RECORD_FIELDS}};
}

static void start(struct probe *probe)
{
    struct arena *arena = probe_arena(probe);
    const struct value *name = arguments_get(probe_arguments(probe), "name");
    struct links links;
    struct error error;
    bool up = false;
    size_t count = 0;
    if (!links_read(arena, &links, &error)) {
        probe_unknown(probe, "%s", error.message);
        return;
    }
    struct value *records = arena_alloc(arena, (links.count + 1) * sizeof(*records));
    for (size_t i = 0; i < links.count; i++) {
        if (name && !text_equal(name->string, links.items[i].name))
            continue;
        records[count++] = link_record(arena, &links.items[i]);
        up |= links.items[i].up;
    }
    probe_set(probe, "links", value_list(records, count));
    probe_answer(probe, up);
}

static const struct argument arguments[] = {
    {
        .name = "name",
        .type = {.kind = KIND_STRING},
        .flags = ARGUMENT_OPTIONAL,
        .doc = {"only the link of this name", "この名前のリンクだけ"},
    },
    {0},
};

static const struct field link_fields[] = {
    {"name", {.kind = KIND_STRING}, {"its name", "名前"}},
    {"up",
     {.kind = KIND_BOOLEAN},
     {"administratively up, and with carrier", "有効に設定され、キャリアもある"}},
    {"mtu", {.kind = KIND_NUMBER}, {"its MTU in bytes", "MTU（バイト）"}},
    {"mac",
     {.kind = KIND_STRING},
     {"its hardware address: lower case, colons", "ハードウェアアドレス（小文字、コロン区切り）"}},
    {"kind",
     {.kind = KIND_STRING},
     {"the kernel's word for it (veth, bridge, tun); else ethernet, loopback, ppp, other",
      "カーネルでの種類（veth、bridge、tunなど）。なければethernet、loopback、ppp、other"}},
    {0},
};
static const struct type link_type = {.kind = KIND_RECORD, .fields = link_fields};

static const struct field fields[] = {
    {"links", {.kind = KIND_LIST, .element = &link_type}, {"the links", "リンクの一覧"}},
    {0},
};

const struct action net_links_action = {
    .name = "net.links",
    .role = ROLE_PROBE,
    .summary = {"lists the network links", "ネットワークリンクの一覧を得る"},
    .arguments = arguments,
    .fields = fields,
    .ok = {"at least one of them is up", "一つ以上が使える状態にある"},
    .timeout = SECONDS(TIMEOUT_LOCAL_S),
    .start = start,
};
