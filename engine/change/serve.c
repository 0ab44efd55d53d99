/* One table of questions; each handler reads its record and answers. While changes are being made
 * nothing else is heard. */
#include "engine/change/serve.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/change/executor.h"
#include "engine/change/message.h"
#include "engine/change/transaction.h"

enum { MOST_OWNERS = 100 * 1000 };

/* A program, a helper or a question on behalf of the prober. */
struct task {
    struct task *next;
    struct server *server;
    struct arena *arena;
    uint64_t id;
    struct process *process; /* NULL: a question */
};

/* What was offered last. */
struct deal {
    struct arena *arena;
    const char *cause;
    struct change *changes;
    size_t count, persist;
    bool agreed;  /* may be applied */
    bool applied; /* and is not kept yet */
};

struct server {
    const struct serve *options;
    struct channel *channel;
    struct watch *watch;
    pid_t prober;
    struct task *tasks;
    struct task *asking; /* whose question is on the terminal */
    const char *const *effects;
    struct arena *arena;
    struct deal deal;
};

static struct loop *loop_of(const struct server *server)
{
    return server->options->programs.loop;
}

/* ---- answers ---- */

static struct text begin(struct arena *arena, uint64_t id)
{
    struct text record = text_new(arena);
    record_number(&record, id);
    return record;
}

static void tell(struct server *server, enum message_kind kind, const struct text *record)
{
    channel_send(server->channel, kind, record->at, record->length, -1);
}

static struct task *new_task(struct server *server, uint64_t id)
{
    struct arena *arena = arena_new();
    struct task *task = arena_alloc(arena, sizeof(*task));
    *task = (struct task){.next = server->tasks, .server = server, .arena = arena, .id = id};
    server->tasks = task;
    return task;
}

static void end_task(struct task *task)
{
    struct server *server = task->server;
    struct task **at = &server->tasks;
    while (*at != task)
        at = &(*at)->next;
    *at = task->next;
    if (server->asking == task)
        server->asking = NULL;
    process_kill(&task->process);
    struct arena *arena = task->arena;
    arena_free(&arena);
}

/* ---- programs ---- */

static const struct action *find_action(const struct server *server, const char *name)
{
    const struct action *const *registry = server->options->registry;
    for (size_t i = 0; name && registry[i]; i++)
        if (text_equal(registry[i]->name, name))
            return registry[i];
    return NULL;
}

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
    struct text record = begin(task->arena, task->id);
    record_string(&record, error->hint[0]
                               ? arena_format(task->arena, "%s (%s)", error->message, error->hint)
                               : error->message);
    record_number(&record, (uint64_t)error->code);
    tell(task->server, TELL_ENDED, &record);
    end_task(task);
}

static void program_ended(void *data, const struct process_end *end)
{
    struct task *task = data;
    struct text record = begin(task->arena, task->id);
    record_string(&record, NULL);
    record_number(&record, (uint64_t)end->status);
    record_bytes(&record, end->output.bytes, end->output.length);
    record_number(&record, end->output.cut);
    record_bytes(&record, end->errors.bytes, end->errors.length);
    record_number(&record, end->errors.cut);
    tell(task->server, TELL_ENDED, &record);
    end_task(task);
}

static void on_run(struct server *server, struct reading *reading)
{
    struct error error;
    struct task *task = new_task(server, read_number(reading));
    const struct action *action = find_action(server, read_string(reading));
    struct program program = {.argv = read_strings(reading)};
    program.windows = read_number(reading) != 0;
    program.limit = read_number(reading);
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
    struct text record = begin(task->arena, task->id);
    record_number(&record, end->status == 0 && !end->output.cut);
    record_bytes(&record, end->output.bytes, end->output.length);
    tell(task->server, TELL_HELPED, &record);
    end_task(task);
}

static void on_help(struct server *server, struct reading *reading)
{
    struct error error;
    struct task *task = new_task(server, read_number(reading));
    const struct action *action = find_action(server, read_string(reading));
    struct confinement confinement = {.profile = SANDBOX_HELPER};
    struct process_work work = {.work = action ? action->help : NULL};
    work.input = read_bytes(reading, &work.length);
    if (!server->options->free) {
        work.enter = confine;
        work.enter_data = &confinement;
    }
    if (work.input && work.work)
        task->process =
            process_help(loop_of(server), task->arena, &work, helper_ended, task, &error);
    if (task->process)
        return;
    struct process_end broke = {.status = -1, .output = {.bytes = ""}};
    helper_ended(task, &broke);
}

