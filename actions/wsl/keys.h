/* keys: the settings that WSL knows, and what it takes as their values.
 *
 * The table is WSL 2.9's; a key is found without regard to case, as WSL does. Source:
 * microsoft/WSL, WslCoreConfig.{h,cpp}, WslDistributionConfig.cpp, stringshared.h.
 */
#ifndef PLAYBOOK_WSL_KEYS_H
#define PLAYBOOK_WSL_KEYS_H

#include "actions/wsl/ini.h"
#include "engine/action.h"

enum key_type {
    KEY_BOOLEAN,
    KEY_INTEGER,
    KEY_SIZE,
    KEY_WORD,    /* one of `words` */
    KEY_ADDRESS, /* IPv4 */
    KEY_TEXT,
    KEY_FOLDER, /* text; a missing `/` at its end is added */
    KEY_PORTS,  /* list of port numbers */
    KEY_MAC,    /* text; a bad one makes WSL refuse the whole file */
};

struct wsl_key {
    const char *section, *name;
    enum key_type type;
    const char *fallback; /* default, as one would write it in the file; NULL: the host decides */
    const char *const *words; /* KEY_WORD */
    bool experimental;        /* [experimental] takes it as well, as the same key */
    bool mirrored;            /* without effect outside mirrored mode */
};

/* The word that WSL called consomme before 2.9; every version takes it. */
#define OLD_CONSOMME "virtioproxy"

extern const char *const networking_modes[]; /* `nat mirrored consomme bridged none` */

/* All keys of a file; ends with a NULL name. */
const struct wsl_key *keys_of(enum ini_file file);
const struct wsl_key *keys_find(enum ini_file file, const char *section, const char *name);
/* Whether the file knows the section at all. */
bool keys_section(enum ini_file file, const char *section);
/* Whether `lookup` ("wsl2.memory") means this key. */
bool keys_match(const struct wsl_key *key, const char *lookup);

/* The type of its value in the language. */
struct type keys_type(const struct wsl_key *key);

/* What WSL makes of the text of a value. False with `fault` where it rejects it. A size that does
 * not fit has KIND_NONE. `warning`: items that a list lost, or NULL. */
struct key_reading {
    struct value value;
    const char *fault, *warning;
};
bool keys_read(struct arena *arena, const struct wsl_key *key, enum ini_file file, const char *text,
               struct key_reading *reading);

/* The text that WSL reads as `value`, before the quoting of ini_quote(). False where there is none.
 */
bool keys_write(struct arena *arena, const struct wsl_key *key, const struct value *value,
                const char **text, struct error *error);

#endif
