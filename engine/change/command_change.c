/* Changes that a program makes (ufw). Its files, and what it loads into the kernel, are saved
 * before and restored exactly after the undo command, but for what somebody else has loaded since.
 */
#include <string.h>
#include <unistd.h>

#include "engine/base/sha256.h"
#include "engine/change/loaded.h"
#include "engine/change/plan.h"
#include "engine/change/snapshot.h"

enum { COMMAND_TIMEOUT_S = 60 };

/* What a program has loaded into the kernel. NULL: could not be told. */
struct loaded {
    const char *before, *left;
    bool others; /* somebody has loaded something else, or nothing, since: as stands() saw it. What
                    is loaded is then left alone */
};

struct saved {
    struct loaded *loaded; /* by state */
    size_t count;
    struct snapshot *files; /* before */
    struct snapshot *left;  /* as the command left them; NULL: it did not end well, or is running */
    bool edited;            /* somebody has changed one of them since: as stands() saw it */
};

static bool run(const char *const *argv, struct arena *arena, const struct programs *programs,
                struct error *error)
{
    struct program program = {.argv = argv};
    struct program_result result =
        programs_wait(programs, arena, &program, loop_now() + SECONDS(COMMAND_TIMEOUT_S));
    if (result.failure)
        return error_set(error, "'%s' failed: %s", argv[0], result.failure);
    if (result.status == 0)
        return true;
    const char *said = result.errors_length ? result.errors : result.output;
    return error_set(error, "'%s' failed with status %d: %.*s", argv[0], result.status,
                     (int)strcspn(said, "\n"), said);
}

static size_t count_loaded(const struct change *change)
{
    size_t count = 0;
    while (change->action->loaded && change->action->loaded[count].save)
        count++;
    return count;
}

static bool take_files(const struct change *change, struct arena *arena, struct snapshot **files,
                       size_t *count, struct error *error)
{
    const struct command_change *detail = change->detail;
    *count = 0;
    while (detail->touches && detail->touches[*count])
        ++*count;
    *files = arena_alloc(arena, (*count + 1) * sizeof(**files));
    for (size_t i = 0; i < *count; i++)
        if (!snapshot_take(arena, detail->touches[i], &(*files)[i], error))
            return false;
    return true;
}

static bool prepare(struct change *change, struct arena *arena, const struct programs *programs,
                    struct error *error)
{
    struct saved *saved = arena_alloc(arena, sizeof(*saved));
    saved->loaded = arena_alloc(arena, (count_loaded(change) + 1) * sizeof(*saved->loaded));
    for (size_t i = 0; i < count_loaded(change); i++)
        saved->loaded[i].before = loaded_take(&change->action->loaded[i], arena, programs);
    change->saved = saved;
    return take_files(change, arena, &saved->files, &saved->count, error);
}

static bool apply(struct change *change, struct arena *arena, const struct programs *programs,
                  struct error *error)
{
    return run(((const struct command_change *)change->detail)->argv, arena, programs, error);
}

/* /run begins empty, and locks come and go there. */
static bool is_passing(const char *path)
{
    return text_starts(path, "/run/");
}

/* After a restart the kernel has what the next start loaded, and /run is another. */
static bool is_void(const struct change *change, const struct snapshot *file)
{
    return change->restarted && is_passing(file->path);
}

/* Is this state of the kernel one that undo() brings back and differs() measures? */
static bool is_ours(const struct change *change, size_t index)
{
    const struct loaded *loaded = &((const struct saved *)change->saved)->loaded[index];
    return loaded->before && !loaded->others && !change->restarted;
}

/* All that differs: the files, and what is loaded. */
static const char *differs(struct change *change, struct arena *arena,
                           const struct programs *programs)
{
    const struct saved *saved = change->saved;
    struct text all = text_new(arena);
    for (size_t i = 0; i < saved->count; i++) {
        if (is_void(change, &saved->files[i]))
            continue;
        const char *difference = snapshot_differs(arena, &saved->files[i]);
        if (difference)
            text_format(&all, "%s%s", all.length ? "; " : "", difference);
    }
    for (size_t i = 0; i < count_loaded(change); i++)
        if (is_ours(change, i) &&
            !loaded_holds(&change->action->loaded[i], saved->loaded[i].before, arena, programs))
            text_format(&all, "%s'%s': what '%s' prints", all.length ? "; " : "", change->target,
                        change->action->loaded[i].save[0]);
    return all.length ? text_string(&all) : NULL;
}

