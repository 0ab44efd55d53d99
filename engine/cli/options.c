#include "engine/cli/options.h"

#include <string.h>

static const struct option *find_long(const struct option *table, const char *name, size_t length)
{
    for (; table->name; table++)
        if (strncmp(table->name, name, length) == 0 && table->name[length] == '\0')
            return table;
    return NULL;
}

static const struct option *find_letter(const struct option *table, char letter)
{
    for (; table->name; table++)
        if (table->letter && table->letter == letter)
            return table;
    return NULL;
}

static bool unknown_option(const struct option *table, const char *text, struct error *error)
{
    struct nearest nearest = {.wanted = text + strspn(text, "-")};
    for (; table->name; table++)
        nearest_offer(&nearest, table->name);
    error_set(error, "unknown option '%s'", text);
    if (nearest.best)
        error_hint(error, "did you mean '--%s'?", nearest.best);
    else
        error_hint(error, "'--help' lists the options");
    return false;
}

static void add_given(struct arena *arena, struct options *options, const struct option *option,
                      const char *value)
{
    options->given =
        arena_grow(arena, options->given, options->given_count, sizeof(*options->given));
    options->given[options->given_count++] = (struct given){option, value};
}

/* One option at *at; moves on to its value where that is a word of its own. */
static bool read_option(struct arena *arena, const struct option *table, const char *const **at,
                        struct options *options, struct error *error)
{
    const char *text = **at;
    bool is_long = text[1] == '-';
    size_t length = strcspn(text + 2, "=");
    const struct option *option =
        is_long ? find_long(table, text + 2, length) : find_letter(table, text[1]);
    if (!option || (!is_long && text[2]))
        return unknown_option(table, text, error);
    const char *value = is_long && text[2 + length] ? text + 2 + length + 1 : NULL;
    if (value && !option->value)
        return error_set(error, "'--%s' takes no value", option->name);
    if (option->value && !value) {
        value = (*at)[1];
        if (!value)
            return error_set(error, "'--%s' needs a value: %s", option->name, option->value);
        ++*at;
    }
    add_given(arena, options, option, value);
    return true;
}

bool options_read(struct arena *arena, const struct option *table, const char *const *arguments,
                  struct options *options, struct error *error)
{
    *options = (struct options){0};
    bool only_operands = false;
    for (const char *const *at = arguments; *at; at++) {
        if (!only_operands && text_equal(*at, "--")) {
            only_operands = true;
        } else if (!only_operands && (*at)[0] == '-' && (*at)[1]) {
            if (!read_option(arena, table, &at, options, error))
                return false;
        } else {
            options->operands = arena_grow(arena, options->operands, options->operand_count,
                                           sizeof(*options->operands));
            options->operands[options->operand_count++] = *at;
        }
    }
    return true;
}

bool options_alone(const struct options *options, const char *command, struct error *error)
{
    return options->operand_count == 0 ||
           error_set(error, "'%s' takes no '%s'", command, options->operands[0]);
}

bool options_has(const struct options *options, const char *name)
{
    for (size_t i = 0; i < options->given_count; i++)
        if (text_equal(options->given[i].option->name, name))
            return true;
    return false;
}

const char *options_value(const struct options *options, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < options->given_count; i++)
        if (text_equal(options->given[i].option->name, name))
            value = options->given[i].value;
    return value;
}
