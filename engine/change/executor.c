/* The prober's end of the channel. What is asked and waited for is answered in order, so a reply
 * needs no number; what arrives for others meanwhile is handed out by the loop, later. */
#include "engine/change/executor.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine/change/programs.h"
#include "engine/change/saved.h"
#include "engine/io/awake.h"
#include "engine/io/mounts.h"

struct request {
    struct request *next;
    struct executor *executor;
    uint64_t id;
    struct arena *arena;
    struct program program; /* of a constant one */
    void (*ran)(void *data, const struct program_result *result);
    void (*helped)(void *data, const char *bytes, size_t length);
    void (*answered)(void *data, int yes);
    void (*consented)(void *data, struct reading *reading);
    void *data;
};

/* What a constant program printed. */
struct recalled {
    struct recalled *next;
    const char *const *argv;
    struct program_result result;
};

/* A message that came while a reply was waited for. */
struct late {
    struct late *next;
    struct message message;
};

struct executor {
    struct arena *arena;
    struct loop *loop;
    const char *const *environment;
    struct mounts *mounts;
    struct channel *channel;
    struct watch *watch;
    struct timer *timer; /* hands out what came late */
    struct timer *tick;
    unsigned stopped; /* ticks since the executor went on */
    struct late *late, **late_end;
    struct request *requests;
    uint64_t last_id;
    struct recalled *recalled;
    struct change *offered;
    size_t offered_count;
    struct differences differences;
};

struct loop *executor_loop(const struct executor *executor)
{
    return executor->loop;
}

const char *executor_environment(const struct executor *executor, const char *name)
{
    return environment_value(executor->environment, name);
}

struct mounts *executor_mounts(const struct executor *executor)
{
    return executor->mounts;
}

/* ---- sending ---- */

static struct text begin(struct arena *arena)
{
    struct text record = text_new(arena);
    text_add(&record, "");
    return record;
}

static struct request *new_request(struct executor *executor, struct arena *arena, void *data)
{
    struct request *request = arena_alloc(arena, sizeof(*request));
    *request = (struct request){.next = executor->requests,
                                .executor = executor,
                                .id = ++executor->last_id,
                                .arena = arena,
                                .data = data};
    executor->requests = request;
    return request;
}

/* ---- what comes back ---- */

static struct request *take_request(struct executor *executor, uint64_t id)
{
    struct request **at = &executor->requests;
    while (*at && (*at)->id != id)
        at = &(*at)->next;
    struct request *found = *at;
    if (found)
        *at = found->next;
    return found;
}

static void remember(struct executor *executor, const struct program *program,
                     const struct program_result *result)
{
    if (!program->constant || result->failure || result->status != 0)
        return;
    struct recalled *recalled = arena_alloc(executor->arena, sizeof(*recalled));
    *recalled = (struct recalled){.next = executor->recalled,
                                  .argv = argv_copy(executor->arena, program->argv),
                                  .result = *result};
    recalled->result.output = arena_copy(executor->arena, result->output, result->output_length);
    recalled->result.errors = arena_copy(executor->arena, result->errors, result->errors_length);
    executor->recalled = recalled;
}

static void program_ended(struct request *request, struct reading *reading)
{
    struct program_result result = {.output = "", .errors = ""};
    result.failure = read_string(reading);
    if (result.failure) {
        result.failure_code = (int)read_number(reading);
    } else {
        struct process_end end = {.status = (int)read_number(reading)};
        end.output.bytes = read_bytes(reading, &end.output.length);
        end.output.cut = read_number(reading) != 0;
        end.errors.bytes = read_bytes(reading, &end.errors.length);
        end.errors.cut = read_number(reading) != 0;
        end.course.stopped = read_number(reading) != 0;
        end.course.written = read_number(reading);
        end.course.took = (int64_t)read_number(reading);
        end.course.silence = (int64_t)read_number(reading);
        result = program_result_of(request->arena, &end);
    }
    remember(request->executor, &request->program, &result);
    request->ran(request->data, &result);
}

static void helper_ended(struct request *request, struct reading *reading)
{
    size_t length;
    bool whole = read_number(reading) != 0;
    const char *bytes = read_bytes(reading, &length);
    request->helped(request->data, whole ? bytes : NULL, length);
}

