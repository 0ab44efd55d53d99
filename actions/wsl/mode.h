/* mode: asks which networking mode is in effect. */
#ifndef PLAYBOOK_WSL_MODE_H
#define PLAYBOOK_WSL_MODE_H

#include "actions/wsl/guest.h"

/* Fills guest.mode or guest.mode_reason, then calls `then`. Only in a WSL2 guest. */
void mode_ask(struct probe *probe, void (*then)(struct probe *probe));

#endif
