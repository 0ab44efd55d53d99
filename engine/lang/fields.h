/* fields: what an answer holds: the fields that a check's action declares, and their types. */
#ifndef PLAYBOOK_FIELDS_H
#define PLAYBOOK_FIELDS_H

#include "engine/lang/scope.h"

/* In an array that ends with a NULL name. */
const struct field *fields_find(const struct field *fields, const char *name);
void fields_offer(const struct field *fields, struct nearest *nearest);

/* "its fields: a, b", or NULL. */
const char *fields_list(struct arena *arena, const struct field *fields);

/* The same for a check, by name. */
const char *fields_hint(const struct scope *scope, const char *check);

/* The type and index of a check's field other than `ok`. NULL, or what is wrong; near names are
 * offered to `nearest`. */
const char *fields_type(const struct scope *scope, const struct declared *check, const char *name,
                        size_t *index, struct type *type, struct nearest *nearest);

/* A record's fields for the named groups, each a string. */
const struct field *fields_of_groups(struct arena *arena, const char *const *groups);

#endif