/* ---- what the prober may not ask the kernel ---- */

static void on_raw_icmp(struct server *server, struct reading *reading)
{
    int family = read_number(reading) == AF_INET6 ? AF_INET6 : AF_INET;
    int fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                    family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
    struct error error = {0};
    if (fd < 0)
        error_system(&error, errno, "cannot open a raw ICMP socket");
    struct text record = begin(reading->arena, fd >= 0);
    record_number(&record, (uint64_t)error.code);
    record_string(&record, error.message);
    channel_send(server->channel, TELL_REPLY, record.at, record.length, fd);
    if (fd >= 0)
        close(fd);
}

static void on_owners(struct server *server, struct reading *reading)
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
    tell(server, TELL_REPLY, &record);
}

/* ---- the person ---- */

static void answered(void *data, int yes)
{
    struct task *task = data;
    struct text record = begin(task->arena, task->id);
    record_number(&record, (uint64_t)(int64_t)yes);
    tell(task->server, TELL_ANSWERED, &record);
    end_task(task);
}

/* False where it cannot be asked; then nothing was done. */
static bool ask_person(struct task *task, const char *question, void (*done)(void *data, int yes))
{
    const struct person *person = &task->server->options->person;
    bool asked =
        question && !task->server->asking && person->ask(person->context, question, done, task);
    if (asked)
        task->server->asking = task;
    return asked;
}

static void on_person(struct server *server, struct reading *reading)
{
    struct task *task = new_task(server, read_number(reading));
    if (!ask_person(task, read_string(reading), answered))
        answered(task, -1);
}

static void on_line(struct server *server, struct reading *reading)
{
    const struct person *person = &server->options->person;
    const char *question = read_string(reading);
    const char *line = question ? person->line(person->context, reading->arena, question) : NULL;
    struct text record = text_new(reading->arena);
    record_string(&record, line);
    record_number(&record, loop_interrupted(loop_of(server)));
    tell(server, TELL_REPLY, &record);
}

static void withdraw(struct server *server)
{
    const struct person *person = &server->options->person;
    if (server->asking)
        person->withdraw(person->context);
    server->asking = NULL;
}

static void on_drop(struct server *server, struct reading *reading)
{
    uint64_t id = read_number(reading);
    for (struct task *task = server->tasks; task; task = task->next) {
        if (task->id != id)
            continue;
        if (task == server->asking)
            withdraw(server);
        end_task(task);
        return;
    }
}

/* ---- plans ---- */

/* Once: the playbook cannot widen it later. */
static void on_allow(struct server *server, struct reading *reading)
{
    const char *const *effects = read_strings(reading);
    if (!server->effects)
        server->effects = argv_copy(server->arena, effects);
}

static bool is_allowed(const struct server *server, const struct change *change,
                       struct error *error)
{
    if (!change_is_declared(change))
        return error_set(error, "'%s' may not change '%s'", change->action->name, change->target);
    for (size_t i = 0; server->effects && server->effects[i]; i++)
        if (text_equal(server->effects[i], change->action->effect))
            return true;
    return error_set(error, "this playbook may not change '%s': its 'allows' lacks '%s'",
                     change->target, change->action->effect);
}

static bool read_deal(struct server *server, struct reading *reading, struct error *error)
{
    struct deal *deal = &server->deal;
    if (deal->applied)
        return error_set(error, "the last changes are neither kept nor taken back");
    arena_free(&deal->arena);
    *deal = (struct deal){.arena = arena_new()};
    reading->arena = deal->arena;
    deal->cause = read_string(reading);
    size_t count = read_number(reading);
    deal->persist = read_number(reading);
    if (count > MOST_CHANGES || deal->persist > count)
        return error_set(error, "the plan has more than %d changes, the limit", MOST_CHANGES);
    deal->changes = arena_alloc(deal->arena, (count + 1) * sizeof(*deal->changes));
    for (; deal->count < count; deal->count++) {
        struct change *change = &deal->changes[deal->count];
        if (!change_read(change, server->options->registry, reading))
            return error_set(error, "the plan cannot be read");
        if (!is_allowed(server, change, error))
            return false;
        change->lacks = change->kind->lacks(change, deal->arena);
    }
    return true;
}

