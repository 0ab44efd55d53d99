/* The run: symptom, search, cause, and on. Deciding is decide.c, changing is repair.c; here is the
 * order of things. */
#include "engine/run/run.h"

#include <string.h>

#include "engine/change/wait.h"
#include "engine/run/state.h"

static const struct {
    const char *name;
    int exit;
} outcomes[] = {
    [OUTCOME_HEALTHY] = {"healthy", 0},
    [OUTCOME_FIXED] = {"fixed", 0},
    [OUTCOME_PLANNED] = {"planned", 1},
    [OUTCOME_ADVISED] = {"advised", 1},
    [OUTCOME_UNFIXED] = {"unfixed", 1},
    [OUTCOME_INVALID] = {"invalid", 2},
    [OUTCOME_UNDETERMINED] = {"undetermined", 3},
    [OUTCOME_NOT_APPLICABLE] = {"not-applicable", 3},
    [OUTCOME_ROLLED_BACK] = {"rolled-back", 4},
    [OUTCOME_RESTART_PENDING] = {"restart-pending", 5},
    [OUTCOME_ROLLBACK_FAILED] = {"rollback-failed", 6},
    [OUTCOME_REFUSED] = {"refused", 7},
    [OUTCOME_INTERRUPTED] = {"interrupted", 130},
};

const char *outcome_name(enum outcome outcome)
{
    return outcomes[outcome].name;
}

int outcome_exit(enum outcome outcome)
{
    return outcomes[outcome].exit;
}

void run_progress(const struct run *run, enum progress progress, const char *detail)
{
    const struct listener *listener = &run->options.listener;
    if (listener->progress)
        listener->progress(listener->context, progress, detail);
}

void run_happened(struct run *run, enum outcome outcome, const char *reason)
{
    run->ends[outcome].happened = true;
    run->ends[outcome].reason = reason;
}

struct look *run_new_look(const struct run *run, const struct look *earlier)
{
    const struct run_options *options = &run->options;
    struct look_options look = {.playbook = options->playbook,
                                .executor = options->executor,
                                .jobs = options->jobs,
                                .budget = run->budget,
                                .started = options->listener.started,
                                .answered = options->listener.answered,
                                .context = options->listener.context};
    return look_new(&look, earlier);
}

void run_look_again(struct run *run)
{
    struct look *next = run_new_look(run, run->look);
    evidence_answers(run);
    look_free(&run->look);
    run->look = next;
}

/* ---- the symptom ---- */

struct symptom_question {
    struct scope scope;
    bool applies;
    struct reason reason;
};

static enum truth ask_symptom(void *context, const struct view *view)
{
    struct symptom_question *question = context;
    return decide_symptom(&question->scope, view, &question->applies, &question->reason);
}

/* While the symptom is pending, the causes below may matter already: their cheap checks start. */
static enum truth ask_symptom_and_look_ahead(void *context, const struct view *view)
{
    struct symptom_question *question = context;
    enum truth truth = ask_symptom(context, view);
    struct fates none = {.arena = view->arena};
    struct search search = {.scope = question->scope, .fates = &none};
    struct view later = *view;
    later.urgency = NEED_MAYBE;
    if (truth == TRUTH_PENDING)
        decide_cause(&search, &later);
    return truth;
}

static void note_waited_for(struct run *run)
{
    const struct check *check = look_waited_for(run->look);
    if (check)
        run->result->waited_for = check->name;
}

/* True where the search for a cause makes sense; else the outcome is set. */
static bool symptom_stands(struct run *run)
{
    struct symptom_question question = {.scope = scope_of(run->options.playbook)};
    const struct listener *listener = &run->options.listener;
    struct result *result = run->result;
    enum truth truth = look_ask(run->look, ask_symptom_and_look_ahead, &question);
    note_waited_for(run);
    evidence_symptom(run, &run->options.playbook->symptom);
    if (listener->symptom && truth != TRUTH_PENDING)
        listener->symptom(listener->context, result, truth, question.applies, question.reason.text);
    result->outcome = truth == TRUTH_PENDING   ? OUTCOME_INTERRUPTED
                      : !question.applies      ? OUTCOME_NOT_APPLICABLE
                      : truth == TRUTH_UNKNOWN ? OUTCOME_UNDETERMINED
                                               : OUTCOME_HEALTHY;
    result->reason = truth == TRUTH_UNKNOWN ? arena_string(run->arena, question.reason.text)
                     : question.applies     ? NULL
                                            : GIVEN_FALSE;
    result->would_decide = truth == TRUTH_UNKNOWN ? question.reason.check : NULL;
    return truth == TRUTH_TRUE;
}

static enum truth ask_gone(void *context, const struct view *view)
{
    struct symptom_question *question = context;
    return decide_gone(&question->scope, view, &question->reason);
}

