/* The fix of one cause, from plan to verified or undone:
 *
 *   it changes nothing → refuted
 *   it cannot be planned → unplannable
 *   planned → (declined | shown only) | applied → verified → kept → persisted
 *                                     | not verified, or a check of `keep` lost → rolled back
 *                                     | not verified, in force only after a restart → pending
 */
#include "engine/run/plan_cause.h"

#include "engine/change/wait.h"

/* A guest that has just started needs a while until its network stands. */
enum { STALE_AFTER_S = 10, RETRY_MS = 200, RESTART_SETTLE_S = 10 };

/* ---- verify and keep ---- */

struct verification {
    struct arena *arena;
    const struct scope *scope;
    const struct cause *cause;
    struct reason reason; /* TRUTH_UNKNOWN */
};

/* Language reference §2.6, §2.8: what must hold after the fix. */
static enum truth verify_question(void *context, const struct view *view)
{
    struct verification *verification = context;
    const struct cause *cause = verification->cause;
    if (cause->verify)
        return eval_truth(cause->verify, view, &verification->reason);
    if (!verification->scope->causes->match_all)
        return decide_gone(verification->scope, view, &verification->reason);
    enum truth holds = decide_holds(cause, view, &verification->reason);
    return holds == TRUTH_TRUE ? TRUTH_FALSE : holds == TRUTH_FALSE ? TRUTH_TRUE : holds;
}

struct keeping {
    const struct playbook *playbook;
    bool *held; /* by index of playbook->keep */
};

/* All of `keep`, whatever they say: pending until each is answered. */
static enum truth keep_question(void *context, const struct view *view)
{
    struct keeping *keeping = context;
    bool pending = false;
    for (size_t i = 0; i < keeping->playbook->keep_count; i++) {
        struct reason reason = {0};
        enum truth truth = eval_check(keeping->playbook->keep[i], view, &reason);
        keeping->held[i] = truth == TRUTH_TRUE;
        pending = pending || truth == TRUTH_PENDING;
    }
    return pending ? TRUTH_PENDING : TRUTH_TRUE;
}

static bool any_lost(const struct playbook *playbook, const bool *before, const bool *after)
{
    for (size_t i = 0; i < playbook->keep_count; i++)
        if (before[i] && !after[i])
            return true;
    return false;
}

static void report_lost(struct run *run, const bool *before, const bool *after)
{
    const struct playbook *playbook = run->options.playbook;
    struct result *result = run->result;
    for (size_t i = 0; i < playbook->keep_count; i++) {
        if (!before[i] || after[i])
            continue;
        const char *name = playbook->checks[playbook->keep[i]].name;
        result->lost =
            arena_grow(run->arena, result->lost, result->lost_count, sizeof(*result->lost));
        result->lost[result->lost_count++] = name;
        run_progress(run, PROGRESS_LOST, name);
    }
}

static void nap(void *data)
{
    *(bool *)data = true;
}

static void pause_between_looks(struct run *run)
{
    struct loop *loop = executor_loop(run->options.executor);
    bool over = false;
    struct timer *timer = loop_timer(loop, loop_now() + (int64_t)RETRY_MS * NS_PER_MS, nap, &over);
    while (!over && !loop_interrupted(loop) && loop_turn(loop))
        continue;
    if (!over)
        loop_cancel(loop, &timer);
}

static int64_t settle_time(const struct repair *repair)
{
    const struct cause *cause = repair->cause;
    int64_t longest = repair->resumed ? SECONDS(RESTART_SETTLE_S) : 0;
    for (size_t i = 0; i < cause->fix.count; i++)
        if (cause->fix.items[i].action->settle > longest)
            longest = cause->fix.items[i].action->settle;
    return longest;
}

/* Looks again until `question` holds or the settle time is over. People are asked once. */
static enum truth ask_until(struct run *run, question_fn *question, void *context,
                            bool (*good)(void *context, enum truth truth), int64_t until)
{
    struct look *look = run_new_look(run, NULL);
    for (;;) {
        enum truth truth = look_ask(look, question, context);
        bool over = truth == TRUTH_PENDING || good(context, truth) ||
                    loop_awake(executor_loop(run->options.executor)) >= until;
        struct look *next = over ? NULL : run_new_look(run, look);
        look_free(&look);
        if (over)
            return truth;
        look = next;
        pause_between_looks(run);
    }
}

