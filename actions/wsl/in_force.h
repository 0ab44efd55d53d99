/* in_force: what of .wslconfig is in force now, and why something is not: by Windows' build, the
 * version of WSL and its networking mode.
 *
 * Pure. What can be seen (the mode, DNS tunnelling's end in the guest) outweighs what follows from
 * the file; what follows needs a file that is not younger than the start. Settings of Windows
 * (group policy) stay unseen. Source: microsoft/WSL, WslCoreConfig.cpp, WslCoreVm.cpp
 * (ValidateNetworkingMode, the settings that a mode overrides).
 */
#ifndef PLAYBOOK_WSL_IN_FORCE_H
#define PLAYBOOK_WSL_IN_FORCE_H

#include "actions/wsl/settings.h"

enum seen { SEEN_NOT, SEEN_NO, SEEN_YES }; /* not looked at (or not to be known), and the answers */

struct circumstances {
    const struct settings *settings; /* with the version of WSL */
    bool edited;                     /* the file, since WSL started */
    const char *mode;                /* in force; NULL: not known ... */
    const char *mode_reason;         /* ... because of this */
    struct version windows;          /* build; no parts: not known */
    enum seen tunnel;                /* DNS tunnelling has an end in this guest */
    const char *tunnel_reason;       /* SEEN_NOT: because of this */
    enum seen secure_access;         /* Windows runs Global Secure Access */
};

struct in_force {
    struct value value; /* KIND_NONE: not known, or nothing of the key is in force */
    const char *reason; /* why it is not what the file asks for, or not known; NULL: it is */
    bool unexplained;   /* seen to be off, and `secure_access` could say why */
};

/* Everything lives in `arena`. */
struct in_force in_force(struct arena *arena, const struct wsl_key *key,
                         const struct circumstances *now);

/* The mode that WSL was to set up: safeMode outweighs the key. NULL: it refuses the file. */
const char *in_force_mode_asked(const struct settings *settings);
/* Why another mode is in force; NULL: none is, or it is not known. */
const char *in_force_mode_reason(struct arena *arena, const struct circumstances *now);

/* Whether anything but the file decides about the key. */
bool in_force_depends(const struct wsl_key *key);

#endif
