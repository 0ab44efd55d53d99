/* rescue: a restart of WSL that a run outlives, and that a guest which does not come back is
 * rescued from. A detached process of Windows shuts WSL down, waits until it has stopped, starts
 * the distribution with `playbook resume`, and where no answer comes in time it puts the original
 * bytes back and starts again.
 *
 * Source: learn.microsoft.com/windows/wsl/wsl-config ("the 8 second rule", safeMode);
 * microsoft/WSL, src/windows/common/interop.cpp: only a grandchild outlives its relay.
 */
#ifndef PLAYBOOK_RESCUE_H
#define PLAYBOOK_RESCUE_H

#include "engine/change/wait.h"

struct rescue {
    const char *distro; /* as Windows names it */
    const char *user;   /* who runs `playbook resume` */
    const char *binary; /* this program, as the guest names it */
    bool whole;         /* WSL is restarted; else the distribution alone */
    const struct waits *waits;
    const char *script; /* of the helper, by rescue_prepare() */
};

/* False with `error` where a value cannot stand in the script. */
bool rescue_prepare(struct rescue *rescue, struct arena *arena, struct error *error);

/* Starts the helper. From then on this process may end at any moment. */
bool rescue_start(const struct rescue *rescue, struct arena *arena, const struct programs *programs,
                  struct error *error);

#endif
