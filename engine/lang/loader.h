/* loader: what the parts of loading share. playbook.c opens and joins files; variables.c, checks.c,
 * causes.c and include.c read their part of one; call.c reads `{ action: { arguments } }`; graph.c
 * looks at the whole. Each reports what is wrong and goes on, so that all errors show at once.
 */
#ifndef PLAYBOOK_LOADER_H
#define PLAYBOOK_LOADER_H

#include "engine/lang/playbook.h"
#include "engine/lang/scope.h"
#include "engine/lang/template.h"

/* One playbook_load(). */
struct loader {
    struct arena *arena;
    const struct load *load;
    struct diagnostics *diagnostics;
    struct check *checks; /* of all files */
    size_t check_count;
    size_t *keep;
    size_t keep_count;
    /* So far, against the limits of a run. */
    size_t includes, text, nodes, operands;
    size_t unused; /* bytes of the arena, before the first file */
    bool stopped;  /* a limit was met or an interrupt came: nothing more is compiled */
};

struct call {
    const struct action *action;
    struct span span;                  /* of the action's name */
    const struct node *arguments;      /* the map */
    const struct template **templates; /* by index of action->arguments */
    struct value *literals;            /* the same; what is known when loading */
    bool broken;                       /* its literals are wrong; reported */
};

/* A check of a file between its declaration and its compilation. */
struct waiting {
    const struct node *node;
    struct call *call; /* NULL: a condition */
};

/* One playbook file. Its scope holds its names and no others. */
struct file {
    struct loader *loader;
    const struct file *includer;
    const struct source *source;
    const struct node *root;
    const char *name;
    const char *prefix; /* of its checks: "mtu/" */
    struct scope scope;
    struct waiting *waiting; /* by index of scope.check_names */
    struct names ids;
    struct span *id_spans;     /* by index of ids */
    const char *const *allows; /* NULL: not limited */
    unsigned layer;
    const struct template *title;
    struct symptom symptom;
    struct causes causes;
};

/* playbook.c */
/* Opens what `find` found and reads its `playbook:`; NULL with diagnostics. */
struct file *file_open(struct loader *loader, const struct source *source,
                       const struct file *includer);
/* Compiles all of it. `with` binds its variables in the includer's scope; `at` is where the include
 * stands. Both are NULL and empty for the root. */
void file_build(struct file *file, const struct node *with, struct span at);

/* False once a limit of the run was met, that of memory reported at `at`, or somebody interrupts.
 */
bool file_may_grow(struct file *file, struct span at);

/* variables.c */
void variables_declare(struct file *file, const struct node *vars, const struct node *with,
                       struct span at);

/* checks.c */
void checks_declare(struct file *file, const struct node *checks);
void checks_compile(struct file *file);

/* call.c */
struct call *call_read(struct file *file, const struct node *node, enum role role);
/* The arguments that types and fields depend on. */
void call_literals(struct file *file, struct call *call);
/* The others, and action->check. */
void call_compile(struct file *file, struct call *call);
/* `timeout`, which every probe has; NULL: none. */
const struct template *call_timeout(struct file *file, const struct call *call);

/* causes.c */
void causes_compile(struct file *file, const struct node *list, bool match_all, unsigned layer,
                    struct causes *causes);

/* include.c */
void include_compile(struct file *file, const struct node *node, struct cause *cause,
                     unsigned layer);

/* graph.c */
/* Reports cycles and chains that are too long among all checks. */
void graph_check(struct loader *loader);

/* keys.c */
/* Reports the keys of a map that are not among `known` (NULL-terminated). */
void keys_check(struct file *file, const struct node *map, const char *const *known,
                const char *what);
/* Reports a node that is not of this kind; NODE_NONE is quietly false. `what` names it. */
bool node_is(struct file *file, const struct node *node, enum node_kind kind, const char *what);
/* 1..5; `otherwise` where absent or wrong. */
unsigned read_layer(struct file *file, const struct node *node, unsigned otherwise);
/* `match: all` beside causes. */
bool read_match(struct file *file, const struct node *node);
/* Whether an id or the name of a check or variable is well formed; reports. */
bool id_check(struct file *file, const char *id, struct span span);
bool name_check(struct file *file, const char *name, struct span span, const char *what);
/* The first character of a span: where a map or list begins. */
struct span span_head(struct span span);

#endif
