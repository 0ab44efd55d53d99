/* Inode numbers and ctime cannot be brought back and are not compared. */
#include "engine/change/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/io/file.h"

static bool save_content(struct arena *arena, struct snapshot *snapshot, struct error *error)
{
    if (S_ISLNK(snapshot->status.st_mode)) {
        char target[PATH_MAX];
        ssize_t length = readlink(snapshot->path, target, sizeof(target));
        if (length < 0)
            return error_system(error, errno, "cannot read the link '%s'", snapshot->path);
        snapshot->target = arena_copy(arena, target, (size_t)length);
        return true;
    }
    struct file_text file;
    if (!S_ISREG(snapshot->status.st_mode))
        return error_set(error, "'%s' is neither a file nor a link", snapshot->path);
    file_read(arena, snapshot->path, FILE_LIMIT, &file);
    if (file.code)
        return error_set(error, "%s", file.reason);
    snapshot->bytes = file.bytes;
    snapshot->length = file.length;
    return true;
}

/* File systems without extended attributes have none to save. */
static void save_attributes(struct arena *arena, struct snapshot *snapshot)
{
    char names[4096], value[4096];
    struct text text = text_new(arena);
    ssize_t total = llistxattr(snapshot->path, names, sizeof(names));
    for (ssize_t at = 0; at < total; at += (ssize_t)strlen(names + at) + 1) {
        ssize_t size = lgetxattr(snapshot->path, names + at, value, sizeof(value));
        if (size < 0)
            continue;
        size_t length = (size_t)size;
        text_bytes(&text, names + at, strlen(names + at) + 1);
        text_bytes(&text, (const char *)&length, sizeof(length));
        text_bytes(&text, value, length);
    }
    snapshot->attributes = text_string(&text);
    snapshot->attributes_length = text.length;
}

bool snapshot_take(struct arena *arena, const char *path, struct snapshot *snapshot,
                   struct error *error)
{
    *snapshot = (struct snapshot){.path = path};
    struct stat folder;
    if (stat(path_folder(arena, path), &folder) != 0)
        return error_system(error, errno, "cannot look at the folder of '%s'", path);
    snapshot->folder_times[0] = folder.st_atim;
    snapshot->folder_times[1] = folder.st_mtim;
    if (lstat(path, &snapshot->status) != 0)
        return errno == ENOENT || error_system(error, errno, "cannot look at '%s'", path);
    snapshot->exists = true;
    save_attributes(arena, snapshot);
    return save_content(arena, snapshot, error);
}

void snapshot_write(const struct snapshot *snapshot, struct text *record)
{
    record_string(record, snapshot->path);
    record_number(record, snapshot->exists);
    record_bytes(record, (const char *)&snapshot->status, sizeof(snapshot->status));
    record_bytes(record, snapshot->bytes, snapshot->length);
    record_string(record, snapshot->target);
    record_bytes(record, snapshot->attributes, snapshot->attributes_length);
    record_bytes(record, (const char *)snapshot->folder_times, sizeof(snapshot->folder_times));
}

static bool read_plain(struct reading *reading, void *into, size_t size)
{
    size_t length;
    const char *bytes = read_bytes(reading, &length);
    if (!bytes || length != size)
        return false;
    memcpy(into, bytes, size);
    return true;
}

