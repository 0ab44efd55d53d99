/* Whole files: open(2) with O_NONBLOCK so that nothing hangs on a FIFO, rename(2) as the only
 * moment of change. */
#include "engine/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

static void refuse(struct arena *arena, struct file_text *file, const char *path, int code,
                   const char *why)
{
    file->code = code;
    file->reason = arena_format(arena, "cannot read '%s': %s", path, why ? why : strerror(code));
}

static int64_t modified_ns(const struct stat *status)
{
    return status->st_mtim.tv_sec * (int64_t)NS_PER_S + status->st_mtim.tv_nsec;
}

/* /proc files say size 0 and still have content: the size is only a guess. */
static bool read_all(struct arena *arena, int fd, size_t limit, size_t guess, struct text *text)
{
    char *buffer = arena_alloc(arena, guess + 1);
    for (;;) {
        ssize_t got = read(fd, buffer, guess + 1);
        if (got > 0)
            text_bytes(text, buffer, (size_t)got);
        if (got == 0)
            return true;
        if (got < 0 && errno != EINTR)
            return false;
        if (text->length > limit) {
            errno = EFBIG;
            return false;
        }
    }
}

void file_read(struct arena *arena, const char *path, size_t limit, struct file_text *file)
{
    *file = (struct file_text){0};
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        refuse(arena, file, path, errno, NULL);
        return;
    }
    struct stat status;
    struct text text = text_new(arena);
    text_add(&text, "");
    if (fstat(fd, &status) != 0)
        refuse(arena, file, path, errno, NULL);
    else if (S_ISDIR(status.st_mode))
        refuse(arena, file, path, EISDIR, NULL);
    else if (!S_ISREG(status.st_mode))
        refuse(arena, file, path, EINVAL, "it is not a regular file");
    else if ((uintmax_t)status.st_size > limit)
        refuse(arena, file, path, EFBIG,
               arena_format(arena, "it is larger than the limit of %zu bytes", limit));
    else if (!read_all(arena, fd, limit, status.st_size ? (size_t)status.st_size : 4095, &text))
        refuse(arena, file, path, errno, NULL);
    else
        *file = (struct file_text){
            .bytes = text.at, .length = text.length, .modified = modified_ns(&status)};
    close(fd);
}

static bool hanging_type(const char *type)
{
    static const char *const types[] = {"9p",   "drvfs", "virtiofs", "nfs", "nfs4",
                                        "cifs", "smb3",  "fuse",     "ceph"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (text_equal(type, types[i]))
            return true;
    return text_starts(type, "fuse.");
}

/* Longest mount point that is a prefix of the path wins; proc_mountinfo(5) lists them without
 * touching the file systems themselves. */
bool file_may_hang(const char *path)
{
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    if (!mounts)
        return false;
    char line[8192], point[PATH_MAX], type[64];
    size_t longest = 0;
    bool may_hang = false;
    while (fgets(line, sizeof(line), mounts)) {
        const char *rest = strstr(line, " - ");
        if (!rest || sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1 ||
            sscanf(rest, " - %63s", type) != 1)
            continue;
        size_t length = text_equal(point, "/") ? 0 : strlen(point);
        bool covers = strncmp(path, point, length) == 0 && (path[length] == '/' || !path[length]);
        if (covers && length >= longest) {
            longest = length;
            may_hang = hanging_type(type);
        }
    }
    fclose(mounts);
    return may_hang;
}

const char *path_folder(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    return slash == path ? "/" : arena_copy(arena, path, (size_t)(slash - path));
}

static bool sync_folder(const char *path)
{
    struct arena *arena = arena_new();
    int fd = open(path_folder(arena, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    arena_free(&arena);
    if (fd < 0)
        return false;
    /* Some file systems (9p) know no fsync of a folder; the rename is as good as they get. */
    bool synced = fsync(fd) == 0 || errno == EINVAL;
    close(fd);
    return synced;
}

/* Extended attributes that the new file cannot carry (security.* without the right) are left. */
static void copy_attributes(const char *from, int to)
{
    char names[4096], value[4096];
    ssize_t total = llistxattr(from, names, sizeof(names));
    for (ssize_t at = 0; at < total; at += (ssize_t)strlen(names + at) + 1) {
        ssize_t size = lgetxattr(from, names + at, value, sizeof(value));
        if (size >= 0 && fsetxattr(to, names + at, value, (size_t)size, 0) != 0)
            continue;
    }
}

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t wrote = write(fd, bytes, length);
        if (wrote < 0 && errno != EINTR)
            return false;
        if (wrote > 0) {
            bytes += wrote;
            length -= (size_t)wrote;
        }
    }
    return true;
}

/* The temporary gets the look of the file it will replace before it takes its name. */
static bool fill_temporary(int fd, const char *path, const char *bytes, size_t length)
{
    struct stat old;
    bool keeps = lstat(path, &old) == 0 && S_ISREG(old.st_mode);
    if (!write_all(fd, bytes, length))
        return false;
    if (keeps && fchown(fd, old.st_uid, old.st_gid) != 0 && errno != EPERM)
        return false;
    if (fchmod(fd, keeps ? old.st_mode & 07777 : 0644) != 0 && errno != EPERM)
        return false;
    if (keeps)
        copy_attributes(path, fd);
    return fsync(fd) == 0;
}

static bool write_in_place(const char *path, const char *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool written = write_all(fd, bytes, length) && fsync(fd) == 0;
    return close(fd) == 0 && written;
}

bool file_replace(const char *path, const char *bytes, size_t length, struct error *error)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof(temporary), "%s.playbook-XXXXXX", path) >= PATH_MAX)
        return error_system(error, ENAMETOOLONG, "cannot write '%s'", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return error_system(error, errno, "cannot write beside '%s'", path);
    bool written = fill_temporary(fd, path, bytes, length);
    int code = errno;
    if (close(fd) != 0 && written) {
        written = false;
        code = errno;
    }
    if (written && rename(temporary, path) == 0)
        return sync_folder(path) ||
               error_system(error, errno, "cannot sync the folder of '%s'", path);
    code = written ? errno : code;
    unlink(temporary);
    /* A mount point cannot be renamed over; nothing but writing into it is left. */
    if (written && code == EBUSY && write_in_place(path, bytes, length))
        return true;
    return error_system(error, code, "cannot write '%s'", path);
}

bool file_save_private(const char *path, const char *bytes, size_t length, struct error *error)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof(temporary), "%s.playbook-XXXXXX", path) >= PATH_MAX)
        return error_system(error, ENAMETOOLONG, "cannot write '%s'", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return error_system(error, errno, "cannot write beside '%s'", path);
    bool written = write_all(fd, bytes, length) && fsync(fd) == 0;
    int code = errno;
    close(fd);
    if (written && rename(temporary, path) == 0)
        return sync_folder(path) ||
               error_system(error, errno, "cannot sync the folder of '%s'", path);
    code = written ? errno : code;
    unlink(temporary);
    return error_system(error, code, "cannot write '%s'", path);
}

bool link_replace(const char *path, const char *target, struct error *error)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof(temporary), "%s.playbook-%ld", path, (long)getpid()) >= PATH_MAX)
        return error_system(error, ENAMETOOLONG, "cannot link '%s'", path);
    if (symlink(target, temporary) != 0)
        return error_system(error, errno, "cannot link beside '%s'", path);
    if (rename(temporary, path) == 0)
        return sync_folder(path) ||
               error_system(error, errno, "cannot sync the folder of '%s'", path);
    int code = errno;
    unlink(temporary);
    return error_system(error, code, "cannot link '%s'", path);
}
