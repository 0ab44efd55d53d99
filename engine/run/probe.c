/* A probe owns what it opens. Callbacks from the loop find it through small records in its arena; a
 * finished probe has closed them all, so none can come late. */
#include "engine/run/probe.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/limits.h"
#include "engine/io/file.h"
#include "engine/io/process.h"
#include "engine/lang/arguments.h"

struct held_fd {
    struct held_fd *next;
    struct probe *probe;
    struct watch *watch;
    int fd; /* -1: closed */
    void (*ready)(struct probe *, int, uint32_t);
};

struct held_timer {
    struct held_timer *next;
    struct probe *probe;
    struct timer *timer;
    void (*due)(struct probe *);
};

struct held_process {
    struct held_process *next;
    struct probe *probe;
    struct process *process;
    struct program program; /* its argv in the probe's arena */
    void (*program_done)(struct probe *, const struct program_result *);
    void (*helper_done)(struct probe *, const char *, size_t);
};

struct probe {
    struct arena *arena;
    const struct executor *executor;
    const struct action *action;
    struct arguments arguments;
    size_t field_count;
    struct value *fields;
    const char **absent;
    void *state;
    int64_t started, deadline;
    struct timer *expiry;
    bool finished;
    struct held_fd *fds;
    struct held_timer *timers;
    struct held_process *processes;
    void (*ask_done)(struct probe *, int);
    void (*read_done)(struct probe *, const struct file_text *);
    probe_fn *done;
    void *data;
};

/* ---- start and end ---- */

static void release(struct probe *probe)
{
    struct loop *loop = probe->executor->loop;
    probe->finished = true;
    loop_cancel(loop, &probe->expiry);
    for (struct held_fd *held = probe->fds; held; held = held->next) {
        loop_unwatch(loop, &held->watch);
        if (held->fd >= 0)
            close(held->fd);
        held->fd = -1;
    }
    for (struct held_timer *held = probe->timers; held; held = held->next)
        loop_cancel(loop, &held->timer);
    for (struct held_process *held = probe->processes; held; held = held->next)
        process_kill(&held->process);
    if (probe->ask_done)
        probe->executor->consent.withdraw(probe->executor->consent.context);
    probe->ask_done = NULL;
}

static void finish(struct probe *probe, struct answer *answer)
{
    assert(!probe->finished);
    release(probe);
    answer->action = probe->action;
    answer->took = loop_now() - probe->started;
    probe->done(probe->data, answer);
}

void probe_answer(struct probe *probe, bool ok)
{
    struct answer answer = {
        .state = ANSWER_KNOWN, .ok = ok, .fields = probe->fields, .absent = probe->absent};
    finish(probe, &answer);
}

void probe_unknown(struct probe *probe, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    struct answer answer = {.state = ANSWER_UNKNOWN,
                            .reason = arena_vformat(probe->arena, format, list)};
    va_end(list);
    finish(probe, &answer);
}

struct answer answer_unknown(struct arena *arena, const struct action *action, const char *format,
                             ...)
{
    va_list list;
    va_start(list, format);
    struct answer answer = {
        .state = ANSWER_UNKNOWN, .action = action, .reason = arena_vformat(arena, format, list)};
    va_end(list);
    return answer;
}

static void expire(void *data)
{
    struct probe *probe = data;
    probe->expiry = NULL;
    if (probe->action->expire) {
        probe->action->expire(probe);
        return;
    }
    struct value limit = value_duration(probe->deadline - probe->started);
    probe_unknown(probe, "it did not end within %s", value_print(probe->arena, &limit));
}

struct probe *probe_start(struct arena *arena, const struct executor *executor,
                          const struct action *action, const struct value *arguments,
                          int64_t timeout, probe_fn *done, void *data)
{
    struct probe *probe = arena_alloc(arena, sizeof(*probe));
    size_t fields = field_count(action);
    *probe = (struct probe){.arena = arena,
                            .executor = executor,
                            .action = action,
                            .arguments = {action->arguments, arguments},
                            .field_count = fields,
                            .fields = arena_alloc(arena, (fields + 1) * sizeof(struct value)),
                            .absent = arena_alloc(arena, (fields + 1) * sizeof(char *)),
                            .started = loop_now(),
                            .deadline = INT64_MAX,
                            .done = done,
                            .data = data};
    if (timeout > 0) {
        probe->deadline = probe->started + timeout;
        probe->expiry = loop_timer(executor->loop, probe->deadline, expire, probe);
    }
    action->start(probe);
    return probe;
}

