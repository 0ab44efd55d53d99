/* What a place takes. Used when loading for what is constant and when running for what is not, so
 * that both refuse the same things with the same words. */
#include "engine/lang/slot.h"

#include "engine/lang/type.h"

enum { TEXT_FLAGS = ARGUMENT_PATTERN | ARGUMENT_WORDS | ARGUMENT_ANY_SCALAR };

struct slot slot_of_argument(const struct argument *argument)
{
    return (struct slot){
        .role = "argument",
        .name = argument->name,
        .type = argument->type,
        .flags = argument->flags,
        .also = argument->also,
        .least = argument->least,
        .most = argument->most,
        .positive = true,
    };
}

const char *slot_title(struct arena *arena, const struct slot *slot)
{
    return slot->name ? arena_format(arena, "%s '%s'", slot->role, slot->name) : slot->role;
}

struct slot slot_of_item(const struct slot *list)
{
    struct slot item = *list;
    item.type = list->type.element ? *list->type.element : *type_of_kind(KIND_NONE);
    return item;
}

static bool takes_text(const struct slot *slot)
{
    return slot->type.kind == KIND_STRING && (slot->flags & TEXT_FLAGS);
}

bool slot_accepts(const struct slot *slot, const struct type *type)
{
    if (slot->type.kind == KIND_NONE || type->kind == KIND_NONE)
        return true;
    if (slot->type.kind == KIND_LIST && type->kind == KIND_LIST) {
        struct slot item = slot_of_item(slot);
        return !type->element || slot_accepts(&item, type->element);
    }
    if (slot->type.kind == type->kind)
        return true;
    return (takes_text(slot) && (type_scalar(type) || slot->flags & ARGUMENT_WORDS)) ||
           (slot->also & 1u << type->kind);
}

static bool check_number(struct arena *arena, const struct slot *slot, double number,
                         struct error *error)
{
    if ((slot->least == 0 && slot->most == 0) || (number >= slot->least && number <= slot->most))
        return true;
    return error_set(error, "%s is a number from %.15g to %.15g, not %.15g",
                     slot_title(arena, slot), slot->least, slot->most, number);
}

static bool check_word(struct arena *arena, const struct slot *slot, const char *word,
                       struct error *error)
{
    if (!slot->type.words || word_allowed(slot->type.words, word))
        return true;
    error_set(error, "%s cannot be '%s'", slot_title(arena, slot), word);
    error_hint(error, "%s", words_hint(arena, slot->type.words, word));
    return false;
}

/* What the type alone does not say. */
static bool check_value(struct arena *arena, const struct slot *slot, const struct value *value,
                        struct error *error)
{
    bool nothing = (value->kind == KIND_DURATION && value->duration <= 0) ||
                   (value->kind == KIND_SIZE && value->size <= 0);
    if (slot->positive && nothing)
        return error_set(error, "%s must be more than 0", slot_title(arena, slot));
    if (value->kind == KIND_NUMBER)
        return check_number(arena, slot, value->number, error);
    if (value->kind == KIND_STRING)
        return check_word(arena, slot, value->string, error);
    return true;
}

static bool read_also(struct arena *arena, const struct slot *slot, const char *text,
                      struct value *value)
{
    for (enum kind kind = KIND_BOOLEAN; kind <= KIND_STRING; kind++) {
        struct value other;
        if (!(slot->also & 1u << kind) || !value_read(arena, kind, text, &other))
            continue;
        if (kind == KIND_ADDRESS && slot->type.kind == KIND_NETWORK) {
            *value = value_network(&other.address, 128);
            return true;
        }
    }
    return false;
}

bool slot_read(struct arena *arena, const struct slot *slot, const char *text, bool plain,
               struct value *value, struct error *error)
{
    enum kind kind = slot->type.kind;
    bool bare = kind == KIND_NUMBER || kind == KIND_BOOLEAN;
    if (bare && !plain) {
        error_set(error, "%s takes %s, and quoted text is never one", slot_title(arena, slot),
                  type_describe(arena, &slot->type));
        error_hint(error, "write it without quotes");
        return false;
    }
    if (value_read(arena, kind, text, value) || read_also(arena, slot, text, value))
        return check_value(arena, slot, value, error);
    error_set(error, "%s takes %s, not '%s'", slot_title(arena, slot),
              type_describe(arena, &slot->type), text);
    if (kind_example(kind))
        error_hint(error, "%s", kind_example(kind));
    return false;
}

static bool convert_list(struct arena *arena, const struct slot *slot, const struct value *from,
                         struct value *value, struct error *error)
{
    struct slot slot_item = slot_of_item(slot);
    struct value *items = arena_alloc(arena, (from->list.count + 1) * sizeof(*items));
    for (size_t i = 0; i < from->list.count; i++)
        if (!slot_convert(arena, &slot_item, &from->list.items[i], &items[i], error))
            return false;
    *value = value_list(items, from->list.count);
    return true;
}

bool slot_convert(struct arena *arena, const struct slot *slot, const struct value *from,
                  struct value *value, struct error *error)
{
    if (slot->type.kind == KIND_LIST && from->kind == KIND_LIST)
        return convert_list(arena, slot, from, value, error);
    *value = *from;
    if (slot->type.kind == KIND_NONE || slot->type.kind == from->kind)
        return check_value(arena, slot, value, error);
    const char *text = value_print(arena, from);
    if (takes_text(slot)) {
        *value = (struct value){.kind = KIND_STRING, .string = text};
        return true;
    }
    if (slot->also & 1u << from->kind)
        return slot_read(arena, slot, text, true, value, error);
    return error_set(error, "%s takes %s, not '%s'", slot_title(arena, slot),
                     type_describe(arena, &slot->type), text);
}
