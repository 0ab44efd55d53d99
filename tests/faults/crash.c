/* crash: runs a command and follows all its processes from one call that changes something to the
 * next (points.h), to count these points, to kill everything at one of them, or to let one of them
 * fail. It changes nothing itself and knows nothing of the command. README.md says how to use it.
 * Sources: ptrace(2) with PTRACE_SEIZE, seccomp(2) SECCOMP_RET_TRACE. */
#include <elf.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/faults/look.h"
#include "tests/faults/points.h"

enum { TRACEES_MAX = 1024, KINDS_MAX = 32, HOLDS_MAX = 4, NOT_STARTED = 127, USAGE = 2 };

enum mode { MODE_COUNT, MODE_TRACE, MODE_HOLD, MODE_KILL, MODE_FAIL };

/* A shell script to run while the process stands before its call. */
struct hold {
    unsigned long number; /* of the point, from 1: among those whose line is like `pattern` */
    const char *pattern;
    const char *script;
    unsigned long met;
};

struct orders {
    enum mode mode;
    unsigned long number; /* of the point, from 1 */
    bool after;           /* kill when the call has been executed */
    bool only_root; /* spare what is in a session of its own, and programs that were started */
    bool lasting;   /* and so do all later ones with the same object */
    int code;       /* what the call fails with */
    struct hold holds[HOLDS_MAX]; /* without a pattern: the rest */
    FILE *report;
    char **command;
};

struct tracee {
    pid_t tid;
    bool forked;  /* runs the program of the process that forked it */
    bool leaving; /* the point is passed when this thread leaves its call, or ends */
};

struct driver {
    struct orders orders;
    pid_t root;
    int result; /* wait status of the root */
    struct tracee tracees[TRACEES_MAX];
    size_t count;
    unsigned long points;
    unsigned long by_kind[KINDS_MAX];
    char object[PATH_MAX]; /* of the ordered point */
    bool reached, doomed;  /* the ordered point was met; everything is to die */
};

static void die(const char *what)
{
    fprintf(stderr, "crash: %s: %s\n", what, strerror(errno));
    exit(NOT_STARTED);
}

/* ---- the threads that are followed ---- */

static struct tracee *find(struct driver *driver, pid_t tid)
{
    for (size_t i = 0; i < driver->count; i++)
        if (driver->tracees[i].tid == tid)
            return &driver->tracees[i];
    return NULL;
}

/* A new thread may stop before its parent's fork is reported. */
static struct tracee *meet(struct driver *driver, pid_t tid)
{
    struct tracee *known = find(driver, tid);
    if (known)
        return known;
    if (driver->count == TRACEES_MAX) {
        errno = EAGAIN;
        die("too many threads");
    }
    struct tracee *tracee = &driver->tracees[driver->count++];
    *tracee = (struct tracee){.tid = tid, .forked = true};
    if (driver->doomed)
        kill(tid, SIGKILL);
    return tracee;
}

static void forget(struct driver *driver, pid_t tid)
{
    struct tracee *tracee = find(driver, tid);
    if (tracee)
        *tracee = driver->tracees[--driver->count];
}

static void go_on(pid_t tid, int how, int signal)
{
    /* ESRCH: killed in the meantime, which wait(2) will report. */
    if (ptrace(how, tid, 0, (long)signal) != 0 && errno != ESRCH)
        die("cannot resume a process");
}

/* ---- reports ---- */

/* File names may hold anything; a line stays one line. */
static void describe(pid_t tid, const struct point *point, char line[POINT_LINE_MAX])
{
    char name[LOOK_NAME_MAX];
    look_name(tid, name);
    int length = snprintf(line, POINT_LINE_MAX, "%s\t%s\t%s\t", name, point->kind, point->call);
    char *at = line + length;
    for (const char *from = point->what; *from; from++)
        *at++ = (unsigned char)*from < ' ' || *from == 0x7f ? '?' : *from;
    *at = '\0';
}

static void print_point(FILE *out, pid_t tid, const struct point *point)
{
    char line[POINT_LINE_MAX];
    describe(tid, point, line);
    fprintf(out, "%d\t%s\n", (int)tid, line);
}

static void count_kind(struct driver *driver, const char *kind)
{
    const char *const *kinds = point_kinds();
    for (size_t i = 0; kinds[i]; i++)
        driver->by_kind[i] += strcmp(kinds[i], kind) == 0;
}

