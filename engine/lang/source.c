/* Reads playbook files and turns byte offsets into places. It does not parse. */
#include "engine/lang/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/limits.h"
#include "engine/base/text.h"

static void close_file(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static bool too_large(const char *path, struct error *error)
{
    error_set(error, "'%s' is larger than %d bytes, the limit of a playbook", path,
              LIMIT_FILE_BYTES);
    return false;
}

static bool is_readable(const char *path, const struct stat *status, struct error *error)
{
    if (S_ISDIR(status->st_mode))
        return error_system(error, EISDIR, "cannot read '%s'", path);
    if (!S_ISREG(status->st_mode))
        return error_set(error, "cannot read '%s': not a regular file", path);
    if (status->st_size > LIMIT_FILE_BYTES)
        return too_large(path, error);
    return true;
}

/* The size that fstat gives is a guess only: files under /proc have none, others grow. */
static bool read_all(int fd, const char *path, struct text *text, struct error *error)
{
    char chunk[16 * 1024];
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_system(error, errno, "cannot read '%s'", path);
        if (got == 0)
            return true;
        text_bytes(text, chunk, (size_t)got);
        if (text->length > LIMIT_FILE_BYTES)
            return too_large(path, error);
    }
}

bool source_read(struct arena *arena, const char *path, struct source *source, struct error *error)
{
    struct stat status;
    /* Opening a FIFO already wakes who writes to it. */
    if (stat(path, &status) == 0 && !is_readable(path, &status, error))
        return false;
    /* O_NONBLOCK: a FIFO without a writer must not hold us. */
    __attribute__((cleanup(close_file))) int fd =
        open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return error_system(error, errno, "cannot open '%s'", path);
    if (fstat(fd, &status) < 0)
        return error_system(error, errno, "cannot read '%s'", path);
    if (!is_readable(path, &status, error))
        return false;
    struct text text = text_new(arena);
    if (!read_all(fd, path, &text, error))
        return false;
    *source = (struct source){
        .path = arena_string(arena, path),
        .bytes = text_string(&text),
        .length = text.length,
    };
    return true;
}

static bool starts_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

struct position source_position(const struct source *source, size_t offset)
{
    struct position position = {.line = 1, .column = 1};
    if (offset > source->length)
        offset = source->length;
    bool marked = source->length >= 3 && memcmp(source->bytes, "\xEF\xBB\xBF", 3) == 0;
    for (size_t i = marked ? 3 : 0; i < offset; i++) {
        if (source->bytes[i] == '\n') {
            position.line++;
            position.column = 1;
        } else if (starts_character(source->bytes[i])) {
            position.column++;
        }
    }
    return position;
}

const char *span_text(struct arena *arena, struct span span)
{
    struct text text = text_new(arena);
    bool gap = false;
    for (size_t i = span.start; i < span.end && i < span.source->length; i++) {
        char c = span.source->bytes[i];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            gap = text.length > 0;
            continue;
        }
        if (gap)
            text_char(&text, ' ');
        gap = false;
        text_char(&text, c);
    }
    return text_string(&text);
}
