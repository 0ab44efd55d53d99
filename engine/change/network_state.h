/* network_state: the links, addresses, routes and rules of this network namespace, as lines that
 * can be compared: did a change destroy more than it was meant to (an MTU below 1280 takes a link's
 * IPv6 addresses away)? What comes and goes by itself is left out: counters, neighbours, learnt
 * path MTUs, lifetimes, link-local addresses, what routers announce.
 */
#ifndef PLAYBOOK_NETWORK_STATE_H
#define PLAYBOOK_NETWORK_STATE_H

#include "engine/change/differences.h"

/* NULL where the kernel does not tell. */
const char *network_state(struct arena *arena);

/* Adds each line of either that the other has not: "gone: address 10.0.0.2/24 on eth0". Where the
 * kernel does not tell any more, that is the difference; where it did not before, there is none. */
void network_state_compare(const char *before, const char *now, struct differences *differences);

#endif
