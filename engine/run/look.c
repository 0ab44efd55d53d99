/* Each walk of the question says what is needed. From that comes a queue of the checks that may
 * start: their arguments are known, what is needed now before what may be. It is worked off while
 * answers come in, `jobs` at a time. A walk is as long as the playbook, and one for every answer
 * would make a run of many checks quadratic: the next one is made where there is only waiting to
 * do, or where enough answers have come to be worth it. */
#include "engine/run/look.h"

#include <string.h>

#include "engine/lang/arguments.h"
#include "engine/run/flights.h"

enum cost { COST_UNKNOWN, COST_CHEAP, COST_COSTLY };

/* A walk is due when one answer has come for so many checks that still wait to start. */
enum { WAITING_PER_ANSWER = 4 };

/* What a look knows of one check. */
struct seat {
    struct flight *flight; /* NULL: not asked */
    struct seat *next;     /* another check in the same flight */
    struct value *values;  /* the arguments; NULL: not known yet */
    int64_t timeout;
    enum cost cost;
};

struct look {
    struct look_options options;
    struct arena *arena;
    struct memo *memo;
    struct answer *answers; /* by check */
    struct seat *seats;     /* by check */
    unsigned char *needs;   /* enum urgency, by check */
    struct flights *flights;
    size_t *queue; /* checks that may start */
    size_t queued, queue_at;
    bool asking; /* a person */
    size_t news; /* answers that came since the last walk */
    int64_t first;
    const struct check *waited_for;
};

/* A person is asked by a probe that has no deadline. */
static bool asks_person(const struct check *check)
{
    return check->action && check->action->timeout == 0;
}

static const struct check *check_of(const struct look *look, size_t index)
{
    return &look->options.playbook->checks[index];
}

static void landed(void *context, struct flight *flight);

struct look *look_new(const struct look_options *options, const struct look *earlier)
{
    struct arena *arena = arena_new();
    struct look *look = arena_alloc(arena, sizeof(*look));
    size_t count = options->playbook->check_count;
    look->options = *options;
    look->arena = arena;
    look->memo = memo_new(arena, options->playbook);
    look->answers = arena_alloc(arena, (count + 1) * sizeof(*look->answers));
    look->seats = arena_alloc(arena, (count + 1) * sizeof(*look->seats));
    look->needs = arena_alloc(arena, count + 1);
    look->queue = arena_alloc(arena, (count + 1) * sizeof(*look->queue));
    look->flights = flights_new(arena, options->executor, count, landed, look);
    for (size_t i = 0; earlier && i < count; i++)
        if (asks_person(check_of(look, i)) && earlier->answers[i].state == ANSWER_KNOWN)
            look->answers[i] = answer_copy(arena, &earlier->answers[i]);
    return look;
}

void look_free(struct look **look)
{
    if (!*look)
        return;
    flights_end((*look)->flights);
    struct arena *arena = (*look)->arena;
    *look = NULL;
    arena_free(&arena);
}

/* ---- answers ---- */

static void give_answer(struct look *look, size_t index, const struct answer *answer)
{
    look->answers[index] = *answer;
    look->news++;
    if (look->options.answered)
        look->options.answered(look->options.context, check_of(look, index), answer);
}

static void landed(void *context, struct flight *flight)
{
    struct look *look = context;
    for (struct seat *seat = flight->data; seat; seat = seat->next) {
        size_t index = (size_t)(seat - look->seats);
        look->waited_for = check_of(look, index);
        give_answer(look, index, &flight->answer);
    }
    if (flight->errand.action->timeout == 0)
        look->asking = false;
}

/* ---- what may start ---- */

static bool in_range(const struct argument *argument, const struct value *value)
{
    if (value->kind != KIND_NUMBER || (argument->least == 0 && argument->most == 0))
        return true;
    return value->number >= argument->least && value->number <= argument->most;
}

/* The arguments of a check: TRUTH_TRUE with `values`, TRUTH_UNKNOWN with `reason`, or pending, and
 * then what they wait for is raised in the needs. */