static bool note(struct change *change, struct arena *arena, const struct programs *programs,
                 struct error *error)
{
    struct saved *saved = change->saved;
    size_t count;
    if (!take_files(change, arena, &saved->left, &count, error))
        return false;
    for (size_t i = 0; i < count_loaded(change); i++)
        saved->loaded[i].left = loaded_take(&change->action->loaded[i], arena, programs);
    for (size_t i = 0; i < count; i++)
        if (!file_sync(saved->left[i].path, error))
            return false;
    return true;
}

/* Has somebody loaded something else since, or nothing? A command in doubt may have left anything,
 * but it does not unload all. */
static bool has_others(const struct change *change, size_t index, struct arena *arena,
                       const struct programs *programs)
{
    const struct loaded *loaded = &((const struct saved *)change->saved)->loaded[index];
    const char *now = loaded->before && !change->restarted
                          ? loaded_take(&change->action->loaded[index], arena, programs)
                          : NULL;
    if (loaded->others || !now || text_equal(now, loaded->before))
        return loaded->others;
    return change->state == CHANGE_DONE && loaded->left ? !text_equal(now, loaded->left)
                                                        : loaded_is_nothing(now);
}

static const char *edited_file(const struct change *change, const struct snapshot *now)
{
    const struct saved *saved = change->saved;
    for (size_t i = 0; i < saved->count && saved->left && change->state == CHANGE_DONE; i++)
        if (!is_passing(now[i].path) && !snapshot_same_content(&now[i], &saved->left[i]) &&
            !snapshot_same_content(&now[i], &saved->files[i]))
            return now[i].path;
    return NULL;
}

/* What somebody else has loaded beside what the command did stands in nobody's way: it stays. */
static bool stands(struct change *change, struct arena *arena, const struct programs *programs,
                   struct error *error)
{
    struct saved *saved = change->saved;
    struct snapshot *now;
    size_t count;
    for (size_t i = 0; i < count_loaded(change); i++)
        saved->loaded[i].others = has_others(change, i, arena, programs);
    if (!take_files(change, arena, &now, &count, error))
        return false;
    const char *edited = edited_file(change, now);
    saved->edited = saved->edited || edited;
    return !edited || error_set(error, "'%s' is no longer as the fix left it", edited);
}

static bool restore_files(struct change *change, struct arena *arena, struct error *error)
{
    const struct saved *saved = change->saved;
    bool restored = true;
    for (size_t i = 0; i < saved->count; i++)
        if (!is_void(change, &saved->files[i]))
            restored = snapshot_restore(arena, &saved->files[i], error) && restored;
    return restored;
}

static bool restore_loaded(struct change *change, struct arena *arena,
                           const struct programs *programs, struct error *error)
{
    const struct saved *saved = change->saved;
    bool restored = true;
    for (size_t i = 0; i < count_loaded(change); i++)
        if (is_ours(change, i))
            restored = loaded_restore(&change->action->loaded[i], saved->loaded[i].before, arena,
                                      programs, error) &&
                       restored;
    return restored;
}

/* What others have loaded may have come from edited files that are put back by force: all is loaded
 * from what they are now. That touches them. */
static bool load_anew(struct change *change, struct arena *arena, const struct programs *programs,
                      struct error *error)
{
    const struct saved *saved = change->saved;
    bool others = false, loaded = true;
    for (size_t i = 0; i < count_loaded(change); i++)
        others = others || saved->loaded[i].others;
    if (!saved->edited || !others)
        return true;
    for (size_t i = 0; i < count_loaded(change); i++) {
        const char *const *reload = change->action->loaded[i].reload;
        loaded = (!reload || run(reload, arena, programs, error)) && loaded;
    }
    return restore_files(change, arena, error) && loaded;
}

