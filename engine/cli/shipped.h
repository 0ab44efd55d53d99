/* shipped: the playbooks inside the binary. Generated from playbooks/ by engine/cli/embed. */
#ifndef PLAYBOOK_SHIPPED_H
#define PLAYBOOK_SHIPPED_H

#include <stddef.h>

struct shipped {
    const char *name; /* "vpn-dns" */
    const char *text;
    size_t length;
};

extern const struct shipped shipped[]; /* ends with a NULL name */

#endif
