/* Inode numbers and ctime cannot be brought back and are not compared. */
#include "engine/change/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/encoding.h"
#include "engine/io/bounded.h"
#include "engine/io/file.h"

/* set-user-ID, set-group-ID (inode(7)), file capabilities (capabilities(7)) */
static bool gives_rights(const struct snapshot *snapshot)
{
    static const char capability[] = "security.capability";
    return S_ISREG(snapshot->status.st_mode) &&
           ((snapshot->status.st_mode & (S_ISUID | S_ISGID)) ||
            memmem(snapshot->attributes, snapshot->attributes_length, capability,
                   sizeof(capability)));
}

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
    if (gives_rights(snapshot))
        return error_set(error, "'%s' gives rights to whoever runs it", snapshot->path);
    file_read_here(arena, snapshot->path, FILE_LIMIT, &file);
    if (file.code)
        return error_set(error, "%s", file.reason);
    snapshot->bytes = file.bytes;
    snapshot->length = file.length;
    return true;
}

static bool take(struct arena *arena, const char *path, struct snapshot *snapshot,
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
    snapshot->attributes = attributes_take(arena, path, &snapshot->attributes_length);
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

/* A file has content, a link a target, what is missing neither. */
static bool is_whole(const struct snapshot *snapshot)
{
    bool link = snapshot->exists && S_ISLNK(snapshot->status.st_mode);
    bool file = snapshot->exists && S_ISREG(snapshot->status.st_mode);
    return (link || file || !snapshot->exists) && link == (snapshot->target != NULL) &&
           (file || !snapshot->length) &&
           attributes_are_whole(snapshot->attributes, snapshot->attributes_length) &&
           !gives_rights(snapshot);
}

bool snapshot_read(struct snapshot *snapshot, const char *path, struct reading *reading)
{
    const char *written = read_string(reading);
    *snapshot = (struct snapshot){.path = path, .exists = read_up_to(reading, 1) != 0};
    bool status = read_plain(reading, &snapshot->status, sizeof(snapshot->status));
    snapshot->bytes = read_bytes(reading, &snapshot->length);
    snapshot->target = read_string(reading);
    snapshot->attributes = read_bytes(reading, &snapshot->attributes_length);
    if (!status || !read_plain(reading, snapshot->folder_times, sizeof(snapshot->folder_times)) ||
        reading->broken || !written || !text_equal(written, path) || !is_whole(snapshot))
        return false;
    if (!snapshot->exists || snapshot->target)
        snapshot->bytes = NULL;
    return true;
}

static bool take_and_write(const void *data, struct text *result, struct error *error)
{
    struct snapshot snapshot;
    bool taken = take(result->arena, data, &snapshot, error);
    if (taken)
        snapshot_write(&snapshot, result);
    return taken;
}

static bool read_back(struct snapshot *snapshot, struct reading *reading, struct error *error)
{
    const char *path = snapshot->path;
    return snapshot_read(snapshot, path, reading) ||
           error_set(error, "cannot look at '%s': what was seen cannot be read back", path);
}

bool snapshot_take(struct arena *arena, const char *path, struct snapshot *snapshot,
                   struct error *error)
{
    struct reading reading;
    *snapshot = (struct snapshot){.path = path};
    return bounded_work(arena, path, take_and_write, path, &reading, error) &&
           read_back(snapshot, &reading, error);
}

bool snapshot_glance(struct arena *arena, const char *path, struct snapshot *snapshot,
                     struct error *error)
{
    struct reading reading;
    *snapshot = (struct snapshot){.path = path};
    return bounded_look(arena, path, take_and_write, path, &reading, error) &&
           read_back(snapshot, &reading, error);
}

/* A file system that keeps coarser times (9p of Linux 6.1: whole seconds; Windows' own: 100 ns)
 * cuts off what it is told. Somebody else's change of just that time, and of nothing else, would
 * not be seen. */
static bool same_time(const struct timespec *then, const struct timespec *now)
{
    static const long units[] = {100, NS_PER_US, NS_PER_MS, NS_PER_S};
    if (then->tv_sec != now->tv_sec)
        return false;
    bool same = then->tv_nsec == now->tv_nsec;
    for (size_t i = 0; !same && i < sizeof(units) / sizeof(units[0]); i++)
        same = now->tv_nsec == then->tv_nsec - then->tv_nsec % units[i];
    return same;
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
    const char *temporary = file_temporary(arena, snapshot->path);
    const char *left = temporary ? arena_format(arena, "'%s': it was not there", temporary) : "";
    if (!what)
        return temporary ? left : NULL;
    return arena_format(arena, "'%s': %s%s%s", snapshot->path, what, temporary ? "; " : "", left);
}

static void add_file_line(const struct snapshot *snapshot, const char *path,
                          struct differences *differences)
{
    enum { LONGEST_LINE = 4096 };
    const struct stat *status = &snapshot->status;
    if (snapshot->length > LONGEST_LINE)
        return;
    const char *content = base64_encode(differences->arena, snapshot->bytes, snapshot->length);
    const char *remove = /* but not one name of a file that has more */
        status->st_nlink > 1 ? "" : arena_format(differences->arena, "rm -f %s; ", path);
    differences_add_line(
        differences, arena_format(differences->arena,
                                  "%secho %s | base64 -d > %s; chown %u:%u %s; chmod %o %s; "
                                  "touch -m -d @%lld.%09ld %s",
                                  remove, content, path, status->st_uid, status->st_gid, path,
                                  status->st_mode & 07777, path, (long long)status->st_mtim.tv_sec,
                                  status->st_mtim.tv_nsec, path));
}

void snapshot_by_hand(const struct snapshot *snapshot, struct differences *differences)
{
    const char *const remove[] = {"rm", "-f", snapshot->path, NULL};
    const char *const link[] = {"ln", "-sfn", snapshot->target, snapshot->path, NULL};
    struct text path = text_new(differences->arena);
    const char *temporary = file_temporary(differences->arena, snapshot->path);
    const char *const remove_temporary[] = {"rm", "-f", temporary, NULL};
    text_word(&path, snapshot->path);
    if (temporary)
        differences_add_command(differences, remove_temporary);
    if (!snapshot->exists)
        differences_add_command(differences, remove);
    else if (snapshot->target)
        differences_add_command(differences, link);
    else
        add_file_line(snapshot, text_string(&path), differences);
}

void snapshot_empty(struct snapshot *snapshot)
{
    const struct snapshot was = *snapshot;
    *snapshot = (struct snapshot){.path = was.path,
                                  .folder_times = {was.folder_times[0], was.folder_times[1]}};
}

struct file_look snapshot_look(const struct snapshot *snapshot)
{
    if (!snapshot->exists || snapshot->target)
        return (struct file_look){.mode = 0644};
    return (struct file_look){.mode = snapshot->status.st_mode,
                              .owned = true,
                              .uid = snapshot->status.st_uid,
                              .gid = snapshot->status.st_gid,
                              .attributes = snapshot->attributes,
                              .attributes_length = snapshot->attributes_length};
}

static bool bring_back(const struct snapshot *snapshot, struct error *error)
{
    const struct timespec times[2] = {snapshot->status.st_atim, snapshot->status.st_mtim};
    struct file_look look = {.mode = snapshot->status.st_mode,
                             .owned = true,
                             .uid = snapshot->status.st_uid,
                             .gid = snapshot->status.st_gid,
                             .times = times,
                             .attributes = snapshot->attributes,
                             .attributes_length = snapshot->attributes_length,
                             .folder_times = snapshot->folder_times};
    if (!snapshot->exists)
        return file_remove(snapshot->path, snapshot->folder_times, error);
    return snapshot->target
               ? link_replace(snapshot->path, snapshot->target, &look, error)
               : file_replace(snapshot->path, snapshot->bytes, snapshot->length, &look, error);
}

/* Where nothing differs, an earlier restore may have ended before it was durable. */
bool snapshot_restore(struct arena *arena, const struct snapshot *snapshot, struct error *error)
{
    if (!file_forget_temporary(snapshot->path, error))
        return false;
    return snapshot_differs(arena, snapshot) ? bring_back(snapshot, error)
                                             : file_sync(snapshot->path, error);
}
