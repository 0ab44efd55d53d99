/* What waits for a restart, as a record and back. The journal keeps the record; that a restart has
 * happened is read off the kernel, whose boot id is another after a restart of WSL, and off the
 * start of process 1, which is another after a restart of the distro alone. */
#include "engine/change/wait.h"

#include "engine/change/saved.h"
#include "engine/io/machine.h"

void wait_write(const struct wait *wait, struct text *record)
{
    origin_write(&wait->origin, record);
    record_number(record, wait->only);
    record_string(record, wait->cause);
    record_strings(record, wait->held);
    record_number(record, wait->restart);
    record_string(record, wait->boot);
    record_number(record, wait->started);
    record_number(record, wait->count - wait->persist);
    for (size_t i = wait->persist; i < wait->count; i++)
        change_write(&wait->changes[i], record);
}

bool wait_read(struct wait *wait, const struct action *const *registry, struct reading *reading)
{
    *wait = (struct wait){0};
    if (!origin_read(&wait->origin, reading))
        return false;
    wait->only = read_up_to(reading, 1) != 0;
    wait->cause = read_string(reading);
    wait->held = read_strings(reading);
    wait->restart = (enum effective)read_up_to(reading, EFFECTIVE_WSL_RESTART);
    wait->boot = read_string(reading);
    wait->started = read_number(reading);
    size_t count = read_up_to(reading, MOST_CHANGES);
    if (!wait->cause || !wait->held || !wait->boot || !wait->restart || reading->broken)
        return false;
    wait->changes = arena_alloc(reading->arena, (count + 1) * sizeof(*wait->changes));
    for (; wait->count < count; wait->count++)
        if (!change_read(&wait->changes[wait->count], registry, reading) ||
            !change_is_declared(&wait->changes[wait->count]))
            return false;
    return reading_whole(reading);
}

static void add_changes(struct wait *wait, struct arena *arena, const struct journal_entry *entries,
                        size_t count)
{
    const struct change *persist = wait->changes;
    size_t persist_count = wait->count;
    wait->changes = arena_alloc(arena, (count + persist_count + 1) * sizeof(*wait->changes));
    wait->safeguards =
        (struct safeguards){arena_alloc(arena, (count + 1) * sizeof(struct change)), 0};
    wait->persist = 0;
    for (size_t i = 0; i < count; i++) {
        bool safeguard = entries[i].change.kind->safeguard;
        if (entries[i].wait != wait->id || entries[i].state == ENTRY_UNDONE ||
            (!safeguard && entries[i].state != ENTRY_WAITING) || change_is_gone(&entries[i].change))
            continue;
        if (safeguard)
            wait->safeguards.changes[wait->safeguards.count++] = entries[i].change;
        else
            wait->changes[wait->persist++] = entries[i].change;
    }
    wait->count = wait->persist;
    for (size_t i = 0; i < persist_count; i++)
        wait->changes[wait->count++] = persist[i];
}

bool waits_load(struct waits *waits, struct journal *journal, const struct action *const *registry,
                struct arena *arena, struct error *error)
{
    struct journal_entry *entries;
    size_t count;
    struct journal_wait *found;
    if (!journal_entries(journal, registry, arena, waits->run.id, &entries, &count, error) ||
        !journal_waits(journal, arena, waits->run.id, &found, &waits->count, error))
        return false;
    waits->items = arena_alloc(arena, (waits->count + 1) * sizeof(*waits->items));
    for (size_t i = 0; i < waits->count; i++) {
        if (!wait_read(&waits->items[i], registry, &found[i].record))
            return error_set(error, "what run %llu waits for cannot be read",
                             (unsigned long long)waits->run.id);
        waits->items[i].id = found[i].id;
        add_changes(&waits->items[i], arena, entries, count);
    }
    return true;
}

void wait_begin(struct wait *wait, struct arena *arena)
{
    wait->boot = machine_boot_id(arena);
    wait->started = machine_started();
}

static bool is_over(const struct wait *wait, struct arena *arena)
{
    if (!text_equal(wait->boot, machine_boot_id(arena)))
        return true;
    return wait->restart == EFFECTIVE_DISTRO_RESTART && wait->started != machine_started();
}

enum effective waits_for(const struct waits *waits, struct arena *arena)
{
    enum effective strongest = EFFECTIVE_NOW;
    for (size_t i = 0; i < waits->count; i++)
        if (waits->items[i].restart > strongest && !is_over(&waits->items[i], arena))
            strongest = waits->items[i].restart;
    return strongest;
}