static void report(const struct driver *driver)
{
    const struct orders *orders = &driver->orders;
    FILE *out = orders->report;
    if (orders->mode >= MODE_HOLD && !driver->reached)
        fprintf(out, "not reached\t%lu points\n", driver->points);
    if (orders->mode != MODE_COUNT)
        return;
    fprintf(out, "%lu points\n", driver->points);
    for (size_t i = 0; point_kinds()[i]; i++)
        if (driver->by_kind[i])
            fprintf(out, "%lu %s\n", driver->by_kind[i], point_kinds()[i]);
}

/* ---- what is done at a point ---- */

/* The first process and those that it forked to go on with its own program, as long as they did not
 * leave its session. */
static bool belongs_to_root(const struct driver *driver, const struct tracee *tracee)
{
    return tracee->tid == driver->root ||
           (tracee->forked && getsid(tracee->tid) == getsid(driver->root));
}

static void kill_all(struct driver *driver)
{
    driver->doomed = !driver->orders.only_root;
    /* The root last: the others are told from it by its session. */
    for (size_t i = driver->count; i > 0; i--)
        if (driver->doomed || belongs_to_root(driver, &driver->tracees[i - 1]))
            kill(driver->tracees[i - 1].tid, SIGKILL);
}

/* The call is skipped, and its result is the error. */
static void let_fail(pid_t tid, int code)
{
#if defined(__x86_64__)
    struct user_regs_struct registers;
    struct iovec all = {&registers, sizeof(registers)};
    if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &all) != 0)
        die("cannot read registers");
    registers.orig_rax = (unsigned long long)-1;
    registers.rax = (unsigned long long)-code;
#elif defined(__aarch64__)
    struct user_regs_struct registers;
    int number = -1;
    struct iovec all = {&registers, sizeof(registers)}, call = {&number, sizeof(number)};
    if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &all) != 0 ||
        ptrace(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &call) != 0)
        die("cannot read registers");
    registers.regs[0] = (unsigned long long)-code;
#endif
    if (ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &all) != 0)
        die("cannot write registers");
}

/* The script finds the first process as $CRASH_ROOT. */
static void run_script(const struct driver *driver, const char *script)
{
    char root[16];
    int status;
    snprintf(root, sizeof(root), "%d", (int)driver->root);
    pid_t pid = fork();
    if (pid == 0) {
        setenv("CRASH_ROOT", root, 1);
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(NOT_STARTED);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        die("cannot run a script");
}

/* "/etc/a -> /etc/b" and "/etc/a (5 bytes)" are about /etc/a. */
static void remember(struct driver *driver, const struct point *point)
{
    const char *end = strstr(point->what, " -> ");
    if (!end)
        end = strstr(point->what, " (");
    size_t length = end ? (size_t)(end - point->what) : strlen(point->what);
    snprintf(driver->object, sizeof(driver->object), "%.*s", (int)length, point->what);
}

static bool is_again(const struct driver *driver, const struct point *point)
{
    return driver->reached && driver->orders.lasting && strstr(point->what, driver->object);
}

/* Carries out the orders at their point; how the thread is to go on. */
static int carry_out(struct driver *driver, struct tracee *tracee, const struct point *point)
{
    struct orders *orders = &driver->orders;
    driver->reached = true;
    remember(driver, point);
    if (orders->mode == MODE_FAIL) {
        fprintf(orders->report, "failed\t%lu\t", orders->number);
        let_fail(tracee->tid, orders->code);
    } else {
        fprintf(orders->report, "killed %s\t%lu\t", orders->after ? "after" : "before",
                orders->number);
    }
    print_point(orders->report, tracee->tid, point);
    fflush(orders->report);
    if (orders->mode == MODE_KILL && orders->after) {
        tracee->leaving = true;
        return PTRACE_SYSCALL;
    }
    if (orders->mode == MODE_KILL)
        kill_all(driver);
    return PTRACE_CONT;
}

/* Runs the scripts of the holds that this point is. */
static void hold_at(struct driver *driver, const struct tracee *tracee, const struct point *point)
{
    struct orders *orders = &driver->orders;
    char line[POINT_LINE_MAX];
    if (!orders->holds[0].pattern)
        return;
    describe(tracee->tid, point, line);
    for (struct hold *hold = orders->holds; hold < orders->holds + HOLDS_MAX && hold->pattern;
         hold++) {
        if (fnmatch(hold->pattern, line, 0) != 0 || ++hold->met != hold->number)
            continue;
        driver->reached = true;
        fprintf(orders->report, "held before\t%lu\t%d\t%s\n", driver->points, (int)tracee->tid,
                line);
        fflush(orders->report);
        run_script(driver, hold->script);
    }
}

static void at_call(struct driver *driver, struct tracee *tracee)
{
    struct __ptrace_syscall_info info;
    struct point point;
    int how = PTRACE_CONT;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->tid, sizeof(info), &info) > 0 &&
        info.op == PTRACE_SYSCALL_INFO_SECCOMP &&
        point_read(tracee->tid, info.seccomp.nr, info.seccomp.args, &point)) {
        driver->points++;
        count_kind(driver, point.kind);
        if (driver->orders.mode == MODE_TRACE) {
            fprintf(driver->orders.report, "%lu\t", driver->points);
            print_point(driver->orders.report, tracee->tid, &point);
        }
        hold_at(driver, tracee, &point);
        if (driver->orders.mode >= MODE_KILL && driver->points == driver->orders.number)
            how = carry_out(driver, tracee, &point);
        else if (is_again(driver, &point))
            let_fail(tracee->tid, driver->orders.code);
    }
    go_on(tracee->tid, how, 0);
}

