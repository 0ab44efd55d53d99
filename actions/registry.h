/* registry: every action, sorted by name. Only engine/cli/main.c names it. */
#ifndef PLAYBOOK_REGISTRY_H
#define PLAYBOOK_REGISTRY_H

#include <stddef.h>

struct action;

/* NULL-terminated. */
extern const struct action *const registry[];

#endif
