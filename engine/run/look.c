/* A check becomes a flight when its arguments are known; checks whose action, arguments and timeout
 * are equal share one flight. A flight is running, then answered, or cancelled and forgotten: the
 * check may be asked again later in the same look. */
#include "engine/run/look.h"

#include <string.h>

#include "engine/base/limits.h"
#include "engine/lang/arguments.h"
#include "engine/run/probe.h"

enum cost { COST_UNKNOWN, COST_CHEAP, COST_COSTLY };

struct flight {
    struct flight *next;
    struct look *look;
    const struct check *check; /* the first that asked */
    struct arena *arena;       /* of the probe and its answer */
    struct value *arguments;
    int64_t timeout;
    struct probe *probe; /* NULL: answered */
    struct answer answer;
};

struct look {
    struct look_options options;
    struct arena *arena;
    struct memo *memo;
    struct answer *answers;  /* by check */
    struct flight **flights; /* by check; NULL: none */
    unsigned char *needs;    /* enum urgency, by check */
    unsigned char *costs;    /* enum cost, by check */
    struct flight *all;
    size_t running;
    size_t kept; /* bytes of answers */
    size_t news; /* answers that came since the last walk */
    int64_t first;
    const struct check *waited_for;
};

/* A person is asked by a probe that has no deadline. */
static bool asks_person(const struct check *check)
{
    return check->action && check->action->timeout == 0;
}

struct look *look_new(const struct look_options *options, const struct look *earlier)
{
    struct arena *arena = arena_new();
    struct look *look = arena_alloc(arena, sizeof(*look));
    size_t count = options->playbook->check_count;
    look->options = *options;
    look->arena = arena;
    look->memo = memo_new(arena, options->playbook);
    look->answers = arena_alloc(arena, (count + 1) * sizeof(*look->answers));
    look->flights = arena_alloc(arena, (count + 1) * sizeof(struct flight *));
    look->needs = arena_alloc(arena, count + 1);
    look->costs = arena_alloc(arena, count + 1);
    for (size_t i = 0; earlier && i < count; i++)
        if (asks_person(&options->playbook->checks[i]) && earlier->answers[i].state == ANSWER_KNOWN)
            look->answers[i] = earlier->answers[i];
    return look;
}

static void drop_flight(struct look *look, struct flight *flight)
{
    if (flight->probe) {
        probe_cancel(&flight->probe);
        look->running--;
    }
    arena_free(&flight->arena);
}

void look_free(struct look **look)
{
    if (!*look)
        return;
    for (struct flight *flight = (*look)->all; flight; flight = flight->next)
        drop_flight(*look, flight);
    struct arena *arena = (*look)->arena;
    *look = NULL;
    arena_free(&arena);
}

/* ---- answers ---- */

static void give_answer(struct look *look, const struct flight *flight)
{
    const struct playbook *playbook = look->options.playbook;
    for (size_t i = 0; i < playbook->check_count; i++) {
        if (look->flights[i] != flight || look->answers[i].state != ANSWER_PENDING)
            continue;
        look->answers[i] = flight->answer;
        look->waited_for = &playbook->checks[i];
        look->news++;
        if (look->options.answered)
            look->options.answered(look->options.context, &playbook->checks[i], &flight->answer);
    }
}

/* Answers stay until the look ends. */
static struct answer keep_answer(struct look *look, const struct answer *answer)
{
    look->kept += answer_bytes(answer);
    if (look->kept <= LIMIT_ANSWERS_BYTES)
        return *answer;
    return answer_unknown(look->arena, answer->action,
                          "the answers take more than %d MiB, the limit of a run",
                          LIMIT_ANSWERS_BYTES / (1024 * 1024));
}

static void flight_landed(void *data, const struct answer *answer)
{
    struct flight *flight = data;
    flight->answer = keep_answer(flight->look, answer);
    flight->probe = NULL;
    flight->look->running--;
    give_answer(flight->look, flight);
}

static void refuse(struct look *look, size_t index, const char *reason)
{
    const struct check *check = &look->options.playbook->checks[index];
    look->answers[index] = answer_unknown(look->arena, check->action, "%s", reason);
    look->news++;
    if (look->options.answered)
        look->options.answered(look->options.context, check, &look->answers[index]);
}

/* ---- starting ---- */

static bool in_range(const struct argument *argument, const struct value *value)
{
    if (value->kind != KIND_NUMBER || (argument->least == 0 && argument->most == 0))
        return true;
    return value->number >= argument->least && value->number <= argument->most;
}

/* The arguments of a check: TRUTH_TRUE with `values`, TRUTH_UNKNOWN with `reason`, or pending, and
 * then what they wait for is raised in the needs. */
static enum truth read_arguments(struct look *look, const struct check *check,
                                 const struct view *view, struct value *values, int64_t *timeout,
                                 struct reason *reason)
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
            why.text = arena_format(look->arena, "argument '%s' is %s, outside %.15g to %.15g",
                                    argument->name, value_print(look->arena, &value),
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
    const struct action *action = look->options.playbook->checks[index].action;
    if (look->costs[index] == COST_UNKNOWN) {
        bool costly = action->costly_here ? action->costly_here() : action->costly;
        look->costs[index] = costly ? COST_COSTLY : COST_CHEAP;
    }
    return look->costs[index] == COST_COSTLY;
}

