/* mtu_search: which sizes to try next, from which have passed and which have not.
 *
 *     mtu_search_start(&search, smallest, top);
 *     while ((count = mtu_search_next(&search, sizes, most)))
 *         try each: mtu_search_passed() / _silent() / _refused()
 *     search.passed is the answer, mtu_search_bound() is one above it (or `top` passed)
 *
 * Pure. What passes is certain; silence may be loss, so a larger size that passes overrules it, and
 * the caller asks again about the boundary it ends at. Sizes are whole IP packets in bytes.
 */
#ifndef PLAYBOOK_NET_MTU_SEARCH_H
#define PLAYBOOK_NET_MTU_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

enum { SEARCH_SILENCES_MOST = 64 };

struct mtu_search {
    unsigned top;     /* the largest that the link takes */
    unsigned passed;  /* the largest that is known to pass */
    unsigned refused; /* the smallest above it that a router refused; top + 1: none */
    unsigned hint;    /* what that router suggests; 0: nothing to be tried */
    /* The sizes above `passed` that were not heard of, ascending: where one is overruled, the next
     * one bounds the search. */
    unsigned silences[SEARCH_SILENCES_MOST];
    size_t silence_count;
};

/* `smallest` has passed. */
void mtu_search_start(struct mtu_search *search, unsigned smallest, unsigned top);
void mtu_search_passed(struct mtu_search *search, unsigned size);
void mtu_search_silent(struct mtu_search *search, unsigned size);
/* `suggested`: as the router says, 0 or nonsense too. */
void mtu_search_refused(struct mtu_search *search, unsigned size, unsigned suggested);

/* Sizes to try now, at most `most` (at least 2), ascending; 0 when the answer is found. */
size_t mtu_search_next(const struct mtu_search *search, unsigned *sizes, size_t most);

/* The smallest size that does not pass as far as is known; top + 1: none. */
unsigned mtu_search_bound(const struct mtu_search *search);
/* Nothing but silence speaks against that size. */
bool mtu_search_bound_is_silence(const struct mtu_search *search);

#endif