/* The symptom after something was kept; `reason` where it is unknown. */
static enum truth symptom_gone(struct run *run, const char **reason)
{
    struct symptom_question question = {.scope = scope_of(run->options.playbook)};
    enum truth gone = look_ask(run->look, ask_gone, &question);
    *reason = gone == TRUTH_UNKNOWN ? arena_string(run->arena, question.reason.text) : NULL;
    return gone;
}

/* ---- the search ---- */

static enum truth ask_cause(void *context, const struct view *view)
{
    return decide_cause(context, view);
}

static void forget_unknown(struct result *result, const struct cause *cause)
{
    size_t kept = 0;
    for (size_t i = 0; i < result->unknown_count; i++)
        if (result->unknown[i].cause != cause)
            result->unknown[kept++] = result->unknown[i];
    result->unknown_count = kept;
}

/* A later search may not come by here again: what it does not decide stays unknown. */
static void keep_unknown(struct run *run, const struct search *search)
{
    struct result *result = run->result;
    for (size_t i = 0; i < search->visit_count; i++) {
        forget_unknown(result, search->visits[i].cause);
        if (search->visits[i].truth != TRUTH_UNKNOWN)
            continue;
        result->unknown =
            arena_grow(run->arena, result->unknown, result->unknown_count, sizeof(struct visit));
        struct visit *kept = &result->unknown[result->unknown_count++];
        *kept = search->visits[i];
        kept->reason.text = arena_string(run->arena, kept->reason.text);
    }
}

/* The next cause in `scope`. */
static enum truth find_cause(struct run *run, const struct scope *scope, struct search *search)
{
    const struct listener *listener = &run->options.listener;
    *search = (struct search){.scope = *scope, .fates = &run->fates};
    enum truth truth = look_ask(run->look, ask_cause, search);
    if (!run->changed)
        note_waited_for(run);
    if (truth == TRUTH_PENDING)
        return truth;
    keep_unknown(run, search);
    if (listener->searched)
        listener->searched(listener->context, search->visits, search->visit_count);
    return truth;
}

/* ---- a cause that was found ---- */

static bool words_pending(const struct template *words, const struct view *view)
{
    struct value value;
    struct reason reason;
    return words && template_value(words, view, &value, &reason) == TRUTH_PENDING;
}

/* What the words of a found cause name is asked, so that they can say it. */
static enum truth ask_words(void *context, const struct view *view)
{
    const struct scope *found = context;
    const struct cause *cause = found->path[found->depth - 1];
    bool pending = words_pending(cause->advise, view);
    for (size_t i = 0; i < found->depth; i++)
        pending = words_pending(found->path[i]->title, view) || pending;
    for (size_t i = 0; i < cause->paste_count; i++)
        pending = words_pending(cause->pastes[i].text, view) || pending;
    return pending ? TRUTH_PENDING : TRUTH_TRUE;
}

static void give_advice(struct run *run, const struct cause *cause)
{
    struct result *result = run->result;
    struct view view = look_view(run->look, run->arena);
    result->advice =
        arena_grow(run->arena, result->advice, result->advice_count, sizeof(*result->advice));
    struct advice *advice = &result->advice[result->advice_count++];
    *advice = (struct advice){.cause = cause, .paste_count = cause->paste_count};
    advice->text = template_words(cause->advise, &view);
    advice->pastes = arena_alloc(run->arena, (cause->paste_count + 1) * sizeof(*advice->pastes));
    for (size_t i = 0; i < cause->paste_count; i++) {
        const char *where = cause->pastes[i].where;
        bool windows = text_starts(where, "windows");
        advice->pastes[i].where = where;
        advice->pastes[i].text = template_command(cause->pastes[i].text, &view,
                                                  windows ? &shell_powershell : &shell_posix,
                                                  &advice->pastes[i].left_out);
    }
    run_happened(run, OUTCOME_ADVISED, NULL);
    if (run->options.listener.advised)
        run->options.listener.advised(run->options.listener.context, advice);
}

bool run_announce(struct run *run, const struct scope *found)
{
    const struct listener *listener = &run->options.listener;
    struct scope words = *found;
    if (look_ask(run->look, ask_words, &words) == TRUTH_PENDING) {
        run->result->outcome = OUTCOME_INTERRUPTED;
        return false;
    }
    evidence_steps(run, found);
    if (listener->chosen)
        listener->chosen(listener->context, run->result);
    return true;
}

static enum fate advise_cause(struct run *run, const struct scope *found)
{
    if (!run_announce(run, found))
        return FATE_OVER;
    give_advice(run, found->path[found->depth - 1]);
    return FATE_SHOWN;
}

