/* Read from proc_pid_fd(5): only a process with the right to trace the others sees them all. */
#include "engine/change/owners.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "engine/io/awake.h"
#include "engine/io/channel.h"
#include "engine/io/sandbox.h"

/* "socket:[12345]" */
static uint64_t socket_inode(int folder, const char *name)
{
    char target[64];
    ssize_t length = readlinkat(folder, name, target, sizeof(target) - 1);
    if (length < 0)
        return 0;
    target[length] = '\0';
    return text_starts(target, "socket:[") ? strtoull(target + 8, NULL, 10) : 0;
}

static void read_command_name(struct socket_owner *owner)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)owner->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, owner->process, sizeof(owner->process) - 1);
    if (fd >= 0)
        close(fd);
    owner->process[length > 0 ? length : 0] = '\0';
    owner->process[strcspn(owner->process, "\n")] = '\0';
}

static void claim(struct socket_owner *owners, size_t count, uint64_t inode, pid_t pid)
{
    for (size_t i = 0; i < count; i++) {
        if (owners[i].inode != inode || owners[i].pid)
            continue;
        owners[i].pid = pid;
        read_command_name(&owners[i]);
    }
}

static void search_process(pid_t pid, struct socket_owner *owners, size_t count)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        uint64_t inode = socket_inode(dirfd(folder), entry->d_name);
        if (inode)
            claim(owners, count, inode, pid);
    }
    closedir(folder);
}

static void find(struct socket_owner *owners, size_t count)
{
    DIR *processes = opendir("/proc");
    if (!processes)
        return;
    for (struct dirent *entry; (entry = readdir(processes));)
        if (isdigit((unsigned char)entry->d_name[0]))
            search_process((pid_t)strtol(entry->d_name, NULL, 10), owners, count);
    closedir(processes);
}

/* ---- the finder ---- */

enum { PATIENCE_S = 5, DEATH_S = 1 };

struct owners_finder {
    pid_t pid;
    struct channel *channel;
};

/* Questions and answers are arrays of struct socket_owner: it is the same program. */
_Noreturn static void be_finder(int end, pid_t parent)
{
    struct error error;
    struct sandbox_state state;
    struct message message;
    struct channel *channel = channel_open(end);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || !sandbox_enter(SANDBOX_OWNERS, 0, &state, &error))
        _exit(1);
    while (!channel_ended(channel)) {
        if (!channel_wait(channel))
            continue;
        while (channel_take(channel, &message)) {
            find((struct socket_owner *)message.bytes,
                 message.length / sizeof(struct socket_owner));
            channel_send(channel, 0, message.bytes, message.length, -1);
        }
    }
    _exit(0);
}

struct owners_finder *owners_start(struct arena *arena, struct error *error)
{
    int ends[2];
    pid_t self = getpid();
    struct owners_finder *finder = arena_alloc(arena, sizeof(*finder));
    if (!channel_pair(ends, error))
        return NULL;
    finder->pid = fork();
    if (finder->pid == 0) {
        close(ends[0]);
        be_finder(ends[1], self);
    }
    close(ends[1]);
    if (finder->pid > 0) {
        finder->channel = channel_open(ends[0]);
        return finder;
    }
    error_system(error, errno, "cannot start the process that finds the owners of sockets");
    close(ends[0]);
    return NULL;
}

void owners_leave(struct owners_finder *finder)
{
    channel_close(&finder->channel);
}

void owners_end(struct owners_finder *finder)
{
    int status;
    channel_close(&finder->channel);
    (void)awake_reap(finder->pid, DEATH_S,
                     &status); /* else init does it: it ends with the channel */
}

void owners_find(struct owners_finder *finder, struct socket_owner *owners, size_t count)
{
    struct message message = {.length = 0};
    size_t size = count * sizeof(*owners);
    if (!finder) {
        find(owners, count);
        return;
    }
    channel_send(finder->channel, 0, (const char *)owners, size, -1);
    unsigned silence = 0;
    while (!channel_take(finder->channel, &message) && !channel_ended(finder->channel))
        if (!channel_wait(finder->channel) && ++silence == PATIENCE_S)
            channel_give_up(finder->channel); /* an answer that comes late is to another question */
    if (message.length == size)
        memcpy(owners, message.bytes, size);
}
