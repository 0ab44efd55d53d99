#include "engine/change/kind.h"

#include <fnmatch.h>

#include "engine/lang/arguments.h"

const struct change_kind *const change_kinds[] = {&file_kind,      &link_kind,    &command_kind,
                                                  &windows_kind,   &restart_kind, &undo_file_kind,
                                                  &boot_file_kind, NULL};

void change_write(const struct change *change, struct text *record)
{
    record_string(record, change->kind->name);
    record_string(record, change->action->name);
    record_string(record, change->target);
    change->kind->write(change, record);
}

static const struct change_kind *find_kind(const char *name)
{
    for (size_t i = 0; name && change_kinds[i]; i++)
        if (text_equal(change_kinds[i]->name, name))
            return change_kinds[i];
    return NULL;
}

bool change_read(struct change *change, const struct action *const *registry,
                 struct reading *reading)
{
    *change = (struct change){.kind = find_kind(read_string(reading))};
    change->action = action_find(registry, read_string(reading), ROLE_FIX);
    change->target = read_string(reading);
    if (!change->kind || !change->action || !change->target ||
        !change->kind->read(change, reading) || reading->broken) {
        reading->broken = true;
        return false;
    }
    change->kind->describe(change, reading->arena);
    return true;
}

bool changes_have(const struct change *changes, size_t count, const char *target)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(changes[i].target, target))
            return true;
    return false;
}

bool change_is_gone(const struct change *change)
{
    return change->kind->of_this_boot && change->restarted;
}

bool change_is_declared(const struct change *change)
{
    const struct change_kind *kind = change->kind;
    const char *subject = kind->safeguard ? NULL : kind->subject(change);
    const struct touch *touches = change->action->touches;
    for (size_t i = 0; subject && touches && touches[i].kind; i++)
        if (text_equal(touches[i].kind, kind->name) && fnmatch(touches[i].subject, subject, 0) == 0)
            return true;
    return false;
}

const char *change_target(const struct change *change)
{
    return change->target;
}

void change_reverse(struct change *change, struct arena *arena)
{
    const char *before = change->before;
    size_t before_length = change->before_length;
    change->before = change->after;
    change->before_length = change->after_length;
    change->after = before;
    change->after_length = before_length;
    if (change->kind->reverse)
        change->kind->reverse(change, arena);
}
