/* state: what the files of a run share; nothing outside engine/run/ includes it. */
#ifndef PLAYBOOK_RUN_STATE_H
#define PLAYBOOK_RUN_STATE_H

#include "engine/run/look.h"
#include "engine/run/run.h"

struct run {
    struct arena *arena;
    struct run_options options;
    struct result *result;
    struct look *look; /* the answers that the search stands on */
    struct budget *budget;
    struct fates fates;
    bool applied; /* a change was made, whatever became of it */
    bool changed; /* something was applied and kept: a later `when` is asked again */
    struct {
        bool happened;
        const char *reason;          /* NULL: nothing to say */
    } ends[OUTCOME_INTERRUPTED + 1]; /* outcomes of single causes */
};

/* The reason of OUTCOME_NOT_APPLICABLE: the evidence of the symptom says more. */
#define GIVEN_FALSE "what 'given' asks for does not hold here"

void run_happened(struct run *run, enum outcome outcome, const char *reason);

/* The cause at the end of `found` is chosen: it is told. False: interrupted. */
bool run_announce(struct run *run, const struct scope *found);

/* Plans, announces, offers, applies and verifies the fix of the cause at the end of `found`. */
enum fate repair_cause(struct run *run, const struct scope *found);

/* The same for what waits as `index`: made before a restart, verified now. */
enum fate repair_resume(struct run *run, const struct scope *found, size_t index);

/* A new look, in which people are not asked again; the old one is freed. */
void run_look_again(struct run *run);
struct look *run_new_look(const struct run *run, const struct look *earlier);

/* Copies of what the run stands on, out of its look into the result (evidence.c): the symptom, the
 * steps down to a chosen cause, the answers. */
void evidence_symptom(struct run *run, const struct symptom *symptom);
void evidence_steps(struct run *run, const struct scope *found);
void evidence_fate(struct run *run, const struct scope *found, enum fate fate);
void evidence_answers(struct run *run);

void run_progress(const struct run *run, enum progress progress, const char *detail);

#endif