static bool restore(struct change *change, struct arena *arena, const struct programs *programs,
                    struct error *error)
{
    bool files = restore_files(change, arena, error);
    return load_anew(change, arena, programs, error) &&
           restore_loaded(change, arena, programs, error) && files;
}

/* Does differs() see all that the command could change? */
static bool is_measured(const struct change *change)
{
    const struct saved *saved = change->saved;
    for (size_t i = 0; i < count_loaded(change) && !change->restarted; i++)
        if (!saved->loaded[i].before || saved->loaded[i].others)
            return false;
    return true;
}

/* What is measured counts, not what the command says: after a restart ufw can fail for want of
 * chains that nobody misses. */
static bool undo(struct change *change, struct arena *arena, const struct programs *programs,
                 struct error *error)
{
    const struct command_change *detail = change->detail;
    struct error restore_error;
    /* Where nothing differs, an earlier undo may have ended before it was durable. */
    bool ran = !differs(change, arena, programs) || run(detail->undo, arena, programs, error);
    bool restored = restore(change, arena, programs, ran ? error : &restore_error);
    return restored && (ran || (is_measured(change) && !differs(change, arena, programs)));
}

static void by_hand(const struct change *change, struct differences *differences)
{
    const struct saved *saved = change->saved;
    differences_add_command(differences, ((const struct command_change *)change->detail)->undo);
    for (size_t i = 0; i < saved->count; i++)
        if (!is_void(change, &saved->files[i]) &&
            snapshot_differs(differences->arena, &saved->files[i]))
            snapshot_by_hand(&saved->files[i], differences);
}

static void write_files(struct text *record, const struct snapshot *files, size_t count)
{
    record_number(record, files != NULL);
    for (size_t i = 0; files && i < count; i++)
        snapshot_write(&files[i], record);
}

/* Of the files that the command touches, in their order. */
static bool read_files(struct reading *reading, const char *const *paths, struct snapshot **files,
                       size_t count)
{
    *files = NULL;
    if (!read_up_to(reading, 1))
        return !reading->broken;
    *files = arena_alloc(reading->arena, (count + 1) * sizeof(**files));
    for (size_t i = 0; i < count; i++)
        if (!snapshot_read(&(*files)[i], paths[i], reading))
            return false;
    return true;
}

static void write_saved(const struct change *change, struct text *record)
{
    const struct saved *saved = change->saved;
    for (size_t i = 0; i < count_loaded(change); i++)
        record_string(record, saved->loaded[i].before);
    write_files(record, saved->files, saved->count);
    write_files(record, saved->left, saved->count);
    for (size_t i = 0; i < count_loaded(change); i++) {
        record_string(record, saved->loaded[i].left);
        record_number(record, saved->loaded[i].others);
    }
    record_number(record, saved->edited);
}

static bool read_saved(struct change *change, struct reading *reading)
{
    const struct command_change *detail = change->detail;
    struct saved *saved = arena_alloc(reading->arena, sizeof(*saved));
    change->saved = saved;
    while (detail->touches && detail->touches[saved->count])
        saved->count++;
    saved->loaded =
        arena_alloc(reading->arena, (count_loaded(change) + 1) * sizeof(*saved->loaded));
    for (size_t i = 0; i < count_loaded(change); i++)
        saved->loaded[i].before = read_string(reading);
    if (!read_files(reading, detail->touches, &saved->files, saved->count) || !saved->files ||
        !read_files(reading, detail->touches, &saved->left, saved->count))
        return false;
    if (reading->left == 0) /* an earlier playbook wrote it */
        return true;
    for (size_t i = 0; i < count_loaded(change); i++) {
        saved->loaded[i].left = read_string(reading);
        saved->loaded[i].others = read_up_to(reading, 1) != 0;
    }
    saved->edited = read_up_to(reading, 1) != 0;
    return !reading->broken;
}

/* The files that it touches, by content: what the plan says of them is only a command. What cannot
 * be read is left out, and so is /run, where locks come and go. */