bool snapshot_read(struct snapshot *snapshot, struct reading *reading)
{
    *snapshot = (struct snapshot){.path = read_string(reading)};
    snapshot->exists = read_number(reading) != 0;
    bool status = read_plain(reading, &snapshot->status, sizeof(snapshot->status));
    snapshot->bytes = read_bytes(reading, &snapshot->length);
    snapshot->target = read_string(reading);
    snapshot->attributes = read_bytes(reading, &snapshot->attributes_length);
    return status && read_plain(reading, snapshot->folder_times, sizeof(snapshot->folder_times)) &&
           snapshot->path && !reading->broken;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static const char *content_difference(const struct snapshot *then, const struct snapshot *now)
{
    if (then->exists != now->exists)
        return then->exists ? "it is missing" : "it was not there";
    if (!then->exists)
        return NULL;
    if ((then->status.st_mode & S_IFMT) != (now->status.st_mode & S_IFMT))
        return "kind";
    if (then->target && !text_equal(then->target, now->target))
        return "link target";
    bool same = then->length == now->length &&
                (!then->length || memcmp(then->bytes, now->bytes, then->length) == 0);
    return same ? NULL : "content";
}

bool snapshot_same_content(const struct snapshot *a, const struct snapshot *b)
{
    return !content_difference(a, b);
}

/* The first thing in which `now` is not `then`, NULL: none. */
static const char *difference(const struct snapshot *then, const struct snapshot *now)
{
    const char *content = content_difference(then, now);
    if (content || !then->exists)
        return content;
    if (then->status.st_mode != now->status.st_mode)
        return "mode";
    if (then->status.st_uid != now->status.st_uid || then->status.st_gid != now->status.st_gid)
        return "owner";
    if (then->attributes_length != now->attributes_length ||
        memcmp(then->attributes, now->attributes, then->attributes_length) != 0)
        return "extended attributes";
    return same_time(&then->status.st_mtim, &now->status.st_mtim) ? NULL : "time of change";
}

const char *snapshot_differs(struct arena *arena, const struct snapshot *snapshot)
{
    struct snapshot now;
    struct error error;
    if (!snapshot_take(arena, snapshot->path, &now, &error))
        return arena_string(arena, error.message);
    const char *what = difference(snapshot, &now);
    return what ? arena_format(arena, "'%s': %s", snapshot->path, what) : NULL;
}

static void clear_attributes(const char *path)
{
    char names[4096];
    ssize_t total = llistxattr(path, names, sizeof(names));
    for (ssize_t at = 0; at < total; at += (ssize_t)strlen(names + at) + 1)
        if (lremovexattr(path, names + at) != 0)
            continue; /* differs() will tell */
}

static void restore_attributes(const struct snapshot *snapshot)
{
    clear_attributes(snapshot->path);
    const char *at = snapshot->attributes, *end = at + snapshot->attributes_length;
    while (at < end) {
        const char *name = at;
        size_t size;
        at += strlen(name) + 1;
        memcpy(&size, at, sizeof(size));
        at += sizeof(size);
        if (lsetxattr(snapshot->path, name, at, size, 0) != 0)
            return; /* differs() will tell */
        at += size;
    }
}

static bool restore_look(const struct snapshot *snapshot, struct error *error)
{
    const struct stat *status = &snapshot->status;
    const struct timespec times[2] = {status->st_atim, status->st_mtim};
    if (lchown(snapshot->path, status->st_uid, status->st_gid) != 0 && errno != EPERM)
        return error_system(error, errno, "cannot restore the owner of '%s'", snapshot->path);
    if (!snapshot->target && chmod(snapshot->path, status->st_mode & 07777) != 0)
        return error_system(error, errno, "cannot restore the mode of '%s'", snapshot->path);
    restore_attributes(snapshot);
    if (utimensat(AT_FDCWD, snapshot->path, times, AT_SYMLINK_NOFOLLOW) != 0)
        return error_system(error, errno, "cannot restore the times of '%s'", snapshot->path);
    return true;
}

static bool restore_content(const struct snapshot *snapshot, struct error *error)
{
    if (!snapshot->exists)
        return unlink(snapshot->path) == 0 || errno == ENOENT ||
               error_system(error, errno, "cannot remove '%s'", snapshot->path);
    return snapshot->target
               ? link_replace(snapshot->path, snapshot->target, error)
               : file_replace(snapshot->path, snapshot->bytes, snapshot->length, error);
}

bool snapshot_restore(struct arena *arena, const struct snapshot *snapshot, struct error *error)
{
    const char *folder = path_folder(arena, snapshot->path);
    if (snapshot_differs(arena, snapshot)) {
        if (!restore_content(snapshot, error))
            return false;
        if (snapshot->exists && !restore_look(snapshot, error))
            return false;
    }
    return utimensat(AT_FDCWD, folder, snapshot->folder_times, 0) == 0 || errno == EPERM ||
           error_system(error, errno, "cannot restore the times of '%s'", folder);
}
