/* Programs are found here and started without a shell. */
#include "engine/change/programs.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/encoding.h"
#include "engine/base/limits.h"
#include "engine/io/windows.h"

static const char *environment_value(const struct programs *programs, const char *name)
{
    size_t length = strlen(name);
    for (const char *const *entry = programs->environment; *entry; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

/* As execvp(3) looks for it, in the PATH that the program itself will get. */
static const char *find_on_path(const struct programs *programs, struct arena *arena,
                                const char *name)
{
    if (strchr(name, '/'))
        return name;
    const char *path = environment_value(programs, "PATH");
    while (path && *path) {
        size_t length = strcspn(path, ":");
        const char *file = arena_format(arena, "%.*s/%s", (int)length, path, name);
        if (length > 0 && access(file, X_OK) == 0)
            return file;
        path += length + (path[length] == ':');
    }
    return NULL;
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
    const char *passed = environment_value(programs, "WSLENV");
    copy[kept++] = "WSL_UTF8=1";
    copy[kept++] = arena_format(arena, "WSLENV=%s%sWSL_UTF8", passed ? passed : "",
                                passed && *passed ? ":" : "");
    return copy;
}

static bool locate(const struct programs *programs, struct arena *arena,
                   const struct program *program, struct process_start *start, struct error *error)
{
    const char *name = program->argv[0];
    start->environment = programs->environment;
    const char *path;
    if (program->windows) {
        struct windows_program found;
        if (!windows_find(arena, name, &found, error))
            return false;
        path = found.path;
        start->directory = found.directory;
        start->environment = windows_environment(programs, arena);
    } else {
        path = find_on_path(programs, arena, name);
    }
    if (!path) {
        error_set(error, "no such program: '%s'", name);
        error->code = ENOENT;
        return false;
    }
    size_t count = 0;
    while (program->argv[count])
        count++;
    const char **argv = arena_alloc(arena, (count + 1) * sizeof(*argv));
    memcpy(argv, program->argv, count * sizeof(*argv));
    argv[0] = path;
    start->argv = argv;
    return true;
}

/* The kernel's refusals, in the words of the field. */
static void explain(struct error *error, const struct program *program)
{
    if (error->code == ENOENT)
        error_set(error, "no such program: '%s'", program->argv[0]);
    else if (error->code == ENOEXEC && program->windows)
        error_hint(error,
                   "Windows interop is not registered (binfmt_misc); 'wsl.exe --shutdown' in "
                   "Windows brings it back");
    else if (error->code == EACCES && program->windows)
        error_hint(error, "Windows asks for an administrator; run it in an elevated terminal");
}

bool confine(void *data, struct error *error)
{
    const struct confinement *confinement = data;
    struct sandbox_state state;
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
    struct process_start start = {.limit = program->limit ? program->limit : LIMIT_OUTPUT_BYTES};
    if (!locate(programs, arena, program, &start, error))
        return NULL;
    start.inherited = programs->lock;
    if (confinement) {
        start.enter = confine;
        start.enter_data = confinement;
    }
    struct process *process = process_run(programs->loop, arena, &start, done, data, error);
    if (!process)
        explain(error, program);
    return process;
}

struct program_result program_result_of(struct arena *arena, const struct process_end *end)
{
    struct program_result result = {.cut = end->output.cut || end->errors.cut};
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
