/* landlock: the kernel's file, scope and signal rules by system call (landlock(7),
 * linux/landlock.h). Headers older than the kernel do not know the newer rights, so they are
 * written down here: what a kernel's ABI does not know is left out of what is asked of it. */
#ifndef PLAYBOOK_LANDLOCK_H
#define PLAYBOOK_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum landlock_right {
    LANDLOCK_EXECUTE = 1 << 0,
    LANDLOCK_WRITE_FILE = 1 << 1,
    LANDLOCK_READ_FILE = 1 << 2,
    LANDLOCK_READ_FOLDER = 1 << 3,
    LANDLOCK_ALL_OF_ABI_1 = (1 << 13) - 1, /* also remove and make, of every type of file */
    LANDLOCK_REFER = 1 << 13,              /* ABI 2: link and rename across folders */
    LANDLOCK_TRUNCATE = 1 << 14,           /* ABI 3 */
    LANDLOCK_DEVICE_IOCTL = 1 << 15,       /* ABI 5 */
    LANDLOCK_READ = LANDLOCK_READ_FILE | LANDLOCK_READ_FOLDER,
};

/* ABI 6: not beyond the domain and those inside it */
enum landlock_scope { LANDLOCK_ABSTRACT_SOCKETS = 1 << 0, LANDLOCK_SIGNALS = 1 << 1 };

enum { LANDLOCK_ABI_SCOPES = 6 };

/* What of the file tree below `path` is allowed of the rights that the domain handles. */
struct landlock_allowed {
    const char *path;
    uint64_t rights; /* of enum landlock_right */
};

/* 0: the kernel has none, or it is switched off. */
unsigned landlock_abi(void);

/* Puts this process and its children into a domain that handles all rights that the ABI knows but
 * those in `unhandled`, which it leaves alone everywhere. `allowed` ends with a NULL path; a path
 * that is not there is left out. Needs no-new-privs. False where the kernel refuses; nothing holds
 * then.
 *
 * A right that is handled and allowed below "/" is not the same as one that is not handled: up to
 * Linux 6.9 the kernel walks from the file to the root of the file system that it was opened in,
 * and a file from outside this root (WSL's interpreter /init, which binfmt_misc holds open with its
 * flag F) never meets "/". */
bool landlock_enter(unsigned abi, uint64_t unhandled, const struct landlock_allowed *allowed,
                    unsigned scopes);

#endif
