/* Children by posix_spawn(3) or fork(2), watched by pidfd_open(2).
 *
 * A process ends when its pidfd says so: a grandchild that keeps the pipes open is not waited for,
 * what is in the pipes by then is read. */
#include "engine/io/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
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

/* The child's own session, signals as at birth, /dev/null, outputs, nothing else open. */
static int prepare(posix_spawnattr_t *attributes, posix_spawn_file_actions_t *actions,
                   const struct process_start *start, const struct pipes *pipes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                        POSIX_SPAWN_SETSIGDEF);
    if (!code)
        code = posix_spawnattr_setsigmask(attributes, &none);
    if (!code)
        code = posix_spawnattr_setsigdefault(attributes, &all);
    if (!code)
        code = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (!code)
        code = posix_spawn_file_actions_adddup2(actions, pipes->output[1], 1);
    if (!code)
        code = posix_spawn_file_actions_adddup2(actions, pipes->errors[1], 2);
    if (!code)
        code = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    if (!code && start->directory)
        code = posix_spawn_file_actions_addchdir_np(actions, start->directory);
    return code;
}

static int spawn(const struct process_start *start, const struct pipes *pipes, pid_t *pid)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int code = posix_spawnattr_init(&attributes);
    if (code)
        return code;
    code = posix_spawn_file_actions_init(&actions);
    if (!code) {
        code = prepare(&attributes, &actions, start, pipes);
        if (!code)
            code = posix_spawn(pid, start->argv[0], &actions, &attributes,
                               (char *const *)start->argv, (char *const *)start->environment);
        posix_spawn_file_actions_destroy(&actions);
    }
    posix_spawnattr_destroy(&attributes);
    return code;
}

struct process *process_run(struct loop *loop, struct arena *arena,
                            const struct process_start *start, process_fn *done, void *data,
                            struct error *error)
{
    struct pipes pipes = {{-1, -1}, {-1, -1}};
    pid_t pid = 0;
    int code = open_pair(pipes.output) && open_pair(pipes.errors) ? 0 : errno;
    if (!code)
        code = spawn(start, &pipes, &pid);
    if (code) {
        close_pipes(&pipes);
        error_system(error, code, "cannot start '%s'", start->argv[0]);
        return NULL;
    }
    struct process *process = adopt(loop, arena, pid, start->limit, &pipes, done, data);
    if (!process)
        error_system(error, errno, "cannot watch '%s'", start->argv[0]);
    return process;
}

_Noreturn static void be_helper(void (*work)(const void *, size_t, int), const void *input,
                                size_t length, int out, pid_t parent)
{
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
    work(input, length, HELPER_OUT);
    _exit(0);
}

struct process *process_help(struct loop *loop, struct arena *arena,
                             void (*work)(const void *, size_t, int), const void *input,
                             size_t length, process_fn *done, void *data, struct error *error)
{
    struct pipes pipes = {{-1, -1}, {-1, -1}};
    pid_t parent = getpid();
    pid_t pid = open_pair(pipes.output) ? fork() : -1;
    if (pid == 0)
        be_helper(work, input, length, pipes.output[1], parent);
    struct process *process = NULL;
    if (pid > 0)
        process = adopt(loop, arena, pid, FILE_LIMIT, &pipes, done, data);
    if (process)
        return process;
    error_system(error, errno, "cannot start a helper process");
    close_pipes(&pipes);
    return NULL;
}