static void tell_consent(struct task *task, enum consent consent, const struct error *error)
{
    const struct deal *deal = &task->server->deal;
    struct text record = begin(task->arena, task->id);
    record_number(&record, consent);
    for (size_t i = 0; i < deal->count; i++)
        record_number(&record, consent == CONSENT_REFUSED ? RIGHT_HELD : deal->changes[i].lacks);
    record_string(&record, error->message);
    record_string(&record, error->hint);
    task->server->deal.agreed = consent == CONSENT_YES;
    tell(task->server, TELL_CONSENT, &record);
    end_task(task);
}

static void consented(void *data, int yes)
{
    struct error none = {0};
    tell_consent(data, yes ? CONSENT_YES : CONSENT_NO, &none);
}

/* Where a saved plan is applied, nothing else is. */
static bool is_saved(const struct server *server, struct error *error)
{
    const struct deal *deal = &server->deal;
    const struct saved_offer offer = {.cause = deal->cause ? deal->cause : "",
                                      .changes = deal->changes,
                                      .count = deal->count,
                                      .persist = deal->persist};
    return !server->options->saved ||
           saved_has_offer(server->options->saved, &offer, deal->arena, error);
}

static bool lacks_right(const struct deal *deal)
{
    for (size_t i = 0; i < deal->count; i++)
        if (deal->changes[i].lacks)
            return true;
    return false;
}

static void on_offer(struct server *server, struct reading *reading)
{
    const struct serve *options = server->options;
    struct error error = {0};
    struct task *task = new_task(server, read_number(reading));
    if (!read_deal(server, reading, &error)) {
        server->deal.count = 0;
        tell_consent(task, CONSENT_REFUSED, &error);
        return;
    }
    if (!is_saved(server, &error)) {
        tell_consent(task, CONSENT_UNSAVED, &error);
        return;
    }
    const struct deal *deal = &server->deal;
    options->person.show(options->person.context, deal->changes, deal->count, deal->persist);
    if (options->dry_run || lacks_right(deal))
        tell_consent(task, CONSENT_NOT_ASKED, &error);
    else if (options->yes)
        tell_consent(task, CONSENT_YES, &error);
    else if (!ask_person(task, options->question, consented))
        tell_consent(task, CONSENT_NOT_ASKED, &error);
}

/* ---- saved plans ---- */

static void tell_whether(struct server *server, struct arena *arena, bool done,
                         const struct error *error)
{
    struct text record = begin(arena, done);
    record_string(&record, done ? "" : error->message);
    record_string(&record, done ? "" : error->hint);
    tell(server, TELL_REPLY, &record);
}

static void on_fits(struct server *server, struct reading *reading)
{
    const struct serve *options = server->options;
    struct error error = {0};
    bool fits =
        !options->saved || saved_fits(options->saved, reading->arena, &options->programs, &error);
    tell_whether(server, reading->arena, fits, &error);
}

static void on_save(struct server *server, struct reading *reading)
{
    const struct person *person = &server->options->person;
    struct error error = {0};
    struct saved_plan plan;
    bool saved = false;
    if (!person->save)
        error_set(&error, "there is no file to save a plan to");
    else if (!saved_read(&plan, server->options->registry, reading))
        error_set(&error, "the plan cannot be read");
    else {
        saved_note_states(&plan, reading->arena);
        saved = person->save(person->context, &plan, &error);
    }
    tell_whether(server, reading->arena, saved, &error);
}

/* ---- changes ---- */

static void tell_done(struct server *server, struct arena *arena, bool done, bool clean,
                      const struct error *error)
{
    struct text record = begin(arena, done);
    record_number(&record, clean);
    record_string(&record, error->message);
    record_string(&record, error->hint);
    for (size_t i = 0; i < server->deal.count; i++)
        record_number(&record, server->deal.changes[i].state);
    tell(server, TELL_REPLY, &record);
}

