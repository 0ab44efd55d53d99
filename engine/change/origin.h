/* origin: what a run was made from, so that the same can be found, and recognized, later. */
#ifndef PLAYBOOK_ORIGIN_H
#define PLAYBOOK_ORIGIN_H

#include "engine/base/record.h"

enum { MOST_SOURCES = 100 };

/* A text that the playbook was made of. */
struct origin_source {
    const char *path;
    const char *hash; /* SHA-256 */
};

struct origin {
    const char *playbook;        /* its name */
    const char *name;            /* by which it is found again: absolute, or of a shipped one */
    const char *const *settings; /* "name=value", NULL-terminated */
    struct origin_source *sources;
    size_t source_count;
};

void origin_write(const struct origin *origin, struct text *record);
/* False where it is none: hostile bytes are expected. */
bool origin_read(struct origin *origin, struct reading *reading);

#endif
