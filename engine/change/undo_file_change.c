/* The two files beside .wslconfig for a guest that does not start any more: the saved copy, a
 * cabinet, and what a double click in Windows runs to put it back. Made by the executor before a
 * change there, written, synced and read again, and removed when that is kept or taken back; no fix
 * plans them.
 *
 * What the double click may use. No PowerShell: where the machine is under WDAC or AppLocker, that
 * refuses every method of .NET. No fc, comp or certutil: where one of them is missing or does
 * nothing (in Wine they end with 0) a damaged copy would pass. expand.exe, in every Windows, gives
 * a positive proof instead: the copy's bytes come out of the cabinet only where each block is as
 * its checksum says, so that one changed byte, zeros after a power cut, a cut or an empty copy
 * leave a file of another size, or none; batch sees that by %~z, whatever expand.exe's exit code
 * is. (What is no cabinet it copies: that is as large as the copy, and so never as the original.)
 * They come out beside .wslconfig (where a full disk shows) and take its name in one step; until
 * then the file of the user is not touched. Cabinets that are not compressed: expand.exe 5.0
 * (Windows 2000) and later.
 *
 * Source: cmd.exe, "call /?" (%~dp0: the folder of the file, also where its path has blanks or
 * letters that the code page lacks; all names behind it are plain), "pushd /?" (a drive for a
 * network folder); learn.microsoft.com/windows-server/administration/windows-commands/expand;
 * MoveFileEx, MOVEFILE_REPLACE_EXISTING.
 */
#include <string.h>

#include "engine/base/cabinet.h"
#include "engine/change/safeguard.h"
#include "engine/change/snapshot.h"
#include "engine/io/file.h"

#define SCRIPT   "playbook-undo.cmd"
#define COPY     "playbook-undo.cab"
#define WHOLE    "playbook-undo.tmp"
#define SETTINGS ".wslconfig"

/* The first line says the sizes, of the copy and of what is in it; undo_file.cmd is the rest. */
#define FIRST "@setlocal EnableExtensions DisableDelayedExpansion & set \"PLAYBOOK_COPY="

static const char script[] =
#include UNDO_SCRIPT
    ;

/* .wslconfig as the change finds it; kind file compares that with the machine before it changes. */
struct original {
    const char *bytes; /* NULL: missing */
    size_t length;
};

struct made {
    struct snapshot before;
    const char *bytes; /* what it is made with */
    size_t length;
};

static bool is_named(const struct change *change, const char *name)
{
    const char *last = strrchr(change->target, '/');
    return last && text_equal(last + 1, name);
}

static void write_copy(struct text *text, const struct original *original)
{
    cabinet_write(text, WHOLE, original->bytes, original->length);
}

static void write_script(struct text *text, const struct original *original)
{
    const char *size = "none";
    struct text copy = text_new(text->arena);
    write_copy(&copy, original);
    if (original->bytes)
        size = arena_format(text->arena, "%zu", original->length);
    text_format(text, FIRST "%zu\" & set \"PLAYBOOK_SIZE=%s\"\r\n%s", copy.length, size, script);
}

/* One that a run has left which this distribution does not remember: it puts back what is long
 * past. */
static bool is_left_over(const struct snapshot *snapshot)
{
    return snapshot->bytes && (text_starts(snapshot->bytes, FIRST) ||
                               cabinet_is_for(snapshot->bytes, snapshot->length, WHOLE));
}

static bool prepare(struct change *change, struct arena *arena, const struct programs *programs,
                    struct error *error)
{
    (void)programs;
    const struct original *original = change->detail;
    struct made *made = arena_alloc(arena, sizeof(*made));
    struct text text = text_new(arena);
    change->saved = made;
    if (!snapshot_take(arena, change->target, &made->before, error))
        return false;
    if (is_left_over(&made->before))
        snapshot_empty(&made->before);
    if (is_named(change, SCRIPT))
        write_script(&text, original);
    else
        write_copy(&text, original);
    made->bytes = text_string(&text);
    made->length = text.length;
    return true;
}

static bool apply(struct change *change, struct arena *arena, const struct programs *programs,
                  struct error *error)
{
    (void)programs;
    const struct made *made = change->saved;
    struct file_look look = snapshot_look(&made->before);
    struct snapshot now;
    if (!file_replace(change->target, made->bytes, made->length, &look, error) ||
        !snapshot_take(arena, change->target, &now, error))
        return false;
    return (now.bytes && now.length == made->length &&
            memcmp(now.bytes, made->bytes, made->length) == 0) ||
           error_set(error, "'%s' is not as it was written", change->target);
}

