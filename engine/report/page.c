#include "engine/report/page.h"

#include <string.h>

#include "engine/base/encoding.h"
#include "engine/report/diff.h"

FILE *page_out(const struct page *page)
{
    return page->terminal.out;
}

const char *page_say(const struct page *page, enum word which)
{
    return word(page->language, which);
}

void page_colour(const struct page *page, enum colour colour)
{
    terminal_colour(&page->terminal, colour);
}

void page_print(const struct page *page, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    terminal_vprint(page_out(page), format, list);
    va_end(list);
}

void page_paint(const struct page *page, enum colour colour, const char *format, ...)
{
    va_list list;
    page_colour(page, colour);
    va_start(list, format);
    terminal_vprint(page_out(page), format, list);
    va_end(list);
    page_colour(page, COLOUR_NONE);
}

const char *page_escaped(const struct page *page, const char *string, bool lines)
{
    struct text text = text_new(page->arena);
    text_escaped(&text, string, lines);
    return text_string(&text);
}

/* ---- plans ---- */

static void print_diff(const struct page *page, const struct change *change)
{
    const char *diff = diff_unified(page->arena, change->target, change->before,
                                    change->before_length, change->after, change->after_length);
    struct text plain = text_new(page->arena);
    for (; *diff; diff++) /* CRLF files: the CR would only be noise here */
        if (!(diff[0] == '\r' && diff[1] == '\n'))
            text_char(&plain, *diff);
    const char *line = page_escaped(page, text_string(&plain), true);
    while (*line) {
        size_t length = strcspn(line, "\n");
        enum colour which = *line == '+' ? COLOUR_GOOD : *line == '-' ? COLOUR_BAD : COLOUR_NONE;
        page_print(page, "    ");
        page_paint(page, which, "%.*s", (int)length, line);
        page_print(page, "\n");
        line += length + (line[length] == '\n');
    }
}

/* Quoted so that it can be pasted into a shell; the quotes that need fewest escapes. */
static void print_word(const struct page *page, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:=,@%+";
    const char *safe = page_escaped(page, word, false);
    if (*safe && safe[strspn(safe, plain)] == '\0') {
        page_print(page, " %s", safe);
        return;
    }
    bool single = strchr(safe, '\'') && !strpbrk(safe, "\"$`\\!");
    struct text quoted = text_new(page->arena);
    for (; *safe; safe++)
        text_add(&quoted, *safe == '\'' && !single ? "'\\''" : (char[]){*safe, '\0'});
    char quote = single ? '"' : '\'';
    page_print(page, " %c%s%c", quote, text_string(&quoted), quote);
}

void page_argv(const struct page *page, const char *const *argv)
{
    page_print(page, "    $");
    for (size_t i = 0; argv[i]; i++)
        print_word(page, argv[i]);
    page_print(page, "\n");
}

void page_differences(const struct page *page, const char *const *found, const char *const *lines)
{
    for (size_t i = 0; found && found[i]; i++)
        page_print(page, "    %s\n", page_escaped(page, found[i], false));
    page_print(page, "%s: %s\n", page_say(page, WORD_NEXT), page_say(page, WORD_NEXT_BY_HAND));
    for (size_t i = 0; lines && lines[i]; i++)
        page_print(page, "    $ %s\n", page_escaped(page, lines[i], false));
}

static void print_change(const struct page *page, const struct change *change)
{
    if (change->contents) {
        print_diff(page, change);
    } else {
        page_print(page, "    %s", page_escaped(page, change->target, false));
        if (change->before && change->after)
            page_print(page, ": %s -> %s", page_escaped(page, change->before, false),
                       page_escaped(page, change->after, false));
        page_print(page, "\n");
    }
    if (change->argv)
        page_argv(page, change->argv);
    if (change->lacks)
        page_paint(page, COLOUR_DOUBT, "    %s\n", right_words(page->language, change->lacks));
    if (change->lacks == RIGHT_ADMINISTRATOR && change->script)
        page_print(page, "      %s\n", page_escaped(page, change->script, false));
}

void page_changes(const struct page *page, const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        print_change(page, &changes[i]);
    if (count == 0)
        page_print(page, "    %s\n", page_say(page, WORD_PLAN_NOTHING));
    page_print(page, "\n");
    fflush(page_out(page));
}

void page_plan(const struct page *page, const struct change *changes, size_t count, size_t persist)
{
    page_print(page, "%s:\n", page_say(page, WORD_PLAN));
    page_changes(page, changes, persist);
    if (persist == count)
        return;
    page_print(page, "%s:\n", page_say(page, WORD_PLAN_PERSIST));
    page_changes(page, changes + persist, count - persist);
}
