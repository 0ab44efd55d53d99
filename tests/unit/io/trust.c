/* engine/io/trust.c: what is no file is refused unopened; as root, what others can write. */
#include "engine/io/trust.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "engine/io/file.h"

Suite *io_trust_suite(void);

enum { SOMEBODY = 4711, CALLER = 1234 };

static struct arena *arena;
static char *folder;

static const char *in_folder(const char *name)
{
    return arena_format(arena, "%s/%s", folder, name);
}

static void make(const char *path, mode_t mode)
{
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

static void setup(void)
{
    arena = arena_new();
    folder = arena_string(arena, "/tmp/playbook-trust-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    make(in_folder("file"), 0644);
}

static void teardown(void)
{
    static const char *const names[] = {"file", "other", "link", "loop", "fifo", NULL};
    for (size_t i = 0; names[i]; i++)
        unlink(in_folder(names[i]));
    rmdir(in_folder("inner"));
    rmdir(folder);
    arena_free(&arena);
}

/* NULL, or why not. */
static const char *opened(const char *path)
{
    struct error error = {0};
    int fd = trust_open(arena, path, CALLER, &error);
    if (fd < 0)
        return arena_string(arena, error.message);
    close(fd);
    return NULL;
}

static void is_opened(const char *path)
{
    const char *why = opened(path);
    ck_assert_msg(!why, "%s", why);
}

static void is_refused(const char *path, const char *words)
{
    const char *why = opened(path);
    ck_assert_ptr_nonnull(why);
    ck_assert_msg(strstr(why, words) != NULL, "%s", why);
}

START_TEST(trust_open__opens_a_file_and_nothing_else)
{
    ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
    ck_assert_int_eq(symlink("loop", in_folder("loop")), 0);
    is_opened(in_folder("file"));
    ck_assert_int_eq(mkdir(in_folder("inner"), 0755), 0);
    is_refused(in_folder("inner"), "Is a directory");
    is_refused(in_folder("fifo"), "not a regular file");
    is_refused("/dev/zero", "not a regular file");
    is_refused(in_folder("loop"), "Too many levels");
    is_refused("", "No such file");
    is_refused(in_folder("none/file"), "No such file");
    struct error error;
    ck_assert_int_lt(trust_open(arena, in_folder("none"), 0, &error), 0);
    ck_assert_int_eq(error.code, ENOENT);
}
END_TEST

START_TEST(trust_open__asks_owner_and_mode_of_the_file)
{
    if (geteuid() != 0)
        return;
    const char *file = in_folder("file");
    ck_assert_int_eq(chmod(file, 0664), 0);
    is_refused(file, "others can write it");
    ck_assert_int_eq(chmod(file, 0646), 0);
    is_refused(file, "others can write it");
    ck_assert_int_eq(chmod(file, 0600), 0);
    ck_assert_int_eq(chown(file, SOMEBODY, 0), 0);
    is_refused(file, "it belongs to user 4711");
    ck_assert_int_eq(chown(file, CALLER, 0), 0);
    is_opened(file);
}
END_TEST

START_TEST(trust_open__asks_them_of_the_folder)
{
    if (geteuid() != 0)
        return;
    const char *file = in_folder("file");
    ck_assert_int_eq(chown(folder, SOMEBODY, 0), 0);
    is_refused(file, "it belongs to user 4711");
    is_refused(in_folder("none"), "No such file");
    ck_assert_int_eq(chown(folder, CALLER, 0), 0);
    is_opened(file);
    ck_assert_int_eq(chmod(folder, 01777), 0);
    is_refused(file, "others can write it");
}
END_TEST

START_TEST(trust_open__asks_them_on_the_way_of_each_link)
{
    const char *inner = in_folder("inner");
    ck_assert_int_eq(mkdir(inner, 0755), 0);
    ck_assert_int_eq(symlink("inner/../other", in_folder("link")), 0);
    ck_assert_int_eq(symlink(in_folder("file"), in_folder("other")), 0);
    is_opened(in_folder("link"));
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(chmod(in_folder("file"), 0666), 0);
    is_refused(in_folder("link"), "others can write it");
    ck_assert_int_eq(chmod(in_folder("file"), 0644), 0);
    ck_assert_int_eq(unlink(in_folder("link")), 0);
    const char *link = arena_format(arena, "%s/link", inner);
    ck_assert_int_eq(symlink("../file", link), 0);
    is_opened(link);
    ck_assert_int_eq(chmod(inner, 0777), 0);
    is_refused(link, "others can write it");
    ck_assert_int_eq(unlink(link), 0);
}
END_TEST

static int read_code(const char *path, size_t limit)
{
    struct error error;
    struct file_text file;
    int fd = trust_open(arena, path, CALLER, &error);
    ck_assert_int_ge(fd, 0);
    file_read_open(arena, fd, path, limit, &file);
    close(fd);
    return file.code;
}

START_TEST(file_read_open__limit_is_exact)
{
    const char *file = in_folder("file");
    ck_assert_int_eq(truncate(file, 70001), 0);
    ck_assert_int_eq(read_code(file, 70001), 0);
    ck_assert_int_eq(read_code(file, 70000), EFBIG);
    ck_assert_int_eq(truncate(file, 1L << 40), 0); /* unread, or it would not fit */
    ck_assert_int_eq(read_code(file, 70000), EFBIG);
}
END_TEST

Suite *io_trust_suite(void)
{
    Suite *suite = suite_create("io/trust");
    TCase *tests = tcase_create("trust");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, trust_open__opens_a_file_and_nothing_else);
    tcase_add_test(tests, trust_open__asks_owner_and_mode_of_the_file);
    tcase_add_test(tests, trust_open__asks_them_of_the_folder);
    tcase_add_test(tests, trust_open__asks_them_on_the_way_of_each_link);
    tcase_add_test(tests, file_read_open__limit_is_exact);
    suite_add_tcase(suite, tests);
    return suite;
}
