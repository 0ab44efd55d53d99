/* The search for a path MTU, without packets. Several sizes are in flight at once, because a size
 * that does not pass costs a timeout: eight at a time find one in 1500 after four rounds, halving
 * after eleven. Sizes that links and tunnels really have are tried first, and one byte more than
 * one that passed; so is a router's suggestion: it may be wrong either way. RFC 1191 §7.1, RFC
 * 8899. */
#include "actions/net/mtu_search.h"

#include <string.h>

/* Of the IPv6 minimum, usual VPNs, PPPoE and its kin, Ethernet, large frames less a tunnel. */
static const unsigned common[] = {1280, 1350, 1400, 1420, 1450, 1472, 1492, 1500, 8900};
enum { COMMON = sizeof(common) / sizeof(*common) };

void mtu_search_start(struct mtu_search *search, unsigned smallest, unsigned top)
{
    *search = (struct mtu_search){.top = top, .passed = smallest, .refused = top + 1};
}

void mtu_search_passed(struct mtu_search *search, unsigned size)
{
    size_t overruled = 0;
    if (size <= search->passed)
        return;
    search->passed = size;
    while (overruled < search->silence_count && search->silences[overruled] <= size)
        overruled++;
    search->silence_count -= overruled;
    memmove(search->silences, search->silences + overruled,
            search->silence_count * sizeof(*search->silences));
    if (search->refused <= size)
        search->refused = search->top + 1;
}

/* Adds to an ascending list; where it is full, the largest goes. */
static size_t insert(unsigned *sizes, size_t count, size_t most, unsigned size)
{
    size_t at = count;
    while (at > 0 && sizes[at - 1] >= size)
        at--;
    if (at == most || (at < count && sizes[at] == size))
        return count;
    size_t kept = count < most ? count : most - 1;
    memmove(sizes + at + 1, sizes + at, (kept - at) * sizeof(*sizes));
    sizes[at] = size;
    return kept + 1;
}

void mtu_search_silent(struct mtu_search *search, unsigned size)
{
    if (size > search->passed)
        search->silence_count =
            insert(search->silences, search->silence_count, SEARCH_SILENCES_MOST, size);
}

void mtu_search_refused(struct mtu_search *search, unsigned size, unsigned suggested)
{
    if (size > search->passed && size < search->refused)
        search->refused = size;
    if (suggested > search->passed && suggested < size)
        search->hint = suggested;
}

static unsigned least_silent(const struct mtu_search *search)
{
    return search->silence_count ? search->silences[0] : search->top + 1;
}

bool mtu_search_bound_is_silence(const struct mtu_search *search)
{
    return least_silent(search) < search->refused;
}

unsigned mtu_search_bound(const struct mtu_search *search)
{
    return mtu_search_bound_is_silence(search) ? least_silent(search) : search->refused;
}

static bool is_common(unsigned size)
{
    for (size_t i = 0; i < COMMON; i++)
        if (common[i] == size)
            return true;
    return false;
}

/* Sizes strictly between the two. */
static size_t between(unsigned low, unsigned high, unsigned *sizes, size_t most)
{
    size_t count = 0;
    if (is_common(low))
        sizes[count++] = low + 1;
    for (size_t i = COMMON; i-- > 0 && count < most;)
        if (common[i] > low && common[i] < high)
            count = insert(sizes, count, most, common[i]);
    size_t parts = most - count + 1;
    for (size_t i = 1; i < parts && count < most; i++) {
        unsigned size = low + (unsigned)((high - low) * i / parts);
        if (size > low)
            count = insert(sizes, count, most, size);
    }
    return count ? count : insert(sizes, 0, most, low + 1);
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
    return between(low, high, sizes, most);
}
