/* profile: finds and reads .wslconfig, which lies in the Windows user's profile folder. */
#ifndef PLAYBOOK_WSL_PROFILE_H
#define PLAYBOOK_WSL_PROFILE_H

#include "actions/wsl/guest.h"

/* Fills guest.bytes, length, path, exists and edited, or guest.failure; then calls `then`. A
 * missing file is no failure. After a failure the probe must end. Only in a WSL2 guest: Windows is
 * asked where the folder is. */
void profile_read(struct probe *probe, void (*then)(struct probe *probe));

/* Parses what was read into guest.settings, as guest.wsl does: ask for that first (versions.h). */
void profile_parse(struct probe *probe);

/* The path in what `cmd.exe /c set USERPROFILE` printed, in plain ASCII, so that no code page can
 * have spoiled it; NULL: there is none. */
const char *profile_from_set(struct arena *arena, const char *output);

/* The UTF-8 text that base64 text stands for, blanks around it left out; NULL: it is none. */
const char *profile_from_base64(struct arena *arena, const char *output);

#endif
