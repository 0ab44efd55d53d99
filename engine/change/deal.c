#include "engine/change/deal.h"

#include <time.h>

#include "engine/change/network_state.h"

static bool is_allowed(const struct change *change, const char *const *effects, struct error *error)
{
    if (!change_is_declared(change) || (change->kind->leads && !change->kind->leads(change)))
        return error_set(error, "'%s' may not change '%s'", change->action->name, change->target);
    for (size_t i = 0; effects && effects[i]; i++)
        if (text_equal(effects[i], change->action->effect))
            return true;
    return error_set(error, "this playbook may not change '%s': its 'allows' lacks '%s'",
                     change->target, change->action->effect);
}

static bool read_changes(struct deal *deal, const struct action *const *registry,
                         const char *const *effects, struct reading *reading, struct error *error)
{
    deal->cause = read_string(reading);
    size_t count = read_number(reading);
    if (count > MOST_CHANGES)
        return error_set(error, "the plan has more than %d changes, the limit", MOST_CHANGES);
    deal->persist = read_up_to(reading, count);
    if (!deal->cause || reading->broken)
        return error_set(error, "the plan cannot be read");
    deal->changes = arena_alloc(deal->arena, (count + 1) * sizeof(*deal->changes));
    for (; deal->count < count; deal->count++) {
        struct change *change = &deal->changes[deal->count];
        if (!change_read(change, registry, reading))
            return error_set(error, "the plan cannot be read");
        if (!is_allowed(change, effects, error))
            return false;
        change->lacks = change->kind->lacks(change, deal->arena);
    }
    return true;
}

bool deal_read(struct deal *deal, const struct action *const *registry, const char *const *effects,
               struct reading *reading, struct error *error)
{
    if (deal->applied)
        return error_set(error, "the last changes are neither kept nor taken back");
    deal_close(deal);
    *deal = (struct deal){.arena = arena_new()};
    reading->arena = deal->arena;
    if (read_changes(deal, registry, effects, reading, error))
        return true;
    deal_withdraw(deal);
    return false;
}

void deal_withdraw(struct deal *deal)
{
    *deal = (struct deal){.arena = deal->arena};
}

void deal_close(struct deal *deal)
{
    arena_free(&deal->arena);
}

void deal_allow_restart(struct deal *deal)
{
    for (size_t i = 0; i < deal->count; i++)
        if (deal->changes[i].lacks == RIGHT_RESTART)
            deal->changes[i].lacks = RIGHT_HELD;
}

bool deal_lacks_right(const struct deal *deal)
{
    for (size_t i = 0; i < deal->count; i++)
        if (deal->changes[i].lacks)
            return true;
    return false;
}

/* The one that was begun last. */
static struct transaction same_transaction(struct deal *deal, const struct ledger *ledger)
{
    return (struct transaction){.programs = &deal->programs,
                                .journal = ledger->journal,
                                .run = ledger->run.id,
                                .arena = deal->arena,
                                .differences = &deal->differences};
}

/* Its programs hold the lock with it. */
static struct transaction transaction_of(struct deal *deal, const struct ledger *ledger,
                                         const struct programs *programs)
{
    deal->programs = *programs;
    deal->programs.lock = ledger->lock;
    deal->differences = (struct differences){.arena = deal->arena};
    return same_transaction(deal, ledger);
}

/* Each change has measured itself; here, whether one of them took something else with it. The
 * kernel brings some things back a moment later. */
static bool network_is_back(struct deal *deal, struct error *error)
{
    enum { TRIES = 20, PAUSE_MS = 50 };
    static const char *const look = "ip address; ip route show table all; ip rule";
    struct differences *differences = &deal->differences;
    for (int i = 0; i < TRIES; i++) {
        struct differences now = {.arena = deal->arena};
        network_state_compare(deal->network, network_state(deal->arena), &now);
        if (!now.count)
            return true;
        if (i + 1 < TRIES)
            nanosleep(&(struct timespec){.tv_nsec = (long)PAUSE_MS * NS_PER_MS}, NULL);
        else
            for (size_t line = 0; line < now.count; line++)
                differences_add(differences, now.found[line]);
    }
    differences_add_line(differences, look);
    return differences_error(differences, error);
}

