/* settings: what WSL makes of a whole .wslconfig or wsl.conf: for every key that it knows the line
 * that counts, the value it reads there, and why another line does not count.
 *
 * Pure: bytes in, verdicts out. Everything lives in the arena.
 */
#ifndef PLAYBOOK_WSL_SETTINGS_H
#define PLAYBOOK_WSL_SETTINGS_H

#include "actions/wsl/keys.h"

struct setting {
    const struct wsl_key *key;
    const struct ini_entry *entry; /* the first occurrence, which alone counts; NULL: none */
    bool present;                  /* WSL accepts that occurrence */
    struct value value; /* what it reads: the default where not present; KIND_NONE: the host
                           decides, WSL refuses the file, or the default is not known */
    const char *note;   /* what is wrong with the occurrence, or odd about it; or NULL */
    const char *unsure; /* why the default is not known; or NULL */
};

struct settings {
    struct version wsl; /* which reads it; no parts: not known */
    const struct ini *ini;
    const struct setting *all; /* in the order of keys_of() */
    size_t count;
    const struct ini_message *messages; /* all that WSL would complain of, by line */
    size_t message_count;
    unsigned refused; /* the line for which WSL refuses to start at all; 0: none */
};

/* As the newest WSL reads it. */
const struct settings *settings_read(struct arena *arena, enum ini_file file, const char *bytes,
                                     size_t length);
/* As WSL `wsl` does, whose keys and defaults may be other ones. */
const struct settings *settings_read_by(struct arena *arena, const struct version *wsl,
                                        enum ini_file file, const char *bytes, size_t length);
const struct setting *settings_get(const struct settings *settings, const struct wsl_key *key);

/* Why the key is absent although the file speaks of it, or what is odd about its value; NULL where
 * there is nothing to say. */
const char *settings_reason(struct arena *arena, const struct settings *settings,
                            const struct wsl_key *key);

#endif
