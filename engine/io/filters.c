/* The build's own program, not part of the binary: prints the seccomp filters of sandbox.c as
 * constant BPF, for the architecture it is built for or the one it is told. What is named here is
 * allowed, what is not is refused: EPERM, or ENOSYS where libc then takes an older call that a
 * filter can look into, and for every call newer than LAST, whatever libseccomp knows of it.
 * Calls allowed whatever their arguments are found by a search over ranges of numbers, in front of
 * what libseccomp makes of the others: the kernel translates a filter each time that it is
 * installed, which takes longer than all that a short run asks it.
 * Sources: seccomp(2), seccomp_rule_add(3), syscalls(2), the kernel's syscall tables. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* set_mempolicy_home_node(2), Linux 5.17: numbers are the same everywhere from 424 on. */
enum { LAST = 450 };

enum { TYPE_MASK = 0xf, TMPFILE = 020000000, CLONE_NEW = 0x7e020000 };

/* Memory, time, waiting, signals of one's own, what is open, and reading. */
static const char every[] =
    "read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek _llseek "
    "close close_range dup dup2 dup3 pipe pipe2 sendfile splice tee vmsplice copy_file_range "
    "fadvise64 readahead stat lstat fstat newfstatat statx statfs fstatfs access faccessat "
    "faccessat2 readlink readlinkat getdents getdents64 getcwd chdir fchdir umask getxattr "
    "lgetxattr fgetxattr listxattr llistxattr flistxattr flock mmap mprotect munmap mremap "
    "madvise mincore brk mlock mlock2 munlock msync membarrier futex get_robust_list "
    "set_robust_list rseq set_tid_address arch_prctl prctl sched_yield sched_getaffinity "
    "sched_getparam sched_getscheduler sched_getattr sched_get_priority_max "
    "sched_get_priority_min sched_rr_get_interval getpriority getcpu getrandom uname sysinfo "
    "times getrusage getrlimit clock_gettime clock_getres clock_nanosleep gettimeofday time "
    "nanosleep alarm pause getitimer setitimer timer_create timer_settime timer_gettime "
    "timer_getoverrun timer_delete timerfd_create timerfd_settime timerfd_gettime eventfd "
    "eventfd2 signalfd signalfd4 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait "
    "epoll_pwait2 poll ppoll select pselect6 rt_sigaction rt_sigprocmask rt_sigpending "
    "rt_sigreturn rt_sigsuspend rt_sigtimedwait sigaltstack restart_syscall exit exit_group "
    "fork vfork wait4 waitid kill tkill tgkill pidfd_open pidfd_send_signal getpid getppid "
    "gettid getpgrp getpgid setpgid getsid setsid getuid geteuid getgid getegid getresuid "
    "getresgid getgroups capget capset connect bind listen accept accept4 getsockname "
    "getpeername sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg shutdown getsockopt "
    "setsockopt landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp"
#ifdef SANITIZED
    " ptrace" /* of itself: LeakSanitizer stops its own threads to look at their memory */
#endif
    ;

/* What programs need beyond that: to start others, memory that has a name, their own identity. */
static const char programs[] =
    "execve execveat memfd_create ftruncate fallocate fsync fdatasync sync syncfs "
    "sync_file_range name_to_handle_at inotify_init inotify_init1 inotify_add_watch "
    "inotify_rm_watch setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid "
    "setgroups personality mlockall munlockall mbind get_mempolicy set_mempolicy "
    "pkey_alloc pkey_free pkey_mprotect rt_sigqueueinfo rt_tgsigqueueinfo remap_file_pages";

/* Calls whose arguments lie in memory where no filter sees them, and which libc can do without. */
static const char missing[] = "clone3 openat2 io_uring_setup io_uring_enter io_uring_register";

/* Writing and creating: where no Landlock rule says which files. Also what makes files by bind(2):
 * a local socket, even one of a pair. */
static const char *const opens[] = {"open", "openat", NULL};

/* Signals: a filter cannot tell one's own children from other processes. */
static const char signals[] = "tkill tgkill pidfd_send_signal rt_sigqueueinfo rt_tgsigqueueinfo";