void probe_cancel(struct probe **probe)
{
    if (*probe && !(*probe)->finished)
        release(*probe);
    *probe = NULL;
}

/* ---- what it knows ---- */

const struct arguments *probe_arguments(const struct probe *probe)
{
    return &probe->arguments;
}

const char *probe_string(const struct probe *probe, const char *name)
{
    return arguments_get(&probe->arguments, name)->string;
}

double probe_number(const struct probe *probe, const char *name)
{
    return arguments_get(&probe->arguments, name)->number;
}

int64_t probe_duration(const struct probe *probe, const char *name)
{
    return arguments_get(&probe->arguments, name)->duration;
}

struct arena *probe_arena(struct probe *probe)
{
    return probe->arena;
}

void *probe_state(struct probe *probe, size_t size)
{
    if (!probe->state)
        probe->state = arena_alloc(probe->arena, size);
    return probe->state;
}

int64_t probe_now(const struct probe *probe)
{
    (void)probe;
    return loop_now();
}

int64_t probe_started(const struct probe *probe)
{
    return probe->started;
}

int64_t probe_deadline(const struct probe *probe)
{
    return probe->deadline;
}

static size_t field_index(const struct probe *probe, const char *name)
{
    for (size_t i = 0; i < probe->field_count; i++)
        if (text_equal(probe->action->fields[i].name, name))
            return i;
    assert(!"an action sets only fields that it declares");
    return probe->field_count;
}

void probe_set(struct probe *probe, const char *field, struct value value)
{
    probe->fields[field_index(probe, field)] = value;
}

void probe_absent(struct probe *probe, const char *field, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    probe->absent[field_index(probe, field)] = arena_vformat(probe->arena, format, list);
    va_end(list);
}

/* ---- descriptors and timers ---- */

static void fd_ready(void *data, int fd, uint32_t events)
{
    struct held_fd *held = data;
    held->ready(held->probe, fd, events);
}

static struct held_fd *find_fd(struct probe *probe, int fd)
{
    for (struct held_fd *held = probe->fds; held; held = held->next)
        if (held->fd == fd)
            return held;
    return NULL;
}

void probe_watch(struct probe *probe, int fd, uint32_t events,
                 void (*ready)(struct probe *probe, int fd, uint32_t events))
{
    struct loop *loop = probe->executor->loop;
    struct held_fd *held = find_fd(probe, fd);
    if (held) {
        held->ready = ready;
        loop_change(loop, held->watch, events);
        return;
    }
    held = arena_alloc(probe->arena, sizeof(*held));
    *held = (struct held_fd){.next = probe->fds, .probe = probe, .fd = fd, .ready = ready};
    held->watch = loop_watch(loop, fd, events, fd_ready, held);
    probe->fds = held;
    assert(held->watch && "only sockets and pipes are watched");
}

void probe_close(struct probe *probe, int fd)
{
    struct held_fd *held = find_fd(probe, fd);
    assert(held);
    loop_unwatch(probe->executor->loop, &held->watch);
    close(fd);
    held->fd = -1;
}

static void timer_due(void *data)
{
    struct held_timer *held = data;
    held->timer = NULL;
    held->due(held->probe);
}

void probe_after(struct probe *probe, int64_t delay, void (*due)(struct probe *probe))
{
    struct held_timer *held = arena_alloc(probe->arena, sizeof(*held));
    *held = (struct held_timer){.next = probe->timers, .probe = probe, .due = due};
    held->timer = loop_timer(probe->executor->loop, loop_now() + delay, timer_due, held);
    probe->timers = held;
}

/* ---- processes ---- */

static struct held_process *hold_process(struct probe *probe)
{
    struct held_process *held = arena_alloc(probe->arena, sizeof(*held));
    *held = (struct held_process){.next = probe->processes, .probe = probe};
    probe->processes = held;
    return held;
}

static void program_ended(void *data, const struct process_end *end)
{
    struct held_process *held = data;
    struct program_result result = executor_result(held->probe->arena, end);
    executor_remember(held->probe->executor, &held->program, &result);
    held->program_done(held->probe, &result);
}