static enum applied apply(struct deal *deal, struct ledger *ledger, const struct programs *programs,
                          size_t from, size_t to, struct error *error)
{
    struct transaction transaction = transaction_of(deal, ledger, programs);
    bool clean;
    if (transaction_apply(&transaction, deal->changes + from, to - from, error, &clean))
        return APPLIED;
    struct error network;
    if (from == 0 && !network_is_back(deal, &network)) {
        error_hint(error, "%s", network.message);
        clean = false;
    }
    return clean ? APPLIED_NOT : APPLIED_HALF;
}

static bool disarm(struct deal *deal, const struct transaction *transaction, struct error *error)
{
    return transaction_undo(transaction, deal->safeguards.changes, deal->safeguards.count, false,
                            error);
}

/* Those that a person starts stay as long as there is something that they put back; the others may
 * have withstood their removal. */
static void name_safeguards(struct deal *deal, const struct transaction *transaction)
{
    for (size_t i = 0; i < deal->safeguards.count; i++) {
        struct change *file = &deal->safeguards.changes[i];
        const char *difference =
            file->saved ? file->kind->differs(file, transaction->arena, transaction->programs)
                        : NULL;
        if (!difference)
            continue;
        differences_add(&deal->differences, difference);
        file->kind->by_hand(file, &deal->differences);
    }
}

/* Those that a fix before this one has made in the same run lead further back, and stay with it. */
static void leave_out_made(struct deal *deal, struct ledger *ledger)
{
    struct safeguards *safeguards = &deal->safeguards;
    size_t count = 0;
    for (size_t i = 0; i < safeguards->count; i++)
        if (!ledger_has(ledger, &safeguards->changes[i], deal->arena))
            safeguards->changes[count++] = safeguards->changes[i];
    safeguards->count = count;
}

static enum applied apply_first(struct deal *deal, struct ledger *ledger,
                                const struct programs *programs, struct error *error)
{
    struct transaction transaction = transaction_of(deal, ledger, programs);
    struct error undo_error;
    bool clean;
    leave_out_made(deal, ledger);
    if (!transaction_apply(&transaction, deal->safeguards.changes, deal->safeguards.count, error,
                           &clean))
        return clean ? APPLIED_NOT : APPLIED_HALF;
    enum applied applied = apply(deal, ledger, programs, 0, deal->persist, error);
    if (applied != APPLIED_NOT || disarm(deal, &transaction, &undo_error))
        return applied;
    error_hint(error, "%s", undo_error.message);
    return APPLIED_HALF;
}

/* What could not be taken back is left to undo, which needs no order for the next start. */
static void leave_to_undo(struct deal *deal, const struct ledger *ledger,
                          const struct transaction *transaction)
{
    struct error error; /* what is left is named */
    (void)safeguards_remove(&deal->safeguards, transaction, false, false, &error);
    name_safeguards(deal, transaction);
    differences_add_line(&deal->differences, arena_format(deal->arena, "playbook undo %llu",
                                                          (unsigned long long)ledger->run.id));
}

/* Twice: as in transaction.c. */
static void close_run(struct deal *deal, struct ledger *ledger, bool whole)
{
    struct transaction transaction = same_transaction(deal, ledger);
    struct error error;
    if (!ledger_undone(ledger, whole, &error) && !ledger_undone(ledger, whole, &error))
        deal->differences.untold = arena_string(deal->arena, error.message);
    if (!whole)
        leave_to_undo(deal, ledger, &transaction);
}

enum applied deal_apply(struct deal *deal, struct ledger *ledger, const struct programs *programs,
                        struct error *error)
{
    if (!deal->agreed || deal->applied) {
        error_set(error, "nobody agreed to these changes");
        return APPLIED_REFUSED;
    }
    deal->network = network_state(deal->arena);
    deal->safeguards = safeguards_plan(deal->arena, deal->changes, deal->persist, deal->count);
    if (!ledger_begin(ledger, error))
        return APPLIED_REFUSED;
    enum applied applied = apply_first(deal, ledger, programs, error);
    deal->agreed = deal->applied = applied == APPLIED;
    if (applied != APPLIED)
        close_run(deal, ledger, applied == APPLIED_NOT);
    return applied;
}

