#include "engine/change/kind.h"

#include <string.h>

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

bool change_same(const struct change *a, const struct change *b)
{
    return a->kind == b->kind && text_equal(a->target, b->target) &&
           (!a->kind->same || a->kind->same(a, b));
}

bool change_is_gone(const struct change *change)
{
    return change->kind->of_this_boot && change->restarted;
}

/* The length of the plain word that `text` begins with. */
static size_t word_length(const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:/_-";
    return *text == '-' ? 0 : strspn(text, plain);
}

/* Recursion is bounded by the pattern, which is the action's own. */
static bool matches(const char *pattern, const char *text)
{
    bool word = text_starts(pattern, "%s") || text_starts(pattern, "%u");
    bool any = *pattern == '*';
    if (!word && !any)
        return *pattern == *text && (!*text || matches(pattern + 1, text + 1));
    size_t least = word ? 1 : 0, most = word ? word_length(text) : strlen(text);
    const char *rest = pattern + (word ? 2 : 1);
    for (size_t length = least; length <= most; length++)
        if (matches(rest, text + length))
            return true;
    return false;
}

static bool is_declared(const struct touch *declared, const struct touch *part)
{
    for (; declared && declared->kind; declared++)
        if (text_equal(declared->kind, part->kind) && matches(declared->subject, part->subject))
            return true;
    return false;
}

bool change_is_possible(const struct change *change)
{
    struct arena *arena ARENA_AUTO = arena_new();
    const struct touch *declared =
        change->kind->touches ? change->kind->touches : change->action->touches;
    for (const struct touch *part = change->kind->parts(change, arena); part->kind; part++)
        if (!is_declared(declared, part))
            return false;
    return true;
}

bool change_is_declared(const struct change *change)
{
    return !change->kind->safeguard && change_is_possible(change);
}

const struct touch *change_only_part(const struct change *change, struct arena *arena)
{
    struct touch *parts = arena_alloc(arena, 2 * sizeof(*parts));
    parts[0] = (struct touch){change->kind->name, change->target};
    return parts;
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
