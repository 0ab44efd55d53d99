/* Reads another thread through /proc, process_vm_readv(2) and pidfd_getfd(2). Paths are resolved as
 * the tracer sees them: a tracee with a root of its own is not followed there. */
#include "tests/faults/look.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096, PROC_PATH = 64 };

/* Page by page: what lies beyond the last readable page is not asked for. */
size_t look_memory(pid_t tid, uint64_t address, void *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        size_t part = PAGE - (address + done) % PAGE;
        part = part < size - done ? part : size - done;
        struct iovec here = {(char *)bytes + done, part};
        struct iovec there = {(void *)(uintptr_t)(address + done), part};
        if (process_vm_readv(tid, &here, 1, &there, 1, 0) != (ssize_t)part)
            break;
        done += part;
    }
    return done;
}

/* At most size - 1 bytes of text, page by page until it ends. */
static void read_text(pid_t tid, uint64_t address, char *text, size_t size)
{
    size_t done = 0;
    while (done + 1 < size) {
        size_t part = PAGE - (address + done) % PAGE;
        part = part < size - 1 - done ? part : size - 1 - done;
        size_t got = look_memory(tid, address + done, text + done, part);
        if (memchr(text + done, '\0', got))
            return;
        done += got;
        if (got < part)
            break;
    }
    text[done] = '\0';
}

static void read_link(const char *link, char path[PATH_MAX])
{
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0)
        length = snprintf(path, PATH_MAX, "?");
    path[length] = '\0';
}

void look_descriptor(pid_t tid, int fd, char path[PATH_MAX])
{
    char link[PROC_PATH];
    snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)tid, fd);
    read_link(link, path);
}

static void read_folder(pid_t tid, int folder, char path[PATH_MAX])
{
    char link[PROC_PATH];
    if (folder != AT_FDCWD) {
        look_descriptor(tid, folder, path);
        return;
    }
    snprintf(link, sizeof(link), "/proc/%d/cwd", (int)tid);
    read_link(link, path);
}

void look_path(pid_t tid, int folder, uint64_t address, char path[PATH_MAX])
{
    static const char own[] = "/proc/self/fd/";
    char text[PATH_MAX] = "";
    if (address)
        read_text(tid, address, text, sizeof(text));
    if (strncmp(text, own, strlen(own)) == 0) {
        look_descriptor(tid, atoi(text + strlen(own)), path);
        return;
    }
    path[0] = '\0';
    if (text[0] != '/')
        read_folder(tid, folder, path);
    size_t length = strlen(path);
    if (text[0])
        snprintf(path + length, PATH_MAX - length, "%s%s", text[0] == '/' ? "" : "/", text);
}

bool look_is_own(const char *path)
{
    return strncmp(path, "/proc/", 6) == 0 && strncmp(path, "/proc/sys/", 10) != 0;
}

bool look_is_file(pid_t tid, int fd)
{
    char path[PATH_MAX];
    struct stat status;
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)tid, fd);
    if (stat(path, &status) != 0 ||
        !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode)))
        return false;
    look_descriptor(tid, fd, path);
    return strncmp(path, "/memfd:", 7) != 0 && !look_is_own(path);
}

/* pidfd_open(2) knows processes, not threads. */
static pid_t process_of(pid_t tid)
{
    char path[PROC_PATH], line[256];
    int process = tid;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
    FILE *status = fopen(path, "re");
    while (status && fgets(line, sizeof(line), status))
        if (sscanf(line, "Tgid: %d", &process) == 1)
            break;
    if (status)
        fclose(status);
    return process;
}

bool look_socket(pid_t tid, int fd, int *domain, int *protocol)
{
    int process = (int)syscall(SYS_pidfd_open, process_of(tid), 0);
    int copy = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, fd, 0);
    socklen_t size = sizeof(int);
    bool is = copy >= 0 && getsockopt(copy, SOL_SOCKET, SO_DOMAIN, domain, &size) == 0 &&
              getsockopt(copy, SOL_SOCKET, SO_PROTOCOL, protocol, &size) == 0;
    if (copy >= 0)
        close(copy);
    if (process >= 0)
        close(process);
    return is;
}

/* What a file of /proc holds, up to size - 1 bytes; how many. */
static size_t read_proc(pid_t tid, const char *name, char *bytes, size_t size)
{
    char path[PROC_PATH];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)tid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, bytes, size - 1);
    if (fd >= 0)
        close(fd);
    bytes[length > 0 ? length : 0] = '\0';
    return length > 0 ? (size_t)length : 0;
}

void look_name(pid_t tid, char name[LOOK_NAME_MAX])
{
    read_proc(tid, "comm", name, LOOK_NAME_MAX);
    name[strcspn(name, "\n")] = '\0';
}

/* The interpreter and its options stand before the program's own name: /init, python3 -ISE. */
bool look_is_windows(pid_t tid)
{
    enum { WORDS = 4 };
    char line[2048];
    size_t length = read_proc(tid, "cmdline", line, sizeof(line));
    const char *word = line;
    for (int i = 0; i < WORDS && word < line + length; i++, word += strlen(word) + 1) {
        size_t size = strlen(word);
        if (size > 4 && strcasecmp(word + size - 4, ".exe") == 0)
            return true;
    }
    return false;
}