static enum truth read_arguments(const struct check *check, const struct view *view,
                                 struct value *values, int64_t *timeout, struct reason *reason)
{
    size_t count = argument_count(check->action);
    enum truth whole = TRUTH_TRUE;
    for (size_t i = 0; i <= count; i++) {
        const struct template *template = i < count ? check->arguments[i] : check->timeout;
        struct value value = {0};
        struct reason why = {0};
        enum truth truth = template ? template_value(template, view, &value, &why) : TRUTH_TRUE;
        const struct argument *argument = i < count ? &check->action->arguments[i] : NULL;
        if (truth == TRUTH_TRUE && argument && template && !in_range(argument, &value)) {
            truth = TRUTH_UNKNOWN;
            why.text = arena_format(view->arena, "argument '%s' is %s, outside %.15g to %.15g",
                                    argument->name, value_print(view->arena, &value),
                                    argument->least, argument->most);
        }
        if (truth == TRUTH_PENDING || (truth == TRUTH_UNKNOWN && whole != TRUTH_PENDING))
            whole = truth;
        if (truth == TRUTH_UNKNOWN)
            *reason = why;
        if (argument)
            values[i] = value;
        else
            *timeout = template ? value.duration : 0;
    }
    return whole;
}

static bool is_costly(struct look *look, size_t index)
{
    const struct action *action = check_of(look, index)->action;
    struct seat *seat = &look->seats[index];
    if (seat->cost == COST_UNKNOWN) {
        bool costly = action->costly_here ? action->costly_here() : action->costly;
        seat->cost = costly ? COST_COSTLY : COST_CHEAP;
    }
    return seat->cost == COST_COSTLY;
}

static void refuse(struct look *look, size_t index, const char *reason)
{
    struct answer answer = answer_unknown(look->arena, check_of(look, index)->action,
                                          "an argument was unknown: %s", reason);
    give_answer(look, index, &answer);
}

