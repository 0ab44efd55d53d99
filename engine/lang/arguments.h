/* arguments: an action and its declaration; a value as the type that an argument declares
 * (engine/action.h). The loader checks the types of a playbook's own arguments; this is for values
 * that come by another way: defaults, what a fix hands to the probes that it needs, the command
 * line. */
#ifndef PLAYBOOK_ARGUMENTS_H
#define PLAYBOOK_ARGUMENTS_H

#include "engine/action.h"

/* NULL where `registry` (NULL-terminated) has none of this name and role; `name` may be NULL. */
const struct action *action_find(const struct action *const *registry, const char *name,
                                 enum role role);

/* How many arguments a probe or fix declares, how many fields a probe. */
size_t argument_count(const struct action *action);
size_t field_count(const struct action *action);

/* `text` as one would write it; a list with commas. */
bool argument_read(struct arena *arena, const struct argument *argument, const char *text,
                   struct value *value);

/* `given` as the argument's type: as it is, or by its text where argument->also allows its kind. */
bool argument_convert(struct arena *arena, const struct argument *argument,
                      const struct value *given, struct value *value);

#endif
