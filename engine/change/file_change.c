/* Files and symbolic links: plan_look(), plan_file(), plan_link(), and their kind. The overlay is
 * here: a path that the plan already changes is looked up in the plan first. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "engine/change/plan.h"
#include "engine/change/snapshot.h"
#include "engine/io/file.h"

struct file_change {
    struct path_state before, after;
};

/* A path as the machine has it now. */
static bool look(struct arena *arena, const char *path, struct path_state *state,
                 struct error *error)
{
    struct snapshot now;
    if (!snapshot_take(arena, path, &now, error))
        return false;
    *state = (struct path_state){.kind = !now.exists  ? PATH_MISSING
                                         : now.target ? PATH_LINK
                                                      : PATH_FILE,
                                 .bytes = now.bytes,
                                 .length = now.length,
                                 .target = now.target};
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

static bool prepare(struct change *change, struct arena *arena, const struct executor *executor,
                    struct error *error)
{
    (void)executor;
    const struct file_change *detail = change->detail;
    struct path_state now;
    struct snapshot *snapshot = arena_alloc(arena, sizeof(*snapshot));
    if (!look(arena, change->target, &now, error))
        return false;
    if (!same_state(&now, &detail->before))
        return error_set(error, "'%s' has changed since the plan was made", change->target);
    change->saved = snapshot;
    return snapshot_take(arena, change->target, snapshot, error);
}

static bool apply(struct change *change, struct arena *arena, const struct executor *executor,
                  struct error *error)
{
    (void)arena;
    (void)executor;
    const struct path_state *after = &((const struct file_change *)change->detail)->after;
    return after->kind == PATH_LINK
               ? link_replace(change->target, after->target, error)
               : file_replace(change->target, after->bytes, after->length, error);
}

/* What somebody else wrote in the meantime is not overwritten. */
static bool undo(struct change *change, struct arena *arena, const struct executor *executor,
                 struct error *error)
{
    (void)executor;
    const struct file_change *detail = change->detail;
    struct path_state now;
    if (!look(arena, change->target, &now, error))
        return false;
    if (!same_state(&now, &detail->after) && !same_state(&now, &detail->before))
        return error_set(error, "'%s' is no longer as the fix left it", change->target);
    return snapshot_restore(arena, change->saved, error);
}

static const char *differs(struct change *change, struct arena *arena,
                           const struct executor *executor)
{
    (void)executor;
    return snapshot_differs(arena, change->saved);
}

static const struct change_kind file_kind = {
    .name = "file", .prepare = prepare, .apply = apply, .undo = undo, .differs = differs};

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

static enum right lacking(struct arena *arena, const char *path)
{
    const char *folder = path_folder(arena, path);
    if (access(folder, W_OK) == 0 && (access(path, W_OK) == 0 || errno != EACCES))
        return RIGHT_HELD;
    return errno == EROFS ? RIGHT_WRITABLE : RIGHT_ROOT;
}

/* A link is shown in words, a file by its content. */
static void describe(struct arena *arena, struct change *change, const struct file_change *detail)
{
    change->contents = detail->before.kind != PATH_LINK && detail->after.kind != PATH_LINK;
    const struct path_state *states[2] = {&detail->before, &detail->after};
    const char *shown[2];
    for (int i = 0; i < 2; i++)
        shown[i] = states[i]->kind == PATH_LINK
                       ? arena_format(arena, "link to %s", states[i]->target)
                   : change->contents ? states[i]->bytes
                   : states[i]->kind == PATH_FILE
                       ? arena_format(arena, "file of %zu bytes", states[i]->length)
                       : "missing";
    change->before = shown[0];
    change->after = shown[1];
    change->before_length = detail->before.length;
    change->after_length = detail->after.length;
}

static bool plan_state(struct planner *planner, const char *path, const struct path_state *after,
                       struct error *error)
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
    if (!change)
        change = plan_add(planner, &file_kind, path);
    change->detail = detail;
    change->lacks = lacking(plan->arena, path);
    describe(plan->arena, change, detail);
    return true;
}

bool plan_file(struct planner *planner, const char *path, const char *bytes, size_t length,
               struct error *error)
{
    struct path_state after = {.kind = PATH_FILE,
                               .bytes = arena_copy(plan_arena(planner), bytes, length),
                               .length = length};
    return plan_state(planner, path, &after, error);
}

bool plan_link(struct planner *planner, const char *path, const char *target, struct error *error)
{
    struct path_state after = {.kind = PATH_LINK,
                               .target = arena_string(plan_arena(planner), target)};
    return plan_state(planner, path, &after, error);
}
