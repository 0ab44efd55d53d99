/* Looking up by name in what the declarations order by index. */
#include "engine/action.h"

const struct value *arguments_get(const struct arguments *arguments, const char *name)
{
    for (size_t i = 0; arguments->declared[i].name; i++)
        if (text_equal(arguments->declared[i].name, name))
            return arguments->values[i].kind == KIND_NONE ? NULL : &arguments->values[i];
    return NULL;
}

const struct value *answer_field(const struct answer *answer, const char *name)
{
    if (answer->state != ANSWER_KNOWN)
        return NULL;
    for (size_t i = 0; answer->action->fields[i].name; i++)
        if (text_equal(answer->action->fields[i].name, name))
            return answer->fields[i].kind == KIND_NONE ? NULL : &answer->fields[i];
    return NULL;
}