static const unsigned asked[] = {
    FIONREAD,       FIONBIO,       FIOCLEX,      FIONCLEX,      FIGETBSZ,        TCGETS,
    TIOCGWINSZ,     TIOCGPGRP,     TIOCGSID,     TIOCOUTQ,      FS_IOC_GETFLAGS, FS_IOC_FSGETXATTR,
    FS_IOC_FIEMAP,  BLKGETSIZE64,  BLKSSZGET,    0x802c542a, /* TCGETS2 */
    0x80247009,                                              /* RTC_RD_TIME */
    0x8946, /* SIOCETHTOOL: reads; changes need CAP_NET_ADMIN */
    SIOCGIFNAME,    SIOCGIFCONF,   SIOCGIFFLAGS, SIOCGIFADDR,   SIOCGIFDSTADDR,  SIOCGIFBRDADDR,
    SIOCGIFNETMASK, SIOCGIFMETRIC, SIOCGIFMTU,   SIOCGIFHWADDR, SIOCGIFINDEX,    SIOCGIFTXQLEN,
    SIOCGIFMAP,     0x8906,        0x8907, /* SIOCGSTAMP, SIOCGSTAMPNS */
    0xb701,         0xb702,        0xb703,       0xb704 /* NS_GET_* */};

/* The part of the two lists that the prober needs: this program's own calls, and libc's. */
static const unsigned prober_asked[] = {0x802c542a, /* TCGETS2 */
                                        FIONREAD,    FIONBIO,     TCGETS,
                                        TIOCGWINSZ,  TIOCOUTQ,    FS_IOC_GETFLAGS,
                                        SIOCGIFNAME, SIOCGIFCONF, SIOCGIFINDEX};
static const unsigned prober_descriptors[] = {F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL};

/* The mode of the terminal that a question is asked on. */
static const unsigned terminal[] = {TCSETS, TCSETSW, TCSETSF, TIOCSPGRP, TCFLSH};

static const unsigned descriptors[] = {
    F_DUPFD,    F_DUPFD_CLOEXEC, F_GETFD,      F_SETFD,     F_GETFL,      F_SETFL,  F_GETLK,
    F_SETLK,    F_SETLKW,        F_OFD_GETLK,  F_OFD_SETLK, F_OFD_SETLKW, F_GETOWN, F_GETSIG,
    F_GETLEASE, F_GETPIPE_SZ,    F_SETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS};

static const unsigned netlink[] = {NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_NETFILTER,
                                   NETLINK_GENERIC};

/* syslog(2): the whole buffer and its size, which takes nothing out of it. */
static const unsigned logs[] = {3, 9, 10};

/* setrlimit(2): all but RLIMIT_CORE, see sandbox.c */
static const unsigned limits[] = {RLIMIT_CPU,  RLIMIT_FSIZE,  RLIMIT_DATA,       RLIMIT_STACK,
                                  RLIMIT_RSS,  RLIMIT_NPROC,  RLIMIT_NOFILE,     RLIMIT_MEMLOCK,
                                  RLIMIT_AS,   RLIMIT_LOCKS,  RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE,
                                  RLIMIT_NICE, RLIMIT_RTPRIO, RLIMIT_RTTIME};

