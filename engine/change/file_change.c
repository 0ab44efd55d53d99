/* Files and symbolic links: plan_look(), plan_file(), plan_link(), and their kind. The overlay is
 * here: a path that the plan already changes is looked up in the plan first. */
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "engine/change/plan.h"
#include "engine/change/safeguard.h"
#include "engine/change/snapshot.h"
#include "engine/io/bounded.h"
#include "engine/io/file.h"

struct file_change {
    struct path_state before, after;
    const char *name; /* how the fix knows the path: itself, or a link that leads there */
};

static struct path_state state_of(const struct snapshot *snapshot)
{
    return (struct path_state){.kind = !snapshot->exists  ? PATH_MISSING
                                       : snapshot->target ? PATH_LINK
                                                          : PATH_FILE,
                               .bytes = snapshot->bytes,
                               .length = snapshot->length,
                               .target = snapshot->target};
}

/* A path as the machine has it now. */
static bool look(struct arena *arena, const char *path, struct path_state *state,
                 struct error *error)
{
    struct snapshot now;
    if (!snapshot_glance(arena, path, &now, error))
        return false;
    *state = state_of(&now);
    return true;
}

static bool same_state(const struct path_state *a, const struct path_state *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == PATH_LINK)
        return text_equal(a->target, b->target);
    return a->length == b->length && (!a->length || memcmp(a->bytes, b->bytes, a->length) == 0);
}

static size_t first_other_line(const struct path_state *a, const struct path_state *b)
{
    size_t line = 1;
    for (size_t i = 0; i < a->length && i < b->length && a->bytes[i] == b->bytes[i]; i++)
        line += a->bytes[i] == '\n';
    return line;
}

/* "'/etc/wsl.conf' has changed since the plan was made: line 3 is another". */
static bool is_another(const char *path, const char *since, struct arena *arena,
                       const struct path_state *now, const struct path_state *planned,
                       struct error *error)
{
    const char *how;
    if (now->kind == PATH_MISSING)
        how = "it is gone";
    else if (now->kind == PATH_LINK)
        how = arena_format(arena, "it is a link to '%s'", now->target);
    else if (planned->kind != PATH_FILE)
        how = planned->kind == PATH_LINK ? "it was a link" : "it was not there";
    else
        how = arena_format(arena, "line %zu is another", first_other_line(now, planned));
    return error_set(error, "'%s' %s: %s", path, since, how);
}

static bool is_planned(const struct change *change, struct arena *arena,
                       const struct path_state *now, struct error *error)
{
    const struct path_state *before = &((const struct file_change *)change->detail)->before;
    return same_state(now, before) ||
           is_another(change->target, "has changed since the plan was made", arena, now, before,
                      error);
}

static bool fits(const struct change *change, struct arena *arena, const struct programs *programs,
                 struct error *error)
{
    (void)programs;
    struct path_state now;
    return look(arena, change->target, &now, error) && is_planned(change, arena, &now, error);
}

static bool prepare(struct change *change, struct arena *arena, const struct programs *programs,
                    struct error *error)
{
    (void)programs;
    struct snapshot *snapshot = arena_alloc(arena, sizeof(*snapshot));
    change->saved = snapshot;
    if (!snapshot_take(arena, change->target, snapshot, error))
        return false;
    const struct path_state now = state_of(snapshot);
    return is_planned(change, arena, &now, error);
}

static bool apply(struct change *change, struct arena *arena, const struct programs *programs,
                  struct error *error)
{
    (void)arena;
    (void)programs;
    const struct path_state *after = &((const struct file_change *)change->detail)->after;
    struct file_look look = snapshot_look(change->saved);
    return after->kind == PATH_LINK
               ? link_replace(change->target, after->target, &look, error)
               : file_replace(change->target, after->bytes, after->length, &look, error);
}

/* A file that is written in place may have got as far as this. */
static bool is_beginning_of(const struct path_state *now, const struct path_state *whole)
{
    return now->kind == PATH_FILE && whole->kind == PATH_FILE && now->length <= whole->length &&
           (!now->length || memcmp(now->bytes, whole->bytes, now->length) == 0);
}

static bool stands(struct change *change, struct arena *arena, const struct programs *programs,
                   struct error *error)
{
    (void)programs;
    const struct file_change *detail = change->detail;
    struct path_state now;
    if (!look(arena, change->target, &now, error))
        return false;
    if (same_state(&now, &detail->after) || same_state(&now, &detail->before))
        return true;
    if (change->state != CHANGE_DONE &&
        (is_beginning_of(&now, &detail->after) || is_beginning_of(&now, &detail->before)))
        return true;
    return is_another(change->target, "is no longer as the fix left it", arena, &now,
                      &detail->after, error);
}

