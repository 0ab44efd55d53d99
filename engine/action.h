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

    /* fixes */
    const char *effect; /* the word in `allows` */
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

/* ---- what a probe may do ------------------------------------------------------------------------
 */

const struct arguments *probe_arguments(const struct probe *probe);
/* Shorthands; the argument must not be absent. */
const char *probe_string(const struct probe *probe, const char *name);
double probe_number(const struct probe *probe, const char *name);
int64_t probe_duration(const struct probe *probe, const char *name);

struct arena *probe_arena(struct probe *probe); /* lives as long as the answer */
/* The action's own state, zeroed at the first call. */
void *probe_state(struct probe *probe, size_t size);
int64_t probe_now(const struct probe *probe);
int64_t probe_started(const struct probe *probe);
int64_t probe_deadline(const struct probe *probe); /* INT64_MAX: none */

/* Watches `fd` for EPOLLIN/EPOLLOUT; the probe owns it from here on. Again for a watched fd:
 * changes the events. */
void probe_watch(struct probe *probe, int fd, uint32_t events,
                 void (*ready)(struct probe *probe, int fd, uint32_t events));
/* Closes a watched fd before the probe ends. */
void probe_close(struct probe *probe, int fd);
/* Calls `due` once, `delay` from now. */
void probe_after(struct probe *probe, int64_t delay, void (*due)(struct probe *probe));

