/* shell: a command made of an author's text and of values from outside, for a person to paste.
 *
 * Each value is quoted for where it stands: among words, inside single or double quotes of the
 * author's, in a comment. The shell reads exactly the value, whatever is in it, or the value is
 * refused: control and bidirectional characters (a terminal acts on them when they are pasted), and
 * places where no quoting holds (here-documents, command substitutions, arguments of what reads
 * them as a program again: `sh -c`, `eval`, `wsl.exe`), where only plain words and numbers stand.
 *
 * Sources: POSIX.1-2017, Shell Command Language 2.2 and 2.3; Microsoft, about_Quoting_Rules and
 * about_Parsing; PowerShell takes U+2018-201B for ' and U+201C-201E for ".
 */
#ifndef PLAYBOOK_SHELL_H
#define PLAYBOOK_SHELL_H

#include "engine/base/text.h"

struct shell_grammar;
extern const struct shell_grammar shell_posix, shell_powershell;

struct shell_text {
    const struct shell_grammar *grammar;
    struct text text; /* what is to be pasted */
    enum shell_place { SHELL_WORDS, SHELL_SINGLE, SHELL_DOUBLE, SHELL_COMMENT, SHELL_LOST } place;
    bool escaped; /* the next character of the author's is taken as it is */
    bool again;   /* an argument of what reads it as a program */
    bool joined;  /* a quoted string or a value ends here */
    size_t word;  /* where the word begins */
};

struct shell_text shell_text_new(struct arena *arena, const struct shell_grammar *grammar);

/* The author's own text, valid UTF-8. */
void shell_add(struct shell_text *shell, const char *text);

/* A value; `next`: the author's text behind it, "" at the end, NULL where another value follows.
 * False, and nothing is added, where it cannot be quoted. */
bool shell_add_value(struct shell_text *shell, const char *value, const char *next);

#endif
