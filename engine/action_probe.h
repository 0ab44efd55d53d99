/* action_probe: what a probe may do. Included by engine/action.h.
 *
 * Callbacks come from the engine's event loop. Implemented in engine/run/probe.c, engine/io and
 * engine/lang/regex.c.
 */
#ifndef PLAYBOOK_ACTION_PROBE_H
#define PLAYBOOK_ACTION_PROBE_H

#include "engine/action.h"

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

/* When a program is ended although it has not ended itself; 0: never. That is no failure: what it
 * wrote by then is its result. */
struct program_bounds {
    int64_t longest; /* it has run for so long */
    int64_t quiet;   /* it has written nothing, to output or errors, for so long */
    uint64_t enough; /* it has written so much to its output, the part beyond `limit` counted too */
};

/* A program, started without a shell, with no input and no inherited descriptor. */
struct program {
    const char *const *argv; /* NULL-terminated; found on PATH unless it has a `/` */
    bool windows;  /* one of the action's queries: a Windows program by bare name ("wsl.exe",
                      "powershell.exe"): found on  the C: mount, run from there, output decoded to
                      UTF-8 */
    bool constant; /* what it prints cannot change while this process runs: it is asked once */
    size_t limit;  /* bytes kept of each output; 0: the default */
    struct program_bounds bounds;
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
    struct program_course {
        bool stopped;     /* by its bounds */
        uint64_t written; /* bytes of output, those beyond the limit too */
        int64_t took;     /* from its start until it wrote last */
        int64_t silence;  /* from then on to its end */
    } course;
};

void probe_run(struct probe *probe, const struct program *program,
               void (*done)(struct probe *probe, const struct program_result *result));

/* What can block (getaddrinfo) runs in a helper process: the action's `help` is called there with
 * `input`; `done` gets what it wrote, NULL where the helper died. */
void probe_help(struct probe *probe, const void *input, size_t length,
                void (*done)(struct probe *probe, const char *result, size_t result_length));

/* A regular file as it stands. Read directly, in a helper where the file system can hang. */
enum { FILE_LIMIT = 16 * 1024 * 1024 };
struct file_text {
    int code;           /* 0, or the errno of what failed; ENOENT also for a dangling link */
    bool no_folder;     /* ENOENT, and the folder that it would be in is missing as well */
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

/* Questions that need privileges the prober will not keep. */
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

/* A variable of the environment that programs get; NULL: not set. */
const char *probe_environment(const struct probe *probe, const char *name);

struct match {
    const char *failure; /* a limit was hit: which; NULL otherwise */
    bool found;
    const char *too_long; /* which limit `text` and `groups` exceed: they have no value then */
    const char *text;
    struct value groups; /* record of the named groups; KIND_NONE: took no part */
    size_t offset;       /* of the match, in bytes */
};
/* `pattern` has been compiled at load time; `^` and `$` match at lines, CRLF too. */
void pattern_match(struct arena *arena, const char *pattern, const char *subject, size_t length,
                   struct match *match);

#endif
