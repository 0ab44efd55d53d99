/* Changes that a program makes (ufw). Its files, and what it loads into the kernel, are saved
 * before and restored exactly after the undo command. */
#include <string.h>
#include <unistd.h>

#include "engine/change/loaded.h"
#include "engine/change/plan.h"
#include "engine/change/snapshot.h"

enum { COMMAND_TIMEOUT_S = 60 };

struct saved {
    const char **loaded; /* by state; NULL: could not be told */
    size_t count;
    struct snapshot files[];
};

static bool run(const char *const *argv, struct arena *arena, const struct executor *executor,
                struct error *error)
{
    struct program program = {.argv = argv};
    struct program_result result =
        executor_run_wait(executor, arena, &program, loop_now() + SECONDS(COMMAND_TIMEOUT_S));
    if (result.failure)
        return error_set(error, "'%s' failed: %s", argv[0], result.failure);
    if (result.status == 0)
        return true;
    const char *said = result.errors_length ? result.errors : result.output;
    return error_set(error, "'%s' failed with status %d: %.*s", argv[0], result.status,
                     (int)strcspn(said, "\n"), said);
}

static size_t count_loaded(const struct command_change *detail)
{
    size_t count = 0;
    while (detail->loaded && detail->loaded[count].save)
        count++;
    return count;
}

static bool prepare(struct change *change, struct arena *arena, const struct executor *executor,
                    struct error *error)
{
    const struct command_change *detail = change->detail;
    size_t count = 0;
    while (detail->touches && detail->touches[count])
        count++;
    struct saved *saved = arena_alloc(arena, sizeof(*saved) + count * sizeof(saved->files[0]));
    saved->count = count;
    saved->loaded = arena_alloc(arena, (count_loaded(detail) + 1) * sizeof(char *));
    for (size_t i = 0; i < count_loaded(detail); i++)
        saved->loaded[i] = loaded_take(&detail->loaded[i], arena, executor);
    change->saved = saved;
    for (size_t i = 0; i < count; i++)
        if (!snapshot_take(arena, detail->touches[i], &saved->files[i], error))
            return false;
    return true;
}

static bool apply(struct change *change, struct arena *arena, const struct executor *executor,
                  struct error *error)
{
    return run(((const struct command_change *)change->detail)->argv, arena, executor, error);
}

static bool undo(struct change *change, struct arena *arena, const struct executor *executor,
                 struct error *error)
{
    const struct command_change *detail = change->detail;
    const struct saved *saved = change->saved;
    bool undone = run(detail->undo, arena, executor, error);
    for (size_t i = 0; i < saved->count; i++)
        undone = snapshot_restore(arena, &saved->files[i], error) && undone;
    for (size_t i = 0; i < count_loaded(detail); i++)
        if (saved->loaded[i])
            undone = loaded_restore(&detail->loaded[i], saved->loaded[i], arena, executor, error) &&
                     undone;
    return undone;
}

static const char *differs(struct change *change, struct arena *arena,
                           const struct executor *executor)
{
    const struct command_change *detail = change->detail;
    const struct saved *saved = change->saved;
    for (size_t i = 0; i < saved->count; i++) {
        const char *difference = snapshot_differs(arena, &saved->files[i]);
        if (difference)
            return difference;
    }
    for (size_t i = 0; i < count_loaded(detail); i++)
        if (saved->loaded[i] &&
            !loaded_holds(&detail->loaded[i], saved->loaded[i], arena, executor))
            return arena_format(arena, "'%s': what '%s' prints", change->target,
                                detail->loaded[i].save[0]);
    return NULL;
}

static const struct change_kind command_kind = {
    .name = "command", .prepare = prepare, .apply = apply, .undo = undo, .differs = differs};

bool plan_command(struct planner *planner, const struct command_change *command,
                  struct error *error)
{
    (void)error;
    struct arena *arena = plan_arena(planner);
    struct command_change *detail = arena_alloc(arena, sizeof(*detail));
    *detail = (struct command_change){.argv = argv_copy(arena, command->argv),
                                      .undo = argv_copy(arena, command->undo),
                                      .touches = argv_copy(arena, command->touches),
                                      .loaded = command->loaded};
    struct change *change = plan_add(planner, &command_kind, command->target);
    change->detail = detail;
    change->argv = detail->argv;
    if (geteuid() != 0)
        change->lacks = RIGHT_ROOT;
    return true;
}