/* ---- events ---- */

static void at_exec(struct driver *driver, struct tracee *tracee)
{
    unsigned long former = 0;
    ptrace(PTRACE_GETEVENTMSG, tracee->tid, 0, &former);
    tracee->forked = false;
    pid_t tid = tracee->tid;
    int how = tracee->leaving ? PTRACE_SYSCALL : PTRACE_CONT;
    if ((pid_t)former != tid)
        forget(driver, (pid_t)former);
    go_on(tid, how, 0);
}

static void at_birth(struct driver *driver, struct tracee *tracee)
{
    unsigned long child = 0;
    pid_t tid = tracee->tid;
    bool forked = tracee->forked || tid == driver->root;
    int how = tracee->leaving ? PTRACE_SYSCALL : PTRACE_CONT;
    if (ptrace(PTRACE_GETEVENTMSG, tid, 0, &child) == 0 && child)
        meet(driver, (pid_t)child)->forked = forked;
    go_on(tid, how, 0);
}

/* PTRACE_EVENT_STOP: a new thread, or a stop as of SIGSTOP, in which it has to stay. */
static void at_stop(pid_t tid, int signal)
{
    bool stays = signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
    go_on(tid, stays ? PTRACE_LISTEN : PTRACE_CONT, 0);
}

static void passed(struct driver *driver, struct tracee *tracee)
{
    pid_t tid = tracee->tid;
    if (tracee->leaving)
        kill_all(driver);
    go_on(tid, PTRACE_CONT, 0);
}

static void stopped(struct driver *driver, struct tracee *tracee, int status)
{
    int event = status >> 16, signal = WSTOPSIG(status);
    switch (event) {
    case PTRACE_EVENT_SECCOMP:
        at_call(driver, tracee);
        break;
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE:
        at_birth(driver, tracee);
        break;
    case PTRACE_EVENT_EXEC:
        at_exec(driver, tracee);
        break;
    case PTRACE_EVENT_STOP:
        at_stop(tracee->tid, signal);
        break;
    default:
        if (signal == (SIGTRAP | 0x80))
            passed(driver, tracee);
        else
            go_on(tracee->tid, tracee->leaving ? PTRACE_SYSCALL : PTRACE_CONT, signal);
    }
}

static void ended(struct driver *driver, struct tracee *tracee, int status)
{
    bool leaving = tracee->leaving;
    pid_t tid = tracee->tid;
    if (tid == driver->root)
        driver->result = status;
    forget(driver, tid);
    if (leaving && !driver->doomed)
        kill_all(driver);
}

/* Until the last process is gone: a detached one too. */
static void follow(struct driver *driver)
{
    for (;;) {
        int status;
        pid_t tid = waitpid(-1, &status, __WALL);
        if (tid < 0 && errno == ECHILD)
            return;
        if (tid < 0 && errno != EINTR)
            die("cannot wait");
        if (tid < 0)
            continue;
        struct tracee *tracee = meet(driver, tid);
        if (WIFSTOPPED(status))
            stopped(driver, tracee, status);
        else
            ended(driver, tracee, status);
    }
}

/* ---- the start ---- */

