/* names: name -> number, in the order of adding: the names of one kind in one file. */
#ifndef PLAYBOOK_NAMES_H
#define PLAYBOOK_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/text.h"

struct names {
    const char **items; /* in order of adding */
    size_t count;
    size_t *slots; /* hash table of index + 1; 0: free */
    size_t slot_count;
};

enum { NAMES_NONE = -1 };

/* The name's index, or NAMES_NONE. */
long names_find(const struct names *names, const char *name);

/* Adds `name`, which lives as long as `arena`, and returns its index; NAMES_NONE where it is there
 * already. */
long names_add(struct arena *arena, struct names *names, const char *name);

/* Offers all of them as what `nearest->wanted` may have meant. */
void names_offer(const struct names *names, struct nearest *nearest);

/* "did you mean 'x'?", or NULL where nothing is near. */
const char *nearest_hint(struct arena *arena, const struct nearest *nearest);

#endif
