/* playbook: a loaded, checked, immutable playbook, and how to load one.
 *
 * Everything that can be known before running has been checked when playbook_load() succeeds:
 * names, types, words, effects beyond `allows`, cycles. Includes are already joined in: their
 * checks stand in the one array of checks as "id/name", their causes below the including node. All
 * of it lives in the arena given to playbook_load().
 */
#ifndef PLAYBOOK_PLAYBOOK_H
#define PLAYBOOK_PLAYBOOK_H

#include "engine/action.h"
#include "engine/lang/diagnostic.h"
#include "engine/lang/source.h"

struct expr;     /* a checked expression: eval.h */
struct template; /* a value that may hold substitutions: eval.h */

/* A probe to ask or, where `condition` is set, a named condition. Asked at most once per look. */
struct check {
    const char *name; /* "dns", "mtu/path" */
    struct span span; /* of the name */
    const struct expr *condition;
    const struct action *action; /* a probe; NULL for a condition */
    /* By index of action->arguments; NULL entry: absent. Defaults are filled in. */
    const struct template *const *arguments;
    const struct template *timeout; /* NULL: none (ask) */
};

/* One step of a `fix` or `persist` list. */
struct fix {
    const struct action *action;
    struct span span;
    const struct template *const *arguments; /* as in struct check */
};

struct fixes {
    const struct fix *items;
    size_t count;
};

struct paste {
    const char *where; /* "guest", "guest-root", "windows", "windows-admin" */
    const struct template *text;
};

struct symptom {
    const struct expr *given; /* NULL: always */
    const struct expr *when;  /* NULL: `when: causes` */
    struct span span;
};

struct cause;
struct causes {
    const struct cause *items;
    size_t count;
    bool match_all;
};

enum body { BODY_FIX, BODY_ADVISE, BODY_CAUSES };

struct cause {
    const char *id;
    struct span span;             /* of the id, or of the include */
    const struct template *title; /* NULL: none */
    unsigned layer;               /* 1..5, inherited where not given; 0: none anywhere */
    const struct expr *when;      /* NULL with `otherwise`, or for an include without one */
    bool otherwise;
    enum body body;
    struct fixes fix;
    struct fixes persist;
    const struct expr *verify; /* NULL: the default, language reference §2.6, §2.8 */
    const struct template *advise;
    const struct paste *pastes;
    size_t paste_count;
    struct causes causes;          /* BODY_CAUSES */
    const struct symptom *symptom; /* an include: must hold too, and verifies inside; else NULL */
};

struct playbook {
    const char *name;
    const struct template *title;
    unsigned layer;
    const struct source *source;
    const struct check *checks;
    size_t check_count;
    struct symptom symptom;
    struct causes causes;
    const size_t *keep; /* indices of checks, includes' ones too */
    size_t keep_count;
    const char *const *allows; /* effects, NULL-terminated; NULL: not limited */
};

/* One `--set name=value`. */
struct setting {
    const char *name;
    const char *value;
};

struct load {
    const struct action *const *registry; /* NULL-terminated */
    const char *language;                 /* "ja", "en", ...: picks words */
    const struct setting *settings;
    size_t setting_count;
    bool only_check; /* nothing will run: a variable without value is no error */
    /* Finds the text of `name` (a path or bare name) as written in `from` (NULL: by the person):
     * relative to the including file, then the search path. False with `error`. */
    bool (*find)(void *context, struct arena *arena, const char *name, const struct source *from,
                 struct source *source, struct error *error);
    /* Asks the person for a variable without value; NULL, or a NULL answer: an error. */
    const char *(*ask)(void *context, struct arena *arena, const char *name, const char *type,
                       const char *help);
    /* Asked now and then: true ends the loading, and what is loaded is not used. May be NULL. */
    bool (*interrupted)(void *context);
    void *context;
};

/* Loads and checks `name` with all its includes. NULL with `diagnostics` filled when anything is
 * wrong; all that is wrong is reported at once. */
const struct playbook *playbook_load(struct arena *arena, const struct load *load, const char *name,
                                     struct diagnostics *diagnostics);

#endif
