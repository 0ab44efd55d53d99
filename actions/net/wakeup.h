/* wakeup: the next moment at which a probe has something to do.
 *
 * A timer of the engine cannot be taken back, so a probe that plans its next step again at every
 * event would pile them up. Here only an earlier moment starts another timer. `due` can be called
 * early, never late: it looks at the clock to see what there is to do.
 */
#ifndef PLAYBOOK_NET_WAKEUP_H
#define PLAYBOOK_NET_WAKEUP_H

#include <stdint.h>

#include "engine/action.h"

struct wakeup {
    int64_t at; /* of the pending timer; in the past: none is pending */
};

static inline void wakeup_at(struct probe *probe, struct wakeup *wakeup, int64_t at,
                             void (*due)(struct probe *probe))
{
    int64_t now = probe_now(probe);
    if (wakeup->at > now && wakeup->at <= at)
        return;
    wakeup->at = at > now ? at : now + 1;
    probe_after(probe, wakeup->at - now, due);
}

#endif