/* Calls on a process by number that change it: oneself (0) alone. */
static const struct {
    const char *call;
    unsigned argument;
} selves[] = {{"sched_setaffinity", 0},
              {"sched_setattr", 0},
              {"sched_setscheduler", 0},
              {"sched_setparam", 0}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct build {
    scmp_filter_ctx context;
    uint32_t arch;
    bool free[LAST + 1]; /* by number: allowed whatever the arguments are */
};

static void must(int result, const char *what)
{
    if (result == 0)
        return;
    fprintf(stderr, "filters: %s: %s\n", what, strerror(-result));
    exit(1);
}

/* False for a call that this architecture never had. A misspelt one ends the build. */
static bool number(const struct build *build, const char *call, int *found)
{
    *found = seccomp_syscall_resolve_name_arch(build->arch, call);
    if (*found == __NR_SCMP_ERROR)
        must(-ENOSYS, call);
    return *found >= 0;
}

static void rule(const struct build *build, uint32_t action, const char *call, unsigned count,
                 const struct scmp_arg_cmp *compared)
{
    int found;
    if (number(build, call, &found))
        must(seccomp_rule_add_array(build->context, action, found, count, compared), call);
}

/* `calls`: names with spaces between them. */
static void rules(const struct build *build, uint32_t action, const char *calls)
{
    char call[64];
    for (int length; sscanf(calls, "%63s%n", call, &length) == 1; calls += length)
        rule(build, action, call, 0, NULL);
}

static void allow_all(struct build *build, const char *calls)
{
    char call[64];
    for (int length, found; sscanf(calls, "%63s%n", call, &length) == 1; calls += length)
        if (number(build, call, &found) && found <= LAST)
            build->free[found] = true;
}

/* Arguments that the kernel takes as int are compared as such: upper halves do not count. */
static struct scmp_arg_cmp masked(unsigned argument, uint32_t mask, uint32_t value)
{
    return (struct scmp_arg_cmp){argument, SCMP_CMP_MASKED_EQ, mask, value};
}

static void rule_masked(const struct build *build, uint32_t action, const char *call,
                        unsigned argument, uint32_t mask, uint32_t value)
{
    struct scmp_arg_cmp compared = masked(argument, mask, value);
    rule(build, action, call, 1, &compared);
}

static void allow_values(const struct build *build, const char *call, unsigned argument,
                         const unsigned *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rule_masked(build, SCMP_ACT_ALLOW, call, argument, UINT32_MAX, values[i]);
}

/* open(path, flags), openat(folder, path, flags) */
static unsigned flags_of(const char *call)
{
    return strcmp(call, "open") == 0 ? 1 : 2;
}

/* O_TRUNC truncates without an access mode to write, which Landlock sees from ABI 3 on. */
static void allow_opens(const struct build *build, bool write)
{
    for (const char *const *call = opens; *call; call++) {
        unsigned flags = flags_of(*call);
        uint32_t mask = O_ACCMODE | TMPFILE;
        uint32_t creating = write ? 0 : O_CREAT;
        rule_masked(build, SCMP_ACT_ALLOW, *call, flags, mask | O_TRUNC | creating, O_RDONLY);
        if (!write)
            continue;
        rule_masked(build, SCMP_ACT_ALLOW, *call, flags, mask, O_WRONLY);
        rule_masked(build, SCMP_ACT_ALLOW, *call, flags, mask, O_RDWR);
    }
}

static void allow_sockets(const struct build *build, bool local)
{
    static const unsigned families[] = {AF_INET, AF_INET6};
    static const unsigned local_families[] = {AF_UNIX, AF_VSOCK};
    allow_values(build, "socket", 0, families, COUNT(families));
    for (size_t i = 0; i < COUNT(netlink); i++) {
        struct scmp_arg_cmp compared[] = {masked(0, UINT32_MAX, AF_NETLINK),
                                          masked(2, UINT32_MAX, netlink[i])};
        rule(build, SCMP_ACT_ALLOW, "socket", 2, compared);
    }
    if (local)
        allow_values(build, "socket", 0, local_families, COUNT(local_families));
}

/* A stream pair reaches nobody else; a datagram one can send to any address. */
static void allow_pairs(const struct build *build, bool local)
{
    struct scmp_arg_cmp compared[] = {masked(0, UINT32_MAX, AF_UNIX),
                                      masked(1, TYPE_MASK, SOCK_STREAM)};
    rule(build, SCMP_ACT_ALLOW, "socketpair", local ? 1 : 2, compared);
}

static void allow_selves(const struct build *build)
{
    for (size_t i = 0; i < COUNT(selves); i++)
        rule_masked(build, SCMP_ACT_ALLOW, selves[i].call, selves[i].argument, UINT32_MAX, 0);
    for (size_t i = 0; i < COUNT(limits); i++) {
        struct scmp_arg_cmp own[] = {masked(0, UINT32_MAX, 0), masked(1, UINT32_MAX, limits[i])};
        rule(build, SCMP_ACT_ALLOW, "prlimit64", 2, own);
    }
    allow_values(build, "setrlimit", 0, limits, COUNT(limits));
    struct scmp_arg_cmp only_asked = {2, SCMP_CMP_EQ, 0, 0};
    rule(build, SCMP_ACT_ALLOW, "prlimit64", 1, &only_asked);
    struct scmp_arg_cmp own_nice[] = {masked(0, UINT32_MAX, PRIO_PROCESS),
                                      masked(1, UINT32_MAX, 0)};
    rule(build, SCMP_ACT_ALLOW, "setpriority", 2, own_nice);
}

/* What every profile may: fork(3) is clone(2) in glibc, which without namespaces of its own gives
 * nothing that fork(2) does not. */
static void allow_every(struct build *build)
{
    allow_all(build, every);
    rules(build, SCMP_ACT_ERRNO(ENOSYS), missing);
    rule_masked(build, SCMP_ACT_ALLOW, "clone", 0, CLONE_NEW, 0);
}

static void allow_common(struct build *build)
{
    allow_every(build);
    allow_values(build, "ioctl", 1, asked, COUNT(asked));
    allow_values(build, "fcntl", 1, descriptors, COUNT(descriptors));
    allow_selves(build);
}

static void fill_prober(struct build *build)
{
    allow_every(build);
    allow_values(build, "ioctl", 1, prober_asked, COUNT(prober_asked));
    allow_values(build, "fcntl", 1, prober_descriptors, COUNT(prober_descriptors));
    allow_opens(build, false);
    allow_sockets(build, false);
}

static void fill_program(struct build *build)
{
    allow_common(build);
    allow_all(build, programs);
    allow_opens(build, true);
    allow_sockets(build, false);
    allow_pairs(build, false);
    allow_values(build, "syslog", 0, logs, COUNT(logs));
}

/* With local sockets, and a terminal: built-in queries, helpers, the executor while it looks. */
static void fill_local(struct build *build)
{
    allow_common(build);
    allow_all(build, programs);
    allow_opens(build, true);
    allow_sockets(build, true);
    allow_pairs(build, true);
    allow_values(build, "syslog", 0, logs, COUNT(logs));
    allow_values(build, "ioctl", 1, terminal, COUNT(terminal));
}

static void fill_no_write(struct build *build)
{
    uint32_t refuse = SCMP_ACT_ERRNO(EACCES);
    for (const char *const *call = opens; *call; call++) {
        unsigned flags = flags_of(*call);
        rule_masked(build, refuse, *call, flags, O_ACCMODE, O_WRONLY);
        rule_masked(build, refuse, *call, flags, O_ACCMODE, O_RDWR);
        rule_masked(build, refuse, *call, flags, O_CREAT, O_CREAT);
    }
    rule(build, refuse, "socketpair", 0, NULL);
}

/* One's own process group stays: a program is started as the leader of its own. So does asking
 * whether a process is there. */
static void fill_no_signal(struct build *build)
{
    uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
    rules(build, refuse, signals);
    struct scmp_arg_cmp compared[] = {{0, SCMP_CMP_NE, 0, 0}, {1, SCMP_CMP_NE, 0, 0}};
    rule(build, refuse, "kill", 2, compared);
}

static const struct {
    const char *name;
    bool allow; /* what is not named */
    void (*fill)(struct build *build);
} filters[] = {{"prober", false, fill_prober},
               {"program", false, fill_program},
               {"local", false, fill_local},
               {"no_write", true, fill_no_write},
               {"no_signal", true, fill_no_signal}};

/* ---- printing -------------------------------------------------------------------------------- */

static void print_instruction(struct sock_filter at)
{
    printf("    {0x%04x, %u, %u, 0x%08x},\n", at.code, at.jt, at.jf, at.k);
}

static void print_load(uint32_t offset)
{
    print_instruction((struct sock_filter){BPF_LD | BPF_W | BPF_ABS, 0, 0, offset});
}

static void print_return(uint32_t action)
{
    print_instruction((struct sock_filter){BPF_RET | BPF_K, 0, 0, action});
}

static void print_jump(uint16_t compare, uint32_t value, size_t then, size_t otherwise)
{
    if (then > UINT8_MAX || otherwise > UINT8_MAX)
        must(-ERANGE, "a jump in a filter");
    print_instruction((struct sock_filter){BPF_JMP | compare | BPF_K, then, otherwise, value});
}

/* Numbers at which calls begin to be free, or cease to be. */
struct edges {
    uint32_t at[LAST + 1];
    size_t count;
};

static struct edges edges_of(const struct build *build)
{
    struct edges edges = {.count = 0};
    for (uint32_t number = 0; number <= LAST; number++)
        if (build->free[number] != (number > 0 && build->free[number - 1]))
            edges.at[edges.count++] = number;
    return edges;
}

/* A search has one instruction for each of its edges; behind all of them stand the answer yes and
 * the rest of the filter. From where the search of edges [from, to) would begin: how far to jump,
 * if there is none, over `behind` instructions. */
static size_t leap(size_t from, size_t to, size_t behind)
{
    bool is_free = from % 2 == 1;
    return from < to ? 0 : behind + (is_free ? 0 : 1);
}

static void print_search(const struct edges *edges, size_t from, size_t to, size_t behind)
{
    if (from == to)
        return;
    size_t middle = from + (to - from) / 2, left = middle - from, right = to - middle - 1;
    print_jump(BPF_JGE, edges->at[middle], left + leap(middle + 1, to, behind),
               leap(from, middle, right + behind));
    print_search(edges, from, middle, right + behind);
    print_search(edges, middle + 1, to, behind);
}

static void print_free(const struct build *build)
{
    struct edges edges = edges_of(build);
    if (edges.count == 0)
        return;
    print_load(offsetof(struct seccomp_data, arch));
    print_jump(BPF_JEQ, build->arch, 0, edges.count + 2);
    print_load(offsetof(struct seccomp_data, nr));
    print_search(&edges, 0, edges.count, 0);
    print_return(SCMP_ACT_ALLOW);
}

/* libseccomp writes to a descriptor only. */
static void print_rest(const struct build *build, const char *name)
{
    int file = memfd_create(name, MFD_CLOEXEC);
    must(file < 0 ? -errno : seccomp_export_bpf(build->context, file), name);
    must(lseek(file, 0, SEEK_SET) == 0 ? 0 : -errno, name);
    struct sock_filter at;
    while (read(file, &at, sizeof(at)) == sizeof(at))
        print_instruction(at);
    close(file);
}

static void print_filter(size_t index, uint32_t arch)
{
    const char *name = filters[index].name;
    uint32_t fallback = filters[index].allow ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM);
    struct build build = {.context = seccomp_init(fallback), .arch = arch};
    must(build.context ? 0 : -ENOMEM, name);
    if (arch != seccomp_arch_native()) {
        must(seccomp_arch_add(build.context, arch), name);
        must(seccomp_arch_remove(build.context, seccomp_arch_native()), name);
    }
    must(seccomp_attr_set(build.context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)), name);
    must(seccomp_attr_set(build.context, SCMP_FLTATR_CTL_OPTIMIZE, 2), name);
    filters[index].fill(&build);
    printf("static const struct sock_filter filter_%s[] = {\n", name);
    print_load(offsetof(struct seccomp_data, nr));
    print_jump(BPF_JGT, LAST, 0, 1);
    print_return(SCMP_ACT_ERRNO(ENOSYS)); /* newer than the table */
    print_free(&build);
    print_rest(&build, name);
    printf("};\n");
    seccomp_release(build.context);
}

int main(int count, char **arguments)
{
    uint32_t arch =
        count > 1 ? seccomp_arch_resolve_name(arguments[1]) : (uint32_t)seccomp_arch_native();
    must(arch ? 0 : -EINVAL, "no such architecture");
    for (size_t i = 0; i < COUNT(filters); i++)
        print_filter(i, arch);
    return fflush(stdout) == 0 ? 0 : 1;
}
