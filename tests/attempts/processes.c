/* Other processes, their descriptors, signals, priorities and terminals. The ways that would end
 * the victim come last. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tests/attempts/attempts.h"

static int open_of_victim(const struct target *target, const char *file, int flags)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)target->victim, file);
    return open(path, flags);
}

ATTEMPT(trace)
{
    long result = ptrace(PTRACE_SEIZE, target->victim, 0, 0);
    return result;
}

ATTEMPT(attach)
{
    long result = ptrace(PTRACE_ATTACH, target->victim, 0, 0);
    if (result == 0 && waitpid(target->victim, NULL, 0) > 0)
        ptrace(PTRACE_DETACH, target->victim, 0, 0);
    return result;
}

ATTEMPT(write_memory)
{
    char byte = 0;
    struct iovec here = {&byte, 1}, there = {(void *)(uintptr_t)4096, 1};
    return process_vm_writev(target->victim, &here, 1, &there, 1, 0);
}

ATTEMPT(memory_by_proc)
{
    return open_of_victim(target, "mem", O_RDWR);
}

ATTEMPT(take_descriptor)
{
    int pidfd = (int)syscall(SYS_pidfd_open, target->victim, 0);
    return syscall(SYS_pidfd_getfd, pidfd, 0, 0);
}

ATTEMPT(descriptor_by_proc)
{
    return open_of_victim(target, "fd/0", O_RDONLY);
}

ATTEMPT(compare)
{
    return syscall(SYS_kcmp, target->victim, target->victim, 0, 0, 0);
}

ATTEMPT(advise)
{
    int pidfd = (int)syscall(SYS_pidfd_open, target->victim, 0);
    struct iovec nothing = {0};
    return syscall(SYS_process_madvise, pidfd, &nothing, 0, MADV_COLD, 0);
}

/* Descriptors that were left open for it: beyond 0, 1 and 2 there must be none. */
ATTEMPT(inherited)
{
    errno = EPERM;
    for (int fd = 3; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            return 0;
    errno = EPERM;
    return -1;
}

ATTEMPT(limit)
{
    struct rlimit asked = {99, 99};
    return prlimit(target->victim, RLIMIT_NOFILE, &asked, NULL);
}

ATTEMPT(nice_process)
{
    return setpriority(PRIO_PROCESS, (id_t)target->victim, 7);
}

ATTEMPT(nice_user)
{
    return setpriority(PRIO_USER, 0, 7);
}

ATTEMPT(affinity)
{
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    return sched_setaffinity(target->victim, sizeof(first), &first);
}

ATTEMPT(schedule)
{
    struct sched_param parameters = {0};
    return sched_setscheduler(target->victim, SCHED_IDLE, &parameters);
}

ATTEMPT(input_output)
{
    return syscall(SYS_ioprio_set, 1, target->victim, 3 << 13);
}

ATTEMPT(memory_score)
{
    return open_of_victim(target, "oom_score_adj", O_WRONLY);
}

ATTEMPT(move_pages_of_victim)
{
    return syscall(SYS_migrate_pages, target->victim, 0, NULL, NULL);
}

ATTEMPT(type_ahead)
{
    return ioctl(open(target->terminal, O_RDONLY | O_NOCTTY), TIOCSTI, "x");
}

ATTEMPT(terminal_mode)
{
    int fd = open(target->terminal, O_RDONLY | O_NOCTTY);
    struct termios mode = {0};
    return ioctl(fd, TCSETS, &mode);
}

ATTEMPT(terminal_write)
{
    return open(target->terminal, O_WRONLY | O_NOCTTY);
}

ATTEMPT(new_terminal)
{
    return open("/dev/ptmx", O_RDWR | O_NOCTTY);
}

ATTEMPT(line_discipline)
{
    int other = 3;
    return ioctl(open(target->terminal, O_RDONLY | O_NOCTTY), TIOCSETD, &other);
}

/* ---- signals --------------------------------------------------------------------------------- */

ATTEMPT(stop)
{
    return kill(target->victim, SIGSTOP);
}

ATTEMPT(stop_thread)
{
    return syscall(SYS_tkill, target->victim, SIGSTOP);
}

ATTEMPT(stop_thread_of_group)
{
    return syscall(SYS_tgkill, target->victim, target->victim, SIGSTOP);
}

ATTEMPT(queue)
{
    siginfo_t info = {.si_code = SI_QUEUE};
    return syscall(SYS_rt_sigqueueinfo, target->victim, SIGSTOP, &info);
}

ATTEMPT(queue_thread)
{
    siginfo_t info = {.si_code = SI_QUEUE};
    return syscall(SYS_rt_tgsigqueueinfo, target->victim, target->victim, SIGSTOP, &info);
}

ATTEMPT(stop_by_pidfd)
{
    int pidfd = (int)syscall(SYS_pidfd_open, target->victim, 0);
    return syscall(SYS_pidfd_send_signal, pidfd, SIGSTOP, NULL, 0);
}

ATTEMPT(stop_parent_group)
{
    return kill(-target->victim, SIGSTOP);
}

/* The kernel signals the owner of a descriptor with a signal of one's choice. */
ATTEMPT(stop_by_owner)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 && pipe(pair) != 0)
        return -1;
    if (fcntl(pair[0], F_SETOWN, target->victim) != 0)
        return -1;
    return fcntl(pair[0], F_SETSIG, SIGCONT);
}

