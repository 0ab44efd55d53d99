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
#include "engine/io/mounts.h"
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

/* Something that the executor does for the probe. */
struct held_request {
    struct held_request *next;
    struct probe *probe;
    struct request *request;
    void (*ran)(struct probe *, const struct program_result *);
    void (*helped)(struct probe *, const char *, size_t);
};

struct probe {
    struct arena *arena;
    struct executor *executor;
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
    struct held_request *requests;
    struct process *reader; /* of a file that may hang */
    struct request *question;
    void (*ask_done)(struct probe *, int);
    void (*read_done)(struct probe *, const struct file_text *);
    probe_fn *done;
    void *data;
};

/* ---- start and end ---- */

static void release(struct probe *probe)
{
    struct loop *loop = executor_loop(probe->executor);
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
    for (struct held_request *held = probe->requests; held; held = held->next)
        request_drop(&held->request);
    request_drop(&probe->question);
    process_kill(&probe->reader);
}

static void finish(struct probe *probe, struct answer *answer)
{
    assert(!probe->finished);
    release(probe);
    answer->action = probe->action;
    answer->took = probe_now(probe) - probe->started;
    probe->done(probe->data, answer);
}

/* What a probe read may be long; what is kept of it is bounded. */
static void keep_within_limit(struct probe *probe)
{
    size_t bytes = 0;
    for (size_t i = 0; i < probe->field_count; i++) {
        size_t more = value_bytes(&probe->fields[i]);
        if (bytes + more <= LIMIT_ANSWER_BYTES) {
            bytes += more;
            continue;
        }
        probe->fields[i] = (struct value){.kind = KIND_NONE};
        probe->absent[i] = arena_format(probe->arena, "it takes more than %d bytes, the limit",
                                        LIMIT_ANSWER_BYTES);
    }
}

size_t answer_bytes(const struct answer *answer)
{
    size_t bytes = 0;
    size_t count = answer->fields ? field_count(answer->action) : 0;
    for (size_t i = 0; i < count; i++)
        bytes += value_bytes(&answer->fields[i]);
    return bytes;
}

void probe_answer(struct probe *probe, bool ok)
{
    keep_within_limit(probe);
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

static const char *const *copy_absent(struct arena *arena, const char *const *absent, size_t count)
{
    const char **copy = NULL;
    for (size_t i = 0; absent && i < count; i++) {
        if (!absent[i])
            continue;
        if (!copy)
            copy = arena_alloc(arena, count * sizeof(*copy));
        copy[i] = arena_string(arena, absent[i]);
    }
    return copy;
}

struct answer answer_copy(struct arena *arena, const struct answer *answer)
{
    struct answer copy = *answer;
    if (answer->reason)
        copy.reason = arena_string(arena, answer->reason);
    if (!answer->fields)
        return copy;
    size_t count = field_count(answer->action);
    struct value *fields = arena_alloc(arena, (count + 1) * sizeof(*fields));
    for (size_t i = 0; i < count; i++)
        fields[i] = value_copy(arena, &answer->fields[i]);
    copy.fields = fields;
    copy.absent = copy_absent(arena, answer->absent, count);
    return copy;
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

struct probe *probe_start(struct arena *arena, struct executor *executor,
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
                            .started = loop_awake(executor_loop(executor)),
                            .deadline = INT64_MAX,
                            .done = done,
                            .data = data};
    if (timeout > 0) {
        probe->deadline = probe->started + timeout;
        probe->expiry = loop_timer(executor_loop(executor), loop_now() + timeout, expire, probe);
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
    return loop_awake(executor_loop(probe->executor));
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
    struct loop *loop = executor_loop(probe->executor);
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
    loop_unwatch(executor_loop(probe->executor), &held->watch);
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
    held->timer = loop_timer(executor_loop(probe->executor), loop_now() + delay, timer_due, held);
    probe->timers = held;
}

/* ---- programs and helpers ---- */

const char *probe_environment(const struct probe *probe, const char *name)
{
    return executor_environment(probe->executor, name);
}

static struct held_request *hold_request(struct probe *probe)
{
    struct held_request *held = arena_alloc(probe->arena, sizeof(*held));
    *held = (struct held_request){.next = probe->requests, .probe = probe};
    probe->requests = held;
    return held;
}

static void program_ended(void *data, const struct program_result *result)
{
    struct held_request *held = data;
    held->request = NULL;
    held->ran(held->probe, result);
}

void probe_run(struct probe *probe, const struct program *program,
               void (*done)(struct probe *probe, const struct program_result *result))
{
    struct held_request *held = hold_request(probe);
    held->ran = done;
    struct request *request =
        executor_run(probe->executor, probe->arena, probe->action, program, program_ended, held);
    if (request) /* else the probe may be finished already */
        held->request = request;
}

static void helper_ended(void *data, const char *bytes, size_t length)
{
    struct held_request *held = data;
    held->request = NULL;
    held->helped(held->probe, bytes, length);
}

void probe_help(struct probe *probe, const void *input, size_t length,
                void (*done)(struct probe *probe, const char *result, size_t result_length))
{
    struct held_request *held = hold_request(probe);
    held->helped = done;
    held->request = executor_help(probe->executor, probe->arena, probe->action, input, length,
                                  helper_ended, held);
}

/* ---- files ---- */

static void read_in_helper(const void *input, size_t length, int out)
{
    enum { BESIDE = 64 }; /* bytes of its record */
    (void)length;
    struct arena *arena ARENA_AUTO = arena_new();
    struct file_text file;
    struct text record = text_new(arena);
    file_read_here(arena, input, FILE_LIMIT - BESIDE, &file);
    file_text_write(&file, &record);
    if (!write_all(out, record.at, record.length))
        _exit(1);
}

static void reader_ended(void *data, const struct process_end *end)
{
    struct probe *probe = data;
    struct file_text file;
    struct reading reading = {
        .arena = probe->arena, .at = end->output.bytes, .left = end->output.length};
    if (end->status == 0 && !end->output.cut && file_text_read(&file, &reading))
        probe->read_done(probe, &file);
    else
        probe_unknown(probe, "the helper that reads the file broke");
}

void probe_read(struct probe *probe, const char *path,
                void (*done)(struct probe *probe, const struct file_text *file))
{
    if (mounts_may_hang(executor_mounts(probe->executor), path)) {
        struct error error;
        probe->read_done = done;
        struct process_work work = {
            .work = read_in_helper, .input = path, .length = strlen(path) + 1};
        probe->reader = process_help(executor_loop(probe->executor), probe->arena, &work,
                                     reader_ended, probe, &error);
        if (!probe->reader)
            probe_unknown(probe, "%s", error.message);
        return;
    }
    struct file_text file;
    file_read_here(probe->arena, path, FILE_LIMIT, &file);
    done(probe, &file);
}

/* ---- questions ---- */

int probe_raw_icmp(struct probe *probe, int family, struct error *error)
{
    return executor_raw_icmp(probe->executor, family, error);
}

void probe_socket_owners(struct probe *probe, struct socket_owner *owners, size_t count)
{
    executor_socket_owners(probe->executor, owners, count);
}

static void answered(void *data, int yes)
{
    struct probe *probe = data;
    probe->question = NULL;
    probe->ask_done(probe, yes);
}

void probe_ask(struct probe *probe, const char *question,
               void (*done)(struct probe *probe, int yes))
{
    probe->ask_done = done;
    probe->question = executor_ask(probe->executor, probe->arena, question, answered, probe);
}
