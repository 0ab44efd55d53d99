/* net.route: the route to a host, to a network, or the default route. Sends nothing: whether the
 * way works is for the other probes. */
#include <string.h>
#include <sys/socket.h>

#include "actions/net/host.h"
#include "actions/net/links.h"
#include "actions/net/route.h"

static const char *const one_family_words[] = {"ipv4", "ipv6", NULL};

static bool whole_address(const struct network *network)
{
    return network->prefix == (network->address.family == AF_INET ? 32 : 128);
}

static void set_address(struct probe *probe, const char *field, bool there,
                        const struct address *address, const char *otherwise)
{
    if (there)
        probe_set(probe, field, value_address(address));
    else
        probe_absent(probe, field, "%s", otherwise);
}

static void answer(struct probe *probe, const struct route *route, const struct links *links)
{
    const struct link *link = links_find(links, route->link);
    set_address(probe, "gateway", route->has_gateway, &route->gateway,
                "the route has no gateway: its hosts are on the link itself");
    set_address(probe, "source", route->has_source, &route->source, "the route names no source");
    probe_set(probe, "metric", value_number(route->metric));
    if (link)
        probe_set(probe, "link", value_string(probe_arena(probe), link->name));
    else
        probe_absent(probe, "link", "the route names no link");
    if (route->mtu || link)
        probe_set(probe, "mtu", value_number(route->mtu ? route->mtu : link->mtu));
    else
        probe_absent(probe, "mtu", "the route names no link");
    probe_answer(probe, true);
}

static void start(struct probe *probe)
{
    const struct value *given = arguments_get(probe_arguments(probe), "to");
    struct network to = {.address.family = family_of(probe_string(probe, "family"))};
    struct links links;
    struct route route;
    struct error error;
    if (given)
        to = given->network;
    bool asked = whole_address(&to) ? route_to(&to.address, &route, &error)
                                    : route_to_network(&to, &route, &error);
    if (!asked || !links_read(probe_arena(probe), &links, &error)) {
        probe_unknown(probe, "%s", error.message);
        return;
    }
    if (route.found) {
        answer(probe, &route, &links);
        return;
    }
    static const char *const all[] = {"gateway", "link", "source", "metric", "mtu"};
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        probe_absent(probe, all[i], "there is no route");
    probe_answer(probe, false);
}

static const struct argument arguments[] = {
    {
        .name = "to",
        .type = {.kind = KIND_NETWORK},
        .flags = ARGUMENT_OPTIONAL,
        .also = 1u << KIND_ADDRESS,
        .doc = {"an address or a network; without it the default route",
                "アドレスまたはネットワーク。省略するとデフォルトルート"},
    },
    {
        .name = "family",
        .type = {.kind = KIND_STRING, .words = one_family_words},
        .fallback = "ipv4",
        .doc = {"which default route; `to` has a family of its own",
                "どちらのデフォルトルートか（toを指定した場合はその種類に従う）"},
    },
    {0},
};

static const struct field fields[] = {
    {"gateway", {.kind = KIND_ADDRESS}, {"the next hop", "次のホップ"}},
    {"link", {.kind = KIND_STRING}, {"the link it leaves by", "送り出すリンク"}},
    {"source", {.kind = KIND_ADDRESS}, {"the own address it is sent from", "送信元アドレス"}},
    {"metric",
     {.kind = KIND_NUMBER},
     {"its metric, the lower is preferred", "メトリック（小さいほど優先）"}},
    {"mtu",
     {.kind = KIND_NUMBER},
     {"the route's own MTU, a learnt one too; else its link's",
      "経路自身のMTU（学習した値を含む）。なければリンクのMTU"}},
    {0},
};

const struct action net_route_action = {
    .name = "net.route",
    .role = ROLE_PROBE,
    .summary = {"looks up a route", "経路を調べる"},
    .arguments = arguments,
    .fields = fields,
    .ok = {"a route exists", "経路がある"},
    .timeout = SECONDS(TIMEOUT_LOCAL_S),
    .start = start,
};
