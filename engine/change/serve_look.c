/* What the executor answers without changing anything: programs and helpers that it starts, each as
 * confined as its action says, and what the prober may not ask the kernel. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/limits.h"
#include "engine/change/server.h"
#include "engine/lang/arguments.h"

enum { MOST_OWNERS = 100 * 1000 };

/* ---- programs ---- */

static bool same_words(const char *const *pattern, const char *const *argv)
{
    size_t i = 0;
    for (; pattern[i] && argv[i]; i++) {
        bool any = text_equal(pattern[i], "*") && argv[i][0] != '-' && argv[i][0] != '/';
        if (!any && !text_equal(pattern[i], argv[i]))
            return false;
    }
    return !pattern[i] && !argv[i];
}

/* The action's own query with these words; NULL: an ordinary program. */
static const struct query *find_query(const struct action *action, const char *const *argv)
{
    for (size_t i = 0; action->queries && action->queries[i].argv; i++)
        if (same_words(action->queries[i].argv, argv))
            return &action->queries[i];
    return NULL;
}

static void tell_failure(struct task *task, const struct error *error)
{
    struct text record = server_answer(task->arena, task->id);
    record_string(&record, error->hint[0]
                               ? arena_format(task->arena, "%s (%s)", error->message, error->hint)
                               : error->message);
    record_number(&record, (uint64_t)error->code);
    server_tell(task->server, TELL_ENDED, &record);
    task_end(task);
}

static void program_ended(void *data, const struct process_end *end)
{
    struct task *task = data;
    if (end->failure) {
        tell_failure(task, end->failure);
        return;
    }
    struct text record = server_answer(task->arena, task->id);
    record_string(&record, NULL);
    record_number(&record, (uint64_t)end->status);
    record_bytes(&record, end->output.bytes, end->output.length);
    record_number(&record, end->output.cut);
    record_bytes(&record, end->errors.bytes, end->errors.length);
    record_number(&record, end->errors.cut);
    record_number(&record, end->course.stopped);
    record_number(&record, end->course.written);
    record_number(&record, (uint64_t)end->course.took);
    record_number(&record, (uint64_t)end->course.silence);
    server_tell(task->server, TELL_ENDED, &record);
    task_end(task);
}

/* No sum of one with a time of this machine overflows. */
static int64_t read_interval(struct reading *reading)
{
    uint64_t interval = read_number(reading);
    return interval < INT64_MAX / 2 ? (int64_t)interval : 0;
}

void serve_run(struct server *server, struct reading *reading)
{
    struct error error;
    struct task *task = task_new(server, read_number(reading));
    const struct action *action =
        action_find(server->options->registry, read_string(reading), ROLE_PROBE);
    struct program program = {.argv = read_strings(reading)};
    program.windows = read_number(reading) != 0;
    uint64_t limit = read_number(reading);
    program.limit = limit < LIMIT_PROGRAM_BYTES ? limit : LIMIT_PROGRAM_BYTES;
    program.bounds.longest = read_interval(reading);
    program.bounds.quiet = read_interval(reading);
    program.bounds.enough = read_number(reading);
    bool named = !reading->broken && action && program.argv && program.argv[0];
    const struct query *query = named ? find_query(action, program.argv) : NULL;
    struct confinement confinement = {query ? SANDBOX_QUERY : SANDBOX_PROGRAM,
                                      query ? query->rights : 0};
    if (!named)
        error_set(&error, "the question names no program");
    else if (program.windows && !(query && query->rights & QUERY_WINDOWS))
        error_set(&error, "'%s' may not start a Windows program", action->name);
    else
        task->process = programs_start(&server->options->programs, task->arena, &program,
                                       server->options->free ? NULL : &confinement, program_ended,
                                       task, &error);
    if (!task->process)
        tell_failure(task, &error);
}

static void helper_ended(void *data, const struct process_end *end)
{
    struct task *task = data;
    struct text record = server_answer(task->arena, task->id);
    record_number(&record, end->status == 0 && !end->output.cut);
    record_bytes(&record, end->output.bytes, end->output.length);
    server_tell(task->server, TELL_HELPED, &record);
    task_end(task);
}

void serve_help(struct server *server, struct reading *reading)
{
    struct error error;
    struct task *task = task_new(server, read_number(reading));
    const struct action *action =
        action_find(server->options->registry, read_string(reading), ROLE_PROBE);
    struct confinement confinement = {.profile = SANDBOX_HELPER};
    struct process_work work = {.work = action ? action->help : NULL};
    work.input = read_bytes(reading, &work.length);
    if (!server->options->free) {
        work.enter = confine;
        work.enter_data = &confinement;
    }
    if (work.input && work.work)
        task->process =
            process_help(server_loop(server), task->arena, &work, helper_ended, task, &error);
    if (task->process)
        return;
    struct process_end broke = {.status = -1, .output = {.bytes = ""}};
    helper_ended(task, &broke);
}

/* ---- what the prober may not ask the kernel ---- */

void serve_raw_icmp(struct server *server, struct reading *reading)
{
    int family = read_number(reading) == AF_INET6 ? AF_INET6 : AF_INET;
    int fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                    family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
    struct error error = {0};
    if (fd < 0)
        error_system(&error, errno, "cannot open a raw ICMP socket");
    struct text record = server_answer(reading->arena, fd >= 0);
    record_number(&record, (uint64_t)error.code);
    record_string(&record, error.message);
    channel_send(server->channel, TELL_REPLY, record.at, record.length, fd);
    if (fd >= 0)
        close(fd);
}

void serve_owners(struct server *server, struct reading *reading)
{
    size_t count = read_number(reading);
    if (count > MOST_OWNERS)
        count = 0;
    struct socket_owner *owners = arena_alloc(reading->arena, (count + 1) * sizeof(*owners));
    for (size_t i = 0; i < count; i++)
        owners[i].inode = read_number(reading);
    owners_find(server->options->finder, owners, count);
    struct text record = text_new(reading->arena);
    text_add(&record, "");
    for (size_t i = 0; i < count; i++) {
        record_number(&record, (uint64_t)owners[i].pid);
        record_string(&record, owners[i].process);
    }
    server_tell(server, TELL_REPLY, &record);
}
