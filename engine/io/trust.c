#include "engine/io/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/io/file.h"

enum { MOST_LINKS = 40 }; /* as many as the kernel follows */

struct opening {
    struct arena *arena;
    uid_t caller;
    const char *path; /* as typed, then what the last link leads to */
};

static bool refuse(const char *path, const char *why, const char *remedy, struct error *error)
{
    error_set(error, "'%s' is refused: %s, and this runs as root", path, why);
    error_hint(error, "%s '%s', or use a copy in a folder that only root can write", remedy, path);
    return false;
}

/* Whoever can write it, or put another in its place, could make root do what they like. */
static bool is_trusted(const struct opening *opening, const char *path, const struct stat *status,
                       struct error *error)
{
    if (geteuid() != 0)
        return true;
    if (status->st_uid != 0 && status->st_uid != opening->caller)
        return refuse(
            path, arena_format(opening->arena, "it belongs to user %u", (unsigned)status->st_uid),
            "chown root", error);
    return !(status->st_mode & (S_IWGRP | S_IWOTH)) ||
           refuse(path, "others can write it", "chmod go-w", error);
}

static bool is_trusted_folder(const struct opening *opening, int folder, struct error *error)
{
    const char *path = path_folder(opening->arena, opening->path);
    struct stat status;
    return fstat(folder, &status) == 0 ? is_trusted(opening, path, &status, error)
                                       : error_system(error, errno, "cannot look at '%s'", path);
}

static bool is_regular(const struct opening *opening, const struct stat *status,
                       struct error *error)
{
    if (S_ISDIR(status->st_mode))
        return error_system(error, EISDIR, "cannot read '%s'", opening->path);
    return S_ISREG(status->st_mode) ||
           error_set(error, "cannot read '%s': not a regular file", opening->path);
}

static int open_file(const struct opening *opening, int folder, const char *name,
                     struct error *error)
{
    struct stat status;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        error_system(error, errno, "cannot open '%s'", opening->path);
        return -1;
    }
    if (fstat(fd, &status) != 0)
        error_system(error, errno, "cannot read '%s'", opening->path);
    else if (is_regular(opening, &status, error) &&
             is_trusted(opening, opening->path, &status, error))
        return fd;
    close(fd);
    return -1;
}

/* Where the link in that folder leads to. */
static bool follow(struct opening *opening, int folder, const char *name, struct error *error)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(folder, name, target, sizeof(target));
    if (length <= 0 || (size_t)length == sizeof(target))
        return error_system(error, length < 0 ? errno : ENAMETOOLONG, "cannot follow '%s'",
                            opening->path);
    const char *copy = arena_copy(opening->arena, target, (size_t)length);
    opening->path = path_beside(opening->arena, opening->path, copy);
    return true;
}

/* The file, or -1: with `again` where the path is now what a link leads to, else with `error`. */
static int open_in(struct opening *opening, int folder, bool *again, struct error *error)
{
    const char *slash = strrchr(opening->path, '/'), *name = slash ? slash + 1 : opening->path;
    struct stat status;
    *again = false;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        error_system(error, errno, "cannot open '%s'", opening->path);
    else if (!is_trusted_folder(opening, folder, error))
        return -1;
    else if (S_ISLNK(status.st_mode))
        *again = follow(opening, folder, name, error);
    else if (is_regular(opening, &status, error)) /* opening a FIFO wakes who writes to it */
        return open_file(opening, folder, name, error);
    return -1;
}

int trust_open(struct arena *arena, const char *path, uid_t caller, struct error *error)
{
    struct opening opening = {.arena = arena, .caller = caller, .path = path};
    for (int links = 0; links <= MOST_LINKS; links++) {
        bool again;
        int folder = open(path_folder(arena, opening.path), O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0) {
            error_system(error, errno, "cannot open '%s'", opening.path);
            return -1;
        }
        int fd = open_in(&opening, folder, &again, error);
        close(folder);
        if (!again)
            return fd;
    }
    error_system(error, ELOOP, "cannot open '%s'", path);
    return -1;
}