static const char *const *state(const struct change *change, struct arena *arena)
{
    const char *const *touches = ((const struct command_change *)change->detail)->touches;
    const char **words = NULL;
    size_t count = 0;
    for (size_t i = 0; touches && touches[i]; i++) {
        struct snapshot now;
        struct error error;
        if (is_passing(touches[i]) || !snapshot_glance(arena, touches[i], &now, &error))
            continue;
        const char *is = now.bytes    ? sha256_text(arena, now.bytes, now.length)
                         : now.target ? arena_format(arena, "link to %s", now.target)
                                      : "missing";
        words = arena_grow(arena, words, count, sizeof(*words));
        words[count++] = arena_format(arena, "%s: %s", touches[i], is);
    }
    words = arena_grow(arena, words, count, sizeof(*words));
    words[count] = NULL;
    return words;
}

static enum right lacks(const struct change *change, struct arena *arena)
{
    (void)change;
    (void)arena;
    return geteuid() == 0 ? RIGHT_HELD : RIGHT_ROOT;
}

static void write_change(const struct change *change, struct text *record)
{
    const struct command_change *detail = change->detail;
    record_strings(record, detail->argv);
    record_strings(record, detail->undo);
    record_strings(record, detail->touches);
}

/* As a line of them they are matched by what the fix declares: a blank inside one would be two. */
static bool are_words(const char *const *argv)
{
    for (size_t i = 0; argv && argv[i]; i++)
        if (!*argv[i] || strpbrk(argv[i], " \t\n"))
            return false;
    return argv && argv[0];
}

static bool read_change(struct change *change, struct reading *reading)
{
    struct command_change *detail = arena_alloc(reading->arena, sizeof(*detail));
    *detail = (struct command_change){.argv = read_strings(reading),
                                      .undo = read_strings(reading),
                                      .touches = read_strings(reading)};
    change->detail = detail;
    return are_words(detail->argv) && are_words(detail->undo) &&
           text_equal(detail->undo[0], detail->argv[0]) && !strchr(detail->argv[0], '/');
}

static const struct touch *parts(const struct change *change, struct arena *arena)
{
    const struct command_change *detail = change->detail;
    size_t count = 0;
    while (detail->touches && detail->touches[count])
        count++;
    struct touch *parts = arena_alloc(arena, (count + 3) * sizeof(*parts));
    for (size_t i = 0; i < count; i++)
        parts[i] = (struct touch){"file", detail->touches[i]};
    parts[count] = (struct touch){"command", argv_line(arena, detail->argv)};
    parts[count + 1] = (struct touch){"command", argv_line(arena, detail->undo)};
    return parts;
}

static void describe(struct change *change, struct arena *arena)
{
    (void)arena;
    change->argv = ((const struct command_change *)change->detail)->argv;
}

static void reverse(struct change *change, struct arena *arena)
{
    (void)arena;
    change->argv = ((const struct command_change *)change->detail)->undo;
}

const struct change_kind command_kind = {.name = "command",
                                         .write = write_change,
                                         .read = read_change,
                                         .parts = parts,
                                         .describe = describe,
                                         .reverse = reverse,
                                         .lacks = lacks,
                                         .state = state,
                                         .prepare = prepare,
                                         .apply = apply,
                                         .note = note,
                                         .stands = stands,
                                         .undo = undo,
                                         .write_saved = write_saved,
                                         .read_saved = read_saved,
                                         .differs = differs,
                                         .by_hand = by_hand};

bool plan_command(struct planner *planner, const struct command_change *command,
                  struct error *error)
{
    (void)error;
    struct arena *arena = plan_arena(planner);
    struct command_change *detail = arena_alloc(arena, sizeof(*detail));
    *detail = (struct command_change){.argv = argv_copy(arena, command->argv),
                                      .undo = argv_copy(arena, command->undo),
                                      .touches = argv_copy(arena, command->touches)};
    struct change *change = plan_add(planner, &command_kind, command->target);
    change->detail = detail;
    describe(change, arena);
    return true;
}