/* The reason is copied: the look that it lives in is gone when it is told. */
static bool is_verified(void *context, enum truth truth)
{
    struct verification *verification = context;
    const char *text = truth == TRUTH_UNKNOWN ? verification->reason.text : NULL;
    verification->reason.text = text ? arena_string(verification->arena, text) : NULL;
    return truth == TRUTH_TRUE;
}

struct keep_wait {
    struct keeping keeping; /* first: the question's context */
    const bool *before;
};

static bool nothing_lost(void *context, enum truth truth)
{
    (void)truth;
    const struct keep_wait *wait = context;
    return !any_lost(wait->keeping.playbook, wait->before, wait->keeping.held);
}

/* ---- applying ---- */

static enum fate stop(struct run *run, enum outcome outcome, const char *reason)
{
    run->result->outcome = outcome;
    run->result->reason = reason;
    return FATE_OVER;
}

/* The reason, and what a person can do about it. */
static const char *why_not(struct run *run, const struct error *error)
{
    return error->hint[0] ? arena_format(run->arena, "%s: %s", error->message, error->hint)
                          : arena_string(run->arena, error->message);
}

static enum fate refused(struct run *run, const struct error *error)
{
    return stop(run, OUTCOME_REFUSED, why_not(run, error));
}

/* What was applied and has to go, and what held before it. */
struct doubt {
    const struct repair *repair;
    const bool *before; /* by index of playbook->keep */
};

static enum fate stop_halfway(struct run *run, const char *why)
{
    const struct differences *differences = executor_differences(run->options.executor);
    run->result->differences = argv_copy(run->arena, differences->found);
    run->result->by_hand = argv_copy(run->arena, differences->by_hand);
    return stop(run, OUTCOME_ROLLBACK_FAILED, arena_string(run->arena, why));
}

static enum fate rollback_failed(struct run *run, const char *why)
{
    run_progress(run, PROGRESS_ROLLBACK_FAILED, why);
    return stop_halfway(run, why);
}

/* The answers are measured as well: what `keep` names and held before must hold again. NULL: it
 * does; or it cannot yet, since what is taken back after a restart needs another one. */
static const char *lost_for_good(struct run *run, const struct doubt *doubt)
{
    const struct playbook *playbook = run->options.playbook;
    struct keep_wait wait = {{playbook, arena_alloc(run->arena, playbook->keep_count + 1)},
                             doubt->before};
    int64_t until = loop_awake(executor_loop(run->options.executor)) + settle_time(doubt->repair);
    if (!playbook->keep_count || doubt->repair->resumed ||
        loop_interrupted(executor_loop(run->options.executor)) ||
        ask_until(run, keep_question, &wait, nothing_lost, until) == TRUTH_PENDING)
        return NULL;
    for (size_t i = 0; i < playbook->keep_count; i++)
        if (doubt->before[i] && !wait.keeping.held[i])
            return arena_format(run->arena,
                                "all is put back, but '%s' held before and does not now",
                                playbook->checks[playbook->keep[i]].name);
    return NULL;
}

static enum fate roll_back(struct run *run, const struct doubt *doubt, const char *why)
{
    struct error error;
    enum applied applied = executor_undo(run->options.executor, &error);
    if (applied == APPLIED_KEPT)
        return stop(run, OUTCOME_INTERRUPTED, "kept: confirmed over a new connection");
    const char *lost = applied == APPLIED ? lost_for_good(run, doubt) : error.message;
    if (lost)
        return rollback_failed(run, lost);
    run_progress(run, PROGRESS_ROLLED_BACK, why);
    if (loop_interrupted(executor_loop(run->options.executor)))
        return stop(run, OUTCOME_INTERRUPTED, NULL);
    run_happened(run, OUTCOME_ROLLED_BACK, why);
    return FATE_ROLLED_BACK;
}

