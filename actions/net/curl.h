/* curl: how one request is put to curl, and what its output says of it.
 *
 * The body goes to its standard output as it comes, all it has to tell (-v) to its standard error
 * as that happens, so that whoever watches the two sees the transfer's own silence, and knows its
 * status when curl is ended before it can report. Pure. Source: curl(1), EXIT CODES and
 * --write-out; 7.63 (2018) and later.
 */
#ifndef PLAYBOOK_NET_CURL_H
#define PLAYBOOK_NET_CURL_H

#include "engine/action.h"

enum { CURL_OUTPUT_MOST = 64 * 1024 };

/* `pin`: "host:port:address", NULL for none. Without `proxied` no proxy is used, whatever the
 * environment says; with it that of the environment, whatever else no_proxy says. */
const char *const *curl_argv(struct arena *arena, const char *url, const char *pin, bool proxied);

struct curl_report {
    unsigned status;    /* of the response, or of a proxy that refuses the tunnel; 0: none came */
    const char *reason; /* a word (reasons.h); NULL: it says nothing of the network, or none came */
    const char *redirect; /* where the response leads; NULL: it is the last one */
    const char *error;    /* why it failed, in curl's words; NULL: it did not */
    int64_t took;         /* from the request to the last byte */
};

/* Of a curl that was started with curl_argv(), and perhaps ended before it was done. */
void curl_read(struct arena *arena, const struct program_result *result,
               struct curl_report *report);

#endif