/* ---- harmless -------------------------------------------------------------------------------- */

ATTEMPT(own_session)
{
    return setsid();
}

ATTEMPT(own_memory)
{
    int fd = memfd_create("own", 0);
    return fd < 0 || ftruncate(fd, 4096) != 0 ? -1 : write(fd, "x", 1);
}

ATTEMPT(own_child)
{
    pid_t child = fork();
    if (child == 0) {
        usleep(50000);
        _exit(0);
    }
    long result = kill(child, SIGKILL);
    int code = errno;
    waitpid(child, NULL, 0);
    errno = code;
    return result;
}

ATTEMPT(discard)
{
    return open("/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0666);
}

ATTEMPT(own_priority)
{
    return setpriority(PRIO_PROCESS, 0, 5);
}

const struct attempt process_attempts[] = {
    {"processes", "ptrace, seize", trace, REFUSED, false},
    {"processes", "ptrace, attach", attach, REFUSED, false},
    {"processes", "process_vm_writev", write_memory, REFUSED, true},
    {"processes", "/proc/PID/mem", memory_by_proc, REFUSED, false},
    {"processes", "pidfd_getfd", take_descriptor, REFUSED, false},
    {"processes", "/proc/PID/fd", descriptor_by_proc, REFUSED, false},
    {"processes", "kcmp", compare, REFUSED, false},
    {"processes", "process_madvise", advise, REFUSED, true},
    {"processes", "inherited descriptors", inherited, REFUSED, false},
    {"priorities", "prlimit", limit, REFUSED, false},
    {"priorities", "setpriority of a process", nice_process, REFUSED, false},
    {"priorities", "setpriority of a user", nice_user, REFUSED, false},
    {"priorities", "sched_setaffinity", affinity, REFUSED, false},
    {"priorities", "sched_setscheduler", schedule, REFUSED, false},
    {"priorities", "ioprio_set", input_output, REFUSED, false},
    {"priorities", "/proc/PID/oom_score_adj", memory_score, REFUSED, false},
    {"priorities", "migrate_pages", move_pages_of_victim, REFUSED, true},
    {"terminals", "TIOCSTI", type_ahead, REFUSED, true},
    {"terminals", "TCSETS", terminal_mode, REFUSED, false},
    {"terminals", "write", terminal_write, REFUSED, false},
    {"terminals", "a new one", new_terminal, REFUSED, false},
    {"terminals", "TIOCSETD", line_discipline, REFUSED, true},
    {"signals", "kill", stop, REFUSED, false},
    {"signals", "tkill", stop_thread, REFUSED, false},
    {"signals", "tgkill", stop_thread_of_group, REFUSED, false},
    {"signals", "rt_sigqueueinfo", queue, REFUSED, false},
    {"signals", "rt_tgsigqueueinfo", queue_thread, REFUSED, false},
    {"signals", "pidfd_send_signal", stop_by_pidfd, REFUSED, false},
    {"signals", "kill of a group", stop_parent_group, REFUSED, false},
    {"signals", "F_SETOWN and F_SETSIG", stop_by_owner, REFUSED, false},
    {"harmless", "setsid", own_session, OPEN, false},
    {"harmless", "memfd_create", own_memory, OPEN, false},
    {"harmless", "kill one's own child", own_child, OPEN, false},
    {"harmless", "write to /dev/null", discard, OPEN, false},
    {"harmless", "nice of oneself", own_priority, OPEN, false},
    {0}};