static void hand_out(struct executor *executor, const struct message *message)
{
    struct reading reading = {.at = message->bytes, .left = message->length};
    if (message->kind == TELL_PULSE)
        channel_send(executor->channel, ASK_PULSE, "", 0, -1);
    struct request *request = take_request(executor, read_number(&reading));
    if (!request)
        return; /* it was dropped */
    reading.arena = request->arena;
    if (message->kind == TELL_ENDED && request->ran)
        program_ended(request, &reading);
    else if (message->kind == TELL_HELPED && request->helped)
        helper_ended(request, &reading);
    else if (message->kind == TELL_ANSWERED && request->answered)
        request->answered(request->data, (int)(int64_t)read_number(&reading));
    else if (message->kind == TELL_CONSENT && request->consented)
        request->consented(request->data, &reading);
}

static void keep_for_later(struct executor *executor, const struct message *message)
{
    struct late *late = arena_alloc(executor->arena, sizeof(*late));
    late->message = *message;
    late->message.bytes = arena_copy(executor->arena, message->bytes, message->length);
    *executor->late_end = late;
    executor->late_end = &late->next;
}

static void hand_out_late(struct executor *executor)
{
    struct late *late = executor->late;
    executor->late = NULL;
    executor->late_end = &executor->late;
    for (; late; late = late->next)
        hand_out(executor, &late->message);
}

/* Without the executor nothing can be asked or undone any more: it is the process that the person
 * started, and it undoes what is not kept when this one ends. */
static void hand_out_all(struct executor *executor)
{
    struct message message;
    hand_out_late(executor);
    while (channel_take(executor->channel, &message))
        hand_out(executor, &message);
    if (channel_ended(executor->channel)) {
        loop_unwatch(executor->loop, &executor->watch);
        loop_interrupt(executor->loop);
    }
}

static void ready(void *data, int fd, uint32_t events)
{
    (void)fd;
    (void)events;
    hand_out_all(data);
}

static void due(void *data)
{
    struct executor *executor = data;
    executor->timer = NULL;
    hand_out_all(executor);
}

/* Once a second while the executor says nothing. It may be busy as long as it likes; if it is
 * stopped, and this process is not, nobody says when it goes on: it then finds that this one has
 * ended. */
static void look_after(struct executor *executor)
{
    enum { PATIENCE_TICKS = 20 };
    executor->stopped = is_stopped(getppid()) ? executor->stopped + 1 : 0;
    if (executor->stopped >= PATIENCE_TICKS)
        channel_give_up(executor->channel);
}

static void tick(void *data)
{
    struct executor *executor = data;
    executor->tick = loop_timer(executor->loop, loop_now() + SECONDS(1), tick, executor);
    look_after(executor);
    hand_out_all(executor);
}

/* What was taken in while something else was waited for does not wake the loop by itself. */
static void look_again(struct executor *executor)
{
    if (!executor->timer && (executor->late || channel_pending(executor->channel)))
        executor->timer = loop_timer(executor->loop, loop_now(), due, executor);
}

static void send_record(struct executor *executor, enum message_kind kind,
                        const struct text *record)
{
    channel_send(executor->channel, kind, record->at, record->length, -1);
    look_again(executor);
}

void request_drop(struct request **request)
{
    struct request *dropped = *request;
    *request = NULL;
    if (!dropped || take_request(dropped->executor, dropped->id) != dropped)
        return;
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = begin(arena);
    record_number(&record, dropped->id);
    send_record(dropped->executor, ASK_DROP, &record);
}

/* Sends, and waits for the reply; broken where the executor is gone. */
static struct reading wait_for_reply(struct executor *executor, enum message_kind kind,
                                     const struct text *record, struct arena *arena, int *fd)
{
    struct message message;
    struct reading reading = {.arena = arena, .broken = true};
    *fd = -1;
    send_record(executor, kind, record);
    for (;;) {
        while (channel_take(executor->channel, &message)) {
            if (message.kind == TELL_REPLY) {
                *fd = message.fd;
                reading = (struct reading){.arena = arena,
                                           .at = arena_copy(arena, message.bytes, message.length),
                                           .left = message.length};
                look_again(executor);
                return reading;
            }
            keep_for_later(executor, &message);
        }
        if (channel_ended(executor->channel))
            return reading;
        if (!channel_wait(executor->channel))
            look_after(executor);
    }
}

bool executor_interrupted(struct executor *executor)
{
    struct message message;
    while (channel_take(executor->channel, &message))
        keep_for_later(executor, &message);
    if (channel_ended(executor->channel))
        loop_interrupt(executor->loop);
    look_again(executor);
    return loop_interrupted(executor->loop);
}

static struct reading ask(struct executor *executor, enum message_kind kind,
                          const struct text *record, struct arena *arena)
{
    int none;
    return wait_for_reply(executor, kind, record, arena, &none);
}

/* ---- open and close ---- */