static bool undo(struct change *change, struct arena *arena, const struct programs *programs,
                 struct error *error)
{
    (void)programs;
    return snapshot_restore(arena, change->saved, error);
}

static void write_saved(const struct change *change, struct text *record)
{
    snapshot_write(change->saved, record);
}

static bool read_saved(struct change *change, struct reading *reading)
{
    struct snapshot *snapshot = arena_alloc(reading->arena, sizeof(*snapshot));
    change->saved = snapshot;
    if (!snapshot_read(snapshot, change->target, reading))
        return false;
    const struct path_state saved = state_of(snapshot);
    return same_state(&saved, &((const struct file_change *)change->detail)->before);
}

static const char *differs(struct change *change, struct arena *arena,
                           const struct programs *programs)
{
    (void)programs;
    return snapshot_differs(arena, change->saved);
}

static void by_hand(const struct change *change, struct differences *differences)
{
    snapshot_by_hand(change->saved, differences);
}

/* May this process make a file with that owner and group? chown(2) */
static bool may_own(const struct stat *status)
{
    bool member = status->st_gid == getegid() || group_member(status->st_gid);
    return geteuid() == 0 || (member && status->st_uid == geteuid());
}

/* On Windows' drives all files show one owner, whoever writes them. */
static bool has_one_owner(const char *path)
{
    struct statfs system;
    return statfs(path, &system) == 0 && system.f_type == V9FS_MAGIC;
}

static enum right missing_right(struct arena *arena, const char *path)
{
    struct stat status;
    if (access(path_folder(arena, path), W_OK) != 0)
        return errno == EROFS ? RIGHT_WRITABLE : RIGHT_ROOT;
    if (lstat(path, &status) != 0)
        return RIGHT_HELD;
    if (!may_own(&status) && !has_one_owner(path))
        return RIGHT_ROOT;
    if (S_ISLNK(status.st_mode) || access(path, W_OK) == 0)
        return RIGHT_HELD;
    return errno == EROFS ? RIGHT_WRITABLE : errno == EACCES ? RIGHT_ROOT : RIGHT_HELD;
}

static bool find_missing_right(const void *data, struct text *result, struct error *error)
{
    (void)error;
    record_number(result, missing_right(result->arena, data));
    return true;
}

/* What hangs refuses nothing: applying tells. */
static enum right lacks(const struct change *change, struct arena *arena)
{
    struct reading right;
    struct error error;
    return bounded_look(arena, change->target, find_missing_right, change->target, &right, &error)
               ? (enum right)read_number(&right)
               : RIGHT_HELD;
}

static void write_state(struct text *record, const struct path_state *state)
{
    record_number(record, state->kind);
    record_bytes(record, state->bytes, state->length);
    record_string(record, state->target);
}

static bool read_state(struct reading *reading, struct path_state *state)
{
    *state = (struct path_state){.kind = read_up_to(reading, PATH_LINK)};
    state->bytes = read_bytes(reading, &state->length);
    state->target = read_string(reading);
    return !reading->broken && (state->kind == PATH_FILE || !state->length) &&
           (state->kind == PATH_LINK) == (state->target != NULL);
}

static void write_change(const struct change *change, struct text *record)
{
    const struct file_change *detail = change->detail;
    record_string(record, detail->name);
    write_state(record, &detail->before);
    write_state(record, &detail->after);
}

static bool read_change(struct change *change, struct reading *reading)
{
    struct file_change *detail = arena_alloc(reading->arena, sizeof(*detail));
    change->detail = detail;
    detail->name = read_string(reading);
    return detail->name && read_state(reading, &detail->before) &&
           read_state(reading, &detail->after) && detail->after.kind != PATH_MISSING &&
           change->target[0] == '/';
}

static const struct touch *parts(const struct change *change, struct arena *arena)
{
    struct touch *parts = arena_alloc(arena, 2 * sizeof(*parts));
    parts[0] = (struct touch){"file", ((const struct file_change *)change->detail)->name};
    return parts;
}

static bool leads_there(const void *data, struct text *result, struct error *error)
{
    (void)result;
    const struct change *change = data;
    char *real = realpath(((const struct file_change *)change->detail)->name, NULL);
    bool leads = real && text_equal(real, change->target);
    free(real);
    return leads || error_set(error, "it leads elsewhere");
}

static bool leads(const struct change *change)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct error error;
    const char *name = ((const struct file_change *)change->detail)->name;
    return text_equal(name, change->target) ||
           bounded_look(arena, name, leads_there, change, NULL, &error);
}

