/* slot: a place that takes a value: an argument, a variable, words. It reads text as its type,
 * converts typed values, and knows ranges and fixed words. */
#ifndef PLAYBOOK_SLOT_H
#define PLAYBOOK_SLOT_H

#include "engine/action.h"

struct slot {
    const char *role; /* "argument": what it is called in messages ... */
    const char *name; /* ... with its name in quotes; NULL: the role alone */
    struct type type;
    unsigned flags; /* enum argument_flag */
    unsigned also;  /* as in struct argument */
    double least, most;
    bool positive; /* durations and sizes are more than 0 */
    bool apart;    /* values stay apart from the text around them, constants too */
};

struct slot slot_of_argument(const struct argument *argument);

/* "argument 'port'" */
const char *slot_title(struct arena *arena, const struct slot *slot);

/* The slot of one item of a slot that takes a list. */
struct slot slot_of_item(const struct slot *list);

/* Whether values of this type fit, by conversion too. */
bool slot_accepts(const struct slot *slot, const struct type *type);

/* Reads a scalar's text; text that is not plain is never a number or boolean. */
bool slot_read(struct arena *arena, const struct slot *slot, const char *text, bool plain,
               struct value *value, struct error *error);

/* Takes a typed value. */
bool slot_convert(struct arena *arena, const struct slot *slot, const struct value *from,
                  struct value *value, struct error *error);

#endif
