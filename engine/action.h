/* action: the contract between the engine and its actions. Read this header first.
 *
 * An action is one C file with one constant `struct action` at its end: a *probe* looks, a *fix*
 * plans changes. The type checker, the catalogue and the manual are walks over that declaration;
 * the engine knows an action only through it. To add one: write the file, add a line to
 * actions/registry.c.
 *
 * A probe is started once, works through callbacks on the engine's event loop and finishes exactly
 * once, with probe_answer() or probe_unknown(). Descriptors and timers belong to the probe: the
 * engine closes them when it finishes, is cancelled or runs out of time. A probe has no way to
 * change the machine. A fix has no way to wait: it sees files through the plan's overlay and the
 * answers of the probes it declares as needs.
 *
 * Times are nanoseconds of CLOCK_MONOTONIC unless a name says otherwise.
 */
#ifndef PLAYBOOK_ACTION_H
#define PLAYBOOK_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/base/value.h"

struct probe;   /* one probe in flight */
struct planner; /* one fix being planned */
struct nlmsghdr;

/* ---- declarations ---------------------------------------------------------------------------- */

struct words {
    const char *en;
    const char *ja;
};

struct type {
    enum kind kind;
    const struct type *element; /* KIND_LIST: of what */
    const struct field *fields; /* KIND_RECORD: ends with a NULL name; NULL: the named groups of
                                   the action's `pattern` argument, each a string */
    const char *const *words;   /* KIND_STRING: exactly one of these, NULL-terminated */
    bool depends;               /* decided by the literal arguments: see action.type_of */
};

struct field {
    const char *name;
    struct type type;
    struct words doc;
};

enum argument_flag {
    ARGUMENT_OPTIONAL = 1 << 0,   /* may be absent: arguments_get() gives NULL */
    ARGUMENT_LITERAL = 1 << 1,    /* no `$` in it: the loader needs the text */
    ARGUMENT_PATTERN = 1 << 2,    /* a regular expression; substitutions in it are literal text */
    ARGUMENT_WORDS = 1 << 3,      /* words: a string or a map of languages */
    ARGUMENT_ANY_SCALAR = 1 << 4, /* a list of strings that takes any scalar as text (argv) */
};

struct argument {
    const char *name;
    struct type type;
    const char *fallback; /* default as one would write it; NULL and not optional: required */
    unsigned flags;       /* enum argument_flag */
    unsigned also;        /* 1u << kind of what else is taken, and read from its text as `type`;
                             an address becomes a network of one */
    double least, most;   /* numbers: the range; both 0: any */
    struct words doc;
};

/* Argument values of one check or fix, in the order of the declaration. At load time those that are
 * not literals have no value yet. */
struct arguments {
    const struct argument *declared;
    const struct value *values;
};
/* NULL where the argument is absent. */
const struct value *arguments_get(const struct arguments *arguments, const char *name);

/* What is wrong with literal arguments: `argument` names the guilty one. */
struct finding {
    const char *argument;
    char message[256];
    char hint[256];
};

enum role { ROLE_PROBE, ROLE_FIX };

/* When what a fix changed is in force. Outside WSL all of them mean now. */
enum effective { EFFECTIVE_NOW, EFFECTIVE_DISTRO_RESTART, EFFECTIVE_WSL_RESTART };

/* A probe that a fix must see the answer of. Each argument is the fix's own argument `from` (left
 * out where that is absent) or the text `literal`. */
struct need {
    const char *probe;
    struct need_argument {
        const char *name;
        const char *from;
        const char *literal;
    } arguments[4];
};

/* What a built-in program may do while looking that a playbook's may not. */
enum query_right {
    QUERY_NET_ADMIN = 1 << 0,     /* read firewalls: CAP_NET_ADMIN, CAP_NET_RAW */
    QUERY_LOCAL_SOCKETS = 1 << 1, /* AF_UNIX, AF_VSOCK: WSL's own programs in the guest */
    QUERY_WINDOWS = 1 << 2,       /* a Windows program, by interop, which uses these too */
};

/* A program that an action asks, word for word; "*" stands for one word that does not begin with
 * `-` or `/`. */
struct query {
    const char *const *argv;
    unsigned rights; /* enum query_right */
};