struct executor *executor_open(struct arena *arena, struct loop *loop,
                               const char *const *environment, int end, struct error *error)
{
    struct executor *executor = arena_alloc(arena, sizeof(*executor));
    *executor = (struct executor){
        .arena = arena, .loop = loop, .environment = environment, .channel = channel_open(end)};
    executor->mounts = mounts_open(arena);
    executor->late_end = &executor->late;
    executor->tick = loop_timer(loop, loop_now() + SECONDS(1), tick, executor);
    executor->watch = loop_watch(loop, end, EPOLLIN, ready, executor);
    if (executor->watch)
        return executor;
    error_system(error, errno, "cannot watch the channel to the executor");
    channel_close(&executor->channel);
    return NULL;
}

void executor_close(struct executor *executor)
{
    loop_cancel(executor->loop, &executor->timer);
    loop_cancel(executor->loop, &executor->tick);
    loop_unwatch(executor->loop, &executor->watch);
    channel_close(&executor->channel);
    mounts_close(executor->mounts);
}

/* ---- looking ---- */

static bool same_argv(const char *const *a, const char *const *b)
{
    size_t i = 0;
    while (a[i] && b[i] && text_equal(a[i], b[i]))
        i++;
    return !a[i] && !b[i];
}

static const struct program_result *recall(const struct executor *executor,
                                           const struct program *program)
{
    const struct recalled *at = program->constant ? executor->recalled : NULL;
    while (at && !same_argv(at->argv, program->argv))
        at = at->next;
    return at ? &at->result : NULL;
}

struct request *executor_run(struct executor *executor, struct arena *arena,
                             const struct action *action, const struct program *program,
                             void (*done)(void *data, const struct program_result *result),
                             void *data)
{
    const struct program_result *recalled = recall(executor, program);
    if (recalled) {
        done(data, recalled);
        return NULL;
    }
    struct request *request = new_request(executor, arena, data);
    struct text record = begin(arena);
    request->ran = done;
    request->program = *program;
    request->program.argv = argv_copy(arena, program->argv);
    record_number(&record, request->id);
    record_string(&record, action->name);
    record_strings(&record, program->argv);
    record_number(&record, program->windows);
    record_number(&record, program->limit);
    record_number(&record, (uint64_t)program->bounds.longest);
    record_number(&record, (uint64_t)program->bounds.quiet);
    record_number(&record, program->bounds.enough);
    send_record(executor, ASK_RUN, &record);
    return request;
}

struct request *executor_help(struct executor *executor, struct arena *arena,
                              const struct action *action, const void *input, size_t length,
                              void (*done)(void *data, const char *bytes, size_t length),
                              void *data)
{
    struct request *request = new_request(executor, arena, data);
    struct text record = begin(arena);
    request->helped = done;
    record_number(&record, request->id);
    record_string(&record, action->name);
    record_bytes(&record, input, length);
    send_record(executor, ASK_HELP, &record);
    return request;
}

struct request *executor_ask(struct executor *executor, struct arena *arena, const char *question,
                             void (*done)(void *data, int yes), void *data)
{
    struct request *request = new_request(executor, arena, data);
    struct text record = begin(arena);
    request->answered = done;
    record_number(&record, request->id);
    record_string(&record, question);
    send_record(executor, ASK_PERSON, &record);
    return request;
}

const char *executor_line(struct executor *executor, struct arena *arena, const char *question)
{
    struct text record = begin(arena);
    record_string(&record, question);
    struct reading reading = ask(executor, ASK_LINE, &record, arena);
    const char *line = read_string(&reading);
    if (read_number(&reading))
        loop_interrupt(executor->loop);
    return line;
}

int executor_raw_icmp(struct executor *executor, int family, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = begin(arena);
    int fd;
    record_number(&record, (uint64_t)family);
    struct reading reading = wait_for_reply(executor, ASK_RAW_ICMP, &record, arena, &fd);
    if (read_number(&reading) && fd >= 0)
        return fd;
    int code = (int)read_number(&reading);
    const char *message = read_string(&reading);
    error_set(error, "%s", message ? message : "the executor is gone");
    error->code = code;
    return -1;
}

void executor_socket_owners(struct executor *executor, struct socket_owner *owners, size_t count)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = begin(arena);
    record_number(&record, count);
    for (size_t i = 0; i < count; i++)
        record_number(&record, owners[i].inode);
    struct reading reading = ask(executor, ASK_OWNERS, &record, arena);
    for (size_t i = 0; i < count; i++) {
        owners[i].pid = (pid_t)read_number(&reading);
        const char *name = read_string(&reading);
        size_t length = name ? strnlen(name, sizeof(owners[i].process) - 1) : 0;
        memcpy(owners[i].process, name ? name : "", length);
        owners[i].process[length] = '\0';
    }
}

