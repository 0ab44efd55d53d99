/* engine/lang/source.c: what is no playbook file is refused at once; offsets become places. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/limits.h"
#include "engine/lang/source.h"

static struct arena *arena;
static char folder[] = "/tmp/playbook-source-XXXXXX";
static char path[64];

static void setup(void)
{
    arena = arena_new();
    memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/t.yml", folder);
}

static void teardown(void)
{
    unlink(path);
    rmdir(folder);
    arena_free(&arena);
}

static void refused(const char *name, const char *why)
{
    struct source source;
    struct error error;
    ck_assert(!source_read(arena, name, &source, &error));
    ck_assert_msg(strstr(error.message, why) != NULL, "%s", error.message);
}

START_TEST(source__reads_a_file)
{
    FILE *file = fopen(path, "w");
    fputs("a: b\n", file);
    fclose(file);
    struct source source;
    struct error error;
    ck_assert(source_read(arena, path, &source, &error));
    ck_assert_str_eq(source.bytes, "a: b\n");
    ck_assert_uint_eq(source.length, 5);
}
END_TEST

START_TEST(source__refuses_what_is_no_file)
{
    refused(path, "No such file");
    refused(folder, "Is a directory");
    refused("/dev/zero", "not a regular file");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    refused(path, "not a regular file");
}
END_TEST

START_TEST(source__refuses_a_huge_file_unread)
{
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    ck_assert_int_eq(ftruncate(fd, 1L << 30), 0);
    close(fd);
    refused(path, "the limit of a playbook");
}
END_TEST

START_TEST(source__limit_is_exact)
{
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    struct source source;
    struct error error;
    ck_assert_int_eq(ftruncate(fd, LIMIT_FILE_BYTES), 0);
    ck_assert(source_read(arena, path, &source, &error));
    ck_assert_int_eq(ftruncate(fd, LIMIT_FILE_BYTES + 1), 0);
    ck_assert(!source_read(arena, path, &source, &error));
    close(fd);
}
END_TEST

START_TEST(source__columns_count_characters)
{
    struct source source = {.bytes = "ab\nに本x\n", .length = strlen("ab\nに本x\n")};
    struct position position = source_position(&source, strlen("ab\nに本"));
    ck_assert_uint_eq(position.line, 2);
    ck_assert_uint_eq(position.column, 3);
    position = source_position(&source, 1000);
    ck_assert_uint_eq(position.line, 3);
    ck_assert_uint_eq(position.column, 1);
}
END_TEST

START_TEST(span_text__is_one_line)
{
    struct source source = {.bytes = "a: x and\r\n\t  y  ", .length = 16};
    struct span span = {&source, 3, 16};
    ck_assert_str_eq(span_text(arena, span), "x and y");
}
END_TEST

Suite *lang_source_suite(void);
Suite *lang_source_suite(void)
{
    Suite *suite = suite_create("lang/source");
    TCase *tests = tcase_create("source");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, source__reads_a_file);
    tcase_add_test(tests, source__refuses_what_is_no_file);
    tcase_add_test(tests, source__refuses_a_huge_file_unread);
    tcase_add_test(tests, source__limit_is_exact);
    tcase_add_test(tests, source__columns_count_characters);
    tcase_add_test(tests, span_text__is_one_line);
    suite_add_tcase(suite, tests);
    return suite;
}
