/* restart: --restart, after a run has left something to wait for one. */
#ifndef PLAYBOOK_RESTART_H
#define PLAYBOOK_RESTART_H

#include "engine/cli/order.h"

#define OPTION_RESTART                                                                             \
    {                                                                                              \
        "restart", 0, NULL,                                                                        \
        {                                                                                          \
            "restart WSL where a change needs it, and go on after it",                             \
                "必要な場合はWSLを再起動し、その後に続きを行う"               \
        }                                                                                          \
    }

/* Says what a restart closes, asks where `order` does not say yes, and starts it. It does not come
 * back from one that comes; else the exit code. */
int restart_carry_out(struct cli *cli, const struct order *order);

#endif
