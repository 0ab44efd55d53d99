/* Children by vfork(2) or, for helpers, fork(2), watched by pidfd_open(2).
 *
 * A process ends when its pidfd says so: a grandchild that keeps the pipes open is not waited for,
 * what is in the pipes by then is read. */
#include "engine/io/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/limits.h"
#include "engine/base/text.h"

enum { HELPER_OUT = 3 };

struct stream {
    struct process *process;
    struct watch *watch;
    int fd; /* -1: closed */
    struct text text;
    bool cut;
};

struct process {
    struct loop *loop;
    pid_t pid;
    int pidfd;
    struct watch *watch;
    struct stream output, errors;
    size_t limit;
    process_fn *done;
    void *data;
};

static void close_stream(struct stream *stream)
{
    if (stream->fd < 0)
        return;
    loop_unwatch(stream->process->loop, &stream->watch);
    close(stream->fd);
    stream->fd = -1;
}

static void keep(struct stream *stream, const char *bytes, size_t length)
{
    size_t room = stream->process->limit - stream->text.length;
    if (length > room)
        stream->cut = true;
    text_bytes(&stream->text, bytes, length < room ? length : room);
}

/* Reads what is there now. False at its end. */
static bool read_stream(struct stream *stream)
{
    char buffer[16 * 1024];
    for (;;) {
        ssize_t got = read(stream->fd, buffer, sizeof(buffer));
        if (got > 0)
            keep(stream, buffer, (size_t)got);
        else if (got == 0)
            return false;
        else if (errno != EINTR)
            return errno == EAGAIN;
        if (got == sizeof(buffer) && stream->cut)
            return true; /* a flood: let the loop see its deadlines */
    }
}

static void stream_ready(void *data, int fd, uint32_t events)
{
    (void)fd;
    (void)events;
    struct stream *stream = data;
    if (!read_stream(stream))
        close_stream(stream);
}

static struct process_output output_of(const struct stream *stream)
{
    return (struct process_output){
        .bytes = text_string(&stream->text), .length = stream->text.length, .cut = stream->cut};
}

static int reap(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return W_EXITCODE(0, SIGKILL);
    return status;
}

static void close_process(struct process *process)
{
    close_stream(&process->output);
    close_stream(&process->errors);
    loop_unwatch(process->loop, &process->watch);
    if (process->pidfd >= 0)
        close(process->pidfd);
    process->pidfd = -1;
}

static void process_ended(void *data, int fd, uint32_t events)
{
    (void)fd;
    (void)events;
    struct process *process = data;
    if (process->output.fd >= 0)
        read_stream(&process->output);
    if (process->errors.fd >= 0)
        read_stream(&process->errors);
    close_process(process);
    struct process_end end = {.status = reap(process->pid),
                              .output = output_of(&process->output),
                              .errors = output_of(&process->errors)};
    process->done(process->data, &end);
}

void process_kill(struct process **process)
{
    struct process *killed = *process;
    if (!killed)
        return;
    *process = NULL;
    bool running = killed->pidfd >= 0;
    close_process(killed);
    if (!running)
        return;
    kill(-killed->pid, SIGKILL);
    kill(killed->pid, SIGKILL);
    reap(killed->pid);
}

struct pipes {
    int output[2], errors[2];
};

static void close_pair(int pair[2])
{
    if (pair[0] >= 0)
        close(pair[0]);
    if (pair[1] >= 0)
        close(pair[1]);
    pair[0] = pair[1] = -1;
}

static void close_pipes(struct pipes *pipes)
{
    int code = errno;
    close_pair(pipes->output);
    close_pair(pipes->errors);
    errno = code;
}

static bool open_pair(int pair[2])
{
    if (pipe2(pair, O_CLOEXEC) != 0)
        return false;
    return fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0;
}

static bool watch_stream(struct process *process, struct stream *stream, int *fd)
{
    if (*fd < 0)
        return true;
    stream->fd = *fd;
    *fd = -1;
    stream->watch = loop_watch(process->loop, stream->fd, EPOLLIN, stream_ready, stream);
    return stream->watch != NULL;
}