static void apply_persist(struct run *run, const struct repair *repair)
{
    struct error error;
    if (repair->persist == repair->end)
        return;
    enum applied applied = executor_persist(run->options.executor, &error);
    if (applied == APPLIED)
        return;
    run_progress(run, PROGRESS_PERSIST_FAILED, error.message);
    if (applied == APPLIED_HALF)
        stop_halfway(run, error.hint);
}

static const char *const *names_of_held(struct run *run, const bool *before)
{
    const struct playbook *playbook = run->options.playbook;
    const char **names = arena_alloc(run->arena, (playbook->keep_count + 1) * sizeof(*names));
    size_t count = 0;
    for (size_t i = 0; i < playbook->keep_count; i++)
        if (before[i])
            names[count++] = playbook->checks[playbook->keep[i]].name;
    return names;
}

static enum fate await_restart(struct run *run, const struct doubt *doubt, enum effective restart)
{
    struct error error;
    const struct waiting waiting = {.restart = restart,
                                    .held = names_of_held(run, doubt->before),
                                    .origin = run->options.origin(run->options.context)};
    if (!executor_wait(run->options.executor, &waiting, &error))
        return roll_back(run, doubt, arena_string(run->arena, error.message));
    if (restart > run->result->restart)
        run->result->restart = restart;
    run_happened(run, OUTCOME_RESTART_PENDING, NULL);
    run->changed = true;
    run_progress(run, PROGRESS_RESTART, NULL);
    return FATE_SHOWN;
}

static const char *why_not_verified(struct run *run, const char *reason)
{
    return reason ? arena_format(run->arena, "whether the fix helped is unknown: %s", reason)
                  : "the fix did not take the symptom away";
}

/* What has waited for a restart waits on: the executor sees to it. */
static enum fate interrupted(struct run *run, const struct doubt *doubt)
{
    return doubt->repair->resumed ? stop(run, OUTCOME_INTERRUPTED, NULL)
                                  : roll_back(run, doubt, "interrupted");
}

/* After the change: verify, then `keep`, then `persist`. */
static enum fate settle(struct run *run, const struct scope *found, const struct repair *repair,
                        const bool *before)
{
    const struct playbook *playbook = run->options.playbook;
    const struct doubt doubt = {repair, before};
    int64_t until = loop_awake(executor_loop(run->options.executor)) + settle_time(repair);
    struct verification verification = {
        .arena = run->arena, .scope = found, .cause = repair->cause};
    run_progress(run, PROGRESS_VERIFYING, NULL);
    enum truth verified = ask_until(run, verify_question, &verification, is_verified, until);
    if (verified == TRUTH_PENDING)
        return interrupted(run, &doubt);
    if (verified != TRUTH_TRUE && !repair->restart) {
        run_progress(run, PROGRESS_NOT_VERIFIED, verification.reason.text);
        return roll_back(run, &doubt, why_not_verified(run, verification.reason.text));
    }
    if (verified == TRUTH_TRUE)
        run_progress(run, PROGRESS_VERIFIED, NULL);
    struct keep_wait wait = {{playbook, arena_alloc(run->arena, playbook->keep_count + 1)}, before};
    if (playbook->keep_count &&
        ask_until(run, keep_question, &wait, nothing_lost, until) == TRUTH_PENDING)
        return interrupted(run, &doubt);
    if (any_lost(playbook, before, wait.keeping.held)) {
        report_lost(run, before, wait.keeping.held);
        return roll_back(run, &doubt, "the fix would have cost what 'keep' protects");
    }
    if (verified != TRUTH_TRUE)
        return await_restart(run, &doubt, repair->restart);
    apply_persist(run, repair);
    struct error error;
    if (!executor_keep(run->options.executor, &error))
        return roll_back(run, &doubt, arena_string(run->arena, error.message));
    if (run->result->outcome == OUTCOME_ROLLBACK_FAILED)
        return FATE_OVER;
    run_happened(run, OUTCOME_FIXED, NULL);
    run->changed = true;
    return FATE_FIXED;
}

