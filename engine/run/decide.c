/* Kleene's logic over the tree (language reference §2). Recursion is bounded by the loader's limit
 * of nesting. */
#include "engine/run/decide.h"

void fates_add(struct fates *fates, const struct cause *cause, enum fate fate)
{
    fates->items = arena_grow(fates->arena, fates->items, fates->count, sizeof(*fates->items));
    fates->items[fates->count++] = (struct decided){cause, fate};
}

static enum fate fate_of(const struct fates *fates, const struct cause *cause)
{
    for (size_t i = fates->count; i > 0; i--)
        if (fates->items[i - 1].cause == cause)
            return fates->items[i - 1].fate;
    return FATE_OPEN;
}

struct scope scope_of(const struct playbook *playbook)
{
    return (struct scope){.causes = &playbook->causes,
                          .symptom = &playbook->symptom,
                          .symptom_tree = &playbook->causes};
}

struct scope scope_below(const struct scope *scope, const struct cause *cause)
{
    struct scope inner = *scope;
    inner.path[inner.depth++] = cause;
    inner.causes = &cause->causes;
    if (cause->symptom) {
        inner.symptom = cause->symptom;
        inner.symptom_tree = &cause->causes;
    }
    return inner;
}

const char *scope_path(struct arena *arena, const struct scope *scope, size_t depth)
{
    struct text path = text_new(arena);
    for (size_t i = 0; i < depth; i++)
        text_format(&path, "%s%s", i ? "/" : "", scope->path[i]->id);
    return text_string(&path);
}

/* What stands behind a pending part is only perhaps needed. */
static struct view behind(const struct view *view, enum truth earlier)
{
    struct view later = *view;
    if (earlier == TRUTH_PENDING && later.urgency == NEED_NOW)
        later.urgency = NEED_MAYBE;
    return later;
}

static enum truth negate(enum truth truth)
{
    return truth == TRUTH_TRUE ? TRUTH_FALSE : truth == TRUTH_FALSE ? TRUTH_TRUE : truth;
}

static enum truth both(enum truth a, enum truth b)
{
    if (a == TRUTH_FALSE || b == TRUTH_FALSE)
        return TRUTH_FALSE;
    if (a == TRUTH_PENDING || b == TRUTH_PENDING)
        return TRUTH_PENDING;
    return a == TRUTH_UNKNOWN || b == TRUTH_UNKNOWN ? TRUTH_UNKNOWN : TRUTH_TRUE;
}

/* A truth, and for TRUTH_UNKNOWN why. */
struct verdict {
    enum truth truth;
    struct reason reason;
};

/* The first part that is unknown says why. */
static enum truth both_say(struct verdict a, struct verdict b, struct reason *reason)
{
    enum truth truth = both(a.truth, b.truth);
    if (truth == TRUTH_UNKNOWN)
        *reason = a.truth == TRUTH_UNKNOWN ? a.reason : b.reason;
    return truth;
}

static enum truth given_truth(const struct symptom *symptom, const struct view *view,
                              struct reason *reason)
{
    return symptom->given ? eval_truth(symptom->given, view, reason) : TRUTH_TRUE;
}

static enum truth some_cause_holds(const struct causes *causes, const struct view *view,
                                   struct reason *reason);

/* `when` of a symptom; `when: causes` asks the tree below. */
static enum truth when_truth(const struct symptom *symptom, const struct causes *tree,
                             const struct view *view, struct reason *reason)
{
    return symptom->when ? eval_truth(symptom->when, view, reason)
                         : some_cause_holds(tree, view, reason);
}

static enum truth symptom_truth(const struct symptom *symptom, const struct causes *tree,
                                const struct view *view, struct reason *reason)
{
    struct verdict given = {.truth = TRUTH_TRUE}, when = {.truth = TRUTH_TRUE};
    given.truth = given_truth(symptom, view, &given.reason);
    if (given.truth == TRUTH_FALSE)
        return TRUTH_FALSE;
    struct view later = behind(view, given.truth);
    when.truth = when_truth(symptom, tree, &later, &when.reason);
    return both_say(given, when, reason);
}

enum truth decide_holds(const struct cause *cause, const struct view *view, struct reason *reason)
{
    struct verdict when = {.truth = TRUTH_TRUE}, symptom = {.truth = TRUTH_TRUE};
    if (cause->when)
        when.truth = eval_truth(cause->when, view, &when.reason);
    struct view later = behind(view, when.truth);
    if (when.truth != TRUTH_FALSE && cause->symptom)
        symptom.truth = symptom_truth(cause->symptom, &cause->causes, &later, &symptom.reason);
    return both_say(when, symptom, reason);
}

/* `otherwise` is not counted, and a node counts with what is below it. */
static enum truth counts(const struct cause *cause, const struct view *view, struct reason *reason)
{
    if (cause->otherwise)
        return TRUTH_FALSE;
    struct verdict holds = {.truth = TRUTH_TRUE}, below = {.truth = TRUTH_TRUE};
    holds.truth = decide_holds(cause, view, &holds.reason);
    struct view later = behind(view, holds.truth);
    if (holds.truth != TRUTH_FALSE && cause->body == BODY_CAUSES)
        below.truth = some_cause_holds(&cause->causes, &later, &below.reason);
    return both_say(holds, below, reason);
}

