/* The search for a path MTU, without packets. Several sizes are in flight at once, because a size
 * that does not pass costs a timeout: eight at a time find one in 1500 after four rounds, halving
 * after eleven. A router's suggestion is tried first, together with one byte more: it may be wrong
 * either way. RFC 1191, RFC 8899. */
#include "actions/net/mtu_search.h"

void mtu_search_start(struct mtu_search *search, unsigned smallest, unsigned top)
{
    *search =
        (struct mtu_search){.top = top, .passed = smallest, .silent = top + 1, .refused = top + 1};
}

void mtu_search_passed(struct mtu_search *search, unsigned size)
{
    if (size <= search->passed)
        return;
    search->passed = size;
    if (search->silent <= size)
        search->silent = search->top + 1;
    if (search->refused <= size)
        search->refused = search->top + 1;
}

void mtu_search_silent(struct mtu_search *search, unsigned size)
{
    if (size > search->passed && size < search->silent)
        search->silent = size;
}

void mtu_search_refused(struct mtu_search *search, unsigned size, unsigned suggested)
{
    if (size > search->passed && size < search->refused)
        search->refused = size;
    if (suggested > search->passed && suggested < size)
        search->hint = suggested;
}

unsigned mtu_search_bound(const struct mtu_search *search)
{
    return search->silent < search->refused ? search->silent : search->refused;
}

static size_t spread(unsigned low, unsigned high, unsigned *sizes, size_t most)
{
    size_t count = 0;
    for (size_t i = 1; i <= most; i++) {
        unsigned size = low + (unsigned)((high - low) * i / (most + 1));
        if (size > low && (count == 0 || size > sizes[count - 1]))
            sizes[count++] = size;
    }
    if (count == 0)
        sizes[count++] = low + 1;
    return count;
}

size_t mtu_search_next(const struct mtu_search *search, unsigned *sizes, size_t most)
{
    unsigned low = search->passed, high = mtu_search_bound(search);
    size_t count = 0;
    if (high - low <= 1)
        return 0;
    if (high > search->top) {
        sizes[0] = search->top;
        return 1;
    }
    if (search->hint > low && search->hint < high) {
        sizes[count++] = search->hint;
        if (search->hint + 1 < high)
            sizes[count++] = search->hint + 1;
        return count;
    }
    return spread(low, high, sizes, most);
}
