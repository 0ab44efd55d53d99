/* guest: what the probes of this family know of the guest that they run in.
 *
 * A probe of this family asks step by step (mode.h, profile.h); each step leaves what it learned in
 * the one struct guest of the probe and calls `then`.
 */
#ifndef PLAYBOOK_WSL_GUEST_H
#define PLAYBOOK_WSL_GUEST_H

#include "actions/wsl/in_force.h"

enum guest_kind {
    GUEST_LINUX, /* no WSL at all */
    GUEST_WSL1,  /* no kernel and no network of its own */
    GUEST_WSL2,
    GUEST_CONTAINER, /* in WSL2's kernel, but with a network and files of its own */
};
enum guest_kind guest_kind(void);
/* "this is not WSL": why a question about WSL has no answer here. */
const char *guest_kind_reason(enum guest_kind kind);

/* When the VM booted and when this distro started, in CLOCK_REALTIME nanoseconds; 0: not known. */
int64_t guest_booted(void);
int64_t guest_started(void);

/* A settings file above this is refused: WSL has no limit, people's files have 3 KB. */
enum { SETTINGS_LIMIT = 1024 * 1024 };

/* How long Windows may take to answer: a relay that finds nobody gives up after 10 s by itself. */
#define GUEST_PATIENCE SECONDS(12)

/* What a probe has learned so far. */
struct guest {
    void (*then)(struct probe *probe); /* the step after the one under way */
    const char *mode;                  /* networking mode in effect; NULL: not known ... */
    const char *mode_reason;           /* ... because of this */
    struct version wsl, windows;       /* of WSL, and Windows' build; no parts: not known ... */
    const char *windows_reason;        /* ... because of this */
    bool asks_windows;                 /* Windows' build is wanted */
    const char *profile;               /* the profile folder as Windows names it, once known */
    const char *path;                  /* .wslconfig as the guest names it, once it is found */
    const char *failure;               /* why the file could not be found or read; NULL: it was */
    const char *bytes;                 /* of .wslconfig; none where there is no such file */
    size_t length;
    const struct settings *settings; /* of .wslconfig, once it is parsed (profile_settings()) */
    bool exists;                     /* there is such a file ... */
    bool edited;                     /* ... written to since the VM booted */
};

/* The state of every probe of this family. */
struct guest *guest_of(struct probe *probe);

/* What in_force() needs, as far as it is known; the tunnel has not been looked at. */
struct circumstances guest_circumstances(const struct guest *guest);

#endif
