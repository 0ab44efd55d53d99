/* Arguments and fields by name, and values as an argument's type. */
#include "engine/lang/arguments.h"

#include <string.h>

const struct action *action_find(const struct action *const *registry, const char *name,
                                 enum role role)
{
    for (size_t i = 0; name && registry[i]; i++)
        if (registry[i]->role == role && text_equal(registry[i]->name, name))
            return registry[i];
    return NULL;
}

size_t argument_count(const struct action *action)
{
    size_t count = 0;
    while (action->arguments[count].name)
        count++;
    return count;
}

size_t field_count(const struct action *action)
{
    size_t count = 0;
    while (action->fields && action->fields[count].name)
        count++;
    return count;
}

const struct value *arguments_get(const struct arguments *arguments, const char *name)
{
    for (size_t i = 0; arguments->declared[i].name; i++)
        if (text_equal(arguments->declared[i].name, name))
            return arguments->values[i].kind == KIND_NONE ? NULL : &arguments->values[i];
    return NULL;
}

const struct value *answer_field(const struct answer *answer, const char *name)
{
    if (answer->state != ANSWER_KNOWN || !answer->action)
        return NULL;
    for (size_t i = 0; answer->action->fields[i].name; i++)
        if (text_equal(answer->action->fields[i].name, name))
            return answer->fields[i].kind == KIND_NONE ? NULL : &answer->fields[i];
    return NULL;
}

/* An address where a network is wanted is a network of one. */
static bool read_scalar(struct arena *arena, enum kind kind, const char *text, struct value *value)
{
    if (value_read(arena, kind, text, value))
        return true;
    struct address address;
    if (kind != KIND_NETWORK || !address_read(text, &address))
        return false;
    *value = value_network(&address, 128);
    return true;
}

static bool read_list(struct arena *arena, enum kind kind, const char *text, struct value *value)
{
    struct value *items = NULL;
    size_t count = 0;
    while (*text) {
        text += strspn(text, ", ");
        size_t length = strcspn(text, ",");
        items = arena_grow(arena, items, count, sizeof(*items));
        if (!read_scalar(arena, kind, arena_copy(arena, text, length), &items[count++]))
            return false;
        text += length;
    }
    *value = value_list(items, count);
    return true;
}

bool argument_read(struct arena *arena, const struct argument *argument, const char *text,
                   struct value *value)
{
    if (argument->type.kind == KIND_LIST)
        return read_list(arena, argument->type.element->kind, text, value);
    return read_scalar(arena, argument->type.kind, text, value);
}

bool argument_convert(struct arena *arena, const struct argument *argument,
                      const struct value *given, struct value *value)
{
    *value = *given;
    if (given->kind == argument->type.kind)
        return true;
    if (!(argument->also & 1u << given->kind))
        return false;
    return argument_read(arena, argument, value_print(arena, given), value);
}
