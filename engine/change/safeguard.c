#include "engine/change/safeguard.h"

struct change *safeguards_add(struct safeguards *safeguards, struct arena *arena,
                              const struct change_kind *kind, const struct change *change,
                              const char *target)
{
    safeguards->changes =
        arena_grow(arena, safeguards->changes, safeguards->count, sizeof(*safeguards->changes));
    struct change *added = &safeguards->changes[safeguards->count++];
    *added = (struct change){.kind = kind, .action = change->action, .target = target};
    return added;
}

struct safeguards safeguards_plan(struct arena *arena, const struct change *changes, size_t persist,
                                  size_t count)
{
    struct safeguards safeguards = {0};
    boot_plan(&safeguards, arena, changes, persist, count);
    undo_files_plan(&safeguards, arena, changes, persist);
    return safeguards;
}
