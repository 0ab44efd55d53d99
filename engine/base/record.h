/* record: values in a row of bytes, for what leaves this process and comes back: messages between
 * prober and executor, the journal, saved plans. Numbers are 8 bytes in the machine's own order,
 * strings and blobs carry their length, a missing string is told from an empty one.
 *
 * A reader trusts nothing: what is cut, too long, no value of its type or holds a NUL where a
 * string stands makes the whole reading broken, and from then on it yields zeros and NULLs. Ask
 * once, at the end.
 */
#ifndef PLAYBOOK_RECORD_H
#define PLAYBOOK_RECORD_H

#include <stdint.h>

#include "engine/base/text.h"

/* Each appends to `record`. */
void record_number(struct text *record, uint64_t number);
void record_bytes(struct text *record, const char *bytes, size_t length);
void record_string(struct text *record, const char *string);          /* NULL is kept as such */
void record_strings(struct text *record, const char *const *strings); /* NULL-terminated; NULL */

struct reading {
    struct arena *arena; /* of what is read */
    const char *at;
    size_t left;
    bool broken;
};

uint64_t read_number(struct reading *reading);
/* A count, a word of an enumeration, a flag (`most` is 1): a larger one is none. */
uint64_t read_up_to(struct reading *reading, uint64_t most);
/* With a NUL behind the last byte. */
const char *read_bytes(struct reading *reading, size_t *length);
const char *read_string(struct reading *reading);
const char *const *read_strings(struct reading *reading);

/* Nothing was broken and nothing is left. */
bool reading_whole(const struct reading *reading);

#endif
