/* Values of templates: substitutions joined and converted, with the reason where one is unknown.
 * Compiling them: template.c. */
#include "engine/lang/walk.h"

static enum truth whole_value(struct walk *walk, const struct template *template,
                              struct value *value, struct reason *reason)
{
    struct value from;
    struct error error;
    enum truth truth = walk_value(walk, template->parts[0].expr, &from, reason);
    if (truth != TRUTH_TRUE || slot_convert(walk_arena(walk), template->slot, &from, value, &error))
        return truth;
    *reason = (struct reason){.text = arena_string(walk_arena(walk), error.message)};
    return TRUTH_UNKNOWN;
}

/* The parts as one text; pending before unknown, the first reason. */
static enum truth join_parts(struct walk *walk, const struct template *template, struct text *text,
                             struct reason *reason)
{
    enum truth result = TRUTH_TRUE;
    for (size_t i = 0; i < template->count; i++) {
        const struct part *part = &template->parts[i];
        struct value value;
        struct reason why;
        enum truth truth = part->expr ? walk_value(walk, part->expr, &value, &why) : TRUTH_TRUE;
        if (truth == TRUTH_PENDING || (truth == TRUTH_UNKNOWN && result == TRUTH_TRUE))
            result = truth;
        if (truth == TRUTH_UNKNOWN && result == TRUTH_UNKNOWN && !reason->text)
            *reason = why;
        if (result != TRUTH_TRUE)
            continue;
        if (part->expr)
            template_join(text, template->slot, &value);
        else
            text_add(text, part->text);
        if (text->length > TEMPLATE_TEXT_LIMIT) {
            reason->text = "the text is longer than 1 MiB, the limit";
            return TRUTH_UNKNOWN;
        }
    }
    return result;
}

static enum truth text_value(struct walk *walk, const struct template *template,
                             struct value *value, struct reason *reason)
{
    struct arena *arena = walk_arena(walk);
    struct text text = text_new(arena);
    struct error error;
    struct reason why = {0};
    enum truth truth = join_parts(walk, template, &text, &why);
    *reason = why;
    if (truth != TRUTH_TRUE ||
        slot_read(arena, template->slot, text_string(&text), template->plain, value, &error))
        return truth;
    *reason = (struct reason){.text = arena_string(arena, error.message)};
    return TRUTH_UNKNOWN;
}

static enum truth items_value(struct walk *walk, const struct template *template,
                              struct value *value, struct reason *reason)
{
    struct value *items = arena_alloc(walk_arena(walk), (template->count + 1) * sizeof(*items));
    enum truth result = TRUTH_TRUE;
    for (size_t i = 0; i < template->count; i++) {
        struct reason why;
        enum truth truth = walk_template(walk, template->items[i], &items[i], &why);
        if (truth == TRUTH_UNKNOWN && result == TRUTH_TRUE)
            *reason = why;
        if (truth == TRUTH_PENDING || (truth == TRUTH_UNKNOWN && result == TRUTH_TRUE))
            result = truth;
    }
    if (result == TRUTH_TRUE)
        *value = value_list(items, template->count);
    return result;
}

enum truth walk_template(struct walk *walk, const struct template *template, struct value *value,
                         struct reason *reason)
{
    if (!walk_step(walk, 1))
        return walk_unknown_at_limit(walk, reason);
    switch (template->form) {
    case TEMPLATE_CONSTANT:
        *value = template->value;
        return TRUTH_TRUE;
    case TEMPLATE_WHOLE:
        return whole_value(walk, template, value, reason);
    case TEMPLATE_TEXT:
        return text_value(walk, template, value, reason);
    case TEMPLATE_LIST:
        return items_value(walk, template, value, reason);
    case TEMPLATE_UNSET:
        break;
    }
    reason->text = arena_format(walk_arena(walk), "the variable '%s' has no value", template->name);
    return TRUTH_UNKNOWN;
}

enum truth template_value(const struct template *template, const struct view *view,
                          struct value *value, struct reason *reason)
{
    struct walk walk = {.view = view};
    struct effort none = walk_enter(&walk);
    enum truth truth = walk_template(&walk, template, value, reason);
    if (truth == TRUTH_TRUE && walk.effort.scratch)
        *value = value_copy(view->arena, value);
    truth = walk_leave(&walk, none, truth, NULL, view->arena, reason);
    if (truth == TRUTH_PENDING && view->needs)
        needs_of_template(&walk, template, view->urgency);
    walk_end(&walk);
    return truth;
}

static void add_words(struct walk *walk, const struct expr *expr, struct text *text)
{
    struct value value;
    struct reason reason = {0};
    switch (walk_value(walk, expr, &value, &reason)) {
    case TRUTH_TRUE:
        text_add(text, value_print(text->arena, &value));
        break;
    case TRUTH_UNKNOWN:
        text_format(text, "? (%s)", reason.text);
        break;
    default:
        text_format(text, "? ('%s' was not asked)", expr->name);
        break;
    }
}

const char *template_words(const struct template *template, const struct view *view)
{
    struct walk walk = {.view = view};
    struct text text = text_new(view->arena);
    if (template->form == TEMPLATE_CONSTANT)
        text_add(&text, value_print(view->arena, &template->value));
    for (size_t i = 0; template->parts && i < template->count; i++) {
        if (template->parts[i].expr)
            add_words(&walk, template->parts[i].expr, &text);
        else
            text_add(&text, template->parts[i].text);
    }
    walk_end(&walk);
    return text_string(&text);
}

/* The value of part `at` into a command; NULL, or why it cannot be. */
static const char *add_to_command(struct walk *walk, const struct template *template, size_t at,
                                  struct shell_text *command)
{
    struct arena *arena = command->text.arena;
    const struct expr *expr = template->parts[at].expr;
    const char *next = at + 1 < template->count ? template->parts[at + 1].text : "";
    struct value value;
    struct reason reason = {0};
    switch (walk_value(walk, expr, &value, &reason)) {
    case TRUTH_TRUE:
        if (shell_add_value(command, value_print(arena, &value), next))
            return NULL;
        return arena_format(arena, "'%s' cannot be quoted there: '%s'", expr->name,
                            value_print(arena, &value));
    case TRUTH_UNKNOWN:
        return arena_format(arena, "'%s' is not known: %s", expr->name, reason.text);
    default:
        return arena_format(arena, "'%s' was not asked", expr->name);
    }
}

const char *template_command(const struct template *template, const struct view *view,
                             const struct shell_grammar *shell, const char **why)
{
    struct walk walk = {.view = view};
    struct shell_text command = shell_text_new(view->arena, shell);
    *why = NULL;
    if (template->form == TEMPLATE_CONSTANT)
        return value_print(view->arena, &template->value);
    if (template->form == TEMPLATE_UNSET)
        *why = "a variable has no value";
    for (size_t i = 0; template->parts && i < template->count && !*why; i++) {
        if (template->parts[i].expr)
            *why = add_to_command(&walk, template, i, &command);
        else
            shell_add(&command, template->parts[i].text);
    }
    walk_end(&walk);
    return *why ? NULL : text_string(&command.text);
}

struct span template_span(const struct template *template)
{
    return template->span;
}
