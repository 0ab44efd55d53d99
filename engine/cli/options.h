/* options: command lines from tables. Usage and parsing are walks over the same table. */
#ifndef PLAYBOOK_OPTIONS_H
#define PLAYBOOK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/action.h"

struct option {
    const char *name;  /* without "--" */
    char letter;       /* 0: none */
    const char *value; /* what it takes, "N"; NULL: nothing */
    struct words help;
};

/* One option met on the command line. */
struct given {
    const struct option *option;
    const char *value;
};

struct options {
    struct given *given;
    size_t given_count;
    const char **operands;
    size_t operand_count;
};

/* Reads `arguments` (NULL-terminated) by `table` (ends with a NULL name). "--" ends options. False
 * with `error`, whose hint has the near name. */
bool options_read(struct arena *arena, const struct option *table, const char *const *arguments,
                  struct options *options, struct error *error);

/* For a command that takes none: false with `error` where there are operands. */
bool options_alone(const struct options *options, const char *command, struct error *error);

bool options_has(const struct options *options, const char *name);
/* The last value given; NULL: not given. */
const char *options_value(const struct options *options, const char *name);

#endif
