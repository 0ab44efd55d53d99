/* Fields of answers, as the actions declare them. A field may depend on literal arguments
 * (action->type_of), and `groups` on the check's pattern. */
#include "engine/lang/fields.h"

#include "engine/lang/type.h"

const struct field *fields_find(const struct field *fields, const char *name)
{
    for (; fields && fields->name; fields++)
        if (text_equal(fields->name, name))
            return fields;
    return NULL;
}

void fields_offer(const struct field *fields, struct nearest *nearest)
{
    for (; fields && fields->name; fields++)
        nearest_offer(nearest, fields->name);
}

const char *fields_list(struct arena *arena, const struct field *fields)
{
    struct text text = text_new(arena);
    for (; fields && fields->name; fields++)
        text_format(&text, "%s%s", text.length ? ", " : "it has: ", fields->name);
    return text.length ? text_string(&text) : NULL;
}

const char *fields_hint(const struct scope *scope, const char *check)
{
    const struct declared *declared = scope_check(scope, check);
    if (!declared || !declared->action)
        return NULL;
    const char *list = fields_list(scope->arena, declared->action->fields);
    return list ? arena_format(scope->arena, "%s is %s.ok; %s", check, check, list) : NULL;
}

/* `groups`, or another field whose type waits for the literal arguments. */
static const char *dependent_type(const struct scope *scope, const struct declared *check,
                                  const struct field *field, struct type *type)
{
    if (check->broken) {
        *type = *type_of_kind(KIND_NONE);
        return NULL;
    }
    if (field->type.depends) {
        bool known =
            check->action->type_of && check->action->type_of(&check->literals, field->name, type);
        return known ? NULL
                     : arena_format(scope->arena, "'%s' has no field '%s' with these arguments",
                                    check->name, field->name);
    }
    *type = field->type;
    type->fields = check->groups;
    return check->groups
               ? NULL
               : arena_format(scope->arena, "'%s' has no pattern, and so no groups", check->name);
}

const char *fields_type(const struct scope *scope, const struct declared *check, const char *name,
                        size_t *index, struct type *type, struct nearest *nearest)
{
    if (!check->action && !check->broken)
        return arena_format(scope->arena, "'%s' is a named condition: it has only ok, no '%s'",
                            check->name, name);
    *type = *type_of_kind(KIND_NONE);
    if (!check->action)
        return NULL;
    const struct field *fields = check->action->fields;
    const struct field *field = fields_find(fields, name);
    if (!field) {
        fields_offer(fields, nearest);
        return arena_format(scope->arena, "'%s' (%s) has no field '%s'", check->name,
                            check->action->name, name);
    }
    *index = (size_t)(field - fields);
    if (field->type.depends || (field->type.kind == KIND_RECORD && !field->type.fields))
        return dependent_type(scope, check, field, type);
    *type = field->type;
    return NULL;
}

const struct field *fields_of_groups(struct arena *arena, const char *const *groups)
{
    size_t count = 0;
    while (groups[count])
        count++;
    struct field *fields = arena_alloc(arena, (count + 1) * sizeof(*fields));
    for (size_t i = 0; i < count; i++)
        fields[i] = (struct field){.name = groups[i], .type = *type_of_kind(KIND_STRING)};
    return fields;
}
