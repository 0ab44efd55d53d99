/* What evaluation may cost, and what it remembers (walk.h). */
#include "engine/lang/walk.h"

#include "engine/base/limits.h"

_Static_assert(LIMIT_STEPS == 5 * 1000 * 1000 && LIMIT_RUN_STEPS == 1000 * 1000 * 1000 &&
                   LIMIT_WORKING_BYTES == 64 * 1024 * 1024,
               "the texts below name the limits");
#define STEPS     "it took more than 5000000 steps, the limit of a condition"
#define MEMORY    "it took more than 64 MiB, the limit of a condition"
#define RUN_STEPS "the conditions took more than 1000000000 steps, the limit of a run"

/* Steps between charges to the run's budget, and between questions whether someone interrupts. */
enum { CHARGE = 1024, ASK = 16 * CHARGE };

/* ---- what is remembered ---- */

struct memo *memo_new(struct arena *arena, const struct playbook *playbook)
{
    struct memo *memo =
        arena_alloc(arena, sizeof(*memo) + playbook->check_count * sizeof(*memo->seen));
    memo->arena = arena;
    return memo;
}

void memo_renew(struct memo *memo)
{
    memo->round++;
}

static struct memo *memo_of(struct walk *walk)
{
    if (!walk->memo)
        walk->memo = walk->view->memo;
    if (walk->memo)
        return walk->memo;
    walk->own = arena_new();
    walk->memo = memo_new(walk->own, walk->view->playbook);
    return walk->memo;
}

struct seen *walk_seen(struct walk *walk, size_t check)
{
    struct memo *memo = memo_of(walk);
    struct seen *seen = &memo->seen[check];
    if (seen->round != memo->round) {
        seen->known = seen->known && seen->truth != TRUTH_PENDING;
        seen->asked = NEED_NOT;
        seen->round = memo->round;
    }
    return seen;
}

/* ---- what it costs ---- */

struct arena *walk_arena(struct walk *walk)
{
    if (!walk->effort.scratch)
        walk->effort.scratch = arena_new();
    return walk->effort.scratch;
}

static void listen(struct walk *walk, struct budget *budget)
{
    if (budget->steps - budget->asked < ASK)
        return;
    budget->asked = budget->steps;
    walk->interrupted = budget->interrupted && budget->interrupted(budget->context);
}

static void charge(struct walk *walk)
{
    struct effort *effort = &walk->effort;
    struct budget *budget = walk->view->budget;
    if (!budget)
        return;
    budget->steps += effort->steps - effort->charged;
    effort->charged = effort->steps;
    walk->over = budget->steps > LIMIT_RUN_STEPS;
    if (!walk->interrupted)
        listen(walk, budget);
    if (walk->over || walk->interrupted)
        effort->limit = RUN_STEPS;
}

bool walk_step(struct walk *walk, size_t steps)
{
    struct effort *effort = &walk->effort;
    effort->steps += steps;
    if (effort->limit)
        return false;
    if (effort->steps > LIMIT_STEPS)
        effort->limit = STEPS;
    else if (effort->scratch && arena_bytes(effort->scratch) > LIMIT_WORKING_BYTES)
        effort->limit = MEMORY;
    if (effort->steps - effort->charged >= CHARGE)
        charge(walk);
    return !effort->limit;
}

enum truth walk_unknown_at_limit(const struct walk *walk, struct reason *reason)
{
    *reason = (struct reason){walk->effort.limit, NULL};
    return TRUTH_UNKNOWN;
}

struct effort walk_enter(struct walk *walk)
{
    struct effort outer = walk->effort;
    walk->effort = (struct effort){0};
    charge(walk);
    return outer;
}

static enum truth cut_short(struct walk *walk, const char *what, struct reason *reason)
{
    const struct effort *effort = &walk->effort;
    if (walk->interrupted || (effort->pending && !walk->over))
        return TRUTH_PENDING;
    const char *text = effort->limit;
    if (what && !walk->over)
        text = arena_format(walk_arena(walk), "'%s' is unknown: %s", what, text);
    *reason = (struct reason){text, NULL};
    return TRUTH_UNKNOWN;
}

enum truth walk_leave(struct walk *walk, struct effort outer, enum truth truth, const char *what,
                      struct arena *keep, struct reason *reason)
{
    charge(walk);
    if (walk->effort.limit)
        truth = cut_short(walk, what, reason);
    struct effort inner = walk->effort;
    walk->effort = outer;
    walk->effort.pending = outer.pending || inner.pending;
    if (walk->over || walk->interrupted)
        walk->effort.limit = RUN_STEPS;
    if (truth == TRUTH_UNKNOWN && reason->text)
        reason->text = arena_string(keep ? keep : walk_arena(walk), reason->text);
    arena_free(&inner.scratch);
    return truth;
}

void walk_end(struct walk *walk)
{
    arena_free(&walk->effort.scratch);
    arena_free(&walk->own);
}
