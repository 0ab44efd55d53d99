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

const char *page_colour(const struct page *page, enum colour colour)
{
    return terminal_colour(&page->terminal, colour);
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
        fprintf(page_out(page), "    %s%.*s%s\n", page_colour(page, which), (int)length, line,
                page_colour(page, COLOUR_NONE));
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
        fprintf(page_out(page), " %s", safe);
        return;
    }
    bool single = strchr(safe, '\'') && !strpbrk(safe, "\"$`\\!");
    fputs(single ? " \"" : " '", page_out(page));
    for (; *safe; safe++)
        fputs(*safe == '\'' && !single ? "'\\''" : (char[]){*safe, '\0'}, page_out(page));
    fputc(single ? '"' : '\'', page_out(page));
}

void page_argv(const struct page *page, const char *const *argv)
{
    fputs("    $", page_out(page));
    for (size_t i = 0; argv[i]; i++)
        print_word(page, argv[i]);
    fputc('\n', page_out(page));
}

void page_differences(const struct page *page, const char *const *found, const char *const *lines)
{
    for (size_t i = 0; found && found[i]; i++)
        fprintf(page_out(page), "    %s\n", page_escaped(page, found[i], false));
    fprintf(page_out(page), "%s: %s\n", page_say(page, WORD_NEXT),
            page_say(page, WORD_NEXT_BY_HAND));
    for (size_t i = 0; lines && lines[i]; i++)
        fprintf(page_out(page), "    $ %s\n", page_escaped(page, lines[i], false));
}

static void print_change(const struct page *page, const struct change *change)
{
    if (change->contents) {
        print_diff(page, change);
    } else {
        fprintf(page_out(page), "    %s", page_escaped(page, change->target, false));
        if (change->before && change->after)
            fprintf(page_out(page), ": %s -> %s", page_escaped(page, change->before, false),
                    page_escaped(page, change->after, false));
        fputc('\n', page_out(page));
    }
    if (change->argv)
        page_argv(page, change->argv);
    if (change->lacks)
        fprintf(page_out(page), "    %s%s%s\n", page_colour(page, COLOUR_DOUBT),
                right_words(page->language, change->lacks), page_colour(page, COLOUR_NONE));
    if (change->lacks == RIGHT_ADMINISTRATOR && change->script)
        fprintf(page_out(page), "      %s\n", page_escaped(page, change->script, false));
}

void page_changes(const struct page *page, const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        print_change(page, &changes[i]);
    if (count == 0)
        fprintf(page_out(page), "    %s\n", page_say(page, WORD_PLAN_NOTHING));
    fputc('\n', page_out(page));
    fflush(page_out(page));
}

void page_plan(const struct page *page, const struct change *changes, size_t count, size_t persist)
{
    fprintf(page_out(page), "%s:\n", page_say(page, WORD_PLAN));
    page_changes(page, changes, persist);
    if (persist == count)
        return;
    fprintf(page_out(page), "%s:\n", page_say(page, WORD_PLAN_PERSIST));
    page_changes(page, changes + persist, count - persist);
}
