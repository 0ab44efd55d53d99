#include "engine/io/bounded.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/io/awake.h"
#include "engine/io/file.h"
#include "engine/io/mounts.h"
#include "engine/io/process.h"

enum { WORKER_OUT = 3 };

/* What a worker writes: whether it was done, its error, its result. It keeps no other descriptor:
 * one that hangs would hold up whoever waits for the end of a channel or a pipe. */
_Noreturn static void be_worker(bounded_fn *work, const void *data, int out, pid_t parent)
{
    struct arena *arena = arena_new();
    struct text result = text_new(arena), told = text_new(arena);
    struct error error = {0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || setsid() < 0 || dup2(out, WORKER_OUT) != WORKER_OUT ||
        !child_is_mute())
        _exit(1);
    closefrom(WORKER_OUT + 1);
    record_number(&told, work(data, &result, &error));
    record_bytes(&told, (const char *)&error, sizeof(error));
    record_bytes(&told, text_string(&result), result.length);
    _exit(write_all(WORKER_OUT, told.at, told.length) ? 0 : 1);
}

/* Takes in what there is to read. False at the end. */
static bool take_in(int fd, struct text *bytes)
{
    char buffer[64 * 1024];
    ssize_t got = read(fd, buffer, sizeof(buffer));
    if (got > 0)
        text_bytes(bytes, buffer, (size_t)got);
    return got > 0 || (got < 0 && errno == EINTR);
}

/* Becomes ready with a signal that is blocked and pending; it is not taken. -1: none can be told.
 */
static int pending_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Up to the end; false with errno where it does not come. poll(2) passes over a descriptor of -1.
 */
static bool read_to_end(int fd, int signals, struct text *bytes)
{
    struct pollfd there[] = {{.fd = fd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    do {
        if (!awake_poll(there, 2, BOUNDED_PATIENCE_S)) {
            errno = ETIMEDOUT;
            return false;
        }
        if (!there[0].revents) {
            errno = ECANCELED;
            return false;
        }
    } while (take_in(fd, bytes));
    return true;
}

static bool hangs(const char *path, struct error *error)
{
    error_set(error, "'%s' does not answer: its file system has been silent for %d s", path,
              BOUNDED_PATIENCE_S);
    error->code = ETIMEDOUT;
    return false;
}

static bool unfinished(const char *path, int code, struct error *error)
{
    if (code == ETIMEDOUT)
        return hangs(path, error);
    error_set(error, "interrupted while '%s' did not answer", path);
    error->code = code;
    return false;
}

static bool work_apart(struct text *told, const char *path, bounded_fn *work, const void *data,
                       bool may_interrupt, struct error *error)
{
    int ends[2];
    pid_t self = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_system(error, errno, "cannot make a pipe to the process for '%s'", path);
    pid_t pid = fork();
    if (pid == 0)
        be_worker(work, data, ends[1], self);
    int code = errno, signals = may_interrupt ? pending_signals() : -1;
    close(ends[1]);
    bool ended = pid > 0 && read_to_end(ends[0], signals, told);
    int why = errno;
    close(ends[0]);
    if (signals >= 0)
        close(signals);
    if (pid < 0)
        return error_system(error, code, "cannot start a process for '%s'", path);
    child_end(pid);
    return ended || unfinished(path, why, error);
}

static bool unpack(struct text *result, const char *path, struct reading *told, struct error *error)
{
    size_t error_length, length;
    bool done = read_number(told) != 0;
    const char *its_error = read_bytes(told, &error_length);
    const char *bytes = read_bytes(told, &length);
    if (!reading_whole(told) || error_length != sizeof(*error))
        return error_set(error, "the process for '%s' broke", path);
    if (done)
        text_bytes(result, bytes, length);
    else
        memcpy(error, its_error, sizeof(*error));
    return done;
}

static bool do_bounded(struct arena *arena, const char *path, bounded_fn *work, const void *data,
                       bool may_interrupt, struct reading *result, struct error *error)
{
    struct text found = text_new(arena), told = text_new(arena);
    bool done;
    if (path_may_hang(path)) {
        bool ended = work_apart(&told, path, work, data, may_interrupt, error);
        struct reading reading = {.arena = arena, .at = text_string(&told), .left = told.length};
        done = ended && unpack(&found, path, &reading, error);
    } else {
        done = work(data, &found, error);
    }
    if (result)
        *result = (struct reading){.arena = arena, .at = text_string(&found), .left = found.length};
    return done;
}

bool bounded_work(struct arena *arena, const char *path, bounded_fn *work, const void *data,
                  struct reading *result, struct error *error)
{
    return do_bounded(arena, path, work, data, false, result, error);
}

bool bounded_look(struct arena *arena, const char *path, bounded_fn *work, const void *data,
                  struct reading *result, struct error *error)
{
    return do_bounded(arena, path, work, data, true, result, error);
}

static bool touch(const void *data, struct text *result, struct error *error)
{
    struct stat status;
    (void)result;
    (void)error;
    if (stat(data, &status) != 0 || !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)))
        return true; /* that there is nothing is an answer too */
    int fd = open(data, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* stat(2) may be remembered */
    if (fd >= 0)
        close(fd);
    return true;
}

bool path_answers(const char *path, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    return bounded_look(arena, path, touch, path, NULL, error);
}
