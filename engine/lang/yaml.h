/* yaml: bytes -> located nodes; THE YAML loader, sole user of libyaml (language reference §5).
 *
 * The subset: one UTF-8 document; no anchors, aliases or tags; keys are text and stand once in a
 * map; no null values. What is wrong is reported where it stands. Where only one value is wrong,
 * its node is NODE_NONE ("already reported") and loading goes on, so that all errors show at once.
 *
 * Every byte of a scalar's text knows its offset in the source, whatever the style: so an error in
 * the middle of a folded expression points at the right column.
 */
#ifndef PLAYBOOK_YAML_H
#define PLAYBOOK_YAML_H

#include "engine/lang/diagnostic.h"

enum node_kind { NODE_NONE, NODE_SCALAR, NODE_LIST, NODE_MAP };

struct scalar_map; /* scalar.h */

struct key {
    const char *text;
    struct span span;
};

struct node {
    enum node_kind kind;
    bool plain;       /* NODE_SCALAR: neither quoted nor a block */
    struct span span; /* with its quotes */
    union {
        struct {              /* NODE_SCALAR */
            const char *text; /* NUL-terminated, holds no other NUL */
            size_t length;
            size_t first;           /* where the text stands in the source byte for byte, or ... */
            struct scalar_map *map; /* ... where each byte of it stands; NULL: byte for byte */
        };
        struct {                      /* NODE_LIST, NODE_MAP */
            const struct key *keys;   /* NODE_MAP */
            const struct node *items; /* a map's are the values */
            size_t count;
        };
    };
};

/* The source of the part [start, end) of a scalar's text. */
struct span node_part(const struct node *scalar, size_t start, size_t end);

/* The value of `key` in a map; NULL where it is absent. */
const struct node *node_get(const struct node *map, const char *key);

/* The document's root; NULL where it cannot be read, with `diagnostics` saying why. `nodes` counts
 * those of all documents against LIMIT_NODES. */
const struct node *yaml_load(struct arena *arena, const struct source *source, size_t *nodes,
                             struct diagnostics *diagnostics);

#endif
