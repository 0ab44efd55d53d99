/* The MTU of a link, by rtnetlink(7) RTM_NEWLINK. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/capability.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/change/plan.h"

struct mtu_change {
    unsigned before, after;
};

static int take_mtu(const struct nlattr *attribute, void *data)
{
    if (mnl_attr_get_type(attribute) == IFLA_MTU && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
        *(unsigned *)data = mnl_attr_get_u32(attribute);
    return MNL_CB_OK;
}

static void take_link(const struct nlmsghdr *message, void *data)
{
    if (message && message->nlmsg_type == RTM_NEWLINK)
        mnl_attr_parse(message, sizeof(struct ifinfomsg), take_mtu, data);
}

static struct nlmsghdr *link_request(char *buffer, uint16_t type, const char *link)
{
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = type;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
    info->ifi_family = AF_UNSPEC;
    mnl_attr_put_strz(request, IFLA_IFNAME, link);
    return request;
}

static bool get_mtu(const char *link, unsigned *mtu, struct error *error)
{
    char buffer[MNL_NLMSG_HDRLEN + 1024];
    struct error reason;
    *mtu = 0;
    if (!netlink_request(NETLINK_ROUTE, link_request(buffer, RTM_GETLINK, link), take_link, mtu,
                         &reason) ||
        *mtu == 0)
        return error_set(error, "cannot read the MTU of link '%s': %s", link, reason.message);
    return true;
}

static bool set_mtu(const char *link, unsigned mtu, struct error *error)
{
    char buffer[MNL_NLMSG_HDRLEN + 1024];
    struct error reason;
    struct nlmsghdr *request = link_request(buffer, RTM_NEWLINK, link);
    mnl_attr_put_u32(request, IFLA_MTU, mtu);
    if (netlink_request(NETLINK_ROUTE, request, take_link, &(unsigned){0}, &reason))
        return true;
    return error_set(error, "cannot set the MTU of link '%s' to %u: %s", link, mtu,
                     strerror(reason.code));
}

static bool fits(const struct change *change, struct arena *arena, const struct programs *programs,
                 struct error *error)
{
    (void)arena;
    (void)programs;
    const struct mtu_change *detail = change->detail;
    unsigned now;
    if (!get_mtu(change->target, &now, error))
        return false;
    return now == detail->before ||
           error_set(error, "link '%s' has changed since the plan was made: mtu %u instead of %u",
                     change->target, now, detail->before);
}

static bool apply(struct change *change, struct arena *arena, const struct programs *programs,
                  struct error *error)
{
    (void)arena;
    (void)programs;
    return set_mtu(change->target, ((const struct mtu_change *)change->detail)->after, error);
}

static bool stands(struct change *change, struct arena *arena, const struct programs *programs,
                   struct error *error)
{
    (void)arena;
    (void)programs;
    const struct mtu_change *detail = change->detail;
    unsigned now;
    return get_mtu(change->target, &now, error) &&
           (now == detail->after || now == detail->before ||
            error_set(error, "link '%s' is no longer as the fix left it: mtu %u", change->target,
                      now));
}

static bool undo(struct change *change, struct arena *arena, const struct programs *programs,
                 struct error *error)
{
    (void)arena;
    (void)programs;
    const struct mtu_change *detail = change->detail;
    unsigned now;
    return get_mtu(change->target, &now, error) &&
           (now == detail->before || set_mtu(change->target, detail->before, error));
}

static const char *differs(struct change *change, struct arena *arena,
                           const struct programs *programs)
{
    (void)programs;
    const struct mtu_change *detail = change->detail;
    struct error error;
    unsigned now;
    if (!get_mtu(change->target, &now, &error))
        return arena_string(arena, error.message);
    if (now == detail->before)
        return NULL;
    return arena_format(arena, "link '%s': mtu %u instead of %u", change->target, now,
                        detail->before);
}

static void by_hand(const struct change *change, struct differences *differences)
{
    const struct mtu_change *detail = change->detail;
    const char *const argv[] = {"ip",  "link",
                                "set", change->target,
                                "mtu", arena_format(differences->arena, "%u", detail->before),
                                NULL};
    differences_add_command(differences, argv);
}

/* capget(2), since being root says little in a container. */
static bool may_change_links(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    return syscall(SYS_capget, &header, data) == 0 &&
           (data[0].effective & 1u << CAP_NET_ADMIN) != 0;
}

static enum right lacks(const struct change *change, struct arena *arena)
{
    (void)change;
    (void)arena;
    return may_change_links() ? RIGHT_HELD : RIGHT_ROOT;
}

static void write_change(const struct change *change, struct text *record)
{
    const struct mtu_change *detail = change->detail;
    record_number(record, detail->before);
    record_number(record, detail->after);
}

static bool read_change(struct change *change, struct reading *reading)
{
    struct mtu_change *detail = arena_alloc(reading->arena, sizeof(*detail));
    detail->before = (unsigned)read_up_to(reading, UINT32_MAX);
    detail->after = (unsigned)read_up_to(reading, UINT32_MAX);
    change->detail = detail;
    return detail->before && detail->after && *change->target && strlen(change->target) < IFNAMSIZ;
}

static void describe(struct change *change, struct arena *arena)
{
    const struct mtu_change *detail = change->detail;
    change->before = arena_format(arena, "mtu %u", detail->before);
    change->after = arena_format(arena, "mtu %u", detail->after);
}

const struct change_kind link_kind = {.name = "link",
                                      .of_this_boot = true,
                                      .write = write_change,
                                      .read = read_change,
                                      .parts = change_only_part,
                                      .describe = describe,
                                      .lacks = lacks,
                                      .fits = fits,
                                      .apply = apply,
                                      .stands = stands,
                                      .undo = undo,
                                      .differs = differs,
                                      .by_hand = by_hand};

/* The value that the plan so far leaves the link with. */
static bool planned_mtu(const struct plan *plan, const char *link, unsigned *mtu,
                        struct error *error)
{
    for (size_t i = plan->count; i > plan->base; i--) {
        const struct change *change = &plan->changes[i - 1];
        if (change->kind != &link_kind || !text_equal(change->target, link))
            continue;
        *mtu = ((const struct mtu_change *)change->detail)->after;
        return true;
    }
    return get_mtu(link, mtu, error);
}

bool plan_mtu(struct planner *planner, const char *link, unsigned mtu, struct error *error)
{
    struct arena *arena = plan_arena(planner);
    struct mtu_change *detail = arena_alloc(arena, sizeof(*detail));
    detail->after = mtu;
    if (!planned_mtu(planner_plan(planner), link, &detail->before, error))
        return false;
    if (detail->before == mtu)
        return true;
    struct change *change = plan_add(planner, &link_kind, link);
    change->detail = detail;
    describe(change, arena);
    return true;
}
