/* Children by vfork(2) or, for helpers, fork(2), watched by pidfd_open(2).
 *
 * A process ends when its pidfd says so: a grandchild that keeps the pipes open is not waited for,
 * what is in the pipes by then is read. */
#include "engine/io/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/limits.h"
#include "engine/base/text.h"

enum { HELPER_OUT = 3, DEATH_MS = 100, READ_SIZE = 16 * 1024 };

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
    struct stream report; /* a struct error of one that never became the program */
    size_t limit;
    struct program_bounds bounds;
    struct timer *timer; /* when the next of them is due */
    int64_t began, wrote;
    struct program_course course;
    process_fn *done;
    void *data;
};

/* The end is seen as that of any other process. */
static void stop(struct process *process)
{
    process->course.stopped = true;
    kill(-process->pid, SIGKILL);
}

static int64_t earlier(int64_t due, int64_t from, int64_t bound)
{
    return bound && from + bound < due ? from + bound : due;
}

static void watch_bounds(void *data)
{
    struct process *process = data;
    int64_t due = earlier(INT64_MAX, process->began, process->bounds.longest);
    due = earlier(due, process->wrote, process->bounds.quiet);
    process->timer = NULL;
    if (due <= loop_now())
        stop(process);
    else if (due < INT64_MAX)
        process->timer = loop_timer(process->loop, due, watch_bounds, process);
}

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
    struct process *process = stream->process;
    size_t room = process->limit - stream->text.length;
    if (length > room)
        stream->cut = true;
    text_bytes(&stream->text, bytes, length < room ? length : room);
    process->wrote = loop_now();
    if (stream == &process->output)
        process->course.written += length;
    if (process->bounds.enough && process->course.written >= process->bounds.enough &&
        !process->course.stopped)
        stop(process);
}

/* Reads what is there now. False at its end. */
static bool read_stream(struct stream *stream)
{
    char buffer[READ_SIZE];
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

void child_end(pid_t pid)
{
    bool group = kill(-pid, SIGKILL) == 0;
    if (kill(pid, SIGKILL) != 0 && !group)
        return;
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd death = {.fd = pidfd, .events = POLLIN};
    if (pidfd < 0 || poll(&death, 1, DEATH_MS) > 0)
        reap(pid);
    if (pidfd >= 0)
        close(pidfd);
}

static void close_process(struct process *process)
{
    close_stream(&process->output);
    close_stream(&process->errors);
    close_stream(&process->report);
    loop_cancel(process->loop, &process->timer);
    loop_unwatch(process->loop, &process->watch);
    if (process->pidfd >= 0)
        close(process->pidfd);
    process->pidfd = -1;
}

/* As much as was there at the end: a grandchild may go on writing. */
static void read_rest(struct stream *stream)
{
    int left = 0;
    if (stream->fd < 0 || ioctl(stream->fd, FIONREAD, &left) != 0)
        return;
    for (; left > 0; left -= READ_SIZE)
        read_stream(stream);
}

/* What a child writes there is one struct error, whole or not at all (pipe(7), PIPE_BUF). */
static const struct error *failure_of(const struct process *process)
{
    const struct text *report = &process->report.text;
    struct error *failure = NULL;
    if (report->length == sizeof(*failure)) {
        failure = arena_alloc(report->arena, sizeof(*failure));
        memcpy(failure, report->at, sizeof(*failure));
    }
    return failure;
}

static void process_ended(void *data, int fd, uint32_t events)
{
    (void)fd;
    (void)events;
    struct process *process = data;
    int64_t ended = loop_now();
    process->bounds = (struct program_bounds){0};
    read_rest(&process->output);
    read_rest(&process->errors);
    read_rest(&process->report);
    close_process(process);
    process->course.took = process->wrote - process->began;
    process->course.silence = ended > process->wrote ? ended - process->wrote : 0;
    struct process_end end = {.failure = failure_of(process),
                              .status = reap(process->pid),
                              .output = output_of(&process->output),
                              .errors = output_of(&process->errors),
                              .course = process->course};
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
    if (running)
        child_end(killed->pid);
}

struct pipes {
    int output[2], errors[2], report[2];
};

static const struct pipes no_pipes = {{-1, -1}, {-1, -1}, {-1, -1}};

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
    close_pair(pipes->report);
    errno = code;
}

static bool open_pair(int pair[2])
{
    if (pipe2(pair, O_CLOEXEC) != 0)
        return false;
    return fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0;
}