static enum fate apply(struct run *run, const struct scope *found, const struct repair *repair)
{
    struct keeping keeping = {run->options.playbook,
                              arena_alloc(run->arena, run->options.playbook->keep_count + 1)};
    if (look_ask(run->look, keep_question, &keeping) == TRUTH_PENDING)
        return stop(run, OUTCOME_INTERRUPTED, NULL);
    struct error error;
    run->applied = true;
    run_progress(run, PROGRESS_APPLYING, NULL);
    enum applied applied = executor_apply(run->options.executor, &error);
    if (applied == APPLIED)
        return settle(run, found, repair, keeping.held);
    if (applied == APPLIED_REFUSED)
        return refused(run, &error);
    run_progress(run, PROGRESS_FAILED, error.message);
    if (applied == APPLIED_HALF)
        return stop_halfway(run, error.hint);
    run_happened(run, OUTCOME_ROLLED_BACK, arena_string(run->arena, error.message));
    return FATE_ROLLED_BACK;
}

/* ---- before the change ---- */

struct symptom_again {
    const struct scope *scope;
    bool applies;
    struct reason reason;
};

static enum truth symptom_question(void *context, const struct view *view)
{
    struct symptom_again *again = context;
    return decide_symptom(again->scope, view, &again->applies, &again->reason);
}

/* Someone thought at the prompt: is the symptom still there? FATE_OPEN: go on. */
static enum fate refresh(struct run *run)
{
    if (run->applied || look_age(run->look) < SECONDS(STALE_AFTER_S))
        return FATE_OPEN;
    run_look_again(run);
    struct scope whole = scope_of(run->options.playbook);
    struct symptom_again again = {.scope = &whole};
    enum truth truth = look_ask(run->look, symptom_question, &again);
    if (truth == TRUTH_PENDING)
        return stop(run, OUTCOME_INTERRUPTED, NULL);
    if (truth == TRUTH_UNKNOWN) {
        run->result->would_decide = again.reason.check;
        return stop(run, OUTCOME_UNDETERMINED, arena_string(run->arena, again.reason.text));
    }
    if (!again.applies)
        return stop(run, OUTCOME_NOT_APPLICABLE, GIVEN_FALSE);
    return truth == TRUTH_TRUE ? FATE_OPEN : stop(run, OUTCOME_HEALTHY, NULL);
}

static struct repair *add_repair(struct run *run, const struct scope *found)
{
    struct result *result = run->result;
    result->repairs =
        arena_grow(run->arena, result->repairs, result->repair_count, sizeof(*result->repairs));
    struct repair *repair = &result->repairs[result->repair_count++];
    *repair = (struct repair){.cause = found->path[found->depth - 1],
                              .path = scope_path(run->arena, found, found->depth)};
    return repair;
}

static enum fate shown_only(struct run *run, struct repair *repair)
{
    repair->planned = true;
    run_happened(run, OUTCOME_PLANNED, NULL);
    return FATE_SHOWN;
}

static enum fate unplannable(struct run *run, const struct error *error)
{
    const char *why = why_not(run, error);
    run_happened(run, OUTCOME_UNFIXED, why);
    run_progress(run, PROGRESS_CANNOT_PLAN, why);
    return FATE_UNPLANNABLE;
}

static enum fate refuted(struct run *run, const struct repair *repair)
{
    struct result *result = run->result;
    result->refuted =
        arena_grow(run->arena, result->refuted, result->refuted_count, sizeof(*result->refuted));
    result->refuted[result->refuted_count++] = repair->path;
    run_progress(run, PROGRESS_REFUTED, repair->cause->id);
    return FATE_REFUTED;
}

/* What the saved plan does not have ends the run; what was tried or shown before it says more than
 * that the search has then left the plan. */
static enum fate leave_plan(struct run *run, const char *why)
{
    run_progress(run, PROGRESS_REFUSED, why);
    if (run->ends[OUTCOME_PLANNED].happened || run->ends[OUTCOME_ROLLED_BACK].happened ||
        run->ends[OUTCOME_RESTART_PENDING].happened)
        return FATE_OVER;
    return stop(run, OUTCOME_REFUSED, arena_string(run->arena, why));
}

