/* page: what reports for people are written on: a terminal, a language, memory for what is escaped.
 * page_print() lets no control character through; text of one line goes through page_escaped(). */
#ifndef PLAYBOOK_PAGE_H
#define PLAYBOOK_PAGE_H

#include "engine/base/arena.h"
#include "engine/report/terminal.h"
#include "engine/report/words.h"

struct page {
    struct terminal terminal;
    const char *language;
    struct arena *arena;
};

FILE *page_out(const struct page *page);
const char *page_say(const struct page *page, enum word which);
/* Through the door; page_paint() in a colour. */
void page_print(const struct page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void page_paint(const struct page *page, enum colour colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void page_colour(const struct page *page, enum colour colour);
/* Control and bidirectional characters made visible; `lines`: new lines stay. */
const char *page_escaped(const struct page *page, const char *string, bool lines);

/* "    $ ufw allow 22", so that it can be pasted into a shell. */
void page_argv(const struct page *page, const char *const *argv);

/* What is not as before, and the shell lines to go on with; NULL: none. */
void page_differences(const struct page *page, const char *const *found, const char *const *lines);

/* Changes as they would be made. */
void page_changes(const struct page *page, const struct change *changes, size_t count);

/* A plan as it would be made; changes[persist..count) come after verify. */
void page_plan(const struct page *page, const struct change *changes, size_t count, size_t persist);

#endif
