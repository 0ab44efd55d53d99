/* dial: a TCP connection to the first address that takes one.
 *
 * Addresses are tried in their order. One that has neither connected nor failed after a quarter of
 * a second goes on waiting while the next one is tried too (RFC 8305), so that a dead address does
 * not cost the whole deadline. The first that connects wins and the others are closed.
 *
 * The state of the probe must begin with the struct dial.
 */
#ifndef PLAYBOOK_NET_DIAL_H
#define PLAYBOOK_NET_DIAL_H

#include "actions/net/host.h"
#include "actions/net/wakeup.h"

struct dial {
    /* out, when `done` is called */
    int fd;             /* connected and owned by the probe, or -1 */
    union endpoint to;  /* who took the connection */
    int64_t took;       /* its handshake */
    const char *reason; /* fd == -1: why, the most telling of all addresses */

    /* private */
    struct dial_try {
        int fd; /* -1: over */
        int64_t began;
    } * tries; /* one for each address */
    struct host host;
    unsigned port;
    size_t next, open;
    struct wakeup wakeup;
    void (*done)(struct probe *probe);
};

void dial_start(struct probe *probe, struct dial *dial, const struct host *host, unsigned port,
                void (*done)(struct probe *probe));

/* The deadline has come while dialling: the reason word. */
const char *dial_reason(const struct dial *dial);

/* The same for one TCP socket, on which icmp_queue_errors() was called: connect has failed with
 * `code`, or is still under way. */
const char *dial_failure_reason(int fd, int code);
const char *dial_waiting_reason(int fd);

#endif
