/* A hash table with open addressing: files with thousands of names load in linear time. */
#include "engine/lang/names.h"

#include <stdint.h>
#include <string.h>

/* FNV-1a. */
static size_t hash(const char *name)
{
    uint64_t state = UINT64_C(14695981039346656037);
    for (; *name; name++)
        state = (state ^ (unsigned char)*name) * UINT64_C(1099511628211);
    return (size_t)state;
}

/* The slot that holds `name`, or the free one where it would stand. */
static size_t *find_slot(const struct names *names, const char *name)
{
    size_t mask = names->slot_count - 1;
    for (size_t at = hash(name) & mask;; at = (at + 1) & mask) {
        size_t *slot = &names->slots[at];
        if (*slot == 0 || text_equal(names->items[*slot - 1], name))
            return slot;
    }
}

long names_find(const struct names *names, const char *name)
{
    if (names->slot_count == 0)
        return NAMES_NONE;
    return (long)*find_slot(names, name) - 1;
}

static void grow(struct arena *arena, struct names *names)
{
    names->slot_count = names->slot_count ? names->slot_count * 2 : 16;
    names->slots = arena_alloc(arena, names->slot_count * sizeof(*names->slots));
    for (size_t i = 0; i < names->count; i++)
        *find_slot(names, names->items[i]) = i + 1;
}

long names_add(struct arena *arena, struct names *names, const char *name)
{
    if (names->count * 2 >= names->slot_count)
        grow(arena, names);
    size_t *slot = find_slot(names, name);
    if (*slot != 0)
        return NAMES_NONE;
    names->items = arena_grow(arena, names->items, names->count, sizeof(*names->items));
    names->items[names->count++] = name;
    *slot = names->count;
    return (long)names->count - 1;
}

void names_offer(const struct names *names, struct nearest *nearest)
{
    for (size_t i = 0; i < names->count; i++)
        nearest_offer(nearest, names->items[i]);
}

const char *nearest_hint(struct arena *arena, const struct nearest *nearest)
{
    return nearest->best ? arena_format(arena, "did you mean '%s'?", nearest->best) : NULL;
}
