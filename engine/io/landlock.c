/* The three calls of landlock(7). There is no policy here: sandbox.c has it. */
#include "engine/io/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ASK_VERSION = 1, RULE_PATH_BENEATH = 1 };

/* A kernel that knows less of this accepts it as long as what it does not know is zero. */
struct ruleset {
    uint64_t files, network, scopes;
};

struct path_rule {
    uint64_t rights;
    int32_t folder;
} __attribute__((packed));

unsigned landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
    return abi > 0 ? (unsigned)abi : 0;
}

static uint64_t rights_of(unsigned abi)
{
    uint64_t rights = LANDLOCK_ALL_OF_ABI_1;
    if (abi >= 2)
        rights |= LANDLOCK_REFER;
    if (abi >= 3)
        rights |= LANDLOCK_TRUNCATE;
    if (abi >= 5)
        rights |= LANDLOCK_DEVICE_IOCTL;
    return rights;
}

/* The kernel takes no right of folders for what is none. */
static uint64_t rights_for(int fd, uint64_t rights)
{
    struct stat status;
    bool folder = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
    uint64_t file = LANDLOCK_EXECUTE | LANDLOCK_WRITE_FILE | LANDLOCK_READ_FILE |
                    LANDLOCK_TRUNCATE | LANDLOCK_DEVICE_IOCTL;
    return folder ? rights : rights & file;
}

/* The kernel takes no rule that grants nothing either: what is refused has none. */
static bool add(int ruleset, const struct landlock_allowed *allowed, uint64_t handled)
{
    int fd = open(allowed->path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT;
    struct path_rule rule = {.rights = rights_for(fd, allowed->rights & handled), .folder = fd};
    bool added =
        !rule.rights || syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) == 0;
    close(fd);
    return added;
}

bool landlock_enter(unsigned abi, uint64_t unhandled, const struct landlock_allowed *allowed,
                    unsigned scopes)
{
    uint64_t handled = rights_of(abi) & ~unhandled;
    struct ruleset asked = {.files = handled, .scopes = abi >= LANDLOCK_ABI_SCOPES ? scopes : 0};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &asked, sizeof(asked), 0);
    if (ruleset < 0)
        return false;
    bool done = true;
    for (; done && allowed->path; allowed++)
        done = add(ruleset, allowed, handled);
    done = done && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return done;
}
