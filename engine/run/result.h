/* result: what a run found and did, for reports. Everything lives in the run's arena. */
#ifndef PLAYBOOK_RESULT_H
#define PLAYBOOK_RESULT_H

#include "engine/change/plan.h"
#include "engine/run/decide.h"

/* Language reference §7. */
enum outcome {
    OUTCOME_HEALTHY,
    OUTCOME_FIXED,
    OUTCOME_PLANNED,
    OUTCOME_ADVISED,
    OUTCOME_UNFIXED,
    OUTCOME_INVALID,
    OUTCOME_UNDETERMINED,
    OUTCOME_NOT_APPLICABLE,
    OUTCOME_ROLLED_BACK,
    OUTCOME_RESTART_PENDING,
    OUTCOME_ROLLBACK_FAILED,
    OUTCOME_REFUSED, /* not begun or not gone on with: `reason` says why */
    OUTCOME_INTERRUPTED,
};

/* "healthy", "not-applicable", ...; and the exit code of the program. */
const char *outcome_name(enum outcome outcome);
int outcome_exit(enum outcome outcome);

/* A condition, what it gave, and the values it stood on. */
struct evidence {
    const char *condition; /* as written, on one line */
    enum truth truth;
    const char *reason; /* TRUTH_UNKNOWN */
    struct evidence_value {
        const char *name;
        const char *text; /* the value as one would write it */
        struct value value;
    } * values;
    size_t value_count;
};

/* One chosen cause, or a node on the way to it. */
struct step {
    const struct cause *cause;
    const char *path;   /* the ids down to it: "elsewhere/tunnel" */
    const char *title;  /* NULL: none */
    enum fate fate;     /* of a node: that of a cause below it, the best there is */
    const char *reason; /* of a fate that the diagnosis names; NULL: nothing to say */
    size_t depth;
    struct evidence *evidence;
    size_t evidence_count;
};

struct advice {
    const struct cause *cause;
    const char *text;
    struct {
        const char *where;
        const char *text;     /* the command; NULL: */
        const char *left_out; /* why there is none */
    } * pastes;
    size_t paste_count;
};

/* What became of a cause's fix. */
struct repair {
    const struct cause *cause;
    const char *path; /* as in struct step */
    bool planned;     /* offered, and shown only */
    size_t first, persist,
        end;                /* its changes in plan.changes: fix [first, persist), then persist */
    enum effective restart; /* what its fix needs before it is in force */
    enum right lacks;
    bool resumed; /* made before a restart */
};

struct result {
    const struct playbook *playbook;
    enum outcome outcome;
    const char *reason;       /* undetermined, rolled back, ...: why; NULL: nothing to say */
    const char *would_decide; /* undetermined: the check that would; NULL: none would */

    struct evidence *symptom; /* `given` and `when`, as far as they are expressions */
    size_t symptom_count;
    struct step *steps;
    size_t step_count;
    struct advice *advice;
    size_t advice_count;
    struct repair *repairs;
    size_t repair_count;
    struct visit *unknown; /* causes passed over as unknown */
    size_t unknown_count;
    const char **refuted; /* paths of causes whose fix would change nothing */
    size_t refuted_count;
    const char **lost; /* checks of `keep` that a fix lost */
    size_t lost_count;

    const char *const *differences; /* rollback failed: what is not as before, NULL-terminated */
    const char *const *by_hand;     /* and the shell lines to go on with; NULL: none */

    const char *const *again; /* the command that runs it again as root, where a plan lacks that
                                 right; filled in by the command line; NULL: none */

    const struct sandbox_state *sandbox; /* what holds while looking; filled in by the command line;
                                            NULL: not confined */
    const char *saved; /* the file that the plan was saved to; filled in by the command line */

    struct plan plan;
    struct answer *answers; /* of the diagnosis, by check; conditions are evaluated into it */
    enum effective restart; /* what a pending restart is */
    int64_t took;
    const char *waited_for; /* the check that the diagnosis waited for; NULL */
};

#endif
