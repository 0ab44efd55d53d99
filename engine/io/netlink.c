/* netlink_request() of engine/action.h on libmnl. The kernel answers at once, so this does not go
 * through the loop. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>

#include "engine/action.h"

enum { ATTEMPTS = 5, BUFFER = 64 * 1024 };

struct walk {
    void (*each)(const struct nlmsghdr *message, void *data);
    void *data;
};

static int give(const struct nlmsghdr *message, void *data)
{
    const struct walk *walk = data;
    walk->each(message, walk->data);
    return MNL_CB_OK;
}

static int receive(struct mnl_socket *socket, unsigned sequence, struct walk *walk)
{
    char buffer[BUFFER];
    int state = MNL_CB_OK;
    while (state == MNL_CB_OK) {
        ssize_t got = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
        if (got < 0)
            return -1;
        state =
            mnl_cb_run(buffer, (size_t)got, sequence, mnl_socket_get_portid(socket), give, walk);
    }
    return state;
}

static bool ask(struct mnl_socket *socket, struct nlmsghdr *request, struct walk *walk,
                struct error *error)
{
    for (unsigned attempt = 1; attempt <= ATTEMPTS; attempt++) {
        request->nlmsg_seq = attempt;
        walk->each(NULL, walk->data);
        if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
            return error_system(error, errno, "cannot ask the kernel over netlink");
        if (receive(socket, attempt, walk) >= 0)
            return true;
        /* EINTR: the table changed while it was dumped (NLM_F_DUMP_INTR). */
        if (errno != EINTR)
            return error_system(error, errno, "netlink request refused");
    }
    return error_set(error, "the kernel's table changed during each of %d dumps", ATTEMPTS);
}

bool netlink_request(int bus, struct nlmsghdr *request,
                     void (*each)(const struct nlmsghdr *message, void *data), void *data,
                     struct error *error)
{
    struct mnl_socket *socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
    if (!socket)
        return error_system(error, errno, "cannot open a netlink socket");
    struct walk walk = {.each = each, .data = data};
    request->nlmsg_flags |= NLM_F_REQUEST;
    bool done = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0
                    ? ask(socket, request, &walk, error)
                    : error_system(error, errno, "cannot bind a netlink socket");
    mnl_socket_close(socket);
    return done;
}