/* no_new_privs only where it must be: it would take setuid programs their rights. */
static void become(char **command, int ready)
{
    struct sock_filter instructions[POINT_PROGRAM_MAX];
    struct sock_fprog program = {.len = point_program(instructions), .filter = instructions};
    char byte;
    if (read(ready, &byte, 1) != 0)
        _exit(NOT_STARTED);
    close(ready);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0 &&
        (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
         syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0))
        die("cannot filter system calls");
    execvp(command[0], command);
    die(command[0]);
}

static void start(struct driver *driver)
{
    static const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP |
                                PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                                PTRACE_O_TRACEEXEC;
    int gate[2];
    if (pipe(gate) != 0 || (driver->root = fork()) < 0)
        die("cannot start a process");
    if (driver->root == 0) {
        close(gate[1]);
        become(driver->orders.command, gate[0]);
    }
    close(gate[0]);
    meet(driver, driver->root);
    if (ptrace(PTRACE_SEIZE, driver->root, 0, options) != 0)
        die("cannot trace");
    close(gate[1]);
}

static int usage(void)
{
    fputs("usage: crash [-o FILE] count -- COMMAND...\n"
          "       crash [-o FILE] kill [--after] [--only-root] N -- COMMAND...\n"
          "       crash [-o FILE] fail [--lasting] N ERRNO -- COMMAND...\n"
          "       crash [-o FILE] hold|trace [N[:PATTERN] SCRIPT]... -- COMMAND...\n",
          stderr);
    return USAGE;
}

static int error_code(const char *name)
{
    enum { CODES = 134 };
    for (int code = 1; code < CODES; code++)
        if (strerrorname_np(code) && strcmp(strerrorname_np(code), name) == 0)
            return code;
    return 0;
}

static bool take_number(char ***at, unsigned long *number)
{
    char *end;
    if (!**at)
        return false;
    *number = strtoul(*(*at)++, &end, 10);
    return *number > 0 && !*end;
}

static bool take_holds(char ***at, struct hold *holds)
{
    for (size_t i = 0; **at && strcmp(**at, "--") != 0; i++) {
        char *end;
        if (i == HOLDS_MAX || !(*at)[1])
            return false;
        holds[i] = (struct hold){.number = strtoul(**at, &end, 10), .script = (*at)[1]};
        holds[i].pattern = *end == ':' ? end + 1 : "*";
        if (holds[i].number == 0 || (*end && *end != ':'))
            return false;
        *at += 2;
    }
    return true;
}

static bool take_mode(const char *word, enum mode *mode)
{
    static const char *const words[] = {"count", "trace", "hold", "kill", "fail"};
    for (size_t i = 0; word && i < sizeof(words) / sizeof(words[0]); i++) {
        *mode = (enum mode)i;
        if (strcmp(word, words[i]) == 0)
            return true;
    }
    return false;
}

static bool read_orders(char **at, struct orders *orders)
{
    *orders = (struct orders){.report = stderr};
    if (at[0] && strcmp(at[0], "-o") == 0 && at[1]) {
        orders->report = fopen(at[1], "we");
        if (!orders->report)
            die(at[1]);
        at += 2;
    }
    if (!take_mode(*at, &orders->mode))
        return false;
    for (at++; orders->mode >= MODE_KILL && *at && (*at)[0] == '-' && (*at)[2]; at++) {
        orders->after |= strcmp(*at, "--after") == 0;
        orders->only_root |= strcmp(*at, "--only-root") == 0;
        orders->lasting |= strcmp(*at, "--lasting") == 0;
    }
    if (orders->mode >= MODE_KILL && !take_number(&at, &orders->number))
        return false;
    if (orders->mode == MODE_FAIL && (!*at || !(orders->code = error_code(*at++))))
        return false;
    if ((orders->mode == MODE_TRACE || orders->mode == MODE_HOLD) &&
        !take_holds(&at, orders->holds))
        return false;
    orders->command = at + 1;
    return *at && strcmp(*at, "--") == 0 && at[1];
}

int main(int argc, char **argv)
{
    static const struct driver none;
    struct driver driver = none;
    if (argc < 2 || !read_orders(argv + 1, &driver.orders))
        return usage();
    start(&driver);
    follow(&driver);
    report(&driver);
    bool kept = fflush(driver.orders.report) == 0;
    if (WIFSIGNALED(driver.result))
        return 128 + WTERMSIG(driver.result);
    return kept ? WEXITSTATUS(driver.result) : NOT_STARTED;
}
