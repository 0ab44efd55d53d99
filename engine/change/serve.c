/* One table of questions; each handler reads its record and answers. While changes are being made
 * nothing else is heard. */
#include "engine/change/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/change/executor.h"
#include "engine/change/server.h"
#include "engine/io/awake.h"

struct loop *server_loop(const struct server *server)
{
    return server->options->programs.loop;
}

/* ---- answers ---- */

struct text server_answer(struct arena *arena, uint64_t id)
{
    struct text record = text_new(arena);
    record_number(&record, id);
    return record;
}

void server_tell(struct server *server, enum message_kind kind, const struct text *record)
{
    channel_send(server->channel, kind, record->at, record->length, -1);
}

struct task *task_new(struct server *server, uint64_t id)
{
    struct arena *arena = arena_new();
    struct task *task = arena_alloc(arena, sizeof(*task));
    *task = (struct task){.next = server->tasks, .server = server, .arena = arena, .id = id};
    server->tasks = task;
    return task;
}

void task_end(struct task *task)
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

/* ---- the person ---- */

static void answered(void *data, int yes)
{
    struct task *task = data;
    struct text record = server_answer(task->arena, task->id);
    record_number(&record, (uint64_t)(int64_t)yes);
    server_tell(task->server, TELL_ANSWERED, &record);
    task_end(task);
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
    struct task *task = task_new(server, read_number(reading));
    if (!ask_person(task, read_string(reading), answered))
        answered(task, -1);
}

