/* Plans that are kept for later. Their bytes are compared, never their meaning: a record is the
 * same or it is another. Who wrote a plan is not known from it; the command line looks at who can
 * write the file. */
#include "engine/change/saved.h"

#include <string.h>

/* ---- the record ---- */

static void write_offer(const struct saved_offer *offer, struct text *record)
{
    record_string(record, offer->cause);
    record_number(record, offer->count);
    record_number(record, offer->persist);
    for (size_t i = 0; i < offer->count; i++) {
        change_write(&offer->changes[i], record);
        record_strings(record, offer->states ? offer->states[i] : NULL);
    }
}

void saved_write(const struct saved_plan *plan, struct text *record)
{
    origin_write(&plan->origin, record);
    record_number(record, plan->offer_count);
    for (size_t i = 0; i < plan->offer_count; i++)
        write_offer(&plan->offers[i], record);
}

static bool read_offer(struct saved_offer *offer, const struct action *const *registry,
                       struct reading *reading)
{
    offer->cause = read_string(reading);
    offer->count = read_up_to(reading, MOST_CHANGES);
    offer->persist = read_up_to(reading, offer->count);
    offer->changes = arena_alloc(reading->arena, (offer->count + 1) * sizeof(*offer->changes));
    const char *const **states = arena_alloc(reading->arena, (offer->count + 1) * sizeof(*states));
    offer->states = states;
    for (size_t i = 0; i < offer->count; i++) {
        if (!change_read(&offer->changes[i], registry, reading))
            return false;
        states[i] = read_strings(reading);
    }
    return offer->cause && !reading->broken;
}

bool saved_read(struct saved_plan *plan, const struct action *const *registry,
                struct reading *reading)
{
    *plan = (struct saved_plan){0};
    if (!origin_read(&plan->origin, reading))
        return false;
    plan->offer_count = read_up_to(reading, MOST_OFFERS);
    plan->offers = arena_alloc(reading->arena, (plan->offer_count + 1) * sizeof(*plan->offers));
    for (size_t i = 0; i < plan->offer_count; i++)
        if (!read_offer(&plan->offers[i], registry, reading))
            return false;
    return plan->offer_count > 0 && reading_whole(reading);
}

/* ---- the machine ---- */

void saved_note_states(struct saved_plan *plan, struct arena *arena)
{
    for (size_t i = 0; i < plan->offer_count; i++) {
        struct saved_offer *offer = &plan->offers[i];
        const char *const **states = arena_alloc(arena, (offer->count + 1) * sizeof(*states));
        for (size_t j = 0; j < offer->count; j++)
            if (offer->changes[j].kind->state)
                states[j] = offer->changes[j].kind->state(&offer->changes[j], arena);
        offer->states = states;
    }
}

static bool has_word(const char *const *words, const char *word)
{
    for (; *words; words++)
        if (text_equal(*words, word))
            return true;
    return false;
}

static bool state_holds(const struct change *change, const char *const *then, struct arena *arena,
                        struct error *error)
{
    const char *const *now =
        then && change->kind->state ? change->kind->state(change, arena) : NULL;
    for (size_t i = 0; now && then[i]; i++)
        if (!has_word(now, then[i]))
            return error_set(error, "'%.*s' has changed since the plan was made",
                             (int)strcspn(then[i], ":"), then[i]);
    return true;
}

/* An earlier change of the plan is of the same thing. */
static bool is_later(const struct saved_plan *plan, const struct change *change)
{
    for (size_t i = 0; i < plan->offer_count; i++)
        for (size_t j = 0; j < plan->offers[i].count; j++) {
            const struct change *earlier = &plan->offers[i].changes[j];
            if (earlier == change)
                return false;
            if (change_same(earlier, change))
                return true;
        }
    return false;
}

bool saved_fits(const struct saved_plan *plan, struct arena *arena, const struct programs *programs,
                struct error *error)
{
    for (size_t i = 0; i < plan->offer_count; i++) {
        const struct saved_offer *offer = &plan->offers[i];
        for (size_t j = 0; j < offer->count; j++) {
            const struct change *change = &offer->changes[j];
            if (is_later(plan, change))
                continue;
            if (change->kind->fits && !change->kind->fits(change, arena, programs, error))
                return false;
            if (!state_holds(change, offer->states ? offer->states[j] : NULL, arena, error))
                return false;
        }
    }
    return true;
}

/* ---- what is offered ---- */

static const struct saved_offer *offer_of(const struct saved_plan *plan, const char *cause)
{
    for (size_t i = 0; i < plan->offer_count; i++)
        if (text_equal(plan->offers[i].cause, cause))
            return &plan->offers[i];
    return NULL;
}

static bool same_change(const struct change *a, const struct change *b, struct arena *arena)
{
    struct text one = text_new(arena), other = text_new(arena);
    change_write(a, &one);
    change_write(b, &other);
    return one.length == other.length && memcmp(one.at, other.at, one.length) == 0;
}

bool saved_has_offer(const struct saved_plan *plan, const struct saved_offer *offer,
                     struct arena *arena, struct error *error)
{
    const struct saved_offer *saved = offer_of(plan, offer->cause);
    if (!saved)
        return error_set(error, "the cause is now '%s', which the plan does not have (it has '%s')",
                         offer->cause, plan->offers[0].cause);
    if (saved->count != offer->count || saved->persist != offer->persist)
        return error_set(error,
                         "the fix of '%s' now makes %zu changes and %zu to last, not %zu "
                         "and %zu as in the plan",
                         offer->cause, offer->persist, offer->count - offer->persist,
                         saved->persist, saved->count - saved->persist);
    for (size_t i = 0; i < saved->count; i++)
        if (!same_change(&saved->changes[i], &offer->changes[i], arena))
            return error_set(error,
                             "the fix of '%s' would now change '%s' in another way than the "
                             "plan says",
                             offer->cause, offer->changes[i].target);
    return true;
}
