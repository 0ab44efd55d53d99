/* flights: the probes of one look.
 *
 * What is asked for twice is asked once: checks whose action, arguments and timeout are equal share
 * a flight. A flight is in the air, then landed: its answer is copied and everything else that its
 * probe had is freed. Or it is cancelled and forgotten, and the same may be asked again.
 */
#ifndef PLAYBOOK_FLIGHTS_H
#define PLAYBOOK_FLIGHTS_H

#include "engine/run/probe.h"

struct flights;

struct errand {
    const struct action *action;
    const struct value *arguments; /* they live as long as the flights */
    int64_t timeout;               /* nanoseconds, 0: none */
};

struct flight {
    struct errand errand;
    struct answer answer; /* ANSWER_PENDING: in the air */
    void *data;           /* the caller's, NULL at first */

    /* flights.c's own */
    struct flights *flights;
    struct flight *alike; /* of one hash */
    struct flight *next;  /* in the air, or landed */
    struct probe *probe;
    struct arena *arena;
};

typedef void landed_fn(void *context, struct flight *flight);

/* At most `most` will be asked for at once, one for each check. */
struct flights *flights_new(struct arena *arena, struct executor *executor, size_t most,
                            landed_fn *landed, void *context);
/* Cancels what is in the air. */
void flights_end(struct flights *flights);

/* The flight on that errand, in the air or landed; NULL: none. */
struct flight *flights_find(const struct flights *flights, const struct errand *errand);

/* A new one, still on the ground. */
struct flight *flights_add(struct flights *flights, const struct errand *errand);

/* Starts its probe. `landed` may be called before this returns. */
void flight_launch(struct flight *flight);
void flight_cancel(struct flight *flight);

/* The first in the air, and by `next` the others, in no order. */
struct flight *flights_airborne(const struct flights *flights);
size_t flights_count(const struct flights *flights);

/* Frees what landed probes left; not to be called from inside one. */
void flights_clear(struct flights *flights);

#endif
