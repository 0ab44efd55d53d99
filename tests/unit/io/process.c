/* Programs that start, do not start, and are confined between vfork and execve. */
#include "engine/io/process.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "engine/io/sandbox.h"

Suite *io_process_suite(void);

static const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};

struct ended {
    struct arena *arena;
    bool over;
    int status;
    const char *output;
    const struct error *failure;
};

static void ended(void *data, const struct process_end *end)
{
    struct ended *result = data;
    result->over = true;
    result->status = end->status;
    result->output = arena_string(result->arena, end->output.bytes);
    result->failure = end->failure;
}

static struct ended run(struct arena *arena, struct process_start start, struct error *error)
{
    const struct process_image image[] = {{.path = start.argv[0]}, {0}};
    struct ended result = {.arena = arena};
    struct loop *loop = loop_new(error);
    if (!start.images)
        start.images = image;
    start.environment = environment;
    start.limit = 4096;
    struct process *process = process_run(loop, arena, &start, ended, &result, error);
    while (process && !result.over)
        ck_assert(loop_turn(loop));
    loop_free(&loop);
    return result;
}

static bool confine(void *data, struct error *error)
{
    return sandbox_enter(SANDBOX_PROGRAM, 0, data, error);
}

static bool refuse(void *data, struct error *error)
{
    (void)data;
    error_set(error, "no rights for you");
    error->code = EXDEV;
    return false;
}

START_TEST(process__runs_a_program_with_nothing_open)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct error error;
    const char *argv[] = {"/bin/sh", "-c", "readlink /proc/self/fd/0; ls /proc/$$/fd", NULL};
    struct ended result = run(arena, (struct process_start){.argv = argv}, &error);
    ck_assert_str_eq(result.output, "/dev/null\n0\n1\n2\n");
    ck_assert_int_eq(result.status, 0);
}
END_TEST

START_TEST(process__tells_why_a_program_does_not_start)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct error error = {0};
    const char *argv[] = {"/nowhere/program", NULL};
    struct ended result = run(arena, (struct process_start){.argv = argv}, &error);
    ck_assert(!result.over);
    ck_assert_int_eq(error.code, ENOENT);
    ck_assert_ptr_nonnull(strstr(error.message, "cannot start '/nowhere/program'"));
}
END_TEST

START_TEST(process__confines_a_program_before_it_runs)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct error error;
    struct sandbox_state state = {0};
    const char *argv[] = {"/bin/sh", "-c", "grep -E '^(NoNewPrivs|Seccomp):' /proc/$$/status",
                          NULL};
    struct process_start start = {.argv = argv, .enter = confine, .enter_data = &state};
    struct ended result = run(arena, start, &error);
    ck_assert_str_eq(result.output, "NoNewPrivs:\t1\nSeccomp:\t2\n");
    ck_assert(state.seccomp && state.capabilities);
}
END_TEST

START_TEST(process__does_not_start_what_cannot_be_confined)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct error error = {0};
    const char *argv[] = {"/bin/true", NULL};
    struct process_start start = {.argv = argv, .enter = refuse};
    ck_assert(!run(arena, start, &error).over);
    ck_assert_str_eq(error.message, "no rights for you");
    ck_assert_int_eq(error.code, EXDEV);
}
END_TEST

START_TEST(process__takes_the_first_image_that_is_there)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct error error;
    const char *argv[] = {"sh", "-c", "echo $0 in $(pwd)", NULL};
    const struct process_image images[] = {{"/nowhere/sh", NULL},
                                           {"/etc/passwd/sh", NULL},
                                           {"/bin/sh", "/usr"},
                                           {"/bin/false", NULL},
                                           {0}};
    struct process_start start = {.argv = argv, .images = images};
    ck_assert_str_eq(run(arena, start, &error).output, "/bin/sh in /usr\n");
}
END_TEST

START_TEST(process__tells_at_the_end_why_what_may_hang_did_not_start)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct error error = {0};
    const char *argv[] = {"/etc/passwd", NULL};
    const struct process_image images[] = {
        {"/nowhere/passwd", NULL}, {"/etc/passwd", NULL}, {"/nowhere/else", NULL}, {0}};
    struct process_start start = {.argv = argv, .images = images, .may_hang = true};
    struct ended result = run(arena, start, &error);
    ck_assert(result.over && result.failure);
    ck_assert_int_eq(result.failure->code, EACCES);
    ck_assert_str_eq(result.failure->message, "cannot start '/etc/passwd': Permission denied");
}
END_TEST

START_TEST(process__starts_what_may_hang_with_nothing_open)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct error error = {0};
    const char *argv[] = {"/bin/sh", "-c", "ls /proc/$$/fd", NULL};
    struct ended result =
        run(arena, (struct process_start){.argv = argv, .may_hang = true}, &error);
    ck_assert_str_eq(result.output, "0\n1\n2\n");
    ck_assert_ptr_null(result.failure);
}
END_TEST

Suite *io_process_suite(void)
{
    Suite *suite = suite_create("io/process");
    TCase *cases = tcase_create("all");
    tcase_add_test(cases, process__runs_a_program_with_nothing_open);
    tcase_add_test(cases, process__tells_why_a_program_does_not_start);
    tcase_add_test(cases, process__confines_a_program_before_it_runs);
    tcase_add_test(cases, process__does_not_start_what_cannot_be_confined);
    tcase_add_test(cases, process__takes_the_first_image_that_is_there);
    tcase_add_test(cases, process__tells_at_the_end_why_what_may_hang_did_not_start);
    tcase_add_test(cases, process__starts_what_may_hang_with_nothing_open);
    suite_add_tcase(suite, cases);
    return suite;
}
