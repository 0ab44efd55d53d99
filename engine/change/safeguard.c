#include "engine/change/safeguard.h"

#include "engine/change/transaction.h"

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

bool safeguards_remove(struct safeguards *safeguards, const struct transaction *transaction,
                       bool all, bool force, struct error *error)
{
    struct differences unused = {.arena = transaction->arena};
    struct transaction apart = *transaction;
    bool removed = true;
    apart.differences = &unused;
    for (size_t i = safeguards->count; i > 0; i--) {
        struct change *change = &safeguards->changes[i - 1];
        if ((all || change->kind == &boot_file_kind) &&
            !transaction_undo(&apart, change, 1, force, error))
            removed = false;
    }
    return removed;
}