/* ---- changing ---- */

void executor_allow(struct executor *executor, const char *const *effects)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = begin(arena);
    record_strings(&record, effects);
    send_record(executor, ASK_ALLOW, &record);
}

static void read_error(struct reading *reading, struct error *error)
{
    const char *message = read_string(reading), *hint = read_string(reading);
    error_set(error, "%s", message ? message : "the executor is gone");
    if (hint && *hint)
        error_hint(error, "%s", hint);
}

struct offer {
    struct executor *executor;
    struct error *error;
    enum consent consent;
    bool over;
};

static void consented(void *data, struct reading *reading)
{
    struct offer *offer = data;
    struct executor *executor = offer->executor;
    offer->consent = (enum consent)read_number(reading);
    read_error(reading, offer->error);
    for (size_t i = 0; i < executor->offered_count; i++)
        executor->offered[i].lacks = (enum right)read_number(reading);
    offer->over = true;
}

enum consent executor_offer(struct executor *executor, const struct offered *offered,
                            struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = begin(arena);
    struct offer offer = {.executor = executor, .error = error, .consent = CONSENT_NO};
    executor->offered = offered->changes;
    executor->offered_count = offered->count;
    struct request *request = new_request(executor, arena, &offer);
    request->consented = consented;
    record_number(&record, request->id);
    record_string(&record, offered->cause);
    record_number(&record, offered->count);
    record_number(&record, offered->persist);
    for (size_t i = 0; i < offered->count; i++)
        change_write(&offered->changes[i], &record);
    send_record(executor, ASK_OFFER, &record);
    while (!offer.over && !loop_interrupted(executor->loop) && loop_turn(executor->loop))
        continue;
    request_drop(&request);
    return offer.consent;
}

static void read_differences(struct reading *reading, struct differences *differences)
{
    const char *const *found = read_strings(reading);
    const char *const *lines = read_strings(reading);
    *differences = (struct differences){.arena = reading->arena};
    for (size_t i = 0; found && found[i]; i++)
        differences_add(differences, found[i]);
    for (size_t i = 0; lines && lines[i]; i++)
        differences_add_line(differences, lines[i]);
}

const struct differences *executor_differences(const struct executor *executor)
{
    return &executor->differences;
}

/* A word about what was offered, and what became of each change. */
static enum applied command_with(struct executor *executor, enum message_kind kind,
                                 const struct text *record, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct reading reading = ask(executor, kind, record, arena);
    enum applied applied = (enum applied)read_number(&reading);
    read_error(&reading, error);
    for (size_t i = 0; i < executor->offered_count && !reading.broken; i++)
        executor->offered[i].state = (enum change_state)read_number(&reading);
    reading.arena = executor->arena;
    read_differences(&reading, &executor->differences);
    return reading.broken ? APPLIED_REFUSED : applied;
}

static enum applied command(struct executor *executor, enum message_kind kind, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = begin(arena);
    return command_with(executor, kind, &record, error);
}

enum applied executor_apply(struct executor *executor, struct error *error)
{
    return command(executor, ASK_APPLY, error);
}

enum applied executor_persist(struct executor *executor, struct error *error)
{
    return command(executor, ASK_PERSIST, error);
}

enum applied executor_undo(struct executor *executor, struct error *error)
{
    return command(executor, ASK_UNDO, error);
}

bool executor_keep(struct executor *executor, struct error *error)
{
    return command(executor, ASK_KEEP, error) == APPLIED;
}

bool executor_wait(struct executor *executor, const struct waiting *waiting, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = begin(arena);
    record_number(&record, waiting->restart);
    record_strings(&record, waiting->held);
    origin_write(waiting->origin, &record);
    return command_with(executor, ASK_WAIT, &record, error) == APPLIED;
}

enum applied executor_resume(struct executor *executor, size_t index, struct change *changes,
                             size_t count, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = begin(arena);
    executor->offered = changes;
    executor->offered_count = count;
    record_number(&record, index);
    return command_with(executor, ASK_RESUME, &record, error);
}

/* ---- saved plans ---- */

static bool ask_whether(struct executor *executor, enum message_kind kind,
                        const struct text *record, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct reading reading = ask(executor, kind, record, arena);
    bool done = read_number(&reading) != 0;
    read_error(&reading, error);
    return done && !reading.broken;
}

bool executor_fits(struct executor *executor, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = begin(arena);
    return ask_whether(executor, ASK_FITS, &record, error);
}

bool executor_save(struct executor *executor, const struct saved_plan *plan, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = begin(arena);
    saved_write(plan, &record);
    return ask_whether(executor, ASK_SAVE, &record, error);
}
