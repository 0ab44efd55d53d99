/* resolv: resolv.conf, as glibc reads it: what it refuses is refused here. */
#ifndef PLAYBOOK_NET_RESOLV_H
#define PLAYBOOK_NET_RESOLV_H

#include "actions/net/host.h"

#define RESOLV_PATH "/etc/resolv.conf"

enum { RESOLV_SERVERS_MOST = 3 }; /* MAXNS of resolv.h: glibc asks no more */

struct resolv {
    union endpoint servers[RESOLV_SERVERS_MOST]; /* in the file's order, each with port 53 */
    size_t count;
    struct value *search; /* strings: of the last line that has any, `search` or `domain` */
    size_t search_count;
    struct value *refused; /* strings: what stands behind `nameserver` and is no address to glibc */
    size_t refused_count;
};

/* Every line of the file counts, also one behind a NUL byte. The lists live in `arena`. */
void resolv_read(struct arena *arena, const char *bytes, size_t length, struct resolv *resolv);

/* Whom glibc asks where the file names nobody: 127.0.0.1. */
union endpoint resolv_nobody_named(void);

#endif