/* Takes over the reading ends of `pipes`. */
static struct process *adopt(struct loop *loop, struct arena *arena, pid_t pid, size_t limit,
                             struct pipes *pipes, process_fn *done, void *data)
{
    struct process *process = arena_alloc(arena, sizeof(*process));
    *process =
        (struct process){.loop = loop, .pid = pid, .limit = limit, .done = done, .data = data};
    process->output = (struct stream){.process = process, .fd = -1, .text = text_new(arena)};
    process->errors = process->output;
    process->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (process->pidfd >= 0)
        process->watch = loop_watch(loop, process->pidfd, EPOLLIN, process_ended, process);
    bool watched = process->watch && watch_stream(process, &process->output, &pipes->output[0]) &&
                   watch_stream(process, &process->errors, &pipes->errors[0]);
    int code = errno;
    close_pipes(pipes);
    if (watched)
        return process;
    kill(pid, SIGKILL);
    if (process->pidfd < 0)
        reap(pid);
    process_kill(&process);
    errno = code;
    return NULL;
}

/* What the child leaves behind for its parent, whose memory it shares until it is the program:
 * volatile, since no compiler sees the one write what the other reads. */
struct failure {
    volatile int code;  /* 0: it has started */
    volatile bool told; /* the hook has filled the error in */
};

/* Handled signals become default by execve(2); those that are ignored would stay so. */
static void restore_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The child's own session, /dev/null, outputs, nothing else open. */
static bool arrange(const struct process_start *start, const struct pipes *pipes)
{
    if (setsid() < 0 || dup2(pipes->output[1], 1) < 0 || dup2(pipes->errors[1], 2) < 0)
        return false;
    int input = open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, 0) < 0)
        return false;
    if (start->inherited && start->inherited != 3 && dup2(start->inherited, 3) < 0)
        return false;
    if (start->inherited && fcntl(3, F_SETFD, 0) != 0)
        return false;
    closefrom(start->inherited ? 4 : 3);
    return !start->directory || chdir(start->directory) == 0;
}

_Noreturn static void become(const struct process_start *start, const struct pipes *pipes,
                             struct failure *failure, struct error *error)
{
    restore_signals();
    bool arranged = arrange(start, pipes);
    failure->code = errno;
    if (arranged && start->enter && !start->enter(start->enter_data, error)) {
        failure->code = error->code ? error->code : EPERM;
        failure->told = true;
    } else if (arranged) {
        failure->code = 0;
        execve(start->argv[0], (char *const *)start->argv, (char *const *)start->environment);
        failure->code = errno;
    }
    _exit(127);
}

/* vfork(2), since a hook has to run in the child and fork(2) takes several times as long. Signals
 * are blocked so that no handler of this process runs in the child, which has its memory. */
static pid_t spawn(const struct process_start *start, const struct pipes *pipes,
                   struct failure *failure, struct error *error)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = vfork();
    if (pid == 0)
        become(start, pipes, failure, error);
    if (pid < 0)
        failure->code = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (pid > 0 && failure->code)
        reap(pid);
    return pid;
}

struct process *process_run(struct loop *loop, struct arena *arena,
                            const struct process_start *start, process_fn *done, void *data,
                            struct error *error)
{
    struct pipes pipes = {{-1, -1}, {-1, -1}};
    struct failure failure = {0};
    pid_t pid = -1;
    if (open_pair(pipes.output) && open_pair(pipes.errors))
        pid = spawn(start, &pipes, &failure, error);
    else
        failure.code = errno;
    if (failure.code) {
        close_pipes(&pipes);
        if (!failure.told)
            error_system(error, failure.code, "cannot start '%s'", start->argv[0]);
        return NULL;
    }
    struct process *process = adopt(loop, arena, pid, start->limit, &pipes, done, data);
    if (!process)
        error_system(error, errno, "cannot watch '%s'", start->argv[0]);
    return process;
}

_Noreturn static void be_helper(const struct process_work *work, int out, pid_t parent)
{
    struct error error;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    setsid();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* A connection that a probe closes must not live on in here. */
    if (dup2(out, HELPER_OUT) != HELPER_OUT)
        _exit(1);
    closefrom(HELPER_OUT + 1);
    if (work->enter && !work->enter(work->enter_data, &error))
        _exit(1);
    work->work(work->input, work->length, HELPER_OUT);
    _exit(0);
}

struct process *process_help(struct loop *loop, struct arena *arena,
                             const struct process_work *work, process_fn *done, void *data,
                             struct error *error)
{
    struct pipes pipes = {{-1, -1}, {-1, -1}};
    pid_t parent = getpid();
    pid_t pid = open_pair(pipes.output) ? fork() : -1;
    if (pid == 0)
        be_helper(work, pipes.output[1], parent);
    struct process *process = NULL;
    if (pid > 0)
        process = adopt(loop, arena, pid, FILE_LIMIT, &pipes, done, data);
    if (process)
        return process;
    error_system(error, errno, "cannot start a helper process");
    close_pipes(&pipes);
    return NULL;
}
