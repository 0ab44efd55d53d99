/* What a decision stood on, copied out of the look that it was taken in. */
#include "engine/run/probe.h"
#include "engine/run/state.h"

struct collect {
    struct run *run;
    struct evidence *evidence;
};

static void add_value(void *context, const char *name, const struct value *value)
{
    struct collect *collect = context;
    struct evidence *evidence = collect->evidence;
    struct arena *arena = collect->run->arena;
    evidence->values =
        arena_grow(arena, evidence->values, evidence->value_count, sizeof(*evidence->values));
    evidence->values[evidence->value_count++] =
        (struct evidence_value){.name = arena_string(arena, name),
                                .text = arena_string(arena, value_print(arena, value)),
                                .value = value_copy(arena, value)};
}

static struct evidence take(struct run *run, const struct expr *expr)
{
    struct view view = look_view(run->look, run->arena);
    struct evidence evidence = {.condition = span_text(run->arena, expr_span(expr))};
    struct reason reason = {0};
    evidence.truth = eval_truth(expr, &view, &reason);
    if (evidence.truth == TRUTH_UNKNOWN)
        evidence.reason = arena_string(run->arena, reason.text);
    struct collect collect = {run, &evidence};
    eval_evidence(expr, &view, add_value, &collect);
    return evidence;
}

static void append(struct run *run, struct evidence **list, size_t *count, const struct expr *expr)
{
    if (!expr)
        return;
    *list = arena_grow(run->arena, *list, *count, sizeof(**list));
    (*list)[(*count)++] = take(run, expr);
}

/* Where `given` is false nothing stood on `when`, whether its answers were quicker or not. */
static void append_symptom(struct run *run, struct evidence **list, size_t *count,
                           const struct symptom *symptom)
{
    append(run, list, count, symptom->given);
    bool applies = !symptom->given || (*list)[*count - 1].truth != TRUTH_FALSE;
    append(run, list, count, symptom->when);
    if (symptom->when && !applies)
        (*list)[*count - 1] =
            (struct evidence){.condition = (*list)[*count - 1].condition, .truth = TRUTH_PENDING};
}

void evidence_symptom(struct run *run, const struct symptom *symptom)
{
    struct result *result = run->result;
    result->symptom = NULL;
    result->symptom_count = 0;
    append_symptom(run, &result->symptom, &result->symptom_count, symptom);
}

static struct step *find_step(const struct result *result, const struct cause *cause)
{
    for (size_t i = 0; i < result->step_count; i++)
        if (result->steps[i].cause == cause)
            return &result->steps[i];
    return NULL;
}

static void add_step(struct run *run, const struct scope *found, size_t depth)
{
    struct result *result = run->result;
    const struct cause *cause = found->path[depth];
    struct view view = look_view(run->look, run->arena);
    result->steps =
        arena_grow(run->arena, result->steps, result->step_count, sizeof(*result->steps));
    struct step *step = &result->steps[result->step_count++];
    *step = (struct step){
        .cause = cause, .depth = depth, .path = scope_path(run->arena, found, depth + 1)};
    if (cause->title)
        step->title = template_words(cause->title, &view);
    append(run, &step->evidence, &step->evidence_count, cause->when);
    if (cause->symptom)
        append_symptom(run, &step->evidence, &step->evidence_count, cause->symptom);
    if (!cause->otherwise)
        return;
    step->evidence = arena_grow(run->arena, step->evidence, 0, sizeof(*step->evidence));
    step->evidence[step->evidence_count++] =
        (struct evidence){.condition = "otherwise", .truth = TRUTH_TRUE};
}

void evidence_steps(struct run *run, const struct scope *found)
{
    for (size_t i = 0; i < found->depth; i++)
        if (!find_step(run->result, found->path[i]))
            add_step(run, found, i);
}

static const char *reason_of(const struct run *run, enum fate fate)
{
    return fate == FATE_ROLLED_BACK   ? run->ends[OUTCOME_ROLLED_BACK].reason
           : fate == FATE_UNPLANNABLE ? run->ends[OUTCOME_UNFIXED].reason
                                      : NULL;
}

/* A node was taken once a cause below it was, whatever became of the others. */
void evidence_fate(struct run *run, const struct scope *found, enum fate fate)
{
    for (size_t i = 0; i < found->depth; i++) {
        struct step *step = find_step(run->result, found->path[i]);
        if (!step || step->fate == FATE_SHOWN || step->fate == FATE_FIXED)
            continue;
        step->fate = fate;
        step->reason = reason_of(run, fate);
    }
}

static struct answer condition_answer(struct run *run, const struct view *view, size_t check)
{
    struct reason reason = {0};
    enum truth truth = eval_check(check, view, &reason);
    struct answer answer = {.ok = truth == TRUTH_TRUE};
    answer.state = truth == TRUTH_PENDING   ? ANSWER_PENDING
                   : truth == TRUTH_UNKNOWN ? ANSWER_UNKNOWN
                                            : ANSWER_KNOWN;
    if (reason.text)
        answer.reason = arena_string(run->arena, reason.text);
    return answer;
}

/* What an earlier look answered stays: the first causes were decided on it. */
void evidence_answers(struct run *run)
{
    const struct playbook *playbook = run->options.playbook;
    struct answer *answers = run->result->answers;
    struct view view = look_view(run->look, run->arena);
    if (!answers)
        answers = arena_alloc(run->arena, (playbook->check_count + 1) * sizeof(*answers));
    for (size_t i = 0; i < playbook->check_count; i++)
        if (answers[i].state == ANSWER_PENDING)
            answers[i] = playbook->checks[i].condition ? condition_answer(run, &view, i)
                                                       : answer_copy(run->arena, &view.answers[i]);
    run->result->answers = answers;
}
