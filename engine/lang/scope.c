/* Finds names. Who declares them: variables.c, checks.c. */
#include "engine/lang/scope.h"

#include "engine/lang/arguments.h"

struct declared *scope_check(const struct scope *scope, const char *name)
{
    long index = names_find(&scope->check_names, name);
    return index == NAMES_NONE ? NULL : &scope->checks[index];
}

const struct variable *scope_variable(const struct scope *scope, const char *name)
{
    long index = names_find(&scope->variable_names, name);
    return index == NAMES_NONE ? NULL : &scope->variables[index];
}

const struct action *scope_action(const struct scope *scope, const char *name, enum role role)
{
    const struct action *action = action_find(scope->registry, name, role);
    enum role other = role == ROLE_PROBE ? ROLE_FIX : ROLE_PROBE;
    return action ? action : action_find(scope->registry, name, other);
}

void scope_offer_actions(const struct scope *scope, enum role role, struct nearest *nearest)
{
    for (const struct action *const *at = scope->registry; *at; at++)
        if ((*at)->role == role)
            nearest_offer(nearest, (*at)->name);
}
