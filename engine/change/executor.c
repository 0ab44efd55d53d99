/* Programs are found here and started without a shell; socket owners are read from /proc. */
#include "engine/change/executor.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/encoding.h"
#include "engine/base/limits.h"
#include "engine/io/windows.h"

static const char *environment_value(const struct executor *executor, const char *name)
{
    size_t length = strlen(name);
    for (const char *const *entry = executor->environment; *entry; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

/* As execvp(3) looks for it, in the PATH that the program itself will get. */
static const char *find_on_path(const struct executor *executor, struct arena *arena,
                                const char *name)
{
    if (strchr(name, '/'))
        return name;
    const char *path = environment_value(executor, "PATH");
    while (path && *path) {
        size_t length = strcspn(path, ":");
        const char *file = arena_format(arena, "%.*s/%s", (int)length, path, name);
        if (length > 0 && access(file, X_OK) == 0)
            return file;
        path += length + (path[length] == ':');
    }
    return NULL;
}

/* wsl.exe writes UTF-8 where WSL_UTF8=1 is set and WSLENV lets it through. */
static const char *const *windows_environment(const struct executor *executor, struct arena *arena)
{
    size_t count = 0;
    while (executor->environment[count])
        count++;
    const char **copy = arena_alloc(arena, (count + 3) * sizeof(*copy));
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!text_starts(executor->environment[i], "WSLENV=") &&
            !text_starts(executor->environment[i], "WSL_UTF8="))
            copy[kept++] = executor->environment[i];
    const char *passed = environment_value(executor, "WSLENV");
    copy[kept++] = "WSL_UTF8=1";
    copy[kept++] = arena_format(arena, "WSLENV=%s%sWSL_UTF8", passed ? passed : "",
                                passed && *passed ? ":" : "");
    return copy;
}

static bool locate(const struct executor *executor, struct arena *arena,
                   const struct program *program, struct process_start *start, struct error *error)
{
    const char *name = program->argv[0];
    start->environment = executor->environment;
    const char *path;
    if (program->windows) {
        struct windows_program found;
        if (!windows_find(arena, name, &found, error))
            return false;
        path = found.path;
        start->directory = found.directory;
        start->environment = windows_environment(executor, arena);
    } else {
        path = find_on_path(executor, arena, name);
    }
    if (!path) {
        error_set(error, "no such program: '%s'", name);
        error->code = ENOENT;
        return false;
    }
    size_t count = 0;
    while (program->argv[count])
        count++;
    const char **argv = arena_alloc(arena, (count + 1) * sizeof(*argv));
    memcpy(argv, program->argv, count * sizeof(*argv));
    argv[0] = path;
    start->argv = argv;
    return true;
}

/* The kernel's refusals, in the words of the field. */
static void explain(struct error *error, const struct program *program)
{
    if (error->code == ENOENT)
        error_set(error, "no such program: '%s'", program->argv[0]);
    else if (error->code == ENOEXEC && program->windows)
        error_hint(error,
                   "Windows interop is not registered (binfmt_misc); 'wsl.exe --shutdown' in "
                   "Windows brings it back");
    else if (error->code == EACCES && program->windows)
        error_hint(error, "Windows asks for an administrator; run it in an elevated terminal");
}

struct process *executor_run(const struct executor *executor, struct arena *arena,
                             const struct program *program, process_fn *done, void *data,
                             struct error *error)
{
    struct process_start start = {.limit = program->limit ? program->limit : LIMIT_OUTPUT_BYTES};
    if (!locate(executor, arena, program, &start, error))
        return NULL;
    struct process *process = process_run(executor->loop, arena, &start, done, data, error);
    if (!process)
        explain(error, program);
    return process;
}

struct program_result executor_result(struct arena *arena, const struct process_end *end)
{
    struct program_result result = {.cut = end->output.cut || end->errors.cut};
    result.killed = WIFSIGNALED(end->status);
    result.status = result.killed ? 128 + WTERMSIG(end->status) : WEXITSTATUS(end->status);
    result.output =
        decode_text(arena, end->output.bytes, end->output.length, &result.output_length);
    result.errors =
        decode_text(arena, end->errors.bytes, end->errors.length, &result.errors_length);
    return result;
}

/* ---- constant programs ---- */

struct recalled {
    struct recalled *next;
    const char *const *argv;
    struct program_result result;
};

static bool same_argv(const char *const *a, const char *const *b)
{
    size_t i = 0;
    while (a[i] && b[i] && text_equal(a[i], b[i]))
        i++;
    return !a[i] && !b[i];
}

const struct program_result *executor_recall(const struct executor *executor,
                                             const struct program *program)
{
    struct recalled *at = program->constant && executor->recall ? executor->recall->first : NULL;
    while (at && !same_argv(at->argv, program->argv))
        at = at->next;
    return at ? &at->result : NULL;
}

void executor_remember(const struct executor *executor, const struct program *program,
                       const struct program_result *result)
{
    struct recall *recall = executor->recall;
    if (!program->constant || !recall || result->failure || result->status != 0)
        return;
    struct recalled *recalled = arena_alloc(recall->arena, sizeof(*recalled));
    *recalled = (struct recalled){
        .next = recall->first, .argv = argv_copy(recall->arena, program->argv), .result = *result};
    recalled->result.output = arena_copy(recall->arena, result->output, result->output_length);
    recalled->result.errors = arena_copy(recall->arena, result->errors, result->errors_length);
    recall->first = recalled;
}

struct wait {
    struct arena *arena;
    struct program_result result;
    bool over;
};

static void wait_ended(void *data, const struct process_end *end)
{
    struct wait *wait = data;
    wait->result = executor_result(wait->arena, end);
    wait->over = true;
}

static void wait_expired(void *data)
{
    struct wait *wait = data;
    wait->result.failure = "it did not end in time";
    wait->over = true;
}

struct program_result executor_run_wait(const struct executor *executor, struct arena *arena,
                                        const struct program *program, int64_t deadline)
{
    struct wait wait = {.arena = arena};
    struct error error;
    struct process *process = executor_run(executor, arena, program, wait_ended, &wait, &error);
    if (!process)
        return (struct program_result){.failure = arena_string(arena, error.message),
                                       .failure_code = error.code};
    struct timer *timer = loop_timer(executor->loop, deadline, wait_expired, &wait);
    while (!wait.over && loop_turn(executor->loop))
        continue;
    if (!wait.result.failure)
        loop_cancel(executor->loop, &timer);
    process_kill(&process);
    return wait.result;
}

int executor_raw_icmp(int family, struct error *error)
{
    int protocol = family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
    int fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0)
        error_system(error, errno, "cannot open a raw ICMP socket");
    return fd;
}

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

void executor_socket_owners(struct socket_owner *owners, size_t count)
{
    DIR *processes = opendir("/proc");
    if (!processes)
        return;
    for (struct dirent *entry; (entry = readdir(processes));)
        if (isdigit((unsigned char)entry->d_name[0]))
            search_process((pid_t)strtol(entry->d_name, NULL, 10), owners, count);
    closedir(processes);
}