static struct stream stream_new(struct process *process, struct arena *arena)
{
    return (struct stream){.process = process, .fd = -1, .text = text_new(arena)};
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
    process->began = process->wrote = loop_now();
    process->output = stream_new(process, arena);
    process->errors = stream_new(process, arena);
    process->report = stream_new(process, arena);
    process->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (process->pidfd >= 0)
        process->watch = loop_watch(loop, process->pidfd, EPOLLIN, process_ended, process);
    bool watched = process->watch && watch_stream(process, &process->output, &pipes->output[0]) &&
                   watch_stream(process, &process->errors, &pipes->errors[0]) &&
                   watch_stream(process, &process->report, &pipes->report[0]);
    int code = errno;
    close_pipes(pipes);
    if (watched)
        return process;
    close_process(process);
    child_end(pid);
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

bool child_is_mute(void)
{
    int null = open("/dev/null", O_RDONLY);
    return null >= 0 && dup2(null, 0) == 0 && dup2(null, 1) == 1 && dup2(null, 2) == 2;
}

/* The child's own session, /dev/null, outputs, what it inherits as 3, the way to report a failure
 * behind that, nothing else open. `*report` is moved out of their way first. */
static bool arrange(const struct process_start *start, const struct pipes *pipes, int *report)
{
    enum { FREE = 16 };
    int open_first = 3;
    if (*report >= 0)
        *report = fcntl(*report, F_DUPFD_CLOEXEC, FREE);
    if (setsid() < 0 || dup2(pipes->output[1], 1) < 0 || dup2(pipes->errors[1], 2) < 0)
        return false;
    int input = open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, 0) < 0)
        return false;
    if (start->inherited) {
        if ((start->inherited != 3 && dup2(start->inherited, 3) < 0) || fcntl(3, F_SETFD, 0) != 0)
            return false;
        open_first = 4;
    }
    if (*report >= 0)
        *report = dup3(*report, open_first++, O_CLOEXEC);
    closefrom(open_first);
    return true;
}

/* As execvp(3): what is not there, or may not be executed, is passed over. Returns the errno, with
 * argv[0] as the path that it is about. */
static int execute(const struct process_start *start)
{
    const char *forbidden = NULL;
    for (const struct process_image *image = start->images; image->path; image++) {
        start->argv[0] = image->path;
        if (!image->directory || chdir(image->directory) == 0)
            execve(image->path, (char *const *)start->argv, (char *const *)start->environment);
        if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
            return errno;
        if (errno == EACCES && !forbidden)
            forbidden = image->path;
    }
    if (!forbidden)
        return ENOENT;
    start->argv[0] = forbidden;
    return EACCES;
}

/* Returns where it cannot become the program. */
static void become(const struct process_start *start, const struct pipes *pipes, int *report,
                   struct failure *failure, struct error *error)
{
    restore_signals();
    bool arranged = arrange(start, pipes, report);
    failure->code = errno;
    if (arranged && start->enter && !start->enter(start->enter_data, error)) {
        failure->code = error->code ? error->code : EPERM;
        failure->told = true;
    } else if (arranged) {
        failure->code = 0;
        failure->code = execute(start);
    }
}

static void tell_failure(const struct process_start *start, const struct failure *failure,
                         struct error *error)
{
    if (!failure->told)
        error_system(error, failure->code, "cannot start '%s'", start->argv[0]);
}

/* vfork(2), since a hook has to run in the child and fork(2) takes several times as long. Signals
 * are blocked so that no handler of this process runs in the child, which has its memory. */
static pid_t spawn(const struct process_start *start, const struct pipes *pipes,
                   struct error *error)
{
    struct failure failure = {0};
    sigset_t all, before;
    int none = -1;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = vfork();
    if (pid == 0) {
        become(start, pipes, &none, &failure, error);
        _exit(127);
    }
    if (pid < 0)
        failure.code = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (failure.code)
        tell_failure(start, &failure, error);
    if (pid > 0 && failure.code)
        reap(pid);
    return failure.code ? -1 : pid;
}

/* The parent of vfork(2) would hang with its child in execve(2). */
static pid_t spawn_apart(const struct process_start *start, struct pipes *pipes,
                         struct error *error)
{
    struct failure failure = {0};
    pid_t pid = open_pair(pipes->report) ? fork() : -1;
    if (pid == 0) {
        int report = pipes->report[1];
        become(start, pipes, &report, &failure, error);
        tell_failure(start, &failure, error);
        _exit(write(report, error, sizeof(*error)) == sizeof(*error) ? 127 : 126);
    }
    if (pid < 0)
        error_system(error, errno, "cannot start '%s'", start->argv[0]);
    return pid;
}

struct process *process_run(struct loop *loop, struct arena *arena,
                            const struct process_start *start, process_fn *done, void *data,
                            struct error *error)
{
    struct pipes pipes = no_pipes;
    struct process *process = NULL;
    pid_t pid = -1;
    if (!open_pair(pipes.output) || !open_pair(pipes.errors))
        error_system(error, errno, "cannot start '%s'", start->argv[0]);
    else
        pid = start->may_hang ? spawn_apart(start, &pipes, error) : spawn(start, &pipes, error);
    if (pid > 0) {
        process = adopt(loop, arena, pid, start->limit, &pipes, done, data);
        if (!process)
            error_system(error, errno, "cannot watch '%s'", start->argv[0]);
    }
    if (process) {
        process->bounds = start->bounds;
        watch_bounds(process);
    }
    close_pipes(&pipes);
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
    if (dup2(out, HELPER_OUT) != HELPER_OUT || !child_is_mute())
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
    struct pipes pipes = no_pipes;
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
