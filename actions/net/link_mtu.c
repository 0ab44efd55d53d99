/* link.mtu: sets the MTU of a link in the running system. That it lasts over a restart is for other
 * fixes. RFC 791 and RFC 8200 for the smallest MTU that each IP version allows. */
#include "engine/action.h"

enum { LEAST_IPV4 = 68, LEAST_IPV6 = 1280, MTU_MOST = 65535 };
enum { NEED_LINKS, NEED_ADDRS };

static bool link_exists(const struct value *links, const char *name, struct nearest *nearest)
{
    for (size_t i = 0; i < links->list.count; i++) {
        const struct value *one = value_field(&links->list.items[i], "name");
        if (!one || one->kind != KIND_STRING)
            continue;
        if (text_equal(one->string, name))
            return true;
        nearest_offer(nearest, one->string);
    }
    return false;
}

/* A link-local address comes back by itself once the MTU allows it. */
static bool has_global(const struct value *addrs)
{
    for (size_t i = 0; i < addrs->list.count; i++) {
        const struct value *scope = value_field(&addrs->list.items[i], "scope");
        if (scope && scope->kind == KIND_STRING && text_equal(scope->string, "global"))
            return true;
    }
    return false;
}

static bool need_answered(const struct answer *answer, const char *what, struct error *error)
{
    if (answer->state == ANSWER_KNOWN)
        return true;
    return error_set(error, "%s are not known: %s", what,
                     answer->reason ? answer->reason : "no answer");
}

static bool plan(struct planner *planner, struct error *error)
{
    const struct arguments *arguments = plan_arguments(planner);
    const char *link = arguments_get(arguments, "link")->string;
    double mtu = arguments_get(arguments, "mtu")->number;
    const struct answer *links = plan_need(planner, NEED_LINKS);
    const struct answer *addrs = plan_need(planner, NEED_ADDRS);
    struct nearest nearest = {.wanted = link};
    if (!need_answered(links, "the links", error) || !need_answered(addrs, "the addresses", error))
        return false;
    if (mtu < LEAST_IPV4 || mtu > MTU_MOST || mtu != (unsigned)mtu)
        return error_set(error, "%g is not an MTU: a whole number from %d to %d is", mtu,
                         LEAST_IPV4, MTU_MOST);
    if (!link_exists(answer_field(links, "links"), link, &nearest)) {
        error_set(error, "there is no link '%s'", link);
        if (nearest.best)
            error_hint(error, "did you mean '%s'?", nearest.best);
        return false;
    }
    if (mtu < LEAST_IPV6 && has_global(answer_field(addrs, "addrs")))
        return error_set(error, "an MTU of %g would take IPv6 off '%s': it needs %d", mtu, link,
                         LEAST_IPV6);
    return plan_mtu(planner, link, (unsigned)mtu, error);
}

static const struct argument arguments[] = {
    {
        .name = "link",
        .type = {.kind = KIND_STRING},
        .doc = {"the link's name", "リンクの名前"},
    },
    {
        .name = "mtu",
        .type = {.kind = KIND_NUMBER},
        .least = LEAST_IPV4,
        .most = MTU_MOST,
        .doc = {"the MTU in bytes; at least 1280 on a link with global IPv6 addresses",
                "MTU（バイト）。グローバルなIPv6アドレスを持つリンクでは1280以上"},
    },
    {0},
};

static const struct need needs[] = {
    [NEED_LINKS] = {.probe = "net.links"},
    [NEED_ADDRS] = {.probe = "net.addrs",
                    .arguments = {{.name = "link", .from = "link"},
                                  {.name = "family", .literal = "ipv6"}}},
    {0},
};

const struct action link_mtu_action = {
    .name = "link.mtu",
    .role = ROLE_FIX,
    .summary = {"sets the MTU of a link in the running system",
                "動作中のシステムでリンクのMTUを変更する"},
    .arguments = arguments,
    .effect = "link",
    .touches = (const struct touch[]){{"link", "*"}, {NULL, NULL}},
    .effective = EFFECTIVE_NOW,
    .settle = SECONDS(1),
    .needs = needs,
    .plan = plan,
};
