#include "engine/io/mounts.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "engine/io/file.h"

enum { MOST_LINKS = 40, TABLE_LIMIT = 16 * 1024 * 1024 }; /* path_resolution(7) */

struct mounts {
    int fd;              /* of mountinfo, which tells of changes; -1: it cannot be opened */
    struct arena *table; /* of what follows; NULL: not read yet */
    struct mount *at;
    size_t count;
    bool any_hangs;
};

/* ---- the table ---- */

static bool is_octal(const char *at)
{
    return at[0] >= '0' && at[0] <= '3' && at[1] >= '0' && at[1] <= '7' && at[2] >= '0' &&
           at[2] <= '7';
}

/* Blanks, tabs, newlines and backslashes are written as \040 and so on. */
static char *unescape(char *field)
{
    char *to = field;
    for (const char *from = field; *from;)
        if (*from == '\\' && is_octal(from + 1)) {
            *to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else {
            *to++ = *from++;
        }
    *to = '\0';
    return field;
}

/* "36 35 98:0 /root /point rw,noatime shared:1 - ext4 /dev/sda rw": optional fields stand before
 * the `-`. */
static bool parse(char *line, struct mount *mount)
{
    enum { POINT = 4, BEHIND = 3 };
    char *point = NULL, *behind[BEHIND] = {NULL};
    size_t index = 0, found = 0;
    bool is_behind = false;
    for (char *rest = line, *field; found < BEHIND && (field = strsep(&rest, " ")); index++) {
        if (index == POINT)
            point = field;
        if (is_behind)
            behind[found++] = unescape(field);
        is_behind = is_behind || (index > POINT && text_equal(field, "-"));
    }
    if (found < BEHIND)
        return false;
    *mount = (struct mount){unescape(point), behind[0], behind[1], behind[2]};
    return true;
}

static bool hangs(const char *type);

static void read_table(struct mounts *mounts)
{
    struct file_text file;
    arena_free(&mounts->table);
    mounts->table = arena_new();
    mounts->at = NULL;
    mounts->count = 0;
    mounts->any_hangs = false;
    file_read_here(mounts->table, "/proc/self/mountinfo", TABLE_LIMIT, &file);
    char *rest = file.code ? NULL : arena_copy(mounts->table, file.bytes, file.length);
    for (char *line; rest && (line = strsep(&rest, "\n"));) {
        mounts->at = arena_grow(mounts->table, mounts->at, mounts->count, sizeof(*mounts->at));
        if (!parse(line, &mounts->at[mounts->count]))
            continue;
        mounts->any_hangs = mounts->any_hangs || hangs(mounts->at[mounts->count].type);
        mounts->count++;
    }
}

struct mounts *mounts_open(struct arena *arena)
{
    struct mounts *mounts = arena_alloc(arena, sizeof(*mounts));
    mounts->fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    return mounts;
}

void mounts_close(struct mounts *mounts)
{
    arena_free(&mounts->table);
    if (mounts->fd >= 0)
        close(mounts->fd);
    mounts->fd = -1;
}

static void refresh(struct mounts *mounts)
{
    struct pollfd change = {.fd = mounts->fd, .events = POLLPRI};
    if (!mounts->table || poll(&change, 1, 0) != 0)
        read_table(mounts);
}

const struct mount *mounts_now(struct mounts *mounts, size_t *count)
{
    refresh(mounts);
    *count = mounts->count;
    return mounts->at;
}

/* ---- what can hang ---- */

static bool hangs(const char *type)
{
    static const char *const types[] = {
        "9p",   "drvfs", "virtiofs", "nfs",    "nfs4",   "cifs",   "smb3",     "afs",    "ceph",
        "coda", "fuse",  "fuseblk",  "vboxsf", "vmhgfs", "prl_fs", "orangefs", "lustre", "autofs"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (text_equal(type, types[i]))
            return true;
    return text_starts(type, "fuse.");
}

/* What is mounted at the point last covers the others. */
static bool is_hanging_point(const struct mounts *mounts, const char *path)
{
    for (size_t i = mounts->count; i > 0; i--)
        if (text_equal(mounts->at[i - 1].point, path))
            return hangs(mounts->at[i - 1].type);
    return false;
}

static const char *absolute(struct arena *arena, const char *path)
{
    char folder[PATH_MAX];
    if (*path == '/' || !getcwd(folder, sizeof(folder)))
        return path;
    return arena_format(arena, "%s/%s", folder, path);
}

/* Where the link at `path` leads; NULL: it is none. */
static const char *target_of(struct arena *arena, const char *path)
{
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof(target));
    return length > 0 && length < PATH_MAX ? arena_copy(arena, target, (size_t)length) : NULL;
}

/* All of `at` is known to be no link and on nothing that hangs: the next name can be looked at. */
static bool leads_to_hanging(const struct mounts *mounts, struct arena *arena, const char *path)
{
    const char *at = "", *rest = absolute(arena, path);
    for (int links = 0; links < MOST_LINKS;) {
        rest += strspn(rest, "/");
        size_t length = strcspn(rest, "/");
        const char *name = arena_copy(arena, rest, length);
        rest += length;
        if (length == 0)
            return false;
        if (text_equal(name, "."))
            continue;
        if (text_equal(name, "..")) {
            at = *at ? arena_copy(arena, at, (size_t)(strrchr(at, '/') - at)) : at;
            continue;
        }
        const char *next = arena_format(arena, "%s/%s", at, name);
        if (is_hanging_point(mounts, next))
            return true;
        const char *target = target_of(arena, next);
        if (target) {
            links++;
            rest = arena_format(arena, "%s%s", target, rest);
        }
        at = !target ? next : *target == '/' ? "" : at;
    }
    return false; /* ELOOP */
}

bool mounts_may_hang(struct mounts *mounts, const char *path)
{
    struct arena *arena ARENA_AUTO = arena_new();
    refresh(mounts);
    return mounts->any_hangs && leads_to_hanging(mounts, arena, path);
}

bool path_may_hang(const char *path)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct mounts *mounts = mounts_open(arena);
    bool may_hang = mounts_may_hang(mounts, path);
    mounts_close(mounts);
    return may_hang;
}
