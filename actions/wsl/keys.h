/* keys: the settings that WSL knows, what it takes as their values, and what they need to be in
 * force.
 *
 * The table is WSL 2.9's, with what differed before where it matters to the network; a key is found
 * without regard to case, as WSL does. Source: microsoft/WSL, WslCoreConfig.{h,cpp},
 * WslDistributionConfig.cpp, stringshared.h, its release notes; MicrosoftDocs/WSL, wsl-config.
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

/* A version that is not known, or that does not matter, has no parts. */
struct wsl_key {
    const char *section, *name;
    enum key_type type;
    const char *fallback; /* default, as one would write it in the file; NULL: the host decides */
    const char *const *words; /* KEY_WORD */
    bool experimental;        /* [experimental] takes it as well, as the same key */
    struct version since;     /* the first WSL that knows the key */
    struct version settled;   /* the first WSL in which `fallback` is the default ... */
    const char *early;        /* ... and the default of those before; NULL: not known */
    struct version build;     /* the first Windows that can do it */
    unsigned modes;           /* that make use of it: enum networking_mode bits; 0: all */
    const char *serves;       /* the key of [wsl2] without which it has no effect */
};

/* As bits, in the order of `networking_modes`. */
enum networking_mode {
    MODE_NAT = 1 << 0,
    MODE_MIRRORED = 1 << 1,
    MODE_CONSOMME = 1 << 2,
    MODE_BRIDGED = 1 << 3,
    MODE_NONE = 1 << 4,
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

/* The bit of a word of `networking_modes`. */
enum networking_mode keys_mode(const char *word);

/* What WSL `wsl` reads where the file does not set the key. NULL: the host decides, or `unsure`
 * says why it is not known. */
const char *keys_default(const struct wsl_key *key, const struct version *wsl, const char **unsure);
/* The first WSL that takes this value of the key; no parts: all of them. */
struct version keys_since(const struct wsl_key *key, const char *text);

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
