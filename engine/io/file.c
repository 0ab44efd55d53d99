/* Whole files: open(2) with O_NONBLOCK so that nothing hangs on a FIFO, rename(2) as the only
 * moment of change. */
#include "engine/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/io/bounded.h"
#include "engine/io/mounts.h"

static void refuse(struct arena *arena, struct file_text *file, const char *path, int code,
                   const char *why)
{
    struct stat folder;
    file->code = code;
    file->no_folder = code == ENOENT && stat(path_folder(arena, path), &folder) != 0;
    file->reason = arena_format(arena, "cannot read '%s': %s", path, why ? why : strerror(code));
}

static int64_t modified_ns(const struct stat *status)
{
    return status->st_mtim.tv_sec * (int64_t)NS_PER_S + status->st_mtim.tv_nsec;
}

/* /proc files say size 0 and still have content: the size is only a guess. */
static bool read_all(int fd, size_t limit, size_t guess, struct text *text)
{
    text_reserve(text, guess + 1);
    for (;;) {
        size_t room = text_reserve(text, 1);
        ssize_t got = read(fd, text->at + text->length, room);
        if (got == 0)
            return true;
        if (got < 0 && errno != EINTR)
            return false;
        text->length += got > 0 ? (size_t)got : 0;
        text->at[text->length] = '\0';
        if (text->length > limit) {
            errno = EFBIG;
            return false;
        }
    }
}

static bool is_readable(struct arena *arena, const char *path, const struct stat *status,
                        size_t limit, struct file_text *file)
{
    if (S_ISDIR(status->st_mode))
        refuse(arena, file, path, EISDIR, NULL);
    else if (!S_ISREG(status->st_mode))
        refuse(arena, file, path, EINVAL, "it is not a regular file");
    else if ((uintmax_t)status->st_size > limit)
        refuse(arena, file, path, EFBIG,
               arena_format(arena, "it is larger than the limit of %zu bytes", limit));
    return !file->code;
}

void file_read_open(struct arena *arena, int fd, const char *path, size_t limit,
                    struct file_text *file)
{
    struct stat status;
    struct text text = text_new(arena);
    *file = (struct file_text){0};
    text_add(&text, "");
    if (fstat(fd, &status) != 0 ||
        (is_readable(arena, path, &status, limit, file) &&
         !read_all(fd, limit, status.st_size ? (size_t)status.st_size : 4095, &text)))
        refuse(arena, file, path, errno, NULL);
    else if (!file->code)
        *file = (struct file_text){
            .bytes = text.at, .length = text.length, .modified = modified_ns(&status)};
}

void file_read_here(struct arena *arena, const char *path, size_t limit, struct file_text *file)
{
    *file = (struct file_text){0};
    struct stat status;
    /* Opening one already does something: it wakes who writes to a FIFO, it starts a watchdog. */
    if (stat(path, &status) == 0 && !is_readable(arena, path, &status, limit, file))
        return;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        refuse(arena, file, path, errno, NULL);
        return;
    }
    file_read_open(arena, fd, path, limit, file);
    close(fd);
}

/* ---- from another process ---- */

void file_text_write(const struct file_text *file, struct text *record)
{
    record_number(record, (uint64_t)file->code);
    record_number(record, file->no_folder);
    record_number(record, (uint64_t)file->modified);
    record_string(record, file->reason);
    record_bytes(record, file->bytes ? file->bytes : "", file->length);
}

bool file_text_read(struct file_text *file, struct reading *reading)
{
    *file = (struct file_text){.code = (int)read_number(reading)};
    file->no_folder = read_number(reading) != 0;
    file->modified = (int64_t)read_number(reading);
    file->reason = read_string(reading);
    const char *bytes = read_bytes(reading, &file->length);
    file->bytes = file->code ? NULL : bytes;
    return reading_whole(reading) && !file->reason == !file->code;
}

struct wanted {
    const char *path;
    size_t limit;
};

static bool read_apart(const void *data, struct text *result, struct error *error)
{
    (void)error;
    const struct wanted *wanted = data;
    struct file_text file;
    file_read_here(result->arena, wanted->path, wanted->limit, &file);
    file_text_write(&file, result);
    return true;
}

void file_read(struct arena *arena, const char *path, size_t limit, struct file_text *file)
{
    const struct wanted wanted = {path, limit};
    struct reading reading;
    struct error error = {.code = EIO};
    if (!path_may_hang(path)) {
        file_read_here(arena, path, limit, file);
        return;
    }
    if (bounded_look(arena, path, read_apart, &wanted, &reading, &error) &&
        file_text_read(file, &reading))
        return;
    *file = (struct file_text){.code = error.code ? error.code : EIO,
                               .reason = arena_string(arena, error.message)};
}

/* ---- writing ---- */

bool write_all(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t wrote = write(fd, at, length);
        if (wrote < 0 && errno != EINTR)
            return false;
        if (wrote > 0) {
            at += wrote;
            length -= (size_t)wrote;
        }
    }
    return true;
}

const char *path_folder(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    return slash == path ? "/" : arena_copy(arena, path, (size_t)(slash - path));
}

const char *path_beside(struct arena *arena, const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    return name[0] == '/' || !slash
               ? name
               : arena_format(arena, "%.*s/%s", (int)(slash - path), path, name);
}
