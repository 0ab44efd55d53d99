/* Forked twice, so that it is nobody's child: the shell does not wait for it, and init reaps it. */
#include "engine/change/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/change/past.h"

enum { GUARD_PIPE = 3, GUARD_EXECUTOR = 4 };

/* The executor is dead, or hangs: then it is ended first. */
static void take_back(const struct guard_options *options)
{
    struct error error;
    struct past past;
    struct loop *loop = loop_new(&error);
    struct programs programs = {.loop = loop, .environment = options->environment};
    if (!loop || !past_open(&past, &programs, options->registry, options->folder, options->run,
                            PAST_UNSETTLED, true, &error))
        return;
    if (past.run.state == RUN_OPEN)
        past_undo(&past, false, &error);
    else
        past_finish(&past, &error);
    past_close(&past);
}

static bool is_settled(int pidfd)
{
    char word;
    struct pollfd alarm = {.fd = GUARD_PIPE, .events = POLLIN};
    int ready;
    do
        ready = poll(&alarm, 1, GUARD_PATIENCE_S * 1000);
    while (ready < 0 && errno == EINTR);
    if (ready == 0 && pidfd >= 0)
        syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    return ready > 0 && read(GUARD_PIPE, &word, 1) == 1;
}

/* Nothing of the executor stays open but the pipe and the way to end it. */
static bool keep_only(int pipe_end, int pidfd)
{
    int high_pipe = fcntl(pipe_end, F_DUPFD, GUARD_EXECUTOR + 1);
    int high_pidfd = pidfd >= 0 ? fcntl(pidfd, F_DUPFD, GUARD_EXECUTOR + 1) : -1;
    int null = open("/dev/null", O_RDWR);
    if (high_pipe < 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
        dup2(high_pipe, GUARD_PIPE) < 0 ||
        (high_pidfd >= 0 && dup2(high_pidfd, GUARD_EXECUTOR) < 0))
        return false;
    closefrom(high_pidfd >= 0 ? GUARD_EXECUTOR + 1 : GUARD_PIPE + 1);
    return chdir("/") == 0;
}

_Noreturn static void be_guard(const struct guard_options *options, int pipe_end, int pidfd)
{
    if (!keep_only(pipe_end, pidfd))
        _exit(EXIT_FAILURE);
    prctl(PR_SET_NAME, "playbook-guard");
    if (!is_settled(pidfd >= 0 ? GUARD_EXECUTOR : -1))
        take_back(options);
    _exit(EXIT_SUCCESS);
}

/* Between the two forks. What comes next is deaf from its birth. */
_Noreturn static void be_parent(const struct guard_options *options, int pipe_end, pid_t executor)
{
    static const int deaf[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGTSTP};
    for (size_t i = 0; i < sizeof(deaf) / sizeof(deaf[0]); i++)
        signal(deaf[i], SIG_IGN);
    int pidfd = (int)syscall(SYS_pidfd_open, executor, 0);
    pid_t guard = setsid() < 0 ? -1 : fork();
    if (guard == 0)
        be_guard(options, pipe_end, pidfd);
    _exit(guard > 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static bool started(pid_t pid)
{
    int status = -1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

int guard_start(const struct guard_options *options, struct error *error)
{
    int ends[2];
    pid_t self = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0) {
        error_system(error, errno, "cannot make a pipe to the guard");
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        be_parent(options, ends[0], self);
    }
    int code = errno;
    close(ends[0]);
    if (started(pid))
        return ends[1];
    if (pid < 0)
        error_system(error, code, "cannot start the guard that would take the changes back");
    else
        error_set(error, "cannot start the guard that would take the changes back");
    close(ends[1]);
    return -1;
}

void guard_settle(int *guard)
{
    if (*guard < 0)
        return;
    while (write(*guard, "s", 1) < 0 && errno == EINTR)
        continue;
    close(*guard);
    *guard = -1;
}