/* A part of a change by its kind and its subject: "file" and a path, "link" and its name, "restart"
 * and what of, "command" and its words with a blank between them, "windows" and a script. In what
 * an action declares `*` stands for anything, `%s` and `%u` for one plain word: letters, digits and
 * . : / _ -, the first of them no `-`. */
struct touch {
    const char *kind;
    const char *subject;
};

/* Firewall chains whose names begin with `chains`: `save` prints them in the form of iptables-save,
 * `restore`, given a file of that form as its last argument, refills them, and `reload` loads all
 * of them anew from the program's files; NULL: that of another one does. */
struct loaded_state {
    const char *const *save;
    const char *const *restore;
    const char *chains;
    const char *const *reload;
};

struct action {
    const char *name; /* "dns.lookup"; its file is dns_lookup.c */
    enum role role;
    struct words summary;
    const struct argument *arguments; /* ends with a NULL name */
    /* Load-time check of literals beyond their types; may be NULL. False with `finding` filled. */
    bool (*check)(const struct arguments *literals, struct finding *finding);
    /* The type of an argument or field declared with `depends`; false where it has none. */
    bool (*type_of)(const struct arguments *literals, const char *name, struct type *type);

    /* probes */
    const struct field *fields; /* ends with a NULL name */
    struct words ok;            /* what `ok` means */
    bool costly;                /* starts only when the tree needs it */
    bool (*costly_here)(void);  /* whether it is costly on this machine; NULL: `costly` says */
    int64_t timeout; /* default of the argument `timeout`, which every probe has; 0: none */
    void (*start)(struct probe *probe);
    /* The deadline has come: answer with what is there. NULL: unknown, "did not end within ...". */
    void (*expire)(struct probe *probe);

    /* Programs of its own that need more rights than a playbook's; ends with a NULL argv. NULL:
     * none. */
    const struct query *queries;
    /* What it may have done by probe_help(), in a process of its own: writes its result to `out`.
     */
    void (*help)(const void *input, size_t length, int out);

    /* fixes */
    const char *effect; /* the word in `allows` */
    /* What its changes may be; ends with a NULL kind. The executor refuses others. */
    const struct touch *touches;
    /* What its commands load into the kernel, brought back after their undo; ends with a NULL save;
     * NULL: nothing. */
    const struct loaded_state *loaded;
    enum effective effective;
    int64_t settle;           /* how long the effect may take to show */
    const struct need *needs; /* ends with a NULL probe; may be NULL */
    bool (*plan)(struct planner *planner, struct error *error);
};

/* Default timeouts (language reference §6). */
enum { TIMEOUT_LOCAL_S = 2, TIMEOUT_NETWORK_S = 3, TIMEOUT_SEARCH_S = 15, TIMEOUT_PROGRAM_S = 30 };
#define SECONDS(n) ((int64_t)(n)*NS_PER_S)

/* ---- answers --------------------------------------------------------------------------------- */

enum answer_state { ANSWER_PENDING, ANSWER_KNOWN, ANSWER_UNKNOWN };

struct answer {
    enum answer_state state;
    bool ok;                     /* ANSWER_KNOWN */
    const char *reason;          /* ANSWER_UNKNOWN: why */
    const struct action *action; /* whose fields these are; NULL for a named condition */
    const struct value *fields;  /* KIND_NONE: no value in this answer */
    const char *const *absent;   /* why a field has no value, entries may be NULL */
    int64_t took;                /* from start to finish */
};

/* The field by name; NULL where the answer is not known or the field has no value. */
const struct value *answer_field(const struct answer *answer, const char *name);

/* ---- the machine ----------------------------------------------------------------------------- */

/* /proc/sys/kernel/osrelease says WSL2, and this is not a container in it. */
bool machine_is_wsl2(void);

/* Where a drive of Windows is mounted in the guest, by its letter; NULL: it is not. */
const char *machine_drive(struct arena *arena, char letter);

/* The networks that this machine is a neighbour in: those of its global addresses, but for
 * loopback, networks of one address, and the bridges of container engines and hypervisors. Their
 * number; 0 also where the addresses cannot be read. */
struct subnet {
    struct network network;
    struct address address; /* this machine's own in it */
    const char *link;
};
size_t machine_subnets(struct arena *arena, const struct subnet **subnets);

#include "engine/action_plan.h"
#include "engine/action_probe.h"

#endif