/* Sets a field of the answer. Setting none leaves it without a value. */
void probe_set(struct probe *probe, const char *field, struct value value);
/* Says why a field has no value. */
void probe_absent(struct probe *probe, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Finish. Nothing of the probe may be touched afterwards. */
void probe_answer(struct probe *probe, bool ok);
void probe_unknown(struct probe *probe, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A program, started without a shell, with no input and no inherited descriptor. */
struct program {
    const char *const *argv; /* NULL-terminated; found on PATH unless it has a `/` */
    bool windows;  /* a Windows program by bare name ("wsl.exe", "powershell.exe"): found on
                      the C: mount, run from there, output decoded to UTF-8 */
    bool constant; /* what it prints cannot change while this process runs: it is asked once */
    size_t limit;  /* bytes kept of each output; 0: the default */
};

struct program_result {
    const char *failure; /* it could not be started, or did not end: why; NULL otherwise */
    int failure_code;    /* errno of that, 0 where there is none */
    int status;          /* exit status; 128 + n: killed by signal n */
    bool killed;         /* by a signal */
    const char *output;  /* UTF-8 (bytes that are not are replaced), NUL-terminated */
    size_t output_length;
    const char *errors;
    size_t errors_length;
    bool cut; /* an output was longer than the limit */
};

void probe_run(struct probe *probe, const struct program *program,
               void (*done)(struct probe *probe, const struct program_result *result));

/* What can block (getaddrinfo, a hung drive) runs in a helper process: `work` is called there with
 * `input` and writes its result to `out`; `done` gets the bytes, NULL where the helper died. */
void probe_help(struct probe *probe, void (*work)(const void *input, size_t length, int out),
                const void *input, size_t length,
                void (*done)(struct probe *probe, const char *result, size_t result_length));

/* A regular file as it stands. Read directly, in a helper where the file system can hang. */
enum { FILE_LIMIT = 16 * 1024 * 1024 };
struct file_text {
    int code;           /* 0, or the errno of what failed; ENOENT also for a dangling link */
    const char *reason; /* message for `code` != 0 */
    const char *bytes;  /* NUL-terminated */
    size_t length;
    int64_t modified; /* CLOCK_REALTIME nanoseconds */
};
void probe_read(struct probe *probe, const char *path,
                void (*done)(struct probe *probe, const struct file_text *file));

/* Asks the kernel over netlink (`bus`: NETLINK_ROUTE, NETLINK_SOCK_DIAG...) and calls `each` for
 * every message of the reply. An interrupted dump is asked again, a bounded number of times; `each`
 * sees a NULL message first in every attempt, to forget what the last one gave. */
bool netlink_request(int bus, struct nlmsghdr *request,
                     void (*each)(const struct nlmsghdr *message, void *data), void *data,
                     struct error *error);

/* Questions that need privileges the prober will not keep (design §2.4). */
int probe_raw_icmp(struct probe *probe, int family, struct error *error); /* fd or -1 */
struct socket_owner {
    uint64_t inode; /* in */
    pid_t pid;      /* out: 0 where it could not be found */
    char process[16];
};
void probe_socket_owners(struct probe *probe, struct socket_owner *owners, size_t count);
/* Asks the person; one question at a time. `done` gets -1 where there is no terminal. */
void probe_ask(struct probe *probe, const char *question,
               void (*done)(struct probe *probe, int yes));

/* ---- regular expressions
 * ------------------------------------------------------------------------- */

struct match {
    const char *failure; /* a limit was hit: which; NULL otherwise */
    bool found;
    const char *text;
    struct value groups; /* record of the named groups; KIND_NONE: took no part */
    size_t offset;       /* of the match, in bytes */
};
/* `pattern` has been compiled at load time; `^` and `$` match at lines, CRLF too. */
void pattern_match(struct arena *arena, const char *pattern, const char *subject, size_t length,
                   struct match *match);

/* ---- what a fix may plan
 * ------------------------------------------------------------------------- */

const struct arguments *plan_arguments(const struct planner *planner);
struct arena *plan_arena(struct planner *planner);
/* The answer to needs[index]. */
const struct answer *plan_need(const struct planner *planner, size_t index);

/* A path as the plan so far leaves it: planned changes are laid over the real state. */
struct path_state {
    enum { PATH_MISSING, PATH_FILE, PATH_LINK, PATH_OTHER } kind;
    const char *bytes; /* PATH_FILE: content, NUL-terminated; follows no link */
    size_t length;
    const char *target; /* PATH_LINK */
};
bool plan_look(struct planner *planner, const char *path, struct path_state *state,
               struct error *error);

/* Each adds one change. Adding what already holds adds nothing. A path that is a link is replaced
 * as a link by plan_link and plan_file; plan_file keeps mode and owner of a file that exists. */
bool plan_file(struct planner *planner, const char *path, const char *bytes, size_t length,
               struct error *error);
bool plan_link(struct planner *planner, const char *path, const char *target, struct error *error);
bool plan_mtu(struct planner *planner, const char *link, unsigned mtu, struct error *error);

/* Firewall chains whose names begin with `chains`: `save` prints them in the form of iptables-save,
 * `restore`, given a file of that form as its last argument, refills them. */
struct loaded_state {
    const char *const *save;
    const char *const *restore;
    const char *chains;
};

struct command_change {
    const char *const *argv;           /* applies it */
    const char *const *undo;           /* takes it back */
    const char *const *touches;        /* files it rewrites, restored byte for byte by an undo */
    const struct loaded_state *loaded; /* what it loads into the kernel, brought back after the undo
                                          command; constant, ends with a NULL save; may be NULL */
    const char *target;                /* what it changes, for people: "ufw" */
};
bool plan_command(struct planner *planner, const struct command_change *change,
                  struct error *error);

struct windows_change {
    const char *target; /* "Hyper-V firewall" */
    const char *before; /* the state as `look` prints it now, trimmed */
    const char *after;  /* and as it will print it once applied */
    const char *apply;  /* PowerShell, one line of plain ASCII that a person can paste as well */
    const char *undo;   /* PowerShell */
    const char *look;   /* PowerShell that prints the state */
    bool administrator; /* needs an elevated session ... */
    bool elevated;      /* ... and this one is elevated */
};
bool plan_windows(struct planner *planner, const struct windows_change *change,
                  struct error *error);

/* The restart itself as the cure. */
bool plan_restart(struct planner *planner, enum effective effective, struct error *error);

/* ---- the machine
 * ------------------------------------------------------------------------------------ */

/* /proc/sys/kernel/osrelease says WSL2, and this is not a container in it. */
bool machine_is_wsl2(void);

/* The networks that this machine is a neighbour in: those of its global addresses, but for
 * loopback, networks of one address, and the bridges of container engines and hypervisors. Their
 * number; 0 also where the addresses cannot be read. */
struct subnet {
    struct network network;
    struct address address; /* this machine's own in it */
    const char *link;
};
size_t machine_subnets(struct arena *arena, const struct subnet **subnets);

#endif