/* What was kept changes the answers. */
static enum fate note_fate(struct run *run, const struct scope *found, enum fate fate)
{
    fates_add(&run->fates, found->path[found->depth - 1], fate);
    if (fate != FATE_REFUTED)
        evidence_fate(run, found, fate);
    if (run->changed && (fate == FATE_FIXED || fate == FATE_SHOWN))
        run_look_again(run);
    return fate;
}

static enum fate take_cause(struct run *run, const struct scope *found)
{
    bool fix = found->path[found->depth - 1]->body == BODY_FIX;
    return note_fate(run, found, fix ? repair_cause(run, found) : advise_cause(run, found));
}

/* Where the search goes on after the node at the end of `taken`: in the nearest list above it that
 * has `match: all`. False where there is none. */
static bool next_under_match_all(struct run *run, const struct scope *taken, enum fate fate,
                                 struct scope *next)
{
    for (size_t depth = taken->depth; depth > 0; depth--) {
        struct scope scope = scope_of(run->options.playbook);
        for (size_t i = 0; i + 1 < depth; i++)
            scope = scope_below(&scope, taken->path[i]);
        if (!scope.causes->match_all)
            continue;
        fates_add(&run->fates, taken->path[depth - 1], fate);
        *next = scope;
        return true;
    }
    return false;
}

static bool gone_now(struct run *run)
{
    const char *reason;
    return run->ends[OUTCOME_FIXED].happened && symptom_gone(run, &reason) == TRUTH_TRUE;
}

/* False where the symptom is gone. */
static bool goes_on_from_the_top(struct run *run, struct scope *scope)
{
    const char *reason;
    enum truth gone = run->ends[OUTCOME_FIXED].happened ? symptom_gone(run, &reason) : TRUTH_FALSE;
    if (run->ends[OUTCOME_FIXED].happened && gone == TRUTH_FALSE)
        run_progress(run, PROGRESS_STANDS, NULL);
    if (gone == TRUTH_UNKNOWN)
        run_progress(run, PROGRESS_UNSURE, reason);
    *scope = scope_of(run->options.playbook);
    return gone != TRUTH_TRUE;
}

/* The search passes such a cause by, and tries its siblings. */
static bool is_passed(enum fate fate)
{
    return fate == FATE_REFUTED || fate == FATE_ROLLED_BACK || fate == FATE_DECLINED;
}

/* Takes causes until there is none left, the search must stop, or the symptom is gone. */
static void search_causes(struct run *run)
{
    struct scope scope = scope_of(run->options.playbook);
    enum fate so_far = FATE_FIXED; /* of the lists that the search is in */
    for (;;) {
        struct search search;
        enum truth truth = find_cause(run, &scope, &search);
        if (truth == TRUTH_PENDING)
            run->result->outcome = OUTCOME_INTERRUPTED;
        if (truth == TRUTH_PENDING || (truth == TRUTH_FALSE && scope.depth == 0))
            return;
        const struct scope *done = truth == TRUTH_TRUE ? &search.found : &scope;
        struct scope next;
        enum fate fate = truth == TRUTH_TRUE ? take_cause(run, done) : so_far;
        if (fate == FATE_OVER)
            return;
        if (is_passed(fate))
            continue;
        if (fate != FATE_FIXED)
            so_far = FATE_SHOWN;
        if (next_under_match_all(run, done, fate, &next))
            scope = next;
        else if (fate != FATE_FIXED || !goes_on_from_the_top(run, &scope))
            return;
    }
}

/* A saved plan is for the machine that it was made for. */
static bool machine_fits(struct run *run)
{
    struct error error;
    if (!run->options.saved || executor_fits(run->options.executor, &error))
        return true;
    run->result->outcome = OUTCOME_REFUSED;
    run->result->reason = arena_string(run->arena, error.message);
    run_progress(run, PROGRESS_REFUSED, run->result->reason);
    return false;
}

/* ---- after a restart ---- */

/* The cause by its ids from the top, "elsewhere/tunnel". */
static bool find_path(const struct run *run, const char *path, struct scope *found)
{
    struct scope scope = scope_of(run->options.playbook);
    for (;;) {
        size_t length = strcspn(path, "/"), i = 0;
        while (i < scope.causes->count && (strncmp(scope.causes->items[i].id, path, length) != 0 ||
                                           scope.causes->items[i].id[length]))
            i++;
        if (i == scope.causes->count || scope.depth == PATH_DEPTH)
            return false;
        const struct cause *cause = &scope.causes->items[i];
        *found = scope;
        found->path[found->depth++] = cause;
        if (!path[length])
            return cause->body == BODY_FIX;
        if (cause->body == BODY_FIX || cause->body == BODY_ADVISE)
            return false;
        scope = scope_below(&scope, cause);
        path += length + 1;
    }
}

