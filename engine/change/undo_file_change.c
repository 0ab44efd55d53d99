/* The file beside .wslconfig that a double click runs in Windows, for a guest that does not start
 * any more: it puts .wslconfig back as it was before the change. Made by the executor before a
 * change there and removed when that is kept or taken back; no fix plans it.
 *
 * Source: cmd.exe, "call /?" (%~dp0: the folder of the file); it reads a batch file line by line
 * and never sees what stands behind `exit`.
 */
#include <errno.h>
#include <string.h>

#include "engine/base/encoding.h"
#include "engine/change/safeguard.h"
#include "engine/change/snapshot.h"
#include "engine/io/file.h"

#define NAME     "playbook-undo.cmd"
#define SETTINGS "/.wslconfig"

enum { LINE = 76, SETTINGS_LIMIT = 1024 * 1024 };

struct made {
    struct snapshot before;
    const char *bytes; /* what it is made with */
    size_t length;
};

static const char head[] = "@echo off\r\n"
                           "rem Made by playbook before it changed .wslconfig: a double click puts "
                           "that back as it was.\r\n"
                           "set \"PLAYBOOK_HERE=%~dp0\"\r\n";

static const char restore[] =
    "powershell.exe -NoProfile -ExecutionPolicy Bypass -Command \"try { $m = 'rem ' + 'ORIGINAL'; "
    "$t = [IO.File]::ReadAllText($env:PLAYBOOK_HERE + '" NAME "'); "
    "$b = [Convert]::FromBase64String($t.Substring($t.IndexOf($m) + $m.Length)); "
    "[IO.File]::WriteAllBytes($env:PLAYBOOK_HERE + '.wslconfig', $b) } catch { exit 1 }\"\r\n"
    "if errorlevel 1 echo .wslconfig could not be written. & pause & exit /b 1\r\n";

static const char remove_it[] =
    "if exist \"%~dp0.wslconfig\" del /f /q \"%~dp0.wslconfig\"\r\n"
    "if exist \"%~dp0.wslconfig\" echo .wslconfig could not be removed. & pause & exit /b 1\r\n";

static const char tail[] = "echo .wslconfig is as it was before. Now run: wsl --shutdown\r\n"
                           "pause\r\n"
                           "exit /b 0\r\n";

static void make(struct made *made, struct arena *arena, const struct file_text *original)
{
    struct text text = text_new(arena);
    bool missing = original->code == ENOENT;
    text_add(&text, head);
    text_add(&text, missing ? remove_it : restore);
    text_add(&text, tail);
    if (!missing) {
        const char *digits = base64_encode(arena, original->bytes, original->length);
        text_add(&text, "rem ORIGINAL\r\n");
        for (; *digits; digits += strnlen(digits, LINE))
            text_format(&text, "%.*s\r\n", LINE, digits);
    }
    made->bytes = text_string(&text);
    made->length = text.length;
}

static const char *settings_beside(struct arena *arena, const char *path)
{
    return arena_format(arena, "%.*s" SETTINGS, (int)(strrchr(path, '/') - path), path);
}

/* One that a run has left which this distribution does not remember: it puts back what is long
 * past. */
static bool is_left_over(const struct snapshot *snapshot)
{
    size_t length = sizeof(head) - 1;
    return snapshot->bytes && snapshot->length > length &&
           memcmp(snapshot->bytes, head, length) == 0;
}

static bool prepare(struct change *change, struct arena *arena, const struct programs *programs,
                    struct error *error)
{
    (void)programs;
    struct made *made = arena_alloc(arena, sizeof(*made));
    const char *settings = settings_beside(arena, change->target);
    struct file_text original;
    change->saved = made;
    if (!snapshot_take(arena, change->target, &made->before, error))
        return false;
    if (is_left_over(&made->before))
        made->before.exists = false;
    file_read(arena, settings, SETTINGS_LIMIT, &original);
    if (original.code && original.code != ENOENT)
        return error_set(error, "%s", original.reason);
    make(made, arena, &original);
    return true;
}

static bool apply(struct change *change, struct arena *arena, const struct programs *programs,
                  struct error *error)
{
    (void)arena;
    (void)programs;
    const struct made *made = change->saved;
    struct file_look look = snapshot_look(&made->before);
    return file_replace(change->target, made->bytes, made->length, &look, error);
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
    if (!snapshot_read(&made->before, reading) || !text_equal(made->before.path, change->target))
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
    const char *name = strrchr(change->target, '/');
    return change->target[0] == '/' && text_equal(name + 1, NAME);
}

static void describe(struct change *change, struct arena *arena)
{
    (void)arena;
    change->before = "missing";
    change->after = "puts .wslconfig back by a double click";
}

const struct change_kind undo_file_kind = {.name = "undo-file",
                                           .safeguard = true,
                                           .write = write_change,
                                           .read = read_change,
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

static bool is_settings(const struct change *change)
{
    size_t length = strlen(change->target), end = strlen(SETTINGS);
    return change->kind == &file_kind && length > end &&
           text_equal(change->target + length - end, SETTINGS);
}

void undo_files_plan(struct safeguards *safeguards, struct arena *arena,
                     const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_settings(&changes[i]))
            continue;
        const char *target = arena_format(arena, "%s/" NAME, path_folder(arena, changes[i].target));
        if (!changes_have(safeguards->changes, safeguards->count, target))
            describe(safeguards_add(safeguards, arena, &undo_file_kind, &changes[i], target),
                     arena);
    }
}
