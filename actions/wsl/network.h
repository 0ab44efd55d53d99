/* network: what the guest's own interfaces say about WSL's networking. Reads the kernel's state,
 * asks nobody else. */
#ifndef PLAYBOOK_WSL_NETWORK_H
#define PLAYBOOK_WSL_NETWORK_H

#include "engine/action.h"

/* The networking mode that the interfaces look like, where wslinfo cannot be asked; NULL: they do
 * not tell. */
const char *network_mode(void);

/* Whether DNS tunnelling has an end in this guest: its address on `lo`, or its listener.
 * `configured` is the address asked for, NULL: the default. False with `error` where it cannot be
 * known. */
bool network_tunnel(const struct address *configured, bool *found, struct error *error);

#endif
