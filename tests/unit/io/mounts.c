/* Which paths lead to a file system that can hang. The mounts are made in a namespace of its own,
 * where that is allowed; what is mounted there is never served. */
#include "engine/io/mounts.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/io/bounded.h"
#include "engine/io/file.h"

Suite *io_mounts_suite(void);

static char folder[] = "/tmp/playbook-mounts-XXXXXX";

static const char *in(struct arena *arena, const char *name)
{
    return arena_format(arena, "%s/%s", folder, name);
}

static void must(bool done, const char *what)
{
    if (!done) {
        printf("skip io/mounts: cannot %s here\n", what);
        exit(0);
    }
}

/* A FUSE mount whose requests nobody reads, at a point with a blank. The descriptor stays open. */
static void mount_silent(struct arena *arena)
{
    int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    must(fd >= 0, "open /dev/fuse");
    must(unshare(CLONE_NEWNS) == 0, "make a mount namespace");
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "make mounts private");
    must(mkdtemp(folder) != NULL, "make a folder");
    must(mkdir(in(arena, "my drive"), 0755) == 0, "make a mount point");
    must(mount("C:\\", in(arena, "my drive"), "fuse", MS_NOSUID | MS_NODEV,
               arena_format(arena, "fd=%d,rootmode=40000,user_id=0,group_id=0", fd)) == 0,
         "mount");
}

static void unmount_silent(struct arena *arena)
{
    ck_assert_int_eq(umount2(in(arena, "my drive"), MNT_DETACH), 0);
    rmdir(in(arena, "my drive"));
}

START_TEST(mounts__follow_a_path_without_touching_what_hangs)
{
    struct arena *arena ARENA_AUTO = arena_new();
    mount_silent(arena);
    ck_assert_int_eq(symlink("my drive/settings", in(arena, "relative")), 0);
    ck_assert_int_eq(symlink(in(arena, "relative"), in(arena, "absolute")), 0);
    ck_assert_int_eq(symlink("loop", in(arena, "loop")), 0);
    struct mounts *mounts = mounts_open(arena);
    ck_assert(mounts_may_hang(mounts, in(arena, "my drive")));
    ck_assert(mounts_may_hang(mounts, in(arena, "my drive/below/it")));
    ck_assert(mounts_may_hang(mounts, in(arena, "relative")));
    ck_assert(!mounts_may_hang(mounts, in(arena, "my drive2/../nothing")));
    ck_assert(mounts_may_hang(mounts, in(arena, ".//sub/../my drive/")));
    ck_assert(mounts_may_hang(mounts, in(arena, "absolute")));
    ck_assert(!mounts_may_hang(mounts, in(arena, "loop")));
    ck_assert(!mounts_may_hang(mounts, in(arena, "my drive which is none")));
    ck_assert(!mounts_may_hang(mounts, "/etc/passwd"));
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert(mounts_may_hang(mounts, "my drive/settings"));
    ck_assert(!mounts_may_hang(mounts, "nothing"));
    unmount_silent(arena);
    ck_assert(!mounts_may_hang(mounts, in(arena, "absolute")));
    mounts_close(mounts);
    unlink(in(arena, "relative"));
    unlink(in(arena, "absolute"));
    unlink(in(arena, "loop"));
    rmdir(folder);
}
END_TEST

START_TEST(mounts__tell_source_and_point_unescaped)
{
    struct arena *arena ARENA_AUTO = arena_new();
    mount_silent(arena);
    struct mounts *mounts = mounts_open(arena);
    size_t count;
    const struct mount *last = mounts_now(mounts, &count) + count - 1;
    ck_assert_str_eq(last->point, in(arena, "my drive"));
    ck_assert_str_eq(last->type, "fuse");
    ck_assert_str_eq(last->source, "C:\\");
    mounts_close(mounts);
    unmount_silent(arena);
    rmdir(folder);
}
END_TEST

static bool count_work(const void *data, struct text *result, struct error *error)
{
    (void)error;
    record_string(result, data);
    return true;
}

static bool fail_work(const void *data, struct text *result, struct error *error)
{
    (void)result;
    return error_system(error, EBUSY, "cannot do it to '%s'", (const char *)data);
}

static bool open_it(const void *data, struct text *result, struct error *error)
{
    (void)result;
    return open(data, O_RDONLY) >= 0 || error_set(error, "cannot open it");
}

START_TEST(bounded__brings_back_result_and_error_from_another_process)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct reading result;
    struct error error = {0};
    mount_silent(arena);
    const char *const paths[] = {"/etc/passwd", in(arena, "my drive/settings")};
    for (size_t i = 0; i < 2; i++) {
        ck_assert(bounded_work(arena, paths[i], count_work, "found", &result, &error));
        ck_assert_str_eq(read_string(&result), "found");
        ck_assert(!bounded_work(arena, paths[i], fail_work, "it", NULL, &error));
        ck_assert_str_eq(error.message, "cannot do it to 'it': Device or resource busy");
        ck_assert_int_eq(error.code, EBUSY);
    }
    unmount_silent(arena);
    rmdir(folder);
}
END_TEST

START_TEST(bounded__ends_where_the_file_system_does_not)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct error error = {0};
    mount_silent(arena);
    const char *path = in(arena, "my drive/settings");
    ck_assert(!bounded_work(arena, path, open_it, path, NULL, &error));
    ck_assert_int_eq(error.code, ETIMEDOUT);
    ck_assert_ptr_nonnull(strstr(error.message, "does not answer"));
    unmount_silent(arena);
    rmdir(folder);
}
END_TEST

START_TEST(bounded__look_hears_a_signal_and_leaves_it)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct error error = {0};
    sigset_t set, pending;
    time_t began = time(NULL);
    mount_silent(arena);
    const char *path = in(arena, "my drive/settings");
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert(!bounded_look(arena, path, open_it, path, NULL, &error));
    ck_assert_int_eq(error.code, ECANCELED);
    ck_assert_int_le(time(NULL) - began, 2);
    ck_assert_int_eq(sigpending(&pending), 0);
    ck_assert_int_eq(sigismember(&pending, SIGTERM), 1);
    unmount_silent(arena);
    rmdir(folder);
}
END_TEST

START_TEST(file__is_read_through_another_process_where_it_may_hang)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct file_text file;
    mount_silent(arena);
    ck_assert_int_eq(symlink("my drive/settings", in(arena, "link")), 0);
    file_read(arena, in(arena, "link"), 4096, &file);
    ck_assert_int_eq(file.code, ETIMEDOUT);
    ck_assert_ptr_null(file.bytes);
    ck_assert_ptr_nonnull(strstr(file.reason, "/link' does not answer"));
    unlink(in(arena, "link"));
    unmount_silent(arena);
    rmdir(folder);
}
END_TEST

Suite *io_mounts_suite(void)
{
    Suite *suite = suite_create("io/mounts");
    TCase *cases = tcase_create("all");
    tcase_set_timeout(cases, 30);
    tcase_add_test(cases, mounts__follow_a_path_without_touching_what_hangs);
    tcase_add_test(cases, mounts__tell_source_and_point_unescaped);
    tcase_add_test(cases, bounded__brings_back_result_and_error_from_another_process);
    tcase_add_test(cases, bounded__ends_where_the_file_system_does_not);
    tcase_add_test(cases, bounded__look_hears_a_signal_and_leaves_it);
    tcase_add_test(cases, file__is_read_through_another_process_where_it_may_hang);
    suite_add_tcase(suite, cases);
    return suite;
}
