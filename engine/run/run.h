/* run: one run of a playbook, from symptom to outcome.
 *
 *     diagnose → plan → consent → apply → verify → keep, roll back or await a restart → go on
 *
 * run_playbook() turns the loop itself and comes back with a result; it prints nothing.
 */
#ifndef PLAYBOOK_RUN_H
#define PLAYBOOK_RUN_H

#include "engine/change/executor.h"
#include "engine/run/events.h"

struct run_options {
    const struct playbook *playbook;
    const struct action *const *registry; /* NULL-terminated: the probes that fixes need */
    struct executor *executor;
    size_t jobs;
    struct listener listener;
    bool saved; /* a saved plan is applied: the executor has it */
    /* What the playbook was made from: asked where a run has to wait, since it takes hashes. */
    const struct origin *(*origin)(void *context);
    void *context;             /* of origin */
    const struct waits *waits; /* the run begins with the verdict on these; NULL: there are none */
};

void run_playbook(struct arena *arena, const struct run_options *options, struct result *result);

/* The result of a run that ends before anything is asked; of its playbook the name is known. */
void run_end_early(struct arena *arena, const char *name, enum outcome outcome, const char *reason,
                   struct result *result);

#endif