static void apply(struct server *server, struct arena *arena, size_t from, size_t to, bool may)
{
    struct deal *deal = &server->deal;
    struct error error = {0};
    bool clean = true;
    bool done = may ? transaction_apply(&server->options->programs, deal->arena,
                                        deal->changes + from, to - from, &error, &clean)
                    : error_set(&error, "nobody agreed to these changes");
    deal->applied = deal->applied || done;
    tell_done(server, arena, done, clean, &error);
}

static void on_apply(struct server *server, struct reading *reading)
{
    struct deal *deal = &server->deal;
    apply(server, reading->arena, 0, deal->persist, deal->agreed && !deal->applied);
}

static void on_persist(struct server *server, struct reading *reading)
{
    struct deal *deal = &server->deal;
    apply(server, reading->arena, deal->persist, deal->count, deal->applied);
}

static bool undo(struct server *server, struct error *error)
{
    struct deal *deal = &server->deal;
    deal->agreed = deal->applied = false;
    return transaction_undo(&server->options->programs, deal->arena, deal->changes, deal->count,
                            error);
}

static void on_undo(struct server *server, struct reading *reading)
{
    struct error error = {0};
    bool undone = undo(server, &error);
    tell_done(server, reading->arena, undone, undone, &error);
}

static void on_keep(struct server *server, struct reading *reading)
{
    (void)reading;
    server->deal.agreed = server->deal.applied = false;
}

/* ---- the loop ---- */

static void (*const handlers[])(struct server *server, struct reading *reading) = {
    [ASK_RUN] = on_run,         [ASK_HELP] = on_help,   [ASK_PERSON] = on_person,
    [ASK_DROP] = on_drop,       [ASK_LINE] = on_line,   [ASK_RAW_ICMP] = on_raw_icmp,
    [ASK_OWNERS] = on_owners,   [ASK_ALLOW] = on_allow, [ASK_OFFER] = on_offer,
    [ASK_APPLY] = on_apply,     [ASK_UNDO] = on_undo,   [ASK_KEEP] = on_keep,
    [ASK_PERSIST] = on_persist, [ASK_FITS] = on_fits,   [ASK_SAVE] = on_save,
};

static void hear(struct server *server, const struct message *message)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct reading reading = {
        .arena = arena,
        .at = arena_copy(arena, message->bytes, message->length),
        .left = message->length,
    };
    if (message->fd >= 0)
        close(message->fd);
    if (message->kind < sizeof(handlers) / sizeof(handlers[0]))
        handlers[message->kind](server, &reading);
}

/* A change that waits for a program turns the loop: nothing is heard until it is made. */
static void ready(void *data, int fd, uint32_t events)
{
    struct server *server = data;
    struct message message;
    (void)events;
    loop_unwatch(loop_of(server), &server->watch);
    while (channel_take(server->channel, &message))
        hear(server, &message);
    if (!channel_ended(server->channel))
        server->watch = loop_watch(loop_of(server), fd, EPOLLIN, ready, server);
}

/* What came while something was sent does not wake the loop. */
static bool turn(struct server *server)
{
    if (server->watch && channel_pending(server->channel))
        ready(server, channel_fd(server->channel), EPOLLIN);
    return server->watch && loop_turn(loop_of(server));
}

static int reap(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return W_EXITCODE(EXIT_FAILURE, 0);
    return status;
}

/* Nobody verified what was applied last. */
static void take_back(struct server *server)
{
    const struct person *person = &server->options->person;
    struct error error;
    if (!server->deal.applied)
        return;
    person->warn(person->context, undo(server, &error)
                                      ? "the run ended before its fix was verified: it was taken "
                                        "back"
                                      : error.message);
}

int serve(const struct serve *options, int end, pid_t prober)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct server server = {
        .options = options, .channel = channel_open(end), .prober = prober, .arena = arena};
    bool told = false;
    server.watch = loop_watch(loop_of(&server), end, EPOLLIN, ready, &server);
    while (turn(&server)) {
        if (!loop_interrupted(options->programs.loop) || told)
            continue;
        told = true; /* the signal may have been for this process alone */
        kill(prober, SIGINT);
    }
    int status = reap(prober);
    withdraw(&server);
    while (server.tasks)
        end_task(server.tasks);
    take_back(&server);
    arena_free(&server.deal.arena);
    channel_close(&server.channel);
    return status;
}
