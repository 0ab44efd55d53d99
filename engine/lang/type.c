/* Types as words. What a type's text means is base/value.c's business. */
#include "engine/lang/type.h"

#include <string.h>

#include "engine/lang/names.h"

static const struct type scalar_types[] = {
    [KIND_NONE] = {.kind = KIND_NONE},       [KIND_BOOLEAN] = {.kind = KIND_BOOLEAN},
    [KIND_NUMBER] = {.kind = KIND_NUMBER},   [KIND_DURATION] = {.kind = KIND_DURATION},
    [KIND_SIZE] = {.kind = KIND_SIZE},       [KIND_ADDRESS] = {.kind = KIND_ADDRESS},
    [KIND_NETWORK] = {.kind = KIND_NETWORK}, [KIND_VERSION] = {.kind = KIND_VERSION},
    [KIND_STRING] = {.kind = KIND_STRING},
};

const char *const type_names[] = {
    "boolean", "number", "string", "address", "network", "duration", "size", "version", NULL,
};

const struct type *type_of_kind(enum kind kind)
{
    return &scalar_types[kind <= KIND_STRING ? kind : KIND_NONE];
}

bool type_same(const struct type *a, const struct type *b)
{
    if (a->kind == KIND_NONE || b->kind == KIND_NONE)
        return true;
    if (a->kind != b->kind)
        return false;
    return a->kind != KIND_LIST || !a->element || !b->element || type_same(a->element, b->element);
}

bool type_scalar(const struct type *type)
{
    return type->kind <= KIND_STRING;
}

const char *type_print(struct arena *arena, const struct type *type)
{
    if (type->kind != KIND_LIST || !type->element || type->element->kind == KIND_NONE)
        return kind_name(type->kind);
    return arena_format(arena, "list of %s", type_print(arena, type->element));
}

const char *type_describe(struct arena *arena, const struct type *type)
{
    const char *name = type_print(arena, type);
    return arena_format(arena, "%s %s", name[0] == 'a' ? "an" : "a", name);
}

const char *kind_example(enum kind kind)
{
    static const char *const examples[] = {
        [KIND_BOOLEAN] = "only true and false are booleans",
        [KIND_NUMBER] = "a number is written like 5 or 0.5",
        [KIND_DURATION] = "a duration has a unit: 100ms, 2s, 5m",
        [KIND_SIZE] = "a size is written like 1500, 64KiB or 1MB",
        [KIND_ADDRESS] = "an address is written like 10.0.0.1 or fe80::1",
        [KIND_NETWORK] = "a network is written like 10.0.0.0/8",
        [KIND_VERSION] = "a version is written like 2.6.3",
        [KIND_RECORD] = NULL,
    };
    return examples[kind];
}

static bool read_scalar(const char *text, struct type *type)
{
    for (enum kind kind = KIND_BOOLEAN; kind <= KIND_STRING; kind++) {
        if (text_equal(text, kind_name(kind))) {
            *type = *type_of_kind(kind);
            return true;
        }
    }
    return false;
}

bool type_read(const char *text, struct type *type)
{
    struct type element;
    if (!text_starts(text, "list of "))
        return read_scalar(text, type);
    if (!read_scalar(text + strlen("list of "), &element))
        return false;
    *type = (struct type){.kind = KIND_LIST, .element = type_of_kind(element.kind)};
    return true;
}

bool word_allowed(const char *const *words, const char *word)
{
    for (; *words; words++)
        if (text_equal(*words, word))
            return true;
    return false;
}

const char *words_list(struct arena *arena, const char *const *words)
{
    struct text text = text_new(arena);
    for (size_t i = 0; words[i]; i++)
        text_format(&text, "%s'%s'", i ? ", " : "", words[i]);
    return text_string(&text);
}

const char *words_hint(struct arena *arena, const char *const *words, const char *word)
{
    struct nearest nearest = {.wanted = word};
    for (size_t i = 0; words[i]; i++)
        nearest_offer(&nearest, words[i]);
    return nearest.best ? nearest_hint(arena, &nearest)
                        : arena_format(arena, "one of %s", words_list(arena, words));
}
