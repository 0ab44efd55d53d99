/* Finds names. Who declares them: variables.c, checks.c. */
#include "engine/lang/scope.h"

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

const struct action *scope_action(const struct scope *scope, const char *name, enum role role,
                                  struct nearest *nearest)
{
    /* `command` is a probe and a fix: the role decides. */
    const struct action *other = NULL;
    for (const struct action *const *at = scope->registry; *at; at++) {
        bool same = text_equal((*at)->name, name);
        if (same && (*at)->role == role)
            return *at;
        if (same)
            other = *at;
        if (nearest && (*at)->role == role)
            nearest_offer(nearest, (*at)->name);
    }
    return other;
}
