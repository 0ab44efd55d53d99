/* Each profile from inside: a child enters it, tries, and says by its exit code what happened. */
#include "engine/io/sandbox.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *io_sandbox_suite(void);

/* The errno of `attempt` inside the profile, 0 where it succeeds. */
static int inside(enum sandbox_profile profile, unsigned rights, int (*attempt)(void))
{
    pid_t child = fork();
    if (child == 0) {
        struct sandbox_state state;
        struct error error;
        setsid();
        bool entered = sandbox_enter(profile, rights, &state, &error) && state.seccomp;
        _exit(!entered ? 255 : attempt() < 0 ? errno : 0);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int read_file(void)
{
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static int write_file(void)
{
    return open("/etc/passwd", O_WRONLY | O_CLOEXEC);
}

static int write_null(void)
{
    return open("/dev/null", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

static int truncate_by_reading(void)
{
    return open("/dev/null", O_RDONLY | O_TRUNC | O_CLOEXEC);
}

static int local_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int internet_socket(void)
{
    return socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int change_mode(void)
{
    return chmod("/etc/passwd", 0644);
}

static int execute(void)
{
    return execl("/bin/true", "true", (char *)NULL);
}

static int signal_parent(void)
{
    return kill(getppid(), SIGCONT);
}

static int signal_own_group(void)
{
    return kill(0, SIGCONT);
}

static int call_of_the_future(void)
{
    return (int)syscall(100000);
}

static int set_attribute_at(void)
{
    return (int)syscall(463, AT_FDCWD, "/etc/passwd", 0, "user.x", NULL, 0);
}

static int clone_anew(void)
{
    return (int)syscall(SYS_clone3, NULL, 0);
}

START_TEST(sandbox__lets_programs_read_and_discard)
{
    ck_assert_int_eq(inside(SANDBOX_PROGRAM, 0, read_file), 0);
    ck_assert_int_eq(inside(SANDBOX_PROGRAM, 0, execute), 0);
    ck_assert_int_eq(inside(SANDBOX_PROGRAM, 0, internet_socket), 0);
    if (sandbox_available().landlock_abi > 0)
        ck_assert_int_eq(inside(SANDBOX_PROGRAM, 0, write_null), 0);
}
END_TEST

START_TEST(sandbox__keeps_every_profile_from_changing_files)
{
    for (int profile = SANDBOX_PROBER; profile <= SANDBOX_OWNERS; profile++) {
        ck_assert_int_ne(inside(profile, 0, write_file), 0);
        ck_assert_int_ne(inside(profile, 0, truncate_by_reading), 0);
        ck_assert_int_eq(inside(profile, 0, change_mode), EPERM);
        ck_assert_int_eq(inside(profile, 0, set_attribute_at), ENOSYS);
        ck_assert_int_eq(inside(profile, 0, read_file), 0);
    }
}
END_TEST

START_TEST(sandbox__keeps_the_prober_from_starting_programs)
{
    ck_assert_int_eq(inside(SANDBOX_PROBER, 0, execute), EPERM);
    ck_assert_int_eq(inside(SANDBOX_OWNERS, 0, execute), EPERM);
}
END_TEST

START_TEST(sandbox__gives_local_sockets_by_right)
{
    ck_assert_int_eq(inside(SANDBOX_PROBER, 0, local_socket), EPERM);
    ck_assert_int_eq(inside(SANDBOX_PROGRAM, QUERY_LOCAL_SOCKETS, local_socket), EPERM);
    ck_assert_int_eq(inside(SANDBOX_QUERY, 0, local_socket), EPERM);
    ck_assert_int_eq(inside(SANDBOX_QUERY, QUERY_LOCAL_SOCKETS, local_socket), 0);
    ck_assert_int_eq(inside(SANDBOX_QUERY, QUERY_WINDOWS, local_socket), 0);
    ck_assert_int_eq(inside(SANDBOX_HELPER, 0, local_socket), 0);
}
END_TEST

START_TEST(sandbox__confines_signals_of_programs)
{
    ck_assert_int_eq(inside(SANDBOX_PROGRAM, 0, signal_parent), EPERM);
    ck_assert_int_eq(inside(SANDBOX_PROGRAM, 0, signal_own_group), 0);
}
END_TEST

START_TEST(sandbox__does_not_know_newer_calls)
{
    ck_assert_int_eq(inside(SANDBOX_PROGRAM, 0, call_of_the_future), ENOSYS);
    ck_assert_int_eq(inside(SANDBOX_PROGRAM, 0, clone_anew), ENOSYS);
}
END_TEST

static int write_below_a_program(void)
{
    struct sandbox_state state;
    struct error error;
    if (!sandbox_enter(SANDBOX_PROGRAM, 0, &state, &error) || !state.seccomp)
        return 0;
    return write_file();
}

START_TEST(sandbox__nests)
{
    ck_assert_int_eq(inside(SANDBOX_EXECUTOR_LOOKING, 0, write_below_a_program), EACCES);
}
END_TEST

START_TEST(sandbox__tells_what_holds_and_what_stays_open)
{
    static const struct sandbox_state full = {7, true, true}, old = {1, true, true}, bare = {0};
    size_t open = 0;
    for (const struct sandbox_class *class = sandbox_classes; class->name; class ++) {
        ck_assert_int_eq(sandbox_holders(class, &bare), 0);
        ck_assert_int_ge(sandbox_holders(class, &full), sandbox_holders(class, &old));
        open += sandbox_holders(class, &full) == 0;
    }
    ck_assert_uint_eq(open, 2);
    ck_assert(!sandbox_holds(&bare));
    ck_assert(sandbox_holds(&old));
}
END_TEST

Suite *io_sandbox_suite(void)
{
    Suite *suite = suite_create("io/sandbox");
    TCase *cases = tcase_create("all");
    tcase_add_test(cases, sandbox__lets_programs_read_and_discard);
    tcase_add_test(cases, sandbox__keeps_every_profile_from_changing_files);
    tcase_add_test(cases, sandbox__keeps_the_prober_from_starting_programs);
    tcase_add_test(cases, sandbox__gives_local_sockets_by_right);
    tcase_add_test(cases, sandbox__confines_signals_of_programs);
    tcase_add_test(cases, sandbox__does_not_know_newer_calls);
    tcase_add_test(cases, sandbox__nests);
    tcase_add_test(cases, sandbox__tells_what_holds_and_what_stays_open);
    suite_add_tcase(suite, cases);
    return suite;
}
