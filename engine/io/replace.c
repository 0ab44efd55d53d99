/* Sources: rename(2), fsync(2), utimensat(2), xattr(7). */
#include "engine/io/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "engine/io/bounded.h"
#include "engine/io/file.h"
#include "engine/io/mounts.h"

/* The kernel's own limits: XATTR_LIST_MAX and XATTR_SIZE_MAX of linux/limits.h. */
enum { NAMES = 64 * 1024, LONGEST_VALUE = 64 * 1024 };

/* ---- extended attributes ---- */

const char *attributes_take(struct arena *arena, const char *path, size_t *length)
{
    char names[NAMES];
    struct text text = text_new(arena);
    ssize_t total = llistxattr(path, names, sizeof(names));
    char *value = total > 0 ? arena_alloc(arena, LONGEST_VALUE) : NULL;
    for (ssize_t at = 0; at < total; at += (ssize_t)strlen(names + at) + 1) {
        ssize_t got = lgetxattr(path, names + at, value, LONGEST_VALUE);
        if (got < 0)
            continue;
        size_t size = (size_t)got;
        text_bytes(&text, names + at, strlen(names + at) + 1);
        text_bytes(&text, (const char *)&size, sizeof(size));
        text_bytes(&text, value, size);
    }
    *length = text.length;
    return text_string(&text);
}

bool attributes_are_whole(const char *bytes, size_t length)
{
    while (length > 0) {
        size_t name = strnlen(bytes, length) + 1, size;
        if (name > length || length - name < sizeof(size))
            return false;
        memcpy(&size, bytes + name, sizeof(size));
        size_t head = name + sizeof(size);
        if (size > length - head)
            return false;
        bytes += head + size;
        length -= head + size;
    }
    return true;
}

static void clear_attributes(int fd)
{
    char names[NAMES];
    ssize_t total = flistxattr(fd, names, sizeof(names));
    for (ssize_t at = 0; at < total; at += (ssize_t)strlen(names + at) + 1)
        if (fremovexattr(fd, names + at) != 0)
            continue; /* what must not stay is seen when it is compared */
}

/* Of the descriptor, or of `link`. Those that this process may not set, or this file system cannot
 * hold, are left. */
static bool set_attributes(int fd, const char *link, const struct file_look *look)
{
    const char *at = look->attributes, *end = at + look->attributes_length;
    while (at < end) {
        const char *name = at;
        size_t size;
        at += strlen(name) + 1;
        memcpy(&size, at, sizeof(size));
        at += sizeof(size);
        int set = link ? lsetxattr(link, name, at, size, 0) : fsetxattr(fd, name, at, size, 0);
        if (set != 0 && errno != EPERM && errno != ENOTSUP)
            return false;
        at += size;
    }
    return true;
}

/* ---- bounded calls ---- */

/* What a bounded call hands on. */
struct task {
    const char *path;
    const char *bytes; /* or a link's target */
    size_t length;
    const struct file_look *look;
    const struct timespec *folder_times;
};

static bool act(bounded_fn *work, const struct task *task, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    return bounded_work(arena, task->path, work, task, NULL, error);
}

/* ---- one name ---- */

static bool temporary_of(char name[PATH_MAX], const char *path, struct error *error)
{
    return snprintf(name, PATH_MAX, "%s.playbook-new", path) < PATH_MAX ||
           error_system(error, ENAMETOOLONG, "cannot write '%s'", path);
}

static bool do_forget_temporary(const void *data, struct text *result, struct error *error)
{
    (void)result;
    const char *path = ((const struct task *)data)->path;
    char name[PATH_MAX];
    return temporary_of(name, path, error) &&
           (unlink(name) == 0 || errno == ENOENT ||
            error_system(error, errno, "cannot remove '%s'", name));
}

bool file_forget_temporary(const char *path, struct error *error)
{
    return act(do_forget_temporary, &(struct task){.path = path}, error);
}

