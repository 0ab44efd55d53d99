/* Profiles, and the order in which rights are given up: a domain before the capabilities that
 * opening its paths may need, the filter last. Nothing is allocated and no lock is taken: this runs
 * between vfork(2) and execve(2) too. Sources: capabilities(7), prctl(2), landlock(7), seccomp(2).
 */
#include "engine/io/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/io/landlock.h"
#include FILTERS

#define CAPABILITY(name) (UINT64_C(1) << (name))
#define CODE(name)                                                                                 \
    {                                                                                              \
        filter_##name, sizeof(filter_##name) / sizeof(filter_##name[0])                            \
    }

/* What runs programs leaves reading and executing alone, which it would allow everywhere anyway: a
 * domain that handles them refuses WSL's interop up to Linux 6.9 (landlock.h says why), and domains
 * nest: that of a query lies within that of the executor while it looks. */
enum {
    RUN = LANDLOCK_READ | LANDLOCK_EXECUTE,
    USE = LANDLOCK_WRITE_FILE | LANDLOCK_TRUNCATE | LANDLOCK_DEVICE_IOCTL,
};

struct code {
    const struct sock_filter *instructions;
    unsigned short count;
};

struct profile {
    struct code code;
    const struct landlock_allowed *allowed; /* NULL: no domain */
    uint64_t unhandled;                     /* rights that the domain does not handle */
    unsigned scopes;
    uint64_t capabilities;
    bool writes;  /* the filter lets files be opened for writing and leaves them to the domain */
    bool signals; /* it may signal where no scope holds */
};

static const struct code local_code = CODE(local);
static const struct code no_write_code = CODE(no_write), no_signal_code = CODE(no_signal);

static const struct landlock_allowed nothing[] = {{0}};
static const struct landlock_allowed null_device[] = {{"/dev/null", USE}, {0}};
static const struct landlock_allowed null_and_terminal[] = {
    {"/dev/null", USE}, {"/dev/tty", USE}, {0}};

static const struct profile profiles[] = {
    [SANDBOX_PROBER] = {.code = CODE(prober),
                        .allowed = nothing,
                        .unhandled = LANDLOCK_READ,
                        .scopes = LANDLOCK_ABSTRACT_SOCKETS | LANDLOCK_SIGNALS,
                        .capabilities = CAPABILITY(CAP_DAC_READ_SEARCH)},
    [SANDBOX_PROGRAM] = {.code = CODE(program),
                         .allowed = null_device,
                         .unhandled = RUN,
                         .scopes = LANDLOCK_ABSTRACT_SOCKETS | LANDLOCK_SIGNALS,
                         .writes = true},
    [SANDBOX_QUERY] = {.code = CODE(program),
                       .allowed = null_device,
                       .unhandled = RUN,
                       .scopes = LANDLOCK_ABSTRACT_SOCKETS | LANDLOCK_SIGNALS,
                       .writes = true},
    [SANDBOX_HELPER] = {.code = CODE(local),
                        .allowed = null_device,
                        .unhandled = RUN,
                        .scopes = LANDLOCK_SIGNALS,
                        .writes = true},
    [SANDBOX_EXECUTOR_LOOKING] = {.code = CODE(local),
                                  .allowed = null_and_terminal,
                                  .unhandled = RUN,
                                  .scopes = LANDLOCK_SIGNALS,
                                  .capabilities = CAPABILITY(CAP_DAC_READ_SEARCH) |
                                                  CAPABILITY(CAP_NET_RAW) |
                                                  CAPABILITY(CAP_NET_ADMIN),
                                  .writes = true,
                                  .signals = true},
    [SANDBOX_OWNERS] = {.code = CODE(prober),
                        .capabilities =
                            CAPABILITY(CAP_DAC_READ_SEARCH) | CAPABILITY(CAP_SYS_PTRACE)},
};

static void apply_rights(struct profile *profile, unsigned rights)
{
    if (rights & QUERY_NET_ADMIN)
        profile->capabilities |= CAPABILITY(CAP_NET_ADMIN) | CAPABILITY(CAP_NET_RAW);
    if (rights & (QUERY_LOCAL_SOCKETS | QUERY_WINDOWS)) {
        profile->code = local_code;
        profile->scopes &= ~(unsigned)LANDLOCK_ABSTRACT_SOCKETS;
    }
    if (rights & QUERY_WINDOWS)
        profile->signals = true;
}

/* A second bolt for what will be executed: no-new-privs alone keeps the set from mattering, so it
 * may stay where CAP_SETPCAP is missing, and in processes that execute nothing themselves. */
static void drop_bounding_set(uint64_t kept)
{
    for (unsigned long name = 0; name < 64; name++)
        if (!(kept >> name & 1) && prctl(PR_CAPBSET_DROP, name, 0, 0, 0) != 0)
            break;
}

static bool drop_capabilities(uint64_t kept, struct error *error)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0)
        return error_system(error, errno, "cannot read the capabilities of this process");
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int half = 0; half < 2; half++) {
        data[half].permitted &= (uint32_t)(kept >> 32 * half);
        data[half].effective = data[half].permitted;
        data[half].inheritable = 0;
    }
    if (syscall(SYS_capset, &header, data) != 0)
        return error_system(error, errno, "cannot give up capabilities");
    return true;
}

/* A core dump is a file that the kernel writes, or a program that it starts outside: a limit of one
 * byte stops both (core(5), and do_coredump() for the pipe). */
static void forbid_core_dumps(void)
{
    struct rlimit one = {1, 1};
    struct rlimit zero = {0, 0};
    if (setrlimit(RLIMIT_CORE, &one) != 0)
        setrlimit(RLIMIT_CORE, &zero); /* the hard limit was 0 */
}

static bool install(struct code code)
{
    struct sock_fprog program = {.len = code.count,
                                 .filter = (struct sock_filter *)code.instructions};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

static bool filter(const struct profile *profile, unsigned abi)
{
    bool bare = abi == 0 && profile->writes;
    bool unscoped = abi < LANDLOCK_ABI_SCOPES && !profile->signals;
    return (!bare || install(no_write_code)) && (!unscoped || install(no_signal_code)) &&
           install(profile->code);
}

struct sandbox_state sandbox_available(void)
{
    uint32_t action = SECCOMP_RET_ERRNO;
    return (struct sandbox_state){
        .landlock_abi = landlock_abi(),
        .seccomp = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0,
        .capabilities = true};
}

bool sandbox_holds(const struct sandbox_state *state)
{
    return state->landlock_abi > 0 || state->seccomp;
}

bool sandbox_enter(enum sandbox_profile which, unsigned rights, struct sandbox_state *state,
                   struct error *error)
{
    struct profile profile = profiles[which];
    *state = (struct sandbox_state){0};
    if (which == SANDBOX_QUERY)
        apply_rights(&profile, rights);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return error_system(error, errno, "cannot give up new privileges");
    forbid_core_dumps();
    unsigned abi = profile.allowed ? landlock_abi() : 0;
    if (abi > 0 && landlock_enter(abi, profile.unhandled, profile.allowed, profile.scopes))
        state->landlock_abi = abi;
    if (which == SANDBOX_PROGRAM || which == SANDBOX_QUERY)
        drop_bounding_set(profile.capabilities);
    if (!drop_capabilities(profile.capabilities, error))
        return false;
    state->capabilities = true;
    state->seccomp = filter(&profile, state->landlock_abi);
    return true;
}