/* The verdict on what waited, the newest first. True where the search goes on from there. */
static bool resume_waits(struct run *run)
{
    const struct waits *waits = run->options.waits;
    for (size_t i = waits->count; i > 0; i--) {
        struct scope found;
        run->result->outcome = OUTCOME_UNFIXED;
        if (!find_path(run, waits->items[i - 1].cause, &found)) {
            run->result->outcome = OUTCOME_REFUSED;
            run->result->reason =
                arena_format(run->arena, "the playbook has no fix '%s'", waits->items[i - 1].cause);
            return false;
        }
        if (!run_announce(run, &found))
            return false;
        if (note_fate(run, &found, repair_resume(run, &found, i - 1)) == FATE_OVER)
            return false;
    }
    const char *reason;
    run_look_again(run);
    return symptom_gone(run, &reason) != TRUTH_TRUE;
}

/* ---- the outcome ---- */

/* Unknown decides the outcome where no cause was taken, or where each cause stands for itself.
 * NULL: it does not. */
static const struct visit *stayed_unknown(const struct result *result)
{
    for (size_t i = 0; i < result->unknown_count; i++)
        if (result->step_count == 0 || result->unknown[i].independent)
            return &result->unknown[i];
    return NULL;
}

/* Language reference §7: the most serious of what happened. */
static enum outcome settle_outcome(struct run *run)
{
    if (gone_now(run))
        return OUTCOME_FIXED;
    if (loop_interrupted(executor_loop(run->options.executor)))
        return OUTCOME_INTERRUPTED;
    if (run->ends[OUTCOME_RESTART_PENDING].happened)
        return OUTCOME_RESTART_PENDING;
    if (run->ends[OUTCOME_ROLLED_BACK].happened)
        return OUTCOME_ROLLED_BACK;
    if (stayed_unknown(run->result))
        return OUTCOME_UNDETERMINED;
    if (run->ends[OUTCOME_PLANNED].happened)
        return OUTCOME_PLANNED;
    return run->ends[OUTCOME_ADVISED].happened ? OUTCOME_ADVISED : OUTCOME_UNFIXED;
}

static const char *why_unfixed(const struct run *run)
{
    if (run->ends[OUTCOME_UNFIXED].reason)
        return run->ends[OUTCOME_UNFIXED].reason;
    if (run->ends[OUTCOME_FIXED].happened)
        return "what was mended did not take the symptom away";
    return run->result->refuted_count ? "what the causes that hold would set is set already"
                                      : "no cause that this playbook knows holds";
}

static void conclude(struct run *run)
{
    struct result *result = run->result;
    const struct visit *unknown = stayed_unknown(result);
    result->outcome = settle_outcome(run);
    result->reason = run->ends[result->outcome].reason;
    if (result->outcome == OUTCOME_UNFIXED)
        result->reason = why_unfixed(run);
    if (result->outcome != OUTCOME_UNDETERMINED)
        return;
    result->reason = unknown->reason.text;
    result->would_decide = unknown->reason.check;
}

/* Without `allows` a playbook may have every effect that there is. */
static const char *const *allowed_effects(const struct run *run)
{
    const struct action *const *registry = run->options.registry;
    const char **effects = NULL;
    size_t count = 0;
    if (run->options.playbook->allows)
        return run->options.playbook->allows;
    for (size_t i = 0; registry[i]; i++) {
        if (registry[i]->role != ROLE_FIX)
            continue;
        effects = arena_grow(run->arena, effects, count, sizeof(*effects));
        effects[count++] = registry[i]->effect;
    }
    effects = arena_grow(run->arena, effects, count, sizeof(*effects));
    effects[count] = NULL;
    return effects;
}

static bool interrupted(void *context)
{
    return executor_interrupted(context);
}

void run_playbook(struct arena *arena, const struct run_options *options, struct result *result)
{
    struct budget budget = {.interrupted = interrupted, .context = options->executor};
    struct run run = {.arena = arena, .options = *options, .result = result, .budget = &budget};
    int64_t started = loop_now();
    *result = (struct result){.playbook = options->playbook, .plan = {.arena = arena}};
    run.fates.arena = arena;
    run.look = run_new_look(&run, NULL);
    executor_allow(options->executor, allowed_effects(&run));
    if (options->waits ? resume_waits(&run) : symptom_stands(&run) && machine_fits(&run)) {
        result->outcome = OUTCOME_UNFIXED;
        search_causes(&run);
    }
    if (result->outcome == OUTCOME_UNFIXED)
        conclude(&run);
    evidence_answers(&run);
    look_free(&run.look);
    result->took = loop_now() - started;
}

void run_end_early(struct arena *arena, const char *name, enum outcome outcome, const char *reason,
                   struct result *result)
{
    struct playbook *bare = arena_alloc(arena, sizeof(*bare));
    bare->name = name;
    *result = (struct result){
        .playbook = bare, .outcome = outcome, .reason = reason, .plan = {.arena = arena}};
}
