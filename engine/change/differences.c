/* Two lists that grow. Nothing is looked at here. */
#include "engine/change/differences.h"

#include "engine/base/text.h"

static void add(struct arena *arena, const char ***list, size_t *count, const char *item)
{
    for (size_t i = 0; i < *count; i++)
        if (text_equal((*list)[i], item))
            return;
    *list = arena_grow(arena, *list, *count, sizeof(**list));
    (*list)[(*count)++] = arena_string(arena, item);
    *list = arena_grow(arena, *list, *count, sizeof(**list));
    (*list)[*count] = NULL;
}

void differences_add(struct differences *differences, const char *found)
{
    add(differences->arena, &differences->found, &differences->count, found);
}

void differences_add_line(struct differences *differences, const char *line)
{
    add(differences->arena, &differences->by_hand, &differences->by_hand_count, line);
}

void differences_add_command(struct differences *differences, const char *const *argv)
{
    struct text line = text_new(differences->arena);
    for (size_t i = 0; argv[i]; i++) {
        text_add(&line, i ? " " : "");
        text_word(&line, argv[i]);
    }
    differences_add_line(differences, text_string(&line));
}

bool differences_error(const struct differences *differences, struct error *error)
{
    if (differences->count == 1)
        return error_set(error, "%s", differences->found[0]);
    return error_set(error, "%s (and %zu more)", differences->found[0], differences->count - 1);
}
