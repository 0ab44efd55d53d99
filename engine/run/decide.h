/* decide: the pure walk of the tree. Answers so far → the cause, or what is still needed.
 *
 * Nothing here waits, prints or changes anything. Every function returns TRUTH_PENDING where the
 * answers do not decide yet, and has then raised the checks it needs in view->needs.
 */
#ifndef PLAYBOOK_DECIDE_H
#define PLAYBOOK_DECIDE_H

#include "engine/base/limits.h"
#include "engine/lang/eval.h"

/* What became of a cause in this run (language reference §2.6, §2.7). */
enum fate {
    FATE_OPEN,        /* nothing yet */
    FATE_REFUTED,     /* its fix would change nothing: false, and no part of the diagnosis */
    FATE_ROLLED_BACK, /* its fix did not verify or could not be made: false from there on */
    FATE_DECLINED,    /* by the person: unknown to `otherwise` */
    FATE_UNPLANNABLE, /* its fix cannot be planned: it stands, and the search ends there */
    FATE_SHOWN,       /* planned, advised or awaiting a restart: likewise */
    FATE_FIXED,       /* verified and kept: the search goes on where the symptom stands */
    FATE_OVER,        /* the run is over: result->outcome says why, or what happened before */
};

struct fates {
    struct arena *arena;
    struct decided {
        const struct cause *cause;
        enum fate fate;
    } * items;
    size_t count;
};

void fates_add(struct fates *fates, const struct cause *cause, enum fate fate);

enum { PATH_DEPTH = LIMIT_NESTING };

/* One cause that the search decided, in the order of the walk. */
struct visit {
    const struct cause *cause;
    size_t depth;
    enum truth truth;
    struct reason reason; /* TRUTH_UNKNOWN */
    bool independent;     /* its list is `match: all` */
};

/* A way down the tree to a list of causes, and what governs there. */
struct scope {
    const struct cause *path[PATH_DEPTH];
    size_t depth;
    const struct causes *causes;
    const struct symptom *symptom;     /* the innermost: it verifies */
    const struct causes *symptom_tree; /* the causes that `when: causes` of it speaks of */
};

struct search {
    struct scope scope; /* in: where to search */
    const struct fates *fates;

    /* out, of the last walk */
    struct scope found; /* path ends at the cause found, `causes` is its list */
    struct visit *visits;
    size_t visit_count;
    size_t depth; /* where the walk is */
};

/* The scope of a whole playbook. */
struct scope scope_of(const struct playbook *playbook);

/* The scope of the causes below `cause`, which stands in `scope`. */
struct scope scope_below(const struct scope *scope, const struct cause *cause);

/* The ids on the first `depth` steps of the way down: "elsewhere/tunnel". */
const char *scope_path(struct arena *arena, const struct scope *scope, size_t depth);

/* TRUTH_TRUE: the symptom stands. TRUTH_FALSE: it does not, `applies` says whether `given` held. */
enum truth decide_symptom(const struct scope *scope, const struct view *view, bool *applies,
                          struct reason *reason);

/* The symptom is gone: given and not when. */
enum truth decide_gone(const struct scope *scope, const struct view *view, struct reason *reason);

/* `when` of a cause, and for an include the included symptom. */
enum truth decide_holds(const struct cause *cause, const struct view *view, struct reason *reason);

/* The first true cause of search->scope that has no fate yet. TRUTH_TRUE: search->found.
 * TRUTH_FALSE: none; the visits say which were passed over as unknown. */
enum truth decide_cause(struct search *search, const struct view *view);

#endif