void probe_run(struct probe *probe, const struct program *program,
               void (*done)(struct probe *probe, const struct program_result *result))
{
    const struct program_result *recalled = executor_recall(probe->executor, program);
    if (recalled) {
        done(probe, recalled);
        return;
    }
    struct held_process *held = hold_process(probe);
    struct error error;
    held->program = *program;
    held->program.argv = argv_copy(probe->arena, program->argv);
    held->program_done = done;
    held->process =
        executor_run(probe->executor, probe->arena, program, program_ended, held, &error);
    if (held->process)
        return;
    struct program_result result = {.failure_code = error.code, .output = "", .errors = ""};
    result.failure = arena_format(probe->arena, "%s%s%s%s", error.message,
                                  error.hint[0] ? " (" : "", error.hint, error.hint[0] ? ")" : "");
    done(probe, &result);
}

static void helper_ended(void *data, const struct process_end *end)
{
    struct held_process *held = data;
    bool whole = end->status == 0 && !end->output.cut;
    held->helper_done(held->probe, whole ? end->output.bytes : NULL, end->output.length);
}

void probe_help(struct probe *probe, void (*work)(const void *input, size_t length, int out),
                const void *input, size_t length,
                void (*done)(struct probe *probe, const char *result, size_t result_length))
{
    struct held_process *held = hold_process(probe);
    struct error error;
    held->helper_done = done;
    held->process = process_help(probe->executor->loop, probe->arena, work, input, length,
                                 helper_ended, held, &error);
    if (!held->process)
        probe_unknown(probe, "%s", error.message);
}

/* ---- files ---- */

struct helped_file {
    int code;
    int64_t modified;
};

static void read_in_helper(const void *input, size_t length, int out)
{
    (void)length;
    struct arena *arena ARENA_AUTO = arena_new();
    struct file_text file;
    file_read(arena, input, FILE_LIMIT - sizeof(struct helped_file), &file);
    struct helped_file head = {.code = file.code, .modified = file.modified};
    struct text text = text_new(arena);
    text_bytes(&text, (const char *)&head, sizeof(head));
    if (file.code)
        text_add(&text, file.reason);
    else
        text_bytes(&text, file.bytes, file.length);
    for (size_t at = 0; at < text.length;) {
        ssize_t wrote = write(out, text.at + at, text.length - at);
        if (wrote < 0 && errno != EINTR)
            _exit(1);
        at += wrote > 0 ? (size_t)wrote : 0;
    }
}

static void helper_read(struct probe *probe, const char *result, size_t length)
{
    struct helped_file head;
    if (!result || length < sizeof(head)) {
        probe_unknown(probe, "the helper that reads the file broke");
        return;
    }
    memcpy(&head, result, sizeof(head));
    struct file_text file = {.code = head.code, .modified = head.modified};
    file.bytes = arena_copy(probe->arena, result + sizeof(head), length - sizeof(head));
    file.length = length - sizeof(head);
    file.reason = head.code ? file.bytes : NULL;
    probe->read_done(probe, &file);
}

void probe_read(struct probe *probe, const char *path,
                void (*done)(struct probe *probe, const struct file_text *file))
{
    if (file_may_hang(path)) {
        probe->read_done = done;
        probe_help(probe, read_in_helper, arena_string(probe->arena, path), strlen(path) + 1,
                   helper_read);
        return;
    }
    struct file_text file;
    file_read(probe->arena, path, FILE_LIMIT, &file);
    done(probe, &file);
}

/* ---- questions ---- */

int probe_raw_icmp(struct probe *probe, int family, struct error *error)
{
    (void)probe;
    return executor_raw_icmp(family, error);
}

void probe_socket_owners(struct probe *probe, struct socket_owner *owners, size_t count)
{
    (void)probe;
    executor_socket_owners(owners, count);
}

static void answered(void *data, int yes)
{
    struct probe *probe = data;
    void (*done)(struct probe *, int) = probe->ask_done;
    probe->ask_done = NULL;
    done(probe, yes);
}

void probe_ask(struct probe *probe, const char *question,
               void (*done)(struct probe *probe, int yes))
{
    const struct consent *consent = &probe->executor->consent;
    probe->ask_done = done;
    if (consent->ask && consent->ask(consent->context, question, answered, probe))
        return;
    probe->ask_done = NULL;
    done(probe, -1);
}
