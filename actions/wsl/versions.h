/* versions: asks for the version of WSL and the build of Windows. */
#ifndef PLAYBOOK_WSL_VERSIONS_H
#define PLAYBOOK_WSL_VERSIONS_H

#include "actions/wsl/guest.h"

/* Fills guest.wsl, and guest.windows too where `windows`; what cannot be had stays without parts.
 * Then calls `then`. WSL's version costs nothing from 2.2.3 on; a program of Windows tells the
 * rest. */
void versions_ask(struct probe *probe, bool windows, void (*then)(struct probe *probe));

#endif
