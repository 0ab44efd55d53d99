/* One reader for both shells: it follows no more of their grammars than tells where a value stands.
 * Where it cannot tell it is lost, and says so for the rest of the text. */
#include "engine/base/shell.h"

#include <string.h>
#include <strings.h>

#include "engine/base/encoding.h"

struct shell_grammar {
    bool powershell;
    uint32_t escape;        /* what takes the next character as it is */
    const char *separators; /* that end a word */
    const char *again[20];  /* programs whose arguments are read as a program */
};

const struct shell_grammar shell_posix = {
    .escape = '\\',
    .separators = " \t\n;|&()<>",
    .again = {"sh", "bash", "dash", "zsh", "ksh", "eval", "ssh", "su", "wsl.exe", "cmd.exe",
              "powershell.exe", "pwsh.exe"},
};

const struct shell_grammar shell_powershell = {
    .powershell = true,
    .escape = '`',
    .separators = " \t\n;|&(){},<>",
    .again = {"iex", "invoke-expression", "invoke-command", "icm", "powershell", "powershell.exe",
              "pwsh", "pwsh.exe", "cmd", "cmd.exe", "wsl", "wsl.exe", "bash", "bash.exe", "ssh",
              "ssh.exe"},
};

struct shell_text shell_text_new(struct arena *arena, const struct shell_grammar *grammar)
{
    return (struct shell_text){.grammar = grammar, .text = text_new(arena)};
}

static bool is_single(const struct shell_grammar *grammar, uint32_t code)
{
    return code == '\'' || (grammar->powershell && code >= 0x2018 && code <= 0x201B);
}

static bool is_double(const struct shell_grammar *grammar, uint32_t code)
{
    return code == '"' || (grammar->powershell && code >= 0x201C && code <= 0x201E);
}

static bool separates(const struct shell_grammar *grammar, uint32_t code)
{
    return code > 0 && code < 0x80 && strchr(grammar->separators, (int)code);
}

static bool ends_with(const struct shell_text *shell, const char *end)
{
    size_t length = strlen(end);
    return shell->text.length >= length &&
           memcmp(shell->text.at + shell->text.length - length, end, length) == 0;
}

static bool at_word_start(const struct shell_text *shell)
{
    return shell->word == shell->text.length;
}

/* ---- the author's text ---- */

static void end_word(struct shell_text *shell, uint32_t separator)
{
    const char *word = text_string(&shell->text) + shell->word;
    size_t folder = 0;
    for (size_t i = 0; word[i]; i++)
        if (word[i] == '/' || word[i] == '\\')
            folder = i + 1;
    for (const char *const *name = shell->grammar->again; *name; name++)
        if (strcasecmp(word + folder, *name) == 0)
            shell->again = true;
    if (strchr(";|&\n", (int)separator))
        shell->again = false;
    if (shell->grammar->powershell && text_equal(word, "--%"))
        shell->place = SHELL_LOST;
}

/* Whether a here-document, a here-string of PowerShell, a quoting or an arithmetic of another kind
 * begins with `code`. */
static bool is_beyond(const struct shell_text *shell, uint32_t code)
{
    bool quote = is_single(shell->grammar, code) || is_double(shell->grammar, code);
    if (shell->grammar->powershell)
        return (quote && ends_with(shell, "@")) || (code == '#' && ends_with(shell, "<"));
    return code == '`' || (code == '\'' && ends_with(shell, "$")) ||
           (code == '(' && ends_with(shell, "$(")) ||
           (code != '<' && ends_with(shell, "<<") && !ends_with(shell, "<<<"));
}

static enum shell_place among_words(struct shell_text *shell, uint32_t code)
{
    if (separates(shell->grammar, code))
        end_word(shell, code);
    if (shell->place == SHELL_LOST || is_beyond(shell, code))
        return SHELL_LOST;
    if (code == '#' && at_word_start(shell))
        return SHELL_COMMENT;
    return is_single(shell->grammar, code)   ? SHELL_SINGLE
           : is_double(shell->grammar, code) ? SHELL_DOUBLE
                                             : SHELL_WORDS;
}

static enum shell_place in_double(const struct shell_text *shell, uint32_t code)
{
    bool substitutes = (code == '(' || code == '{') && ends_with(shell, "$");
    if (substitutes || (code == '`' && !shell->grammar->powershell))
        return SHELL_LOST;
    return is_double(shell->grammar, code) ? SHELL_WORDS : SHELL_DOUBLE;
}

static enum shell_place place_after(struct shell_text *shell, uint32_t code)
{
    switch (shell->place) {
    case SHELL_WORDS:
        return among_words(shell, code);
    case SHELL_DOUBLE:
        return in_double(shell, code);
    case SHELL_SINGLE:
        return is_single(shell->grammar, code) ? SHELL_WORDS : SHELL_SINGLE;
    case SHELL_COMMENT:
        return code == '\n' ? SHELL_WORDS : SHELL_COMMENT;
    case SHELL_LOST:
        break;
    }
    return SHELL_LOST;
}

