#include "engine/io/awake.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/io/file.h"

enum { SLICE_MS = 1000 };

int awake_poll(struct pollfd *fds, nfds_t count, unsigned seconds)
{
    int ready = 0;
    for (unsigned spent = 0; ready <= 0 && spent < seconds; spent++)
        do
            ready = poll(fds, count, SLICE_MS);
        while (ready < 0 && errno == EINTR);
    return ready > 0 ? ready : 0;
}

short awake_wait(int fd, short events, unsigned seconds)
{
    struct pollfd there = {.fd = fd, .events = events};
    return awake_poll(&there, 1, seconds) ? there.revents : 0;
}

bool awake_reap(pid_t child, unsigned seconds, int *status)
{
    pid_t reaped;
    int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
    bool ended = pidfd < 0 || awake_wait(pidfd, POLLIN, seconds);
    if (pidfd >= 0)
        close(pidfd);
    do
        reaped = ended ? waitpid(child, status, 0) : -1;
    while (reaped < 0 && ended && errno == EINTR);
    return reaped == child;
}

bool is_stopped(pid_t pid)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct file_text stat;
    file_read_here(arena, arena_format(arena, "/proc/%d/stat", (int)pid), 4096, &stat);
    const char *name_end = stat.code ? NULL : strrchr(stat.bytes, ')');
    return name_end && text_starts(name_end, ") T");
}
