/* The writer is told the length first: bytes that stop before it, because the other side ended, are
 * no file. Its answer is a struct error, without a message where all is well. */
#include "engine/io/output.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/io/awake.h"
#include "engine/io/file.h"
#include "engine/io/replace.h"

enum { PATIENCE_S = 60 }; /* for a file that is written whole, and synced */

struct writer {
    const char *path;
    bool (*may)(void *context, const char *path, struct error *error);
    void *context;
};

static bool take_all(int fd, void *bytes, size_t length)
{
    char *at = bytes;
    while (length > 0) {
        ssize_t got = read(fd, at, length);
        if (got == 0 || (got < 0 && errno != EINTR))
            return false;
        if (got > 0) {
            at += got;
            length -= (size_t)got;
        }
    }
    return true;
}

/* A file takes its name whatever the terminal sends: there is no half of it to take back. */
_Noreturn static void be_writer(const struct writer *writer, int end)
{
    uint64_t length;
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    char *bytes = take_all(end, &length, sizeof(length)) ? malloc(length + 1) : NULL;
    if (!bytes || !take_all(end, bytes, length))
        _exit(EXIT_SUCCESS);
    struct error error = {0};
    bool written = writer->may(writer->context, writer->path, &error) &&
                   file_save_private(writer->path, bytes, length, &error);
    if (written)
        error = (struct error){0};
    _exit(write_all(end, &error, sizeof(error)) ? EXIT_SUCCESS : EXIT_FAILURE);
}

static bool folder_is_writable(const char *path, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    const char *folder = path_folder(arena, path);
    return access(folder, W_OK | X_OK) == 0 ||
           error_system(error, errno, "cannot write into '%s'", folder);
}

bool output_open(struct output *output, const char *path,
                 bool (*may)(void *context, const char *path, struct error *error), void *context,
                 struct error *error)
{
    struct writer writer = {path, may, context};
    int ends[2];
    *output = (struct output){.end = -1};
    if (!may(context, path, error) || !folder_is_writable(path, error))
        return false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return error_system(error, errno, "cannot make a channel to what writes '%s'", path);
    output->writer = fork();
    if (output->writer == 0) {
        close(ends[0]);
        be_writer(&writer, ends[1]);
    }
    int code = errno;
    close(ends[1]);
    output->end = ends[0];
    if (output->writer > 0)
        return true;
    close(ends[0]);
    output->end = -1;
    return error_system(error, code, "cannot start what writes '%s'", path);
}

bool output_write(struct output *output, const char *bytes, size_t length, struct error *error)
{
    uint64_t told = length;
    if (!write_all(output->end, &told, sizeof(told)) || !write_all(output->end, bytes, length) ||
        !awake_wait(output->end, POLLIN, PATIENCE_S) ||
        !take_all(output->end, error, sizeof(*error)))
        return error_set(error, "what writes the file has ended, or does not answer");
    return error->message[0] == '\0';
}

void output_close(struct output *output)
{
    if (output->end < 0)
        return;
    close(output->end);
    int status;
    output->end = -1;
    (void)awake_reap(output->writer, PATIENCE_S, &status);
}
