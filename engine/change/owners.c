/* Read from proc_pid_fd(5): only a process with the right to trace the others sees them all. */
#include "engine/change/owners.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static void read_command_name(pid_t pid, char name[16])
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, name, 15);
    if (fd >= 0)
        close(fd);
    name[length > 0 ? length : 0] = '\0';
    name[strcspn(name, "\n")] = '\0';
}

static void claim(struct socket_owner *owners, size_t count, uint64_t inode, pid_t pid)
{
    for (size_t i = 0; i < count; i++) {
        if (owners[i].inode != inode || owners[i].pid)
            continue;
        owners[i].pid = pid;
        read_command_name(pid, owners[i].process);
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

void owners_find(struct socket_owner *owners, size_t count)
{
    DIR *processes = opendir("/proc");
    if (!processes)
        return;
    for (struct dirent *entry; (entry = readdir(processes));)
        if (isdigit((unsigned char)entry->d_name[0]))
            search_process((pid_t)strtol(entry->d_name, NULL, 10), owners, count);
    closedir(processes);
}
