/* A hash table by errand, a list of what is in the air, and one of what has landed since it was
 * cleared: a probe that answers is still on the stack, so its arena goes a little later. */
#include "engine/run/flights.h"

#include "engine/base/limits.h"
#include "engine/lang/arguments.h"

struct flights {
    struct arena *arena;
    struct executor *executor;
    landed_fn *landed;
    void *context;
    struct flight **buckets;
    size_t mask; /* a power of two - 1 */
    struct flight *airborne, *spent;
    size_t count; /* in the air */
    size_t kept;  /* bytes of answers */
};

struct flights *flights_new(struct arena *arena, struct executor *executor, size_t most,
                            landed_fn *landed, void *context)
{
    size_t buckets = 16;
    while (buckets < most)
        buckets *= 2;
    struct flights *flights = arena_alloc(arena, sizeof(*flights));
    *flights = (struct flights){.arena = arena,
                                .executor = executor,
                                .landed = landed,
                                .context = context,
                                .buckets = arena_alloc(arena, buckets * sizeof(struct flight *)),
                                .mask = buckets - 1};
    return flights;
}

/* ---- by errand ---- */

static struct flight **bucket(const struct flights *flights, const struct errand *errand)
{
    struct value list = value_list(errand->arguments, argument_count(errand->action));
    uint64_t hash = value_hash(&list) + (uint64_t)errand->timeout + (uintptr_t)errand->action;
    return &flights->buckets[(hash ^ hash >> 32) & flights->mask];
}

static bool same_errand(const struct errand *a, const struct errand *b)
{
    if (a->action != b->action || a->timeout != b->timeout)
        return false;
    size_t count = argument_count(a->action);
    struct value left = value_list(a->arguments, count), right = value_list(b->arguments, count);
    return value_equal(&left, &right);
}

struct flight *flights_find(const struct flights *flights, const struct errand *errand)
{
    struct flight *flight = *bucket(flights, errand);
    while (flight && !same_errand(&flight->errand, errand))
        flight = flight->alike;
    return flight;
}

struct flight *flights_add(struct flights *flights, const struct errand *errand)
{
    struct flight **place = bucket(flights, errand);
    struct flight *flight = arena_alloc(flights->arena, sizeof(*flight));
    *flight = (struct flight){.errand = *errand, .flights = flights, .alike = *place};
    *place = flight;
    return flight;
}

static void forget(struct flight *flight)
{
    struct flight **at = bucket(flight->flights, &flight->errand);
    while (*at != flight)
        at = &(*at)->alike;
    *at = flight->alike;
}

/* ---- in the air ---- */

static void leave_air(struct flight *flight)
{
    struct flight **at = &flight->flights->airborne;
    while (*at != flight)
        at = &(*at)->next;
    *at = flight->next;
    flight->flights->count--;
}

/* Answers stay until the look ends. */
static struct answer keep_answer(struct flights *flights, const struct answer *answer)
{
    flights->kept += answer_bytes(answer);
    if (flights->kept <= LIMIT_ANSWERS_BYTES)
        return answer_copy(flights->arena, answer);
    return answer_unknown(flights->arena, answer->action,
                          "the answers take more than %d MiB, the limit of a run",
                          LIMIT_ANSWERS_BYTES / (1024 * 1024));
}

static void landed(void *data, const struct answer *answer)
{
    struct flight *flight = data;
    struct flights *flights = flight->flights;
    leave_air(flight);
    flight->answer = keep_answer(flights, answer);
    flight->probe = NULL;
    flight->next = flights->spent;
    flights->spent = flight;
    flights->landed(flights->context, flight);
}

void flight_launch(struct flight *flight)
{
    struct flights *flights = flight->flights;
    const struct errand *errand = &flight->errand;
    flight->arena = arena_new();
    flight->next = flights->airborne;
    flights->airborne = flight;
    flights->count++;
    struct probe *probe = probe_start(flight->arena, flights->executor, errand->action,
                                      errand->arguments, errand->timeout, landed, flight);
    if (flight->answer.state == ANSWER_PENDING)
        flight->probe = probe;
}

void flight_cancel(struct flight *flight)
{
    probe_cancel(&flight->probe);
    leave_air(flight);
    forget(flight);
    arena_free(&flight->arena);
}

void flights_clear(struct flights *flights)
{
    for (struct flight *flight = flights->spent; flight; flight = flight->next)
        arena_free(&flight->arena);
    flights->spent = NULL;
}

void flights_end(struct flights *flights)
{
    while (flights->airborne)
        flight_cancel(flights->airborne);
    flights_clear(flights);
}

struct flight *flights_airborne(const struct flights *flights)
{
    return flights->airborne;
}

size_t flights_count(const struct flights *flights)
{
    return flights->count;
}