static enum truth some_cause_holds(const struct causes *causes, const struct view *view,
                                   struct reason *reason)
{
    struct verdict none = {.truth = TRUTH_TRUE};
    for (size_t i = 0; i < causes->count && none.truth != TRUTH_FALSE; i++) {
        struct verdict holds = {.truth = TRUTH_TRUE};
        struct view later = behind(view, none.truth);
        holds.truth = negate(counts(&causes->items[i], &later, &holds.reason));
        none.truth = both_say(none, holds, &none.reason);
    }
    if (none.truth == TRUTH_UNKNOWN)
        *reason = none.reason;
    return negate(none.truth);
}

enum truth decide_symptom(const struct scope *scope, const struct view *view, bool *applies,
                          struct reason *reason)
{
    enum truth given = given_truth(scope->symptom, view, reason);
    *applies = given != TRUTH_FALSE;
    if (given == TRUTH_FALSE || given == TRUTH_UNKNOWN)
        return given;
    struct view later = behind(view, given);
    enum truth when = when_truth(scope->symptom, scope->symptom_tree, &later, reason);
    /* Not healthy, and not worth an answer, before `given` is known to hold. */
    return given == TRUTH_PENDING ? TRUTH_PENDING : when;
}

enum truth decide_gone(const struct scope *scope, const struct view *view, struct reason *reason)
{
    struct verdict given = {.truth = TRUTH_TRUE}, gone = {.truth = TRUTH_TRUE};
    given.truth = given_truth(scope->symptom, view, &given.reason);
    if (given.truth == TRUTH_FALSE)
        return TRUTH_FALSE;
    struct view later = behind(view, given.truth);
    gone.truth = negate(when_truth(scope->symptom, scope->symptom_tree, &later, &gone.reason));
    return both_say(given, gone, reason);
}

/* ---- the search for the cause ---- */

static void record(struct search *search, const struct view *view, struct visit visit)
{
    search->visits =
        arena_grow(view->arena, search->visits, search->visit_count, sizeof(*search->visits));
    search->visits[search->visit_count++] = visit;
}

/* A cause as `otherwise` sees it, which is true while all earlier ones are false. One that was
 * mended and did not take the symptom away was not it, unless each stands for itself. */
static enum truth seen_by_otherwise(const struct causes *causes, enum fate fate, enum truth truth)
{
    switch (fate) {
    case FATE_OPEN:
        return truth;
    case FATE_REFUTED:
    case FATE_ROLLED_BACK:
        return TRUTH_FALSE;
    case FATE_DECLINED:
        return TRUTH_UNKNOWN;
    case FATE_FIXED:
        return causes->match_all ? TRUTH_TRUE : TRUTH_FALSE;
    default:
        return TRUTH_TRUE;
    }
}

static enum truth search_list(struct search *search, struct scope *scope, const struct view *view);

/* A node with finer causes is as true as the first of them. */
static enum truth search_below(struct search *search, const struct scope *scope,
                               const struct cause *cause, enum truth holds, const struct view *view)
{
    struct scope inner = scope_below(scope, cause);
    struct view later = behind(view, holds);
    search->depth++;
    enum truth found = search_list(search, &inner, &later);
    search->depth--;
    return both(holds, found);
}

static enum truth visit_cause(struct search *search, const struct scope *scope,
                              const struct cause *cause, enum truth otherwise,
                              const struct view *view)
{
    struct reason reason = {0};
    enum truth truth = cause->otherwise ? otherwise : decide_holds(cause, view, &reason);
    if (cause->otherwise && truth == TRUTH_UNKNOWN)
        reason.text = "an earlier cause is unknown or was declined";
    if (view->urgency == NEED_NOW && truth != TRUTH_PENDING)
        record(search, view,
               (struct visit){.cause = cause,
                              .depth = search->depth,
                              .truth = truth,
                              .reason = reason,
                              .independent = scope->causes->match_all});
    bool goes_down = truth == TRUTH_TRUE || truth == TRUTH_PENDING;
    if (goes_down && cause->body == BODY_CAUSES)
        return search_below(search, scope, cause, truth, view);
    if (truth == TRUTH_TRUE && view->urgency == NEED_NOW) {
        search->found = *scope;
        search->found.path[search->found.depth++] = cause;
    }
    return truth;
}

/* In order: once a cause is pending, what follows only may matter. */
static enum truth search_list(struct search *search, struct scope *scope, const struct view *view)
{
    const struct causes *causes = scope->causes;
    enum truth otherwise = TRUTH_TRUE, result = TRUTH_FALSE;
    for (size_t i = 0; i < causes->count; i++) {
        const struct cause *cause = &causes->items[i];
        enum fate fate = fate_of(search->fates, cause);
        /* A node above a declined cause must not look false: `otherwise` beside it is unknown. */
        enum truth truth = fate == FATE_DECLINED ? TRUTH_UNKNOWN : TRUTH_FALSE;
        struct view later = behind(view, result);
        if (fate == FATE_OPEN)
            truth = visit_cause(search, scope, cause, otherwise, &later);
        if (truth == TRUTH_TRUE && result != TRUTH_PENDING)
            return TRUTH_TRUE;
        if (truth == TRUTH_PENDING || (truth == TRUTH_TRUE && result == TRUTH_PENDING))
            result = TRUTH_PENDING;
        else if (truth == TRUTH_UNKNOWN && result == TRUTH_FALSE)
            result = TRUTH_UNKNOWN;
        otherwise = both(otherwise, negate(seen_by_otherwise(causes, fate, truth)));
    }
    return result;
}

enum truth decide_cause(struct search *search, const struct view *view)
{
    search->visits = NULL;
    search->visit_count = 0;
    search->depth = 0;
    enum truth result = search_list(search, &search->scope, view);
    return result == TRUTH_UNKNOWN ? TRUTH_FALSE : result;
}