static bool find_temporary(const void *data, struct text *result, struct error *error)
{
    (void)result;
    const char *path = ((const struct task *)data)->path;
    char name[PATH_MAX];
    return temporary_of(name, path, error) &&
           (access(name, F_OK) == 0 || error_system(error, errno, "cannot find '%s'", name));
}

const char *file_temporary(struct arena *arena, const char *path)
{
    char name[PATH_MAX];
    struct error none;
    return act(find_temporary, &(struct task){.path = path}, &none) &&
                   temporary_of(name, path, &none)
               ? arena_string(arena, name)
               : NULL;
}

/* By its descriptor: in a folder of another user a name may lead elsewhere by now. The owner first:
 * chown(2) takes set-user-id bits away. */
static bool dress(int fd, const struct file_look *look)
{
    if (look->owned && fchown(fd, look->uid, look->gid) != 0 && errno != EPERM)
        return false;
    if (fchmod(fd, look->mode & 07777) != 0 && errno != EPERM)
        return false;
    return set_attributes(fd, NULL, look) && (!look->times || futimens(fd, look->times) == 0);
}

static bool dress_link(const char *path, const struct file_look *look)
{
    return (!look->owned || lchown(path, look->uid, look->gid) == 0 || errno == EPERM) &&
           set_attributes(-1, path, look) &&
           (!look->times || utimensat(AT_FDCWD, path, look->times, AT_SYMLINK_NOFOLLOW) == 0);
}

/* A folder that refuses to be synced is a failure where the disk is this machine's own. A Windows
 * drive, or another machine's, can know no fsync of a folder (EINVAL), or fail in it after the
 * rename has taken place (EIO: microsoft/WSL #2557): the rename is as good as they get. */
static bool is_good_enough(int code, const char *path)
{
    return code == EINVAL || ((code == EIO || code == EOPNOTSUPP) && path_may_hang(path));
}

static bool sync_folder(const char *path, const struct timespec *times)
{
    struct arena *arena ARENA_AUTO = arena_new();
    int fd = open(path_folder(arena, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    int code = times && futimens(fd, times) != 0 && errno != EPERM ? errno : 0;
    bool synced = code == 0;
    if (synced && fsync(fd) != 0) {
        code = errno;
        synced = is_good_enough(code, path);
    }
    close(fd);
    errno = code;
    return synced;
}

static bool take_name(const char *temporary, const char *path, const struct timespec *folder_times,
                      struct error *error)
{
    if (rename(temporary, path) != 0)
        return error_system(error, errno, "cannot write '%s'", path);
    return sync_folder(path, folder_times) ||
           error_system(error, errno, "cannot sync the folder of '%s'", path);
}

/* ---- files ---- */

/* Takes over the descriptor. */
static bool fill(int fd, const char *bytes, size_t length, const struct file_look *look)
{
    bool filled = write_all(fd, bytes, length) && dress(fd, look) && fsync(fd) == 0;
    int code = errno;
    if (close(fd) != 0 && filled)
        return false;
    errno = code;
    return filled;
}

static bool write_in_place(const char *path, const char *bytes, size_t length,
                           const struct file_look *look, struct error *error)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return error_system(error, errno, "cannot write '%s'", path);
    clear_attributes(fd);
    if (!fill(fd, bytes, length, look))
        return error_system(error, errno, "cannot write '%s'", path);
    return sync_folder(path, look->folder_times) ||
           error_system(error, errno, "cannot sync the folder of '%s'", path);
}

/* A rename would part them. */
static bool has_other_names(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink > 1;
}

/* One that is there already was left by a crash: nobody else is at work here. */
static int create_temporary(const char *name)
{
    enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC };
    int fd = open(name, FLAGS, 0600);
    if (fd >= 0 || errno != EEXIST || unlink(name) != 0)
        return fd;
    return open(name, FLAGS, 0600);
}

