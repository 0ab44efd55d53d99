/* machine_is_wsl2() of engine/action.h, by WSL's own test: the kernel release names "microsoft" in
 * lower case, or, with a kernel of one's own, WSL's runtime folder is there. Files, never uname(2).
 * A container in a distro shares the kernel, not the network: it is not the guest. The runtime
 * folder outweighs a container's mark: a distro imported from a container image keeps that mark. */
#include "engine/io/machine.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/io/file.h"
#include "engine/io/mounts.h"
#include "engine/io/windows.h"

static bool is_container(void)
{
    return access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0;
}

bool machine_is_wsl2(void)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct file_text release;
    file_read_here(arena, "/proc/sys/kernel/osrelease", 4096, &release);
    bool stock = release.code == 0 && strstr(release.bytes, "microsoft") != NULL;
    bool wsl1 = release.code == 0 && strstr(release.bytes, "Microsoft") != NULL;
    bool runtime = access("/run/WSL", F_OK) == 0;
    return !wsl1 && (runtime || (stock && !is_container()));
}

const char *machine_drive(struct arena *arena, char letter)
{
    struct mounts *mounts = mounts_open(arena);
    const char *point = windows_drive(arena, mounts, letter);
    mounts_close(mounts);
    return point;
}

const char *machine_boot_id(struct arena *arena)
{
    struct file_text file;
    file_read_here(arena, "/proc/sys/kernel/random/boot_id", 4096, &file);
    return file.code ? "unknown" : arena_copy(arena, file.bytes, strcspn(file.bytes, "\n"));
}

/* Field 22; the name in field 2 can hold anything. */
uint64_t machine_started(void)
{
    enum { FIELD_STATE = 3, FIELD_START = 22 };
    struct arena *arena ARENA_AUTO = arena_new();
    struct file_text file;
    file_read_here(arena, "/proc/1/stat", 4096, &file);
    const char *at = file.code ? NULL : strrchr(file.bytes, ')');
    for (int field = FIELD_STATE - 1; at && field < FIELD_START; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at, NULL, 10) : 0;
}

const char *machine_program(struct arena *arena)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
    return length > 0 && length < PATH_MAX ? arena_copy(arena, path, (size_t)length) : NULL;
}