static enum consent ask_consent(struct run *run, struct repair *repair, struct error *error)
{
    struct plan *plan = &run->result->plan;
    if (run->options.listener.offering)
        run->options.listener.offering(run->options.listener.context);
    const struct offered offered = {.cause = repair->path,
                                    .changes = plan->changes + repair->first,
                                    .count = repair->end - repair->first,
                                    .persist = repair->persist - repair->first};
    enum consent consent = executor_offer(run->options.executor, &offered, error);
    repair->lacks = plan_lacks(plan, repair->first, repair->end);
    return consent;
}

static enum fate offer(struct run *run, const struct scope *found, struct repair *repair)
{
    struct error error;
    enum consent consent = ask_consent(run, repair, &error);
    if (loop_interrupted(executor_loop(run->options.executor)))
        return stop(run, OUTCOME_INTERRUPTED, NULL);
    if (consent == CONSENT_REFUSED)
        return unplannable(run, &error);
    if (consent == CONSENT_UNSAVED)
        return leave_plan(run, error.message);
    if (consent == CONSENT_NOT_ASKED)
        return shown_only(run, repair);
    if (consent == CONSENT_NO) {
        run_progress(run, PROGRESS_DECLINED, NULL);
        run_happened(run, OUTCOME_PLANNED, NULL);
        return FATE_DECLINED;
    }
    enum fate fresh = refresh(run);
    return fresh == FATE_OPEN ? apply(run, found, repair) : fresh;
}

/* What changes nothing is planned before the cause is told: it is none. */
static enum fate plan_and_offer(struct run *run, const struct scope *found, struct repair *repair)
{
    struct error error;
    bool planned = plan_cause(run, repair, &error);
    if (loop_interrupted(executor_loop(run->options.executor)))
        return stop(run, OUTCOME_INTERRUPTED, NULL);
    if (planned && repair->first == repair->persist)
        return refuted(run, repair);
    if (!run_announce(run, found))
        return FATE_OVER;
    if (!planned)
        return unplannable(run, &error);
    plan_persist(run, repair);
    return offer(run, found, repair);
}

/* A dry run sees its own future: what was only shown lies over the machine for later plans. What
 * was tried or refused does not: the machine itself shows what became of it. */
enum fate repair_cause(struct run *run, const struct scope *found)
{
    struct plan *plan = &run->result->plan;
    struct repair *repair = add_repair(run, found);
    enum fate fate = plan_and_offer(run, found, repair);
    if (repair->end > repair->first && (!repair->planned || repair->lacks))
        plan->base = plan->count;
    return fate;
}

static const bool *held_before(struct run *run, const char *const *held)
{
    const struct playbook *playbook = run->options.playbook;
    bool *before = arena_alloc(run->arena, playbook->keep_count + 1);
    for (size_t i = 0; i < playbook->keep_count; i++)
        for (const char *const *name = held; *name; name++)
            before[i] = before[i] || text_equal(*name, playbook->checks[playbook->keep[i]].name);
    return before;
}

enum fate repair_resume(struct run *run, const struct scope *found, size_t index)
{
    const struct wait *wait = &run->options.waits->items[index];
    struct plan *plan = &run->result->plan;
    struct repair *repair = add_repair(run, found);
    struct error error;
    repair->resumed = true;
    repair->first = plan->count;
    for (size_t i = 0; i < wait->count; i++) {
        plan->changes = arena_grow(plan->arena, plan->changes, plan->count, sizeof(struct change));
        plan->changes[plan->count++] = wait->changes[i];
    }
    repair->persist = repair->first + wait->persist;
    repair->end = plan->base = plan->count;
    enum applied applied = executor_resume(run->options.executor, index,
                                           plan->changes + repair->first, wait->count, &error);
    if (applied != APPLIED)
        return refused(run, &error);
    run->applied = true;
    enum fate fate = settle(run, found, repair, held_before(run, wait->held));
    if (fate == FATE_ROLLED_BACK && wait->restart > run->result->restart)
        run->result->restart = wait->restart;
    return fate;
}
