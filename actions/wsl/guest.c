/* Recognises the guest and the times at which it started, from files alone. Nothing is asked of
 * Windows here.
 * Source: microsoft/WSL, src/linux/init/util.cpp (the kernel release names); proc(5).
 */
#include "actions/wsl/guest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whole small files of /proc; cut at the buffer's end. */
static const char *read_small(const char *path, char *buffer, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t got = 1;
    while (fd >= 0 && got > 0 && length < size - 1) {
        got = read(fd, buffer + length, size - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    if (fd >= 0)
        close(fd);
    buffer[length] = '\0';
    return buffer;
}

enum guest_kind guest_kind(void)
{
    char release[256];
    if (machine_is_wsl2())
        return GUEST_WSL2;
    read_small("/proc/sys/kernel/osrelease", release, sizeof(release));
    if (strstr(release, "microsoft"))
        return GUEST_CONTAINER;
    return strstr(release, "Microsoft") ? GUEST_WSL1 : GUEST_LINUX;
}

const char *guest_kind_reason(enum guest_kind kind)
{
    static const char *const reasons[] = {
        [GUEST_LINUX] = "this is not WSL",
        [GUEST_WSL1] = "this is WSL 1, which has no network of its own",
        [GUEST_WSL2] = "this is WSL 2",
        [GUEST_CONTAINER] = "this is a container: what it sees says nothing about WSL",
    };
    return reasons[kind];
}

int64_t guest_booted(void)
{
    /* btime stands behind one line per processor. */
    enum { STAT_LIMIT = 256 * 1024 };
    char *stat = malloc(STAT_LIMIT);
    if (!stat)
        return 0;
    const char *line = strstr(read_small("/proc/stat", stat, STAT_LIMIT), "\nbtime ");
    int64_t seconds = line ? strtoll(line + strlen("\nbtime "), NULL, 10) : 0;
    free(stat);
    return seconds > 0 && seconds < INT64_MAX / NS_PER_S ? seconds * NS_PER_S : 0;
}

/* Field 22 of /proc/1/stat, in clock ticks since the boot; the name in field 2 can hold anything.
 */
int64_t guest_started(void)
{
    enum { FIELD_STATE = 3, FIELD_START = 22 };
    char stat[1024];
    int64_t booted = guest_booted();
    const char *at = strrchr(read_small("/proc/1/stat", stat, sizeof(stat)), ')');
    for (int field = FIELD_STATE - 1; at && field < FIELD_START; field++)
        at = strchr(at + 1, ' ');
    int64_t ticks = at ? strtoll(at, NULL, 10) : 0;
    int64_t second = sysconf(_SC_CLK_TCK);
    if (!booted || ticks <= 0 || second <= 0 || ticks > INT64_MAX / NS_PER_S)
        return 0;
    return booted + ticks / second * NS_PER_S + ticks % second * NS_PER_S / second;
}

struct guest *guest_of(struct probe *probe)
{
    return probe_state(probe, sizeof(struct guest));
}

struct circumstances guest_circumstances(const struct guest *guest)
{
    return (struct circumstances){
        .settings = guest->settings,
        .edited = guest->edited,
        .mode = guest->mode,
        .mode_reason = guest->mode_reason,
        .windows = guest->windows,
    };
}
