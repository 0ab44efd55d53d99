#include "engine/change/marker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/encoding.h"

/* Everybody can write there, and it survives a restart (hier(7)). */
static const char path[] = "/var/tmp/playbook.lock";
static const char lock_words[] = "the lock of this machine";

enum { LONGEST = 4096 };

/* fs.protected_regular forbids O_CREAT on a file of somebody else there, so that comes second. */
static int open_marker(void)
{
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST)
        return open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && fchmod(fd, 0666) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Where links are not restricted (fs.protected_hardlinks), anybody can give another file this name
 * too: what is written here would go there. */
static bool is_nothing_else(int fd, struct error *error)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return error_system(error, errno, "cannot look at '%s', %s", path, lock_words);
    if (S_ISREG(status.st_mode) && status.st_nlink <= 1)
        return true;
    error_set(error, "'%s', %s, is another file by a second name, or none", path, lock_words);
    error_hint(error, "remove that name: rm %s", path);
    return false;
}

static const char *line_of(struct arena *arena, const char *text, const char *key)
{
    size_t length = strlen(key);
    for (; *text; text += strcspn(text, "\n") + 1) {
        if (strncmp(text, key, length) == 0 && text[length] == ' ')
            return arena_copy(arena, text + length + 1, strcspn(text, "\n") - length - 1);
        if (!text[strcspn(text, "\n")])
            break;
    }
    return "";
}

static struct marker parse(struct arena *arena, const char *text)
{
    return (struct marker){.run = strtoull(line_of(arena, text, "run"), NULL, 10),
                           .state = line_of(arena, text, "state"),
                           .pid = (pid_t)strtol(line_of(arena, text, "pid"), NULL, 10),
                           .user = (uid_t)strtoul(line_of(arena, text, "user"), NULL, 10),
                           .folder = line_of(arena, text, "journal"),
                           .playbook = line_of(arena, text, "playbook")};
}

static struct marker read_marker(struct arena *arena, int fd)
{
    char text[LONGEST + 1];
    ssize_t length = pread(fd, text, LONGEST, 0);
    text[length > 0 ? length : 0] = '\0';
    return parse(arena, text);
}

struct marker marker_look(struct arena *arena)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return parse(arena, "");
    struct marker marker = read_marker(arena, fd);
    marker.held = marker.run && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return marker;
}

struct marker marker_of(const struct journal_run *run, const char *state, const char *folder)
{
    return (struct marker){.run = run->id,
                           .state = state,
                           .pid = getpid(),
                           .user = geteuid(),
                           .folder = folder,
                           .playbook = run->playbook};
}

bool marker_is_pending(const struct marker *marker)
{
    return text_equal(marker->state, run_state_name(RUN_PENDING));
}

const char *marker_words(struct arena *arena, const struct marker *marker)
{
    struct text playbook = text_new(arena);
    text_escaped(&playbook, marker->playbook, false);
    const char *process = marker->pid ? arena_format(arena, " (process %d)", (int)marker->pid) : "";
    return arena_format(arena, "run %" PRIu64 " of '%s' by user %u%s", marker->run,
                        text_string(&playbook), (unsigned)marker->user, process);
}

/* Somebody who only looks has it for a moment. */
static bool take(int fd, bool wait)
{
    enum { TRIES = 5, PAUSE_MS = 5 };
    for (int i = 0; i < TRIES; i++) {
        int done;
        do
            done = flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
        while (done != 0 && errno == EINTR);
        if (done == 0)
            return true;
        nanosleep(&(struct timespec){.tv_nsec = (long)PAUSE_MS * NS_PER_MS}, NULL);
    }
    return false;
}

/* Whoever cleans up there may have removed the file meanwhile: then it locks nothing. */
static bool is_the_file(int fd)
{
    struct stat own, there;
    return fstat(fd, &own) == 0 && lstat(path, &there) == 0 && own.st_dev == there.st_dev &&
           own.st_ino == there.st_ino;
}

int marker_lock(bool wait, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    int fd;
    while ((fd = open_marker()) >= 0 && take(fd, wait)) {
        if (is_the_file(fd)) {
            if (is_nothing_else(fd, error))
                return fd;
            close(fd);
            return -1;
        }
        close(fd);
    }
    if (fd < 0) {
        error_system(error, errno, "cannot open '%s', %s", path, lock_words);
        return -1;
    }
    struct marker holder = read_marker(arena, fd);
    close(fd);
    error_set(error, "another run holds this machine: %s",
              holder.run ? marker_words(arena, &holder) : "it has just begun");
    error_hint(error, "wait until it has ended");
    return -1;
}

static bool replace(int lock, const char *text, struct error *error)
{
    size_t length = strlen(text);
    /* In this order a crash leaves no moment without text. */
    if (pwrite(lock, text, length, 0) == (ssize_t)length && ftruncate(lock, (off_t)length) == 0 &&
        fsync(lock) == 0)
        return true;
    return error_system(error, errno, "cannot write '%s'", path);
}

bool marker_write(int lock, const struct marker *marker, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text text = text_new(arena);
    text_format(&text, "run %" PRIu64 "\nstate %s\npid %d\nuser %u\njournal %s\nplaybook ",
                marker->run, marker->state, (int)marker->pid, (unsigned)marker->user,
                marker->folder);
    for (const char *at = marker->playbook; *at; at++)
        text_char(&text, *at == '\n' ? '?' : *at);
    text_add(&text, "\n");
    return replace(lock, text_string(&text), error);
}

bool marker_empty(int lock, struct error *error)
{
    return replace(lock, "", error);
}

bool marker_names(const struct marker *marker, uint64_t run, const char *folder)
{
    return marker->run && marker->run == run && text_equal(marker->folder, folder);
}

const char *marker_folder(struct arena *arena, const struct marker *marker)
{
    struct text text = text_new(arena);
    text_escaped(&text, marker->folder, false);
    return text_string(&text);
}

bool marker_forget(uint64_t run, const char *folder, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    int lock = marker_lock(false, error);
    if (lock < 0)
        return false;
    struct marker marker = read_marker(arena, lock);
    bool forgotten = !marker_names(&marker, run, folder) || marker_empty(lock, error);
    close(lock);
    return forgotten;
}
