/* scope: the names that the expressions of one playbook file can see. */
#ifndef PLAYBOOK_SCOPE_H
#define PLAYBOOK_SCOPE_H

#include "engine/action.h"
#include "engine/lang/diagnostic.h"
#include "engine/lang/names.h"
#include "engine/lang/yaml.h"

struct template;

/* A check as expressions see it. */
struct declared {
    const char *name;
    struct span span;
    size_t index;                /* in the playbook's checks */
    const struct action *action; /* NULL: a named condition */
    struct arguments literals;   /* what action->type_of needs */
    const struct field *groups;  /* named groups of the `pattern` argument; NULL: no pattern */
    bool broken;                 /* reported already: its fields have no type, quietly */
    bool kept;                   /* `keep` names it */
};

struct variable {
    const char *name;
    struct span span;
    struct type type;             /* KIND_NONE: reported already */
    const struct template *value; /* a constant, or what `with` binds to answers */
};

struct scope {
    struct arena *arena;
    struct diagnostics *diagnostics;
    const struct action *const *registry;
    const char *language;
    size_t *operands; /* of the run, parsed so far */
    struct names check_names;
    struct declared *checks; /* by index of check_names */
    struct names variable_names;
    struct variable *variables; /* by index of variable_names */
};

struct declared *scope_check(const struct scope *scope, const char *name);
const struct variable *scope_variable(const struct scope *scope, const char *name);

/* The action of that name: of this role where there is one (a name can be a probe's and a fix's),
 * else of the other; NULL where there is none. */
const struct action *scope_action(const struct scope *scope, const char *name, enum role role);
void scope_offer_actions(const struct scope *scope, enum role role, struct nearest *nearest);

#endif
