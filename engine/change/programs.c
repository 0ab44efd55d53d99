/* Programs are found here and started without a shell. */
#include "engine/change/programs.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/encoding.h"
#include "engine/base/limits.h"
#include "engine/io/mounts.h"
#include "engine/io/windows.h"

const char *environment_value(const char *const *environment, const char *name)
{
    size_t length = strlen(name);
    for (const char *const *entry = environment; *entry; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

/* A folder may be searched, which access(2) calls executable too. */
static bool is_program(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* What can hang is never looked at from here: where it comes before the first program that is
 * found, the search goes on in the process that is to become the program; behind that it is left
 * out. */
static void narrow(struct mounts *mounts, struct process_image *images, bool *may_hang)
{
    struct process_image *kept = images;
    for (bool found = false; images->path; images++) {
        bool hangs = mounts_may_hang(mounts, images->path);
        if (hangs && found)
            continue;
        *may_hang = *may_hang || hangs;
        found = found || (!hangs && is_program(images->path));
        *kept++ = *images;
    }
    *kept = (struct process_image){0};
}

/* The folders of the PATH that the program itself will get; empty ones are not the current one. */
static struct process_image *images_on_path(const struct programs *programs, struct arena *arena,
                                            const char *name)
{
    struct process_image *images = NULL;
    size_t count = 0;
    const char *path = environment_value(programs->environment, "PATH");
    while (path && *path) {
        size_t length = strcspn(path, ":");
        images = arena_grow(arena, images, count, sizeof(*images));
        if (length > 0)
            images[count++].path = arena_format(arena, "%.*s/%s", (int)length, path, name);
        path += length + (path[length] == ':');
    }
    images = arena_grow(arena, images, count, sizeof(*images));
    images[count] = (struct process_image){0};
    return images;
}

/* wsl.exe writes UTF-8 where WSL_UTF8=1 is set and WSLENV lets it through. */
static const char *const *windows_environment(const struct programs *programs, struct arena *arena)
{
    size_t count = 0;
    while (programs->environment[count])
        count++;
    const char **copy = arena_alloc(arena, (count + 3) * sizeof(*copy));
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!text_starts(programs->environment[i], "WSLENV=") &&
            !text_starts(programs->environment[i], "WSL_UTF8="))
            copy[kept++] = programs->environment[i];
    const char *passed = environment_value(programs->environment, "WSLENV");
    copy[kept++] = "WSL_UTF8=1";
    copy[kept++] = arena_format(arena, "WSLENV=%s%sWSL_UTF8", passed ? passed : "",
                                passed && *passed ? ":" : "");
    return copy;
}

static void locate(const struct programs *programs, struct arena *arena,
                   const struct program *program, struct process_start *start)
{
    const char *name = program->argv[0];
    struct mounts *mounts = mounts_open(arena);
    struct process_image *images = arena_alloc(arena, 2 * sizeof(*images));
    images->path = name;
    if (program->windows)
        images = windows_images(arena, mounts, name);
    else if (!strchr(name, '/'))
        images = images_on_path(programs, arena, name);
    narrow(mounts, images, &start->may_hang);
    mounts_close(mounts);
    start->images = images;
    start->argv = (const char **)argv_copy(arena, program->argv); /* nobody else's */
    start->environment =
        program->windows ? windows_environment(programs, arena) : programs->environment;
}

/* The kernel's refusals, in the words of the field. Windows' own come later and otherwise: its
 * programs have started by then, and say what they lack. */
static void explain(struct error *error, const char *name, bool windows)
{
    int code = error->code;
    if (code == ENOENT && windows) {
        error_set(error, "cannot find '%s' on the Windows drive", name);
        error_hint(error, "the C: drive must be mounted in the guest ([automount] in "
                          "/etc/wsl.conf)");
    } else if (code == ENOENT) {
        error_set(error, "no such program: '%s'", name);
    } else if (code == ENOEXEC && windows) {
        error_hint(error, "Windows interop is not registered (binfmt_misc); 'wsl.exe --shutdown' "
                          "in Windows brings it back");
    } else if (code == EACCES && windows) {
        error_hint(error, "this guest forbids to execute it, Windows has not been asked: look at "
                          "the options of the drive's mount, and for a sandbox around this "
                          "program");
    }
    error->code = code;
}

/* A program whose failure to start is told at its end. */
struct started {
    const char *name;
    bool windows;
    process_fn *done;
    void *data;
};

static void ended(void *data, const struct process_end *end)
{
    const struct started *started = data;
    struct process_end told = *end;
    struct error failure;
    if (end->failure) {
        failure = *end->failure;
        explain(&failure, started->name, started->windows);
        told.failure = &failure;
    }
    started->done(started->data, &told);
}

bool confine(void *data, struct error *error)
{
    const struct confinement *confinement = data;
    struct sandbox_state state;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* what only looks ends with who wants to know */
    if (!sandbox_enter(confinement->profile, confinement->rights, &state, error))
        return false;
    if (sandbox_holds(&state))
        return true;
    error_set(error, "this kernel can confine no program: it has neither Landlock nor seccomp");
    error_hint(error, "'--no-sandbox' runs it all the same");
    return false;
}

struct process *programs_start(const struct programs *programs, struct arena *arena,
                               const struct program *program, struct confinement *confinement,
                               process_fn *done, void *data, struct error *error)
{
    struct process_start start = {.limit = program->limit ? program->limit : LIMIT_OUTPUT_BYTES,
                                  .bounds = program->bounds};
    locate(programs, arena, program, &start);
    start.inherited = programs->lock;
    if (confinement) {
        start.enter = confine;
        start.enter_data = confinement;
    }
    struct started *started = arena_alloc(arena, sizeof(*started));
    *started = (struct started){program->argv[0], program->windows, done, data};
    struct process *process = process_run(programs->loop, arena, &start, ended, started, error);
    if (!process)
        explain(error, program->argv[0], program->windows);
    return process;
}

struct program_result program_result_of(struct arena *arena, const struct process_end *end)
{
    if (end->failure)
        return (struct program_result){.failure = arena_string(arena, end->failure->message),
                                       .failure_code = end->failure->code};
    struct program_result result = {.cut = end->output.cut || end->errors.cut,
                                    .course = end->course};
    result.killed = WIFSIGNALED(end->status);
    result.status = result.killed ? 128 + WTERMSIG(end->status) : WEXITSTATUS(end->status);
    result.output =
        decode_text(arena, end->output.bytes, end->output.length, &result.output_length);
    result.errors =
        decode_text(arena, end->errors.bytes, end->errors.length, &result.errors_length);
    return result;
}

struct wait {
    struct arena *arena;
    struct program_result result;
    bool over;
};

static void wait_ended(void *data, const struct process_end *end)
{
    struct wait *wait = data;
    wait->result = program_result_of(wait->arena, end);
    wait->over = true;
}

static void wait_expired(void *data)
{
    struct wait *wait = data;
    wait->result.failure = "it did not end in time";
    wait->over = true;
}

struct program_result programs_wait(const struct programs *programs, struct arena *arena,
                                    const struct program *program, int64_t deadline)
{
    struct wait wait = {.arena = arena};
    struct error error;
    struct process *process =
        programs_start(programs, arena, program, NULL, wait_ended, &wait, &error);
    if (!process)
        return (struct program_result){.failure = arena_string(arena, error.message),
                                       .failure_code = error.code};
    struct timer *timer = loop_timer(programs->loop, deadline, wait_expired, &wait);
    while (!wait.over && loop_turn(programs->loop))
        continue;
    if (!wait.result.failure)
        loop_cancel(programs->loop, &timer);
    process_kill(&process);
    return wait.result;
}