static struct flight *find_twin(const struct look *look, const struct action *action,
                                const struct value *arguments, int64_t timeout)
{
    size_t count = argument_count(action);
    for (struct flight *flight = look->all; flight; flight = flight->next) {
        if (!flight->arena || flight->check->action != action || flight->timeout != timeout)
            continue;
        size_t same = 0;
        while (same < count && value_equal(&flight->arguments[same], &arguments[same]))
            same++;
        if (same == count)
            return flight;
    }
    return NULL;
}

static struct flight *new_flight(struct look *look, size_t index, struct value *values,
                                 int64_t timeout)
{
    struct flight *flight = arena_alloc(look->arena, sizeof(*flight));
    *flight = (struct flight){.next = look->all,
                              .look = look,
                              .check = &look->options.playbook->checks[index],
                              .arena = arena_new(),
                              .arguments = values,
                              .timeout = timeout};
    look->all = flight;
    return flight;
}

static void launch(struct look *look, size_t index, struct value *values, int64_t timeout)
{
    const struct check *check = &look->options.playbook->checks[index];
    struct flight *flight = new_flight(look, index, values, timeout);
    look->flights[index] = flight;
    look->running++;
    if (!look->first)
        look->first = loop_now();
    if (look->options.started)
        look->options.started(look->options.context, check);
    struct probe *probe = probe_start(flight->arena, look->options.executor, check->action, values,
                                      timeout, flight_landed, flight);
    if (flight->answer.state == ANSWER_PENDING)
        flight->probe = probe;
}

/* A person is asked one thing at a time; the next one starts when the answer has come. Many that
 * answer as they start can take long: an interrupt is heard between two of them. */
static bool must_wait(const struct look *look, const struct check *check)
{
    bool waits =
        look->running >= look->options.jobs || executor_interrupted(look->options.executor);
    for (struct flight *flight = look->all; flight && !waits; flight = flight->next)
        waits = flight->probe && asks_person(check) && asks_person(flight->check);
    return waits;
}

/* Starts the check if its arguments are known, it may start at this urgency, and there is room. */
static void start_check(struct look *look, size_t index)
{
    const struct check *check = &look->options.playbook->checks[index];
    enum urgency urgency = look->needs[index];
    struct view view = look_view(look, look->arena);
    view.needs = look->needs;
    view.urgency = urgency;
    struct value *values =
        arena_alloc(look->arena, (argument_count(check->action) + 1) * sizeof(*values));
    int64_t timeout = 0;
    struct reason reason = {0};
    if (urgency == NEED_MAYBE && is_costly(look, index))
        return;
    enum truth truth = read_arguments(look, check, &view, values, &timeout, &reason);
    if (truth == TRUTH_UNKNOWN)
        refuse(look, index, arena_format(look->arena, "an argument was unknown: %s", reason.text));
    if (truth != TRUTH_TRUE)
        return;
    struct flight *twin = find_twin(look, check->action, values, timeout);
    if (twin) {
        look->flights[index] = twin;
        if (twin->answer.state != ANSWER_PENDING)
            give_answer(look, twin);
    } else if (!must_wait(look, check)) {
        launch(look, index, values, timeout);
    }
}

/* Checks whose arguments wait for others raise those others: go round until nothing is raised. */
static void start_needed(struct look *look, enum urgency urgency)
{
    size_t count = look->options.playbook->check_count;
    unsigned char *before = arena_alloc(look->arena, count + 1);
    do {
        memcpy(before, look->needs, count);
        for (size_t i = 0; i < count; i++)
            if (look->needs[i] == urgency && !look->flights[i] &&
                look->options.playbook->checks[i].action &&
                look->answers[i].state == ANSWER_PENDING)
                start_check(look, i);
    } while (memcmp(before, look->needs, count) != 0);
}

static bool still_needed(const struct look *look, const struct flight *flight)
{
    for (size_t i = 0; i < look->options.playbook->check_count; i++)
        if (look->flights[i] == flight && look->needs[i] != NEED_NOT)
            return true;
    return false;
}

static void cancel_unneeded(struct look *look)
{
    for (struct flight *flight = look->all; flight; flight = flight->next) {
        if (!flight->probe || still_needed(look, flight))
            continue;
        for (size_t i = 0; i < look->options.playbook->check_count; i++)
            if (look->flights[i] == flight)
                look->flights[i] = NULL;
        drop_flight(look, flight);
    }
}

/* ---- asking ---- */

static enum truth walk(struct look *look, question_fn *question, void *context)
{
    memset(look->needs, NEED_NOT, look->options.playbook->check_count);
    memo_renew(look->memo);
    look->news = 0;
    struct view view = look_view(look, look->arena);
    view.needs = look->needs;
    view.urgency = NEED_NOW;
    return question(context, &view);
}

enum truth look_ask(struct look *look, question_fn *question, void *context)
{
    struct loop *loop = executor_loop(look->options.executor);
    look->waited_for = NULL;
    for (;;) {
        enum truth truth = walk(look, question, context);
        if (truth != TRUTH_PENDING)
            return truth;
        start_needed(look, NEED_NOW);
        start_needed(look, NEED_MAYBE);
        cancel_unneeded(look);
        while (!look->news && !loop_interrupted(loop))
            if (!look->running || !loop_turn(loop))
                return TRUTH_PENDING;
        if (loop_interrupted(loop))
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
