/* The text goes to the restoring program in a memory file of this process: nothing is left behind.
 * Source: iptables-save(8), iptables-restore(8), memfd_create(2). */
#include "engine/change/loaded.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/io/file.h"

enum { LOADED_TIMEOUT_S = 10, LOADED_BYTES = 4 * 1024 * 1024 };

static struct program_result run(const char *const *argv, struct arena *arena,
                                 const struct programs *programs)
{
    struct program program = {.argv = argv, .limit = LOADED_BYTES};
    return programs_wait(programs, arena, &program, loop_now() + SECONDS(LOADED_TIMEOUT_S));
}

/* Chains of `prefix` without their counters, their rules, and what frames them. A restore that does
 * not flush (`-n`) empties exactly the chains that are named and fills them again. */
static const char *only_chains(struct arena *arena, const char *text, const char *prefix)
{
    struct text kept = text_new(arena);
    size_t length;
    for (; *text; text += length + (text[length] == '\n')) {
        length = strcspn(text, "\n");
        const char *name = text[0] == ':' ? text + 1 : text_starts(text, "-A ") ? text + 3 : NULL;
        if (text[0] == '#' || length == 0 || (name && !text_starts(name, prefix)))
            continue;
        const char *line = arena_copy(arena, text, length);
        if (text[0] == ':')
            text_format(&kept, "%.*s - [0:0]\n", (int)strcspn(line, " "), line);
        else
            text_format(&kept, "%s\n", line);
    }
    return text_string(&kept);
}

const char *loaded_take(const struct loaded_state *loaded, struct arena *arena,
                        const struct programs *programs)
{
    struct program_result result = run(loaded->save, arena, programs);
    if (result.failure || result.status != 0 || result.cut)
        return NULL;
    return only_chains(arena, result.output, loaded->chains);
}

bool loaded_is_nothing(const char *taken)
{
    return !strstr(taken, "\n-A ");
}

bool loaded_holds(const struct loaded_state *loaded, const char *taken, struct arena *arena,
                  const struct programs *programs)
{
    const char *now = loaded_take(loaded, arena, programs);
    return now && text_equal(now, taken);
}

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static const char *const *with_file(const char *const *argv, int fd, struct arena *arena)
{
    size_t count = 0;
    while (argv[count])
        count++;
    const char **copy = arena_alloc(arena, (count + 2) * sizeof(*copy));
    memcpy(copy, argv, count * sizeof(*copy));
    copy[count] = arena_format(arena, "/proc/%d/fd/%d", (int)getpid(), fd);
    return copy;
}

/* `-n` leaves chains that are not named: those that have come since are emptied and deleted, at the
 * end of the table. ufw makes some to try out what the kernel can do. */
static const char *without_others(struct arena *arena, const char *taken, const char *now)
{
    struct text flush = text_new(arena), delete = text_new(arena), text = text_new(arena);
    for (; *now; now += strcspn(now, "\n") + 1) {
        const char *name = arena_copy(arena, now + 1, strcspn(now + 1, " \n"));
        if (*now != ':' || strstr(taken, arena_format(arena, ":%s ", name)))
            continue;
        text_format(&flush, "-F %s\n", name);
        text_format(&delete, "-X %s\n", name);
    }
    const char *end = strstr(taken, "COMMIT\n");
    if (!end)
        return taken;
    text_bytes(&text, taken, (size_t)(end - taken));
    text_add(&text, text_string(&flush));
    text_add(&text, text_string(&delete));
    text_add(&text, end);
    return text_string(&text);
}

bool loaded_restore(const struct loaded_state *loaded, const char *taken, struct arena *arena,
                    const struct programs *programs, struct error *error)
{
    const char *now = loaded_take(loaded, arena, programs);
    if (now && text_equal(now, taken))
        return true;
    if (now)
        taken = without_others(arena, taken, now);
    int fd __attribute__((cleanup(close_fd))) = memfd_create("playbook-loaded", MFD_CLOEXEC);
    if (fd < 0 || !write_all(fd, taken, strlen(taken)))
        return error_system(error, errno, "cannot keep what was loaded in a memory file");
    struct program_result result = run(with_file(loaded->restore, fd, arena), arena, programs);
    if (result.failure)
        return error_set(error, "'%s' failed: %s", loaded->restore[0], result.failure);
    return result.status == 0 ||
           error_set(error, "'%s' failed with status %d: %.*s", loaded->restore[0], result.status,
                     (int)strcspn(result.errors, "\n"), result.errors);
}