static const char *state_words(struct arena *arena, const struct path_state *state)
{
    return state->kind == PATH_LINK   ? arena_format(arena, "link to %s", state->target)
           : state->kind == PATH_FILE ? arena_format(arena, "file of %zu bytes", state->length)
                                      : "missing";
}

/* A link is shown in words, a file by its content. */
static const char *show_state(struct arena *arena, const struct path_state *state, bool content,
                              size_t *length)
{
    const char *shown =
        content ? (state->kind == PATH_FILE ? state->bytes : NULL) : state_words(arena, state);
    *length = content ? state->length : strlen(shown);
    return shown;
}

static void show_states(struct change *change, struct arena *arena, const struct path_state *before,
                        const struct path_state *after)
{
    change->contents = before->kind != PATH_LINK && after->kind != PATH_LINK;
    change->before = show_state(arena, before, change->contents, &change->before_length);
    change->after = show_state(arena, after, change->contents, &change->after_length);
}

static void describe(struct change *change, struct arena *arena)
{
    const struct file_change *detail = change->detail;
    show_states(change, arena, &detail->before, &detail->after);
}

static void look_again(struct change *change, struct arena *arena)
{
    struct path_state now;
    struct error error;
    if (look(arena, change->target, &now, &error))
        show_states(change, arena, &((const struct file_change *)change->detail)->before, &now);
}

/* clang-format off */
#define OF_FILES                                                                                   \
    .write = write_change, .read = read_change, .leads = leads,                                    \
    .describe = describe, .look_again = look_again,                                                \
    .lacks = lacks, .fits = fits, .prepare = prepare, .apply = apply, .stands = stands,            \
    .undo = undo, .write_saved = write_saved, .read_saved = read_saved, .differs = differs,         \
    .by_hand = by_hand
/* clang-format on */

const struct change_kind file_kind = {.name = "file", .parts = parts, OF_FILES};
const struct change_kind boot_file_kind = {.name = "boot-file",
                                           .safeguard = true,
                                           .touches = boot_touches,
                                           .parts = change_only_part,
                                           OF_FILES};

void file_safeguard(struct safeguards *safeguards, struct arena *arena, const struct change *change,
                    const char *path, const struct path_state *before,
                    const struct path_state *after)
{
    struct file_change *detail = arena_alloc(arena, sizeof(*detail));
    struct path_state now;
    struct error error;
    if (!look(arena, path, &now, &error) || !same_state(&now, before))
        return;
    *detail = (struct file_change){.before = *before, .after = *after, .name = path};
    struct change *added = safeguards_add(safeguards, arena, &boot_file_kind, change, path);
    added->detail = detail;
    describe(added, arena);
}

/* The change of this path planned last, from plan->changes[from] on. */
static struct change *planned(const struct plan *plan, size_t from, const char *path)
{
    for (size_t i = plan->count; i > from; i--)
        if (plan->changes[i - 1].kind == &file_kind &&
            text_equal(plan->changes[i - 1].target, path))
            return &plan->changes[i - 1];
    return NULL;
}

bool plan_look(struct planner *planner, const char *path, struct path_state *state,
               struct error *error)
{
    struct plan *plan = planner_plan(planner);
    const struct change *change = planned(plan, plan->base, path);
    if (!change)
        return look(plan->arena, path, state, error);
    *state = ((const struct file_change *)change->detail)->after;
    return true;
}

static bool plan_state(struct planner *planner, const char *path, const char *name,
                       const struct path_state *after, struct error *error)
{
    struct plan *plan = planner_plan(planner);
    struct path_state now;
    if (!plan_look(planner, path, &now, error))
        return false;
    if (same_state(&now, after))
        return true;
    struct file_change *detail = arena_alloc(plan->arena, sizeof(*detail));
    struct change *change = planned(plan, plan->list, path);
    detail->before = change ? ((const struct file_change *)change->detail)->before : now;
    detail->after = *after;
    detail->name = arena_string(plan->arena, name);
    if (!change)
        change = plan_add(planner, &file_kind, path);
    change->detail = detail;
    describe(change, plan->arena);
    return true;
}

bool plan_file(struct planner *planner, const char *path, const char *name, const char *bytes,
               size_t length, struct error *error)
{
    struct path_state after = {.kind = PATH_FILE,
                               .bytes = arena_copy(plan_arena(planner), bytes, length),
                               .length = length};
    return plan_state(planner, path, name, &after, error);
}

bool plan_link(struct planner *planner, const char *path, const char *target, struct error *error)
{
    struct path_state after = {.kind = PATH_LINK,
                               .target = arena_string(plan_arena(planner), target)};
    return plan_state(planner, path, path, &after, error);
}
