/* look: one look at the machine, in which every check is asked at most once. THE SCHEDULER.
 *
 *     enum truth truth = look_ask(look, question, context);
 *
 * walks `question` over the answers so far; while the result is pending it starts the probes that
 * the walk found needed, cancels those that no longer matter, and turns the loop until something is
 * answered. Cheap probes that can still matter start together, costly ones when they are needed;
 * identical ones run once; at most `jobs` are in flight.
 */
#ifndef PLAYBOOK_LOOK_H
#define PLAYBOOK_LOOK_H

#include "engine/change/executor.h"
#include "engine/lang/eval.h"

struct look;

struct look_options {
    const struct playbook *playbook;
    struct executor *executor;
    size_t jobs;
    struct budget *budget; /* of the run; may be NULL */
    /* Told when probes start and when a check is answered; may be NULL. */
    void (*started)(void *context, const struct check *check);
    void (*answered)(void *context, const struct check *check, const struct answer *answer);
    void *context;
};

/* `earlier` (may be NULL): what a person answered there is not asked again. */
struct look *look_new(const struct look_options *options, const struct look *earlier);

/* Cancels what is in flight and frees all answers; clears the pointer. */
void look_free(struct look **look);

/* TRUTH_PENDING: interrupted. `context` may keep pointers into the look. */
typedef enum truth question_fn(void *context, const struct view *view);
enum truth look_ask(struct look *look, question_fn *question, void *context);

/* The answers so far, for reports: nothing is asked. */
struct view look_view(const struct look *look, struct arena *arena);

/* The time since the first probe of this look started, 0 where none did. */
int64_t look_age(const struct look *look);

/* The check that the last look_ask() waited for at the end; NULL: for none. */
const struct check *look_waited_for(const struct look *look);

#endif