enum applied deal_persist(struct deal *deal, struct ledger *ledger, const struct programs *programs,
                          struct error *error)
{
    if (!deal->applied || deal->persisted) {
        error_set(error, "nothing was applied that this could make last");
        return APPLIED_REFUSED;
    }
    deal->persisted = true;
    return apply(deal, ledger, programs, deal->persist, deal->count, error);
}

bool deal_undo(struct deal *deal, struct ledger *ledger, const struct programs *programs,
               struct error *error)
{
    if (!deal->applied)
        return error_set(error, "nothing is applied");
    struct transaction transaction = transaction_of(deal, ledger, programs);
    if (deal->wait && !ledger_end_wait(ledger, deal->wait, error))
        deal->differences.untold = arena_string(deal->arena, error->message);
    deal->agreed = deal->applied = false;
    if (transaction_undo(&transaction, deal->changes, deal->count, false, error))
        disarm(deal, &transaction, error);
    bool undone = network_is_back(deal, error) && !deal->differences.count;
    close_run(deal, ledger, undone);
    return undone || differences_error(&deal->differences, error);
}

/* What takes the changes back at the next start goes after the verdict, not before it: then there
 * is nothing to take back any more, whatever becomes of the rest. */
static void conclude(struct deal *deal, struct ledger *ledger,
                     const struct transaction *transaction, bool all, struct error *error)
{
    struct error left, untold;
    deal->agreed = deal->applied = false;
    bool removed = safeguards_remove(&deal->safeguards, transaction, all, false, &left);
    if (!ledger_settled(ledger, &untold))
        *error = untold;
    if (!removed)
        *error = left;
}

bool deal_keep(struct deal *deal, struct ledger *ledger, const struct programs *programs,
               struct error *error)
{
    if (!deal->applied)
        return error_set(error, "nothing is applied");
    struct transaction transaction = transaction_of(deal, ledger, programs);
    if (!ledger_keep(ledger, deal->wait, error))
        return false;
    conclude(deal, ledger, &transaction, true, error);
    return true;
}

bool deal_wait(struct deal *deal, struct ledger *ledger, const struct programs *programs,
               struct wait *wait, struct error *error)
{
    if (!deal->applied)
        return error_set(error, "nothing is applied");
    struct transaction transaction = transaction_of(deal, ledger, programs);
    wait->cause = deal->cause;
    wait->changes = deal->changes;
    wait->count = deal->count;
    wait->persist = deal->persist;
    wait_begin(wait, deal->arena);
    if (!ledger_await_restart(ledger, wait, error))
        return false;
    conclude(deal, ledger, &transaction, false, error);
    return true;
}

enum applied deal_resume(struct deal *deal, struct ledger *ledger, const struct wait *wait,
                         struct error *error)
{
    if (deal->applied) {
        error_set(error, "the last changes are neither kept nor taken back");
        return APPLIED_REFUSED;
    }
    if (!ledger_begin(ledger, error))
        return APPLIED_REFUSED;
    deal_close(deal);
    *deal = (struct deal){.arena = arena_new(),
                          .cause = wait->cause,
                          .changes = wait->changes,
                          .count = wait->count,
                          .persist = wait->persist,
                          .safeguards = wait->safeguards,
                          .wait = wait->id,
                          .agreed = true,
                          .applied = true};
    return APPLIED;
}

bool deal_wait_on(struct deal *deal, struct ledger *ledger, const struct programs *programs,
                  struct error *error)
{
    struct transaction transaction = transaction_of(deal, ledger, programs);
    deal->agreed = deal->applied = false;
    return transaction_undo(&transaction, deal->changes + deal->persist,
                            deal->count - deal->persist, false, error) &&
           ledger_wait_on(ledger, error);
}