void shell_add(struct shell_text *shell, const char *text)
{
    const char *end = text + strlen(text);
    for (const char *at = text; at < end;) {
        uint32_t code = 0;
        size_t length = utf8_next(at, end, &code);
        enum shell_place before = shell->place;
        bool escapes = code == shell->grammar->escape && !shell->escaped &&
                       (before == SHELL_WORDS || before == SHELL_DOUBLE);
        if (!shell->escaped && !escapes)
            shell->place = place_after(shell, code);
        bool separator =
            before == SHELL_WORDS && !shell->escaped && separates(shell->grammar, code);
        shell->escaped = escapes;
        shell->joined =
            (before == SHELL_SINGLE || before == SHELL_DOUBLE) && shell->place == SHELL_WORDS;
        text_bytes(&shell->text, at, length ? length : 1);
        if (separator || (before == SHELL_COMMENT && shell->place == SHELL_WORDS))
            shell->word = shell->text.length;
        at += length ? length : 1;
    }
}

/* ---- values ---- */

static bool is_made_of(const char *value, const char *characters)
{
    return *value && value[strspn(value, characters)] == '\0';
}

static bool is_plain_word(const char *value)
{
    return *value != '-' &&
           is_made_of(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/-");
}

/* What may stand where nothing can be quoted. */
static bool stands_bare(const struct shell_text *shell, const char *value)
{
    return shell->place == SHELL_LOST ? is_made_of(value, "0123456789abcdefABCDEF.:/")
                                      : is_plain_word(value);
}

/* A string that begins a word of PowerShell ends it, and two quotes that meet are one. */
static bool must_stand_bare(const struct shell_text *shell, const char *next)
{
    uint32_t code = 0;
    if (shell->place == SHELL_LOST || shell->again)
        return true;
    if (shell->place != SHELL_WORDS || !shell->grammar->powershell)
        return false;
    if (!next || shell->joined)
        return true;
    size_t length = utf8_next(next, next + strlen(next), &code);
    bool goes_on = length && !separates(shell->grammar, code);
    return goes_on && (at_word_start(shell) || is_single(shell->grammar, code) ||
                       is_double(shell->grammar, code));
}

/* The author's text ends in what would give the beginning of any value, or its quotes, another
 * meaning. */
static bool is_armed(const struct shell_text *shell)
{
    bool expands = shell->place == SHELL_WORDS || shell->place == SHELL_DOUBLE;
    if (shell->escaped || (expands && ends_with(shell, "$")))
        return true;
    if (shell->place != SHELL_WORDS)
        return false;
    return shell->grammar->powershell ? text_equal(text_string(&shell->text) + shell->word, "@")
                                      : ends_with(shell, "<<") && !ends_with(shell, "<<<");
}

/* What keeps a character of a value from ending the quotes that it stands in, or from acting there.
 */
static void guard_of(const struct shell_text *shell, uint32_t code, const char **before,
                     const char **behind)
{
    const struct shell_grammar *grammar = shell->grammar;
    *before = *behind = "";
    if (shell->place == SHELL_DOUBLE && grammar->powershell) {
        *before = is_double(grammar, code) || code == '`' || code == '$' ? "`" : "";
    } else if (shell->place == SHELL_DOUBLE && code < 0x80 && strchr("\"\\$`!", (int)code)) {
        *before = "\"'"; /* no backslash: a history expansion heeds none */
        *behind = "'\"";
    } else if (shell->place != SHELL_DOUBLE && !grammar->powershell && code == '\'') {
        *before = "'\\'";
    }
}

/* A value inside quotes. */
static void add_guarded(struct shell_text *shell, const char *value)
{
    for (const char *at = value, *end = value + strlen(value); at < end;) {
        uint32_t code = 0;
        size_t length = utf8_next(at, end, &code);
        const char *before, *behind;
        guard_of(shell, code, &before, &behind);
        text_add(&shell->text, before);
        if (shell->grammar->powershell && shell->place != SHELL_DOUBLE &&
            is_single(shell->grammar, code))
            text_bytes(&shell->text, at, length); /* doubled */
        text_bytes(&shell->text, at, length);
        text_add(&shell->text, behind);
        at += length;
    }
}

static bool is_printable(struct arena *arena, const char *value)
{
    struct text shown = text_new(arena);
    text_escaped(&shown, value, false);
    return text_equal(text_string(&shown), value);
}

/* In PowerShell a bare word can be a command; a number cannot. */
static bool needs_quotes(const struct shell_text *shell, const char *value)
{
    return shell->grammar->powershell ? !is_made_of(value, "0123456789") : !is_plain_word(value);
}

bool shell_add_value(struct shell_text *shell, const char *value, const char *next)
{
    bool bare = must_stand_bare(shell, next);
    if (is_armed(shell) || !is_printable(shell->text.arena, value) ||
        (bare && !stands_bare(shell, value)))
        return false;
    bool quotes = shell->place == SHELL_WORDS && !bare && needs_quotes(shell, value);
    text_add(&shell->text, quotes ? "'" : "");
    if (bare || shell->place == SHELL_COMMENT)
        text_add(&shell->text, value);
    else
        add_guarded(shell, value);
    text_add(&shell->text, quotes ? "'" : "");
    shell->joined = true;
    return true;
}
