/* Changes on the Windows side, by PowerShell: fixed scripts of the actions with validated values in
 * them. What the script `look` prints is the state that is compared. */
#include <string.h>

#include "engine/change/plan.h"

enum { WINDOWS_TIMEOUT_S = 60 };

static const char *trim(struct arena *arena, const char *text)
{
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        length--;
    return arena_copy(arena, text, length);
}

static const char *const *powershell(struct arena *arena, const char *script)
{
    const char *argv[] = {
        "powershell.exe", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-Command",
        script,           NULL};
    const char **copy = arena_alloc(arena, sizeof(argv));
    memcpy(copy, argv, sizeof(argv));
    return copy;
}

/* What the script printed, trimmed; NULL with `error` where it failed. */
static const char *run(const char *script, struct arena *arena, const struct programs *programs,
                       struct error *error)
{
    struct program program = {.argv = powershell(arena, script), .windows = true};
    struct program_result result =
        programs_wait(programs, arena, &program, loop_now() + SECONDS(WINDOWS_TIMEOUT_S));
    if (result.failure) {
        error_set(error, "'powershell.exe' failed: %s", result.failure);
        return NULL;
    }
    if (result.status == 0)
        return trim(arena, result.output);
    const char *said = trim(arena, result.errors_length ? result.errors : result.output);
    error_set(error, "'powershell.exe' failed with status %d: %.*s", result.status,
              (int)strcspn(said, "\r\n"), said);
    return NULL;
}

static bool fits(const struct change *change, struct arena *arena, const struct programs *programs,
                 struct error *error)
{
    const struct windows_change *detail = change->detail;
    const char *now = run(detail->look, arena, programs, error);
    if (!now)
        return false;
    return text_equal(now, detail->before) ||
           error_set(error, "'%s' has changed since the plan was made: %s", change->target, now);
}

static bool apply(struct change *change, struct arena *arena, const struct programs *programs,
                  struct error *error)
{
    const struct windows_change *detail = change->detail;
    if (!run(detail->apply, arena, programs, error))
        return false;
    const char *now = run(detail->look, arena, programs, error);
    return now &&
           (text_equal(now, detail->after) ||
            error_set(error, "'%s' is not as planned after the change: %s", change->target, now));
}

static bool stands(struct change *change, struct arena *arena, const struct programs *programs,
                   struct error *error)
{
    const struct windows_change *detail = change->detail;
    const char *now = run(detail->look, arena, programs, error);
    return now &&
           (text_equal(now, detail->before) || text_equal(now, detail->after) ||
            error_set(error, "'%s' is no longer as the fix left it: %s", change->target, now));
}

static bool undo(struct change *change, struct arena *arena, const struct programs *programs,
                 struct error *error)
{
    const struct windows_change *detail = change->detail;
    const char *now = run(detail->look, arena, programs, error);
    return now &&
           (text_equal(now, detail->before) || run(detail->undo, arena, programs, error) != NULL);
}

static const char *differs(struct change *change, struct arena *arena,
                           const struct programs *programs)
{
    const struct windows_change *detail = change->detail;
    struct error error;
    const char *now = run(detail->look, arena, programs, &error);
    if (!now)
        return arena_format(arena, "'%s' cannot be told: %s", change->target, error.message);
    if (text_equal(now, detail->before))
        return NULL;
    return arena_format(arena, "'%s': %s", change->target, now);
}

static void by_hand(const struct change *change, struct differences *differences)
{
    const struct windows_change *detail = change->detail;
    differences_add_command(differences, powershell(differences->arena, detail->undo));
}

static enum right lacks(const struct change *change, struct arena *arena)
{
    (void)arena;
    const struct windows_change *detail = change->detail;
    return detail->administrator && !detail->elevated ? RIGHT_ADMINISTRATOR : RIGHT_HELD;
}

static void write_change(const struct change *change, struct text *record)
{
    const struct windows_change *detail = change->detail;
    const char *const texts[] = {detail->before, detail->after, detail->apply,
                                 detail->undo,   detail->look,  NULL};
    record_strings(record, texts);
    record_number(record, detail->administrator);
    record_number(record, detail->elevated);
}

static bool read_change(struct change *change, struct reading *reading)
{
    enum { TEXTS = 5 };
    const char *const *texts = read_strings(reading);
    size_t count = 0;
    while (texts && texts[count])
        count++;
    if (count != TEXTS)
        return false;
    struct windows_change *detail = arena_alloc(reading->arena, sizeof(*detail));
    *detail = (struct windows_change){.before = texts[0],
                                      .after = texts[1],
                                      .apply = texts[2],
                                      .undo = texts[3],
                                      .look = texts[4]};
    detail->administrator = read_up_to(reading, 1) != 0;
    detail->elevated = read_up_to(reading, 1) != 0;
    change->detail = detail;
    return true;
}

static const struct touch *parts(const struct change *change, struct arena *arena)
{
    const struct windows_change *detail = change->detail;
    const struct touch parts[] = {{"windows", detail->apply},
                                  {"windows", detail->undo},
                                  {"windows", detail->look},
                                  {NULL, NULL}};
    struct touch *copy = arena_alloc(arena, sizeof(parts));
    memcpy(copy, parts, sizeof(parts));
    return copy;
}

/* The target is for people: two rules of one firewall have it in common. */
static bool same(const struct change *a, const struct change *b)
{
    return text_equal(((const struct windows_change *)a->detail)->look,
                      ((const struct windows_change *)b->detail)->look);
}

static void describe(struct change *change, struct arena *arena)
{
    const struct windows_change *detail = change->detail;
    change->before = detail->before;
    change->after = detail->after;
    change->argv = powershell(arena, detail->apply);
    change->script = detail->apply;
}

static void reverse(struct change *change, struct arena *arena)
{
    const struct windows_change *detail = change->detail;
    change->argv = powershell(arena, detail->undo);
    change->script = detail->undo;
}

const struct change_kind windows_kind = {.name = "windows",
                                         .write = write_change,
                                         .read = read_change,
                                         .parts = parts,
                                         .same = same,
                                         .describe = describe,
                                         .reverse = reverse,
                                         .lacks = lacks,
                                         .fits = fits,
                                         .apply = apply,
                                         .stands = stands,
                                         .undo = undo,
                                         .differs = differs,
                                         .by_hand = by_hand};

bool plan_windows(struct planner *planner, const struct windows_change *windows,
                  struct error *error)
{
    (void)error;
    struct arena *arena = plan_arena(planner);
    struct windows_change *detail = arena_alloc(arena, sizeof(*detail));
    *detail = *windows;
    detail->before = trim(arena, windows->before);
    detail->after = trim(arena, windows->after);
    detail->apply = arena_string(arena, windows->apply);
    detail->undo = arena_string(arena, windows->undo);
    detail->look = arena_string(arena, windows->look);
    struct change *change = plan_add(planner, &windows_kind, windows->target);
    change->detail = detail;
    describe(change, arena);
    return true;
}
