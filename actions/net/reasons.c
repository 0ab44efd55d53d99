/* Errno values to the fixed reason words. What the kernel makes of an ICMP error is in
 * net/ipv4/icmp.c (icmp_err_convert) and net/ipv6/icmp.c (tab_unreach); of a route that refuses, in
 * net/ipv4/fib_semantics.c (fib_props). */
#include "actions/net/reasons.h"

#include <errno.h>
#include <stddef.h>

#include "engine/action.h"

const char *const reason_words[] = {
    "reply",   "timeout",   "refused",  "unreachable", "blocked",
    "stalled", "nodata",    "nxdomain", "servfail",    "formerr",
    "notimp",  "malformed", "mismatch", "certificate", NULL,
};

const char *reason_of(int code)
{
    switch (code) {
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
        return "refused";
    case ETIMEDOUT:
        return "timeout";
    case EPERM: /* a netfilter rule of this machine dropped it */
        return "blocked";
    default: /* EACCES too: a route of type prohibit, or ICMPv6 "prohibited" */
        return "unreachable";
    }
}

const char *reason_stronger(const char *a, const char *b)
{
    static const char *const weakest_first[] = {"unreachable", "timeout",   "blocked", "stalled",
                                                "mismatch",    "malformed", "refused", "notimp",
                                                "formerr",     "servfail",  "nodata",  "nxdomain"};
    const char *best = a;
    for (size_t i = 0; i < sizeof(weakest_first) / sizeof(*weakest_first); i++) {
        if (a && text_equal(a, weakest_first[i]))
            best = a;
        if (b && text_equal(b, weakest_first[i]))
            best = b;
    }
    return best ? best : b;
}