static void on_line(struct server *server, struct reading *reading)
{
    const struct person *person = &server->options->person;
    const char *question = read_string(reading);
    const char *line = question && !server->asking
                           ? person->line(person->context, reading->arena, question)
                           : NULL;
    struct text record = text_new(reading->arena);
    record_string(&record, line);
    record_number(&record, loop_interrupted(server_loop(server)));
    server_tell(server, TELL_REPLY, &record);
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
        task_end(task);
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

static void tell_consent(struct task *task, enum consent consent, const struct error *error)
{
    const struct deal *deal = &task->server->deal;
    struct text record = server_answer(task->arena, task->id);
    record_number(&record, consent);
    record_string(&record, error->message);
    record_string(&record, error->hint);
    for (size_t i = 0; i < deal->count; i++)
        record_number(&record, deal->changes[i].lacks);
    task->server->deal.agreed = consent == CONSENT_YES;
    server_tell(task->server, TELL_CONSENT, &record);
    task_end(task);
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

static void on_offer(struct server *server, struct reading *reading)
{
    const struct serve *options = server->options;
    struct error error = {0};
    struct task *task = task_new(server, read_number(reading));
    if (server->asking && server->asking->consents) {
        error_set(&error, "the last plan is still being asked about");
        tell_consent(task, CONSENT_REFUSED, &error);
        return;
    }
    if (!deal_read(&server->deal, options->registry, server->effects, reading, &error)) {
        tell_consent(task, CONSENT_REFUSED, &error);
        return;
    }
    if (!is_saved(server, &error)) {
        deal_withdraw(&server->deal);
        tell_consent(task, CONSENT_UNSAVED, &error);
        return;
    }
    task->consents = true;
    if (options->restart)
        deal_allow_restart(&server->deal);
    const struct deal *deal = &server->deal;
    options->person.show(options->person.context, deal->changes, deal->count, deal->persist);
    if (options->dry_run || options->only_waits || deal_lacks_right(deal))
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
    struct text record = server_answer(arena, done);
    record_string(&record, done ? "" : error->message);
    record_string(&record, done ? "" : error->hint);
    server_tell(server, TELL_REPLY, &record);
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

static void tell_done(struct server *server, struct arena *arena, enum applied applied,
                      const struct error *error)
{
    const struct differences *differences = &server->deal.differences;
    struct text record = server_answer(arena, applied);
    record_string(&record, applied == APPLIED ? "" : error->message);
    record_string(&record, applied == APPLIED ? "" : error->hint);
    for (size_t i = 0; i < server->deal.count; i++)
        record_number(&record, server->deal.changes[i].state);
    record_strings(&record, differences->found);
    record_strings(&record, differences->by_hand);
    if (differences->untold)
        server->options->person.warn(
            server->options->person.context,
            arena_format(arena, "the journal does not know what was taken back: %s",
                         differences->untold));
    server_tell(server, TELL_REPLY, &record);
}

static void on_apply(struct server *server, struct reading *reading)
{
    struct error error = {0};
    enum applied applied =
        deal_apply(&server->deal, &server->ledger, &server->options->programs, &error);
    tell_done(server, reading->arena, applied, &error);
}

static void on_persist(struct server *server, struct reading *reading)
{
    struct error error = {0};
    enum applied applied =
        deal_persist(&server->deal, &server->ledger, &server->options->programs, &error);
    tell_done(server, reading->arena, applied, &error);
}

static void note(void *data, int fd, uint32_t events)
{
    (void)fd;
    (void)events;
    *(bool *)data = true;
}

static void over(void *data)
{
    *(bool *)data = true;
}

/* The terminal is gone, perhaps because of the change. The owner may come back over a new
 * connection and say that it is well as it is. */
static bool owner_confirms(struct server *server)
{
    struct loop *loop = server_loop(server);
    bool confirmed = false, late = false;
    struct signalfd_siginfo earlier;
    struct error none;
    if (!server->options->patience || !loop_hung_up(loop))
        return false;
    while (read(server->confirmations, &earlier, sizeof(earlier)) > 0)
        continue; /* it confirmed nothing that is asked now */
    if (!ledger_wait(&server->ledger, &none))
        return false;
    struct watch *watch = loop_watch(loop, server->confirmations, EPOLLIN, note, &confirmed);
    struct timer *timer = loop_timer(loop, loop_now() + server->options->patience, over, &late);
    while (watch && !confirmed && !late && loop_turn(loop))
        continue;
    if (!late)
        loop_cancel(loop, &timer);
    loop_unwatch(loop, &watch);
    return confirmed;
}

/* The verdict stands; `left`: why a safeguard or the marker does too, empty: they do not. */
static void tell_left(struct server *server, struct arena *arena, const struct error *left)
{
    const struct person *person = &server->options->person;
    if (*left->message)
        person->warn(person->context,
                     arena_format(arena, "something of the run is left: %s", left->message));
}

static bool keep(struct server *server, struct arena *arena, struct error *error)
{
    bool kept = deal_keep(&server->deal, &server->ledger, &server->options->programs, error);
    if (kept)
        tell_left(server, arena, error);
    return kept;
}

static void on_undo(struct server *server, struct reading *reading)
{
    struct error error = {0};
    if (owner_confirms(server) && keep(server, reading->arena, &error)) {
        tell_done(server, reading->arena, APPLIED_KEPT, &error);
        return;
    }
    bool undone = deal_undo(&server->deal, &server->ledger, &server->options->programs, &error);
    tell_done(server, reading->arena, undone ? APPLIED : APPLIED_HALF, &error);
}

static void on_keep(struct server *server, struct reading *reading)
{
    struct error error = {0};
    bool kept = keep(server, reading->arena, &error);
    tell_done(server, reading->arena, kept ? APPLIED : APPLIED_HALF, &error);
}

/* ---- waiting for a restart ---- */

static void on_wait(struct server *server, struct reading *reading)
{
    struct error error = {0};
    struct wait wait = {.only = server->options->saved || server->options->only_waits};
    wait.restart = read_number(reading) == EFFECTIVE_DISTRO_RESTART ? EFFECTIVE_DISTRO_RESTART
                                                                    : EFFECTIVE_WSL_RESTART;
    wait.held = read_strings(reading);
    bool waits =
        wait.held && origin_read(&wait.origin, reading)
            ? deal_wait(&server->deal, &server->ledger, &server->options->programs, &wait, &error)
            : error_set(&error, "what the run waits for cannot be read");
    if (waits)
        tell_left(server, reading->arena, &error);
    tell_done(server, reading->arena, waits ? APPLIED : APPLIED_HALF, &error);
}

static void on_resume(struct server *server, struct reading *reading)
{
    struct error error = {0};
    const struct waits *waits = server->options->ledger.waits;
    size_t index = read_number(reading);
    enum applied applied = APPLIED_REFUSED;
    if (waits && index < waits->count)
        applied = deal_resume(&server->deal, &server->ledger, &waits->items[index], &error);
    else
        error_set(&error, "nothing waits for a restart");
    tell_done(server, reading->arena, applied, &error);
}

/* ---- the prober's pulse ---- */

enum { TICK_S = 1, PATIENCE_TICKS = 20, INTERRUPTED_TICKS = 5 };

/* The process goes; the loop ends with it. One that hangs in a system call, deaf to SIGKILL, is not
 * waited for. */
static void end_prober(struct server *server, const char *why)
{
    server->why_ended = why;
    kill(server->prober, SIGKILL);
    loop_unwatch(server_loop(server), &server->watch);
}

/* While nothing is applied it may be silent, as one that writes to a pager is. */
static const char *why_end_it(const struct server *server)
{
    if (server->told_interrupted && server->silence >= INTERRUPTED_TICKS)
        return "the process that looks did not hear the interrupt";
    if (server->silence < PATIENCE_TICKS)
        return NULL;
    if (server->deal.applied)
        return "the process that verifies the fix has been silent for too long";
    return is_stopped(server->prober) ? "the process that looks was stopped for too long" : NULL;
}

/* Ticks are counted, not time: what stops this process, as Ctrl-Z does both, stops them too. */
static void tick(void *data)
{
    struct server *server = data;
    struct loop *loop = server_loop(server);
    server->tick = loop_timer(loop, loop_now() + SECONDS(TICK_S), tick, server);
    server->silence = server->busy ? 0 : server->silence + 1;
    const char *why = server->why_ended ? NULL : why_end_it(server);
    if (why)
        end_prober(server, why);
    else if (server->silence == 1 && server->watch)
        channel_send(server->channel, TELL_PULSE, "", 0, -1);
}

/* Being heard is the answer. */
static void on_pulse(struct server *server, struct reading *reading)
{
    (void)server;
    (void)reading;
}

static void on_death(void *data, int fd, uint32_t events)
{
    (void)fd;
    (void)events;
    struct server *server = data;
    loop_unwatch(server_loop(server), &server->death);
}

/* ---- the loop ---- */

static void (*const handlers[])(struct server *server, struct reading *reading) = {
    [ASK_RUN] = serve_run,       [ASK_HELP] = serve_help,  [ASK_PERSON] = on_person,
    [ASK_DROP] = on_drop,        [ASK_LINE] = on_line,     [ASK_RAW_ICMP] = serve_raw_icmp,
    [ASK_OWNERS] = serve_owners, [ASK_ALLOW] = on_allow,   [ASK_OFFER] = on_offer,
    [ASK_APPLY] = on_apply,      [ASK_UNDO] = on_undo,     [ASK_KEEP] = on_keep,
    [ASK_PERSIST] = on_persist,  [ASK_FITS] = on_fits,     [ASK_SAVE] = on_save,
    [ASK_WAIT] = on_wait,        [ASK_RESUME] = on_resume, [ASK_PULSE] = on_pulse,
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
    loop_unwatch(server_loop(server), &server->watch);
    server->busy = true;
    while (channel_take(server->channel, &message))
        hear(server, &message);
    server->busy = false;
    server->silence = 0;
    if (!channel_ended(server->channel))
        server->watch = loop_watch(server_loop(server), fd, EPOLLIN, ready, server);
    else if (server->deal.applied)
        kill(server->prober, SIGKILL); /* whatever it does now, it will not verify it any more */
}

/* What came while something was sent does not wake the loop. The prober is gone when it has ended
 * and all that it said was heard. */
static bool turn(struct server *server)
{
    if (server->watch && channel_pending(server->channel))
        ready(server, channel_fd(server->channel), EPOLLIN);
    return (server->watch || (server->death && !server->why_ended)) &&
           loop_turn(server_loop(server));
}

static int reap(const struct server *server)
{
    enum { DEATH_S = 1 };
    int status = W_EXITCODE(EXIT_FAILURE, 0);
    (void)awake_reap(server->prober, DEATH_S, &status); /* else init does it */
    if (server->why_ended)                              /* not of itself */
        return server->told_interrupted ? W_EXITCODE(0, SIGINT) : W_EXITCODE(EXIT_FAILURE, 0);
    return status;
}

/* Nobody verified what was applied last. */
static void take_back(struct server *server)
{
    const struct person *person = &server->options->person;
    struct error error;
    if (!server->deal.applied)
        return;
    if (server->deal.wait) {
        bool waits =
            deal_wait_on(&server->deal, &server->ledger, &server->options->programs, &error);
        person->warn(person->context, waits ? "the run ended before its fix was verified: it "
                                              "still waits for 'playbook resume'"
                                            : error.message);
        return;
    }
    bool undone = deal_undo(&server->deal, &server->ledger, &server->options->programs, &error);
    person->warn(person->context,
                 undone ? "the run ended before its fix was verified: it was taken back"
                        : error.message);
}

static int catch_confirmation(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    return sigprocmask(SIG_BLOCK, &set, NULL) == 0 ? signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)
                                                   : -1;
}

/* Until the prober has ended; returns its wait status. */
static int listen_to_prober(struct server *server)
{
    struct loop *loop = server_loop(server);
    int pidfd = (int)syscall(SYS_pidfd_open, server->prober, 0);
    if (pidfd >= 0)
        server->death = loop_watch(loop, pidfd, EPOLLIN, on_death, server);
    server->watch = loop_watch(loop, channel_fd(server->channel), EPOLLIN, ready, server);
    tick(server);
    while (turn(server)) {
        if (!loop_interrupted(loop) || server->told_interrupted)
            continue;
        server->told_interrupted = true;
        kill(server->prober, SIGINT); /* the signal may have been for this process alone */
    }
    loop_cancel(loop, &server->tick);
    loop_unwatch(loop, &server->watch);
    loop_unwatch(loop, &server->death);
    if (pidfd >= 0)
        close(pidfd);
    return reap(server);
}

int serve(const struct serve *options, int end, pid_t prober)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct server server = {
        .options = options,
        .channel = channel_open(end),
        .prober = prober,
        .arena = arena,
        .ledger = ledger_new(&options->ledger),
        .confirmations = catch_confirmation(),
    };
    int status = listen_to_prober(&server);
    withdraw(&server);
    while (server.tasks)
        task_end(server.tasks);
    if (server.why_ended)
        options->person.warn(options->person.context, server.why_ended);
    take_back(&server);
    deal_close(&server.deal);
    ledger_close(&server.ledger);
    channel_close(&server.channel);
    if (server.confirmations >= 0)
        close(server.confirmations);
    return status;
}
