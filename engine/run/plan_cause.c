/* A fix cannot wait, so what it must see is gathered here: its own arguments from the look, and
 * fresh answers of the probes it declares as needs. Then its planner runs. */
#include "engine/run/plan_cause.h"

#include <string.h>

#include "engine/lang/arguments.h"
#include "engine/run/probe.h"

enum { MOST_NEEDS = 8 };

struct filling {
    const struct fix *fix;
    struct value *values;
    struct reason reason;
};

static enum truth read_fix_arguments(void *context, const struct view *view)
{
    struct filling *filling = context;
    enum truth whole = TRUTH_TRUE;
    for (size_t i = 0; i < argument_count(filling->fix->action); i++) {
        const struct template *template = filling->fix->arguments[i];
        if (!template)
            continue;
        enum truth truth = template_value(template, view, &filling->values[i], &filling->reason);
        if (truth == TRUTH_PENDING || (truth == TRUTH_UNKNOWN && whole == TRUTH_TRUE))
            whole = truth;
    }
    return whole;
}

/* ---- needs ---- */

struct needed {
    struct answer answer;
    size_t *missing;
};

static void need_answered(void *data, const struct answer *answer)
{
    struct needed *needed = data;
    needed->answer = *answer;
    --*needed->missing;
}

/* A need's argument: the fix's own or a literal, else the probe's default. */
static bool need_argument(struct arena *arena, const struct need *need, const struct arguments *own,
                          const struct argument *argument, struct value *value)
{
    const size_t most = sizeof(need->arguments) / sizeof(need->arguments[0]);
    for (size_t i = 0; i < most && need->arguments[i].name; i++) {
        if (!text_equal(need->arguments[i].name, argument->name))
            continue;
        if (need->arguments[i].literal)
            return argument_read(arena, argument, need->arguments[i].literal, value);
        const struct value *given = arguments_get(own, need->arguments[i].from);
        if (given)
            return argument_convert(arena, argument, given, value);
    }
    return !argument->fallback || argument_read(arena, argument, argument->fallback, value);
}

static bool start_need(struct run *run, const struct need *need, const struct arguments *own,
                       struct needed *needed, struct probe **probe, struct error *error)
{
    const struct action *action = action_find(run->options.registry, need->probe, ROLE_PROBE);
    if (!action)
        return error_set(error, "there is no probe '%s'", need->probe);
    size_t count = argument_count(action);
    struct value *values = arena_alloc(run->arena, (count + 1) * sizeof(*values));
    for (size_t i = 0; i < count; i++)
        if (!need_argument(run->arena, need, own, &action->arguments[i], &values[i]))
            return error_set(error, "'%s' cannot be asked: argument '%s' has the wrong type",
                             need->probe, action->arguments[i].name);
    *probe = probe_start(run->arena, run->options.executor, action, values, action->timeout,
                         need_answered, needed);
    return true;
}

static bool ask_needs(struct run *run, const struct action *action, const struct arguments *own,
                      struct answer *answers, struct error *error)
{
    struct needed needed[MOST_NEEDS] = {{{0}, NULL}};
    struct probe *probes[MOST_NEEDS] = {NULL};
    struct loop *loop = executor_loop(run->options.executor);
    size_t count = 0, missing = 0;
    bool started = true;
    for (; started && action->needs && action->needs[count].probe; count++) {
        needed[count].missing = &missing;
        missing++;
        started =
            start_need(run, &action->needs[count], own, &needed[count], &probes[count], error);
    }
    while (started && missing && !loop_interrupted(loop) && loop_turn(loop))
        continue;
    for (size_t i = 0; i < count; i++) {
        if (needed[i].answer.state == ANSWER_PENDING)
            probe_cancel(&probes[i]);
        answers[i] = needed[i].answer;
    }
    return started && (!missing || error_set(error, "interrupted"));
}

/* ---- planning ---- */

static bool plan_step(struct run *run, const struct fix *fix, struct error *error)
{
    const struct action *action = fix->action;
    struct value *values = arena_alloc(run->arena, (argument_count(action) + 1) * sizeof(*values));
    struct filling filling = {.fix = fix, .values = values};
    struct answer answers[MOST_NEEDS] = {{0}};
    enum truth truth = look_ask(run->look, read_fix_arguments, &filling);
    if (truth == TRUTH_PENDING)
        return error_set(error, "interrupted");
    if (truth == TRUTH_UNKNOWN)
        return error_set(error, "an argument of '%s' is unknown: %s", action->name,
                         filling.reason.text);
    struct arguments own = {action->arguments, values};
    return ask_needs(run, action, &own, answers, error) &&
           plan_fix(&run->result->plan, action, values, answers, error);
}

static bool plan_list(struct run *run, const struct fixes *fixes, struct error *error)
{
    struct plan *plan = &run->result->plan;
    plan->list = plan->count;
    plan->restart = EFFECTIVE_NOW;
    for (size_t i = 0; i < fixes->count; i++)
        if (!plan_step(run, &fixes->items[i], error))
            return false;
    return true;
}

bool plan_cause(struct run *run, struct repair *repair, struct error *error)
{
    struct plan *plan = &run->result->plan;
    repair->first = plan->count;
    bool planned = plan_list(run, &repair->cause->fix, error);
    if (planned)
        plan_restart_alone(plan);
    else
        plan->count = repair->first;
    repair->restart = plan->restart;
    repair->persist = repair->end = plan->count;
    return planned;
}

/* What should make it last never costs the fix itself, and never asks for a restart. */
void plan_persist(struct run *run, struct repair *repair)
{
    struct error error;
    struct plan *plan = &run->result->plan;
    if (!plan_list(run, &repair->cause->persist, &error)) {
        plan->count = repair->persist;
        run_progress(run, PROGRESS_PERSIST_FAILED, error.message);
    }
    repair->end = plan->count;
}
