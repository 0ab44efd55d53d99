/* TCP connections on the program's own non-blocking sockets. Does not resolve names (host.h) and
 * sends nothing. RFC 8305; tcp(7); net/ipv4/tcp_output.c for TCP_INFO. */
#include "actions/net/dial.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "actions/net/icmp.h"
#include "actions/net/reasons.h"

#define NEXT_ADDRESS_AFTER ((int64_t)250 * NS_PER_MS)

static struct dial *state_of(struct probe *probe)
{
    return probe_state(probe, sizeof(struct dial));
}

static void give_up(struct probe *probe, struct dial *dial, struct dial_try *try,
                    const char *reason)
{
    dial->reason = reason_stronger(dial->reason, reason);
    if (try->fd >= 0) {
        probe_close(probe, try->fd);
        try->fd = -1;
        dial->open--;
    }
}

static void connected(struct probe *probe, struct dial *dial, struct dial_try *try)
{
    dial->fd = try->fd;
    dial->to = dial->host.at[try - dial->tries];
    dial->took = probe_now(probe) - try->began;
    /* Once connected an ICMP error is a hint to TCP, no longer the end. */
    (void)icmp_queue_errors(dial->fd, dial->to.any.sa_family, false);
    dial->reason = NULL;
    for (size_t i = 0; i < dial->next; i++) {
        if (dial->tries[i].fd >= 0 && dial->tries[i].fd != dial->fd)
            probe_close(probe, dial->tries[i].fd);
        dial->tries[i].fd = -1;
    }
    dial->open = 0;
    dial->next = dial->host.count;
    dial->done(probe);
}

/* A reject rule of this machine looks like a refusal by the other side but for the sender of the
 * ICMP error. */
const char *dial_failure_reason(int fd, int code)
{
    struct icmp_error error;
    union endpoint own;
    socklen_t room = sizeof(own);
    if (getsockname(fd, &own.any, &room) == 0)
        while (icmp_error_next(fd, &error))
            if (!error.local && text_equal(icmp_error_reason(&error, &own), "blocked"))
                return "blocked";
    return reason_of(code);
}

/* Every SYN that left is counted in tcpi_retrans; one that a rule of this machine dropped is not.
 */
const char *dial_waiting_reason(int fd)
{
    struct tcp_info info = {0};
    socklen_t room = sizeof(info);
    bool dropped_here = getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &room) == 0 &&
                        info.tcpi_state == TCP_SYN_SENT && info.tcpi_total_retrans > 0 &&
                        info.tcpi_retrans == 0;
    return dropped_here ? "blocked" : "timeout";
}

const char *dial_reason(const struct dial *dial)
{
    const char *reason = dial->reason;
    for (size_t i = 0; i < dial->next; i++)
        if (dial->tries[i].fd >= 0)
            reason = reason_stronger(reason, dial_waiting_reason(dial->tries[i].fd));
    return reason ? reason : "timeout";
}

static void advance(struct probe *probe);

static void ready(struct probe *probe, int fd, uint32_t events)
{
    struct dial *dial = state_of(probe);
    struct dial_try *try = dial->tries;
    int code = 0;
    socklen_t room = sizeof(code);
    (void)events;
    while (try->fd != fd)
        try++;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &room) < 0)
        code = errno;
    if (code == 0) {
        connected(probe, dial, try);
        return;
    }
    give_up(probe, dial, try, dial_failure_reason(fd, code));
    dial->wakeup.at = 0;
    advance(probe);
}

static void try_next(struct probe *probe, struct dial *dial)
{
    union endpoint to = dial->host.at[dial->next];
    struct dial_try *try = &dial->tries[dial->next++];
    endpoint_set_port(&to, dial->port);
    *try = (struct dial_try){.began = probe_now(probe)};
    try->fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (try->fd < 0) {
        give_up(probe, dial, try, reason_of(errno));
        return;
    }
    dial->open++;
    (void)icmp_queue_errors(try->fd, to.any.sa_family,
                            true); /* without it the reason is less exact */
    int outcome = connect(try->fd, &to.any, endpoint_length(&to));
    int code = errno;
    probe_watch(probe, try->fd, EPOLLOUT, ready);
    if (outcome < 0 && code != EINPROGRESS)
        give_up(probe, dial, try, dial_failure_reason(try->fd, code));
}

/* Starts what is due: the next address when the last one failed or has had its head start. */
static void advance(struct probe *probe)
{
    struct dial *dial = state_of(probe);
    int64_t now = probe_now(probe);
    while (dial->next < dial->host.count &&
           (dial->open == 0 || dial->tries[dial->next - 1].fd < 0 ||
            dial->tries[dial->next - 1].began + NEXT_ADDRESS_AFTER <= now))
        try_next(probe, dial);
    if (dial->open == 0 && dial->fd < 0)
        dial->done(probe);
    else if (dial->next < dial->host.count)
        wakeup_at(probe, &dial->wakeup, dial->tries[dial->next - 1].began + NEXT_ADDRESS_AFTER,
                  advance);
}

void dial_start(struct probe *probe, struct dial *dial, const struct host *host, unsigned port,
                void (*done)(struct probe *probe))
{
    *dial = (struct dial){.fd = -1, .host = *host, .port = port, .done = done};
    dial->tries = arena_alloc(probe_arena(probe), host->count * sizeof(*dial->tries));
    advance(probe);
}