/* Whoever removed it needs it no more. */
static bool stands(struct change *change, struct arena *arena, const struct programs *programs,
                   struct error *error)
{
    (void)programs;
    const struct made *made = change->saved;
    struct snapshot now;
    if (!snapshot_take(arena, change->target, &now, error))
        return false;
    bool whole = now.bytes && now.length == made->length;
    bool begun = now.bytes && change->state != CHANGE_DONE && now.length < made->length;
    if (!now.exists || (change->state != CHANGE_DONE && is_left_over(&now)) ||
        ((whole || begun) && memcmp(now.bytes, made->bytes, now.length) == 0) ||
        !snapshot_differs(arena, &made->before))
        return true;
    return error_set(error, "'%s' is no longer as the fix left it", change->target);
}

static bool undo(struct change *change, struct arena *arena, const struct programs *programs,
                 struct error *error)
{
    (void)programs;
    return snapshot_restore(arena, &((struct made *)change->saved)->before, error);
}

static const char *differs(struct change *change, struct arena *arena,
                           const struct programs *programs)
{
    (void)programs;
    return snapshot_differs(arena, &((struct made *)change->saved)->before);
}

static void write_saved(const struct change *change, struct text *record)
{
    const struct made *made = change->saved;
    snapshot_write(&made->before, record);
    record_bytes(record, made->bytes, made->length);
}

static bool read_saved(struct change *change, struct reading *reading)
{
    struct made *made = arena_alloc(reading->arena, sizeof(*made));
    change->saved = made;
    if (!snapshot_read(&made->before, change->target, reading))
        return false;
    made->bytes = read_bytes(reading, &made->length);
    return made->bytes != NULL;
}

static void by_hand(const struct change *change, struct differences *differences)
{
    snapshot_by_hand(&((const struct made *)change->saved)->before, differences);
}

static enum right lacks(const struct change *change, struct arena *arena)
{
    (void)change;
    (void)arena;
    return RIGHT_HELD;
}

static void write_change(const struct change *change, struct text *record)
{
    (void)change;
    (void)record;
}

static bool read_change(struct change *change, struct reading *reading)
{
    (void)reading;
    return change->target[0] == '/' && (is_named(change, SCRIPT) || is_named(change, COPY));
}

/* It stands or falls with the settings beside it. */
static const struct touch *parts(const struct change *change, struct arena *arena)
{
    struct touch *parts = arena_alloc(arena, 2 * sizeof(*parts));
    parts[0] = (struct touch){
        "file", arena_format(arena, "%s/" SETTINGS, path_folder(arena, change->target))};
    return parts;
}

static void describe(struct change *change, struct arena *arena)
{
    (void)arena;
    change->before = "missing";
    change->after = is_named(change, SCRIPT) ? "puts " SETTINGS " back by a double click"
                                             : "the saved copy of " SETTINGS;
}

const struct change_kind undo_file_kind = {.name = "undo-file",
                                           .safeguard = true,
                                           .write = write_change,
                                           .read = read_change,
                                           .parts = parts,
                                           .describe = describe,
                                           .lacks = lacks,
                                           .prepare = prepare,
                                           .apply = apply,
                                           .stands = stands,
                                           .undo = undo,
                                           .write_saved = write_saved,
                                           .read_saved = read_saved,
                                           .differs = differs,
                                           .by_hand = by_hand};

/* The copy first: the script is never there without it. */
void undo_files_plan(struct safeguards *safeguards, struct arena *arena,
                     const struct change *changes, size_t count)
{
    static const char *const names[] = {COPY, SCRIPT};
    for (size_t i = 0; i < count; i++) {
        const struct change *change = &changes[i];
        const char *folder = path_folder(arena, change->target);
        if (change->kind != &file_kind || !is_named(change, SETTINGS))
            continue;
        struct original *original = arena_alloc(arena, sizeof(*original));
        *original = (struct original){change->before, change->before_length};
        for (size_t j = 0; j < sizeof(names) / sizeof(*names); j++) {
            const char *target = arena_format(arena, "%s/%s", folder, names[j]);
            if (changes_have(safeguards->changes, safeguards->count, target))
                continue;
            struct change *added =
                safeguards_add(safeguards, arena, &undo_file_kind, change, target);
            added->detail = original;
            describe(added, arena);
        }
    }
}