static bool replace(const char *path, const char *bytes, size_t length,
                    const struct file_look *look, struct error *error)
{
    char temporary[PATH_MAX];
    if (has_other_names(path))
        return write_in_place(path, bytes, length, look, error);
    if (!temporary_of(temporary, path, error))
        return false;
    int fd = create_temporary(temporary);
    if (fd < 0)
        return error_system(error, errno, "cannot write beside '%s'", path);
    if (look->owned) /* the folder may give every new file an access list of its own */
        clear_attributes(fd);
    bool filled =
        fill(fd, bytes, length, look) || error_system(error, errno, "cannot write '%s'", path);
    if (filled && take_name(temporary, path, look->folder_times, error))
        return true;
    bool cleared = unlink(temporary) == 0 || errno == ENOENT;
    /* A mount point cannot be renamed over; nothing but writing into it is left. */
    if (!filled || error->code != EBUSY)
        return false;
    return cleared ? write_in_place(path, bytes, length, look, error)
                   : error_system(error, errno, "cannot remove '%s'", temporary);
}

static bool do_replace(const void *data, struct text *result, struct error *error)
{
    (void)result;
    const struct task *task = data;
    return replace(task->path, task->bytes, task->length, task->look, error);
}

bool file_replace(const char *path, const char *bytes, size_t length, const struct file_look *look,
                  struct error *error)
{
    return act(do_replace, &(struct task){path, bytes, length, look, NULL}, error);
}

bool file_save_private(const char *path, const char *bytes, size_t length, struct error *error)
{
    static const struct file_look look = {.mode = 0600};
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof(temporary), "%s.playbook-XXXXXX", path) >= PATH_MAX)
        return error_system(error, ENAMETOOLONG, "cannot write '%s'", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return error_system(error, errno, "cannot write beside '%s'", path);
    if ((fill(fd, bytes, length, &look) || error_system(error, errno, "cannot write '%s'", path)) &&
        take_name(temporary, path, NULL, error))
        return true;
    unlink(temporary);
    return false;
}

static bool do_remove(const void *data, struct text *result, struct error *error)
{
    (void)result;
    const struct task *task = data;
    if (unlink(task->path) != 0 && errno != ENOENT)
        return error_system(error, errno, "cannot remove '%s'", task->path);
    return sync_folder(task->path, task->folder_times) ||
           error_system(error, errno, "cannot sync the folder of '%s'", task->path);
}

bool file_remove(const char *path, const struct timespec *folder_times, struct error *error)
{
    return act(do_remove, &(struct task){.path = path, .folder_times = folder_times}, error);
}

/* A link, or what cannot be read, has nothing to sync but its name. */
static bool do_sync(const void *data, struct text *result, struct error *error)
{
    (void)result;
    const char *path = ((const struct task *)data)->path;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool synced = fd < 0 || fsync(fd) == 0 || errno == EINVAL || errno == EROFS;
    int code = errno;
    if (fd >= 0)
        close(fd);
    if (!synced)
        return error_system(error, code, "cannot sync '%s'", path);
    return sync_folder(path, NULL) ||
           error_system(error, errno, "cannot sync the folder of '%s'", path);
}

bool file_sync(const char *path, struct error *error)
{
    return act(do_sync, &(struct task){.path = path}, error);
}

/* ---- links ---- */

static bool replace_link(const char *path, const char *target, const struct file_look *look,
                         struct error *error)
{
    char temporary[PATH_MAX];
    if (!temporary_of(temporary, path, error))
        return false;
    if (symlink(target, temporary) != 0 &&
        (errno != EEXIST || unlink(temporary) != 0 || symlink(target, temporary) != 0))
        return error_system(error, errno, "cannot link beside '%s'", path);
    if ((dress_link(temporary, look) || error_system(error, errno, "cannot link '%s'", path)) &&
        take_name(temporary, path, look->folder_times, error))
        return true;
    unlink(temporary);
    return false;
}

static bool do_replace_link(const void *data, struct text *result, struct error *error)
{
    (void)result;
    const struct task *task = data;
    return replace_link(task->path, task->bytes, task->look, error);
}

bool link_replace(const char *path, const char *target, const struct file_look *look,
                  struct error *error)
{
    return act(do_replace_link, &(struct task){.path = path, .bytes = target, .look = look}, error);
}
