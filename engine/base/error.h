/* error: the machine's refusal, as a value.
 *
 * An author's mistake in a playbook is a diagnostic (lang/diagnostic.h), not this. A function that
 * can fail returns false (or NULL) and fills the struct error it was given. Wording: what failed
 * first, the subject in single quotes, no capital, no full stop: "cannot open '/etc/wsl.conf':
 * Permission denied"; `hint` says what to do, or is empty.
 */
#ifndef PLAYBOOK_ERROR_H
#define PLAYBOOK_ERROR_H

#include <stdbool.h>

struct error {
    int code; /* the errno behind it, 0 where there is none */
    char message[384];
    char hint[384];
};

/* Both return false, so that `return error_set(...)` reads well. */
bool error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Like error_set, with ": " and the text of errno `code` appended. */
bool error_system(struct error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void error_hint(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