static struct value *copy_values(struct arena *arena, const struct value *values, size_t count)
{
    struct value *copy = arena_alloc(arena, (count + 1) * sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = value_copy(arena, &values[i]);
    return copy;
}

/* Takes down the arguments where they are known; what they wait for is raised. */
static void prepare(struct look *look, size_t index, struct arena *scratch)
{
    const struct check *check = check_of(look, index);
    struct seat *seat = &look->seats[index];
    size_t count = argument_count(check->action);
    struct value *values = arena_alloc(scratch, (count + 1) * sizeof(*values));
    struct reason reason = {0};
    struct view view = look_view(look, scratch);
    view.needs = look->needs;
    view.urgency = look->needs[index];
    enum truth truth = read_arguments(check, &view, values, &seat->timeout, &reason);
    if (truth == TRUTH_UNKNOWN)
        refuse(look, index, reason.text);
    if (truth == TRUTH_TRUE)
        seat->values = copy_values(look->arena, values, count);
}

static bool may_start(struct look *look, size_t index, enum urgency urgency)
{
    return look->needs[index] == urgency && check_of(look, index)->action &&
           look->answers[index].state == ANSWER_PENDING && !look->seats[index].flight &&
           (urgency == NEED_NOW || !is_costly(look, index));
}

/* Checks whose arguments wait for others raise those others: go round until nothing is raised. */
static void prepare_needed(struct look *look, enum urgency urgency, struct arena *scratch)
{
    size_t count = look->options.playbook->check_count;
    unsigned char *before = arena_alloc(scratch, count + 1);
    do {
        memcpy(before, look->needs, count);
        for (size_t i = 0; i < count; i++)
            if (may_start(look, i, urgency) && !look->seats[i].values)
                prepare(look, i, scratch);
    } while (memcmp(before, look->needs, count) != 0);
}

static void enqueue(struct look *look, enum urgency urgency)
{
    for (size_t i = 0; i < look->options.playbook->check_count; i++)
        if (may_start(look, i, urgency) && look->seats[i].values)
            look->queue[look->queued++] = i;
}

static void line_up(struct look *look, struct arena *scratch)
{
    prepare_needed(look, NEED_NOW, scratch);
    prepare_needed(look, NEED_MAYBE, scratch);
    look->queued = look->queue_at = 0;
    enqueue(look, NEED_NOW);
    enqueue(look, NEED_MAYBE);
}

/* ---- starting and cancelling ---- */

static void launch(struct look *look, size_t index, const struct errand *errand)
{
    const struct check *check = check_of(look, index);
    struct flight *flight = flights_add(look->flights, errand);
    look->seats[index].flight = flight;
    flight->data = &look->seats[index];
    look->asking = look->asking || asks_person(check);
    if (!look->first)
        look->first = loop_now();
    if (look->options.started)
        look->options.started(look->options.context, check);
    flight_launch(flight);
    flights_clear(look->flights);
}

/* The check gets what the one gets that asked first. */
static void join(struct look *look, size_t index, struct flight *flight)
{
    struct seat *seat = &look->seats[index], *first = flight->data;
    seat->flight = flight;
    if (flight->answer.state == ANSWER_PENDING) {
        seat->next = first->next;
        first->next = seat;
        return;
    }
    look->waited_for = check_of(look, index);
    give_answer(look, index, &flight->answer);
}

/* What costs is asked only on the word of a walk that knows all answers; so is a person, and one
 * thing at a time. */
static bool must_wait(struct look *look, size_t index)
{
    return (look->news && is_costly(look, index)) ||
           (asks_person(check_of(look, index)) && (look->asking || look->news));
}

/* As many as there is room for, and no more than that even where they answer at once: the loop must
 * have its turn. They can take long all the same: an interrupt is heard between two of them. */
static void start_queued(struct look *look)
{
    size_t jobs = look->options.jobs;
    for (size_t started = 0;
         look->queue_at < look->queued && started < jobs && flights_count(look->flights) < jobs;) {
        size_t index = look->queue[look->queue_at++];
        const struct seat *seat = &look->seats[index];
        const struct errand errand = {check_of(look, index)->action, seat->values, seat->timeout};
        struct flight *twin = flights_find(look->flights, &errand);
        if (twin) {
            join(look, index, twin);
        } else if (executor_interrupted(look->options.executor)) {
            return;
        } else if (!must_wait(look, index)) {
            launch(look, index, &errand);
            started++;
        }
    }
}

static bool still_needed(const struct look *look, const struct flight *flight)
{
    for (const struct seat *seat = flight->data; seat; seat = seat->next)
        if (look->needs[seat - look->seats] != NEED_NOT)
            return true;
    return false;
}

static void cancel(struct look *look, struct flight *flight)
{
    for (struct seat *seat = flight->data, *next; seat; seat = next) {
        next = seat->next;
        seat->flight = NULL;
        seat->next = NULL;
    }
    if (flight->errand.action->timeout == 0)
        look->asking = false;
    flight_cancel(flight);
}

static void cancel_unneeded(struct look *look)
{
    for (struct flight *flight = flights_airborne(look->flights), *next; flight; flight = next) {
        next = flight->next;
        if (!still_needed(look, flight))
            cancel(look, flight);
    }
}

/* ---- asking ---- */

/* Is a walk worth its time? Always where most of what was started is still under way (`quiet`: and
 * nothing more is here): it costs nothing but waiting. */
static bool walk_is_due(const struct look *look, bool quiet)
{
    size_t waiting = look->queued - look->queue_at;
    bool slow = quiet && flights_count(look->flights) > look->options.jobs / 2;
    return slow || look->news >= waiting / WAITING_PER_ANSWER;
}

/* Starts what may start and takes in answers until a walk is due. False: interrupted, or nothing is
 * left that could answer. */
static bool ask_on(struct look *look)
{
    struct loop *loop = executor_loop(look->options.executor);
    start_queued(look);
    while (!loop_interrupted(loop)) {
        if (!look->news && (!flights_count(look->flights) || !loop_turn(loop)))
            return false;
        bool quiet = !look->news || !loop_poll(loop);
        flights_clear(look->flights);
        if (!look->news)
            continue;
        if (walk_is_due(look, quiet))
            return !loop_interrupted(loop);
        start_queued(look);
    }
    return false;
}

enum truth look_ask(struct look *look, question_fn *question, void *context)
{
    look->waited_for = NULL;
    for (;;) {
        struct arena *scratch ARENA_AUTO = arena_new();
        struct view view = look_view(look, scratch);
        view.needs = look->needs;
        view.urgency = NEED_NOW;
        memset(look->needs, NEED_NOT, look->options.playbook->check_count);
        memo_renew(look->memo);
        look->news = 0;
        enum truth truth = question(context, &view);
        if (truth != TRUTH_PENDING) {
            arena_adopt(look->arena, &scratch);
            return truth;
        }
        line_up(look, scratch);
        cancel_unneeded(look);
        if (!ask_on(look))
            return TRUTH_PENDING;
    }
}

struct view look_view(const struct look *look, struct arena *arena)
{
    return (struct view){.playbook = look->options.playbook,
                         .answers = look->answers,
                         .arena = arena,
                         .memo = look->memo,
                         .budget = look->options.budget};
}

int64_t look_age(const struct look *look)
{
    return look->first ? loop_now() - look->first : 0;
}

const struct check *look_waited_for(const struct look *look)
{
    return look->waited_for;
}
