/* Quotes for sh and joins shell commands. It scans an existing command only as far as is needed to
 * know that something can be put behind it; it does not parse sh.
 * Source: POSIX.1-2017, Shell Command Language, 2.2 Quoting, 2.3 Token Recognition, 2.9.3 Lists.
 */
#include "actions/wsl/command.h"

#include <ctype.h>
#include <string.h>

static bool is_plain(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:@%+,";
    return *word && word[strspn(word, plain)] == '\0';
}

const char *command_quote(struct arena *arena, const struct value *argv)
{
    struct text command = text_new(arena);
    for (size_t i = 0; i < argv->list.count; i++) {
        const char *word = argv->list.items[i].string;
        if (i > 0)
            text_char(&command, ' ');
        if (is_plain(word)) {
            text_add(&command, word);
            continue;
        }
        text_char(&command, '\'');
        for (; *word; word++)
            if (*word == '\'')
                text_add(&command, "'\\''");
            else
                text_char(&command, *word);
        text_char(&command, '\'');
    }
    return text_string(&command);
}

/* What the end of a command is in the middle of; NULL: nothing, another can follow. */
static const char *unfinished(const char *command)
{
    char quote = '\0', before = ' ';
    for (const char *at = command; *at; before = *at++) {
        if (quote == '\'' ? *at == quote : *at == quote && quote) {
            quote = '\0';
        } else if (*at == '\\' && quote != '\'') {
            if (!at[1])
                return "a trailing backslash";
            at++;
        } else if (!quote && (*at == '\'' || *at == '"' || *at == '`')) {
            quote = *at;
        } else if (!quote && *at == '#' && strchr(" \t\n;&|(", before)) {
            return "a comment";
        } else if (!quote && at[0] == '<' && at[1] == '<') {
            return "a here-document";
        }
    }
    return quote ? "an open quote" : NULL;
}

/* Whether `command` stands in `existing` as a whole command of the list. */
static bool runs(const char *existing, const char *command)
{
    size_t length = strlen(command);
    for (const char *at = existing; (at = strstr(at, command)) != NULL; at++) {
        const char *before = at, *after = at + length;
        while (before > existing && isblank((unsigned char)before[-1]))
            before--;
        after += strspn(after, " \t");
        if ((before == existing || strchr(";&\n", before[-1])) &&
            (!*after || strchr(";&\n", *after)))
            return true;
    }
    return false;
}

bool command_join(struct arena *arena, const char *existing, const char *added, const char **joined,
                  struct error *error)
{
    size_t length = strlen(existing);
    while (length > 0 && isspace((unsigned char)existing[length - 1]))
        length--;
    const char *trimmed = arena_copy(arena, existing, length);
    const char *open = unfinished(trimmed);
    if (length > 0 && runs(trimmed, added)) {
        *joined = existing;
        return true;
    }
    if (open) {
        error_set(error, "cannot add a command behind '%s': it ends with %s", trimmed, open);
        error_hint(error, "put both into a script and name that as boot.command");
        return false;
    }
    bool ended = length > 0 && strchr(";&\n", trimmed[length - 1]);
    const char *between = length == 0 ? "" : ended ? " " : " ; ";
    *joined = arena_format(arena, "%s%s%s", trimmed, between, added);
    return true;
}
