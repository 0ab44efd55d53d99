/* The loop's promises: a removed watch or timer is never called, and answers beat deadlines. */
#include "engine/io/loop.h"

#include <check.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

Suite *io_loop_suite(void);

struct pair {
    struct loop *loop;
    struct watch *other; /* removed by whoever is called first */
    int calls;
};

static void remove_other(void *data, int fd, uint32_t events)
{
    (void)fd;
    (void)events;
    struct pair *pair = data;
    pair->calls++;
    loop_unwatch(pair->loop, &pair->other);
}

START_TEST(loop__never_calls_a_removed_watch)
{
    struct error error;
    struct loop *loop = loop_new(&error);
    int a[2], b[2];
    ck_assert_int_eq(pipe(a), 0);
    ck_assert_int_eq(pipe(b), 0);
    ck_assert_int_eq(write(a[1], "x", 1), 1);
    ck_assert_int_eq(write(b[1], "x", 1), 1);
    struct pair first = {.loop = loop}, second = {.loop = loop};
    first.other = loop_watch(loop, b[0], EPOLLIN, remove_other, &second);
    second.other = loop_watch(loop, a[0], EPOLLIN, remove_other, &first);
    ck_assert(loop_turn(loop));
    ck_assert_int_eq(first.calls + second.calls, 1);
    loop_free(&loop);
}
END_TEST

static void count_call(void *data)
{
    ++*(int *)data;
}

START_TEST(loop__fires_timers_once_and_in_time)
{
    struct error error;
    struct loop *loop = loop_new(&error);
    int early = 0, never = 0;
    int64_t now = loop_now();
    loop_timer(loop, now + 1000000, count_call, &early);
    struct timer *cancelled = loop_timer(loop, now + 500000, count_call, &never);
    loop_cancel(loop, &cancelled);
    ck_assert_ptr_null(cancelled);
    while (loop_turn(loop))
        continue;
    ck_assert_int_eq(early, 1);
    ck_assert_int_eq(never, 0);
    ck_assert_int_ge(loop_now(), now + 1000000);
    loop_free(&loop);
}
END_TEST

static void note_answer(void *data, int fd, uint32_t events)
{
    char c;
    (void)events;
    ck_assert_int_eq(read(fd, &c, 1), 1);
    *(int *)data = *(int *)data == 0 ? 1 : 2;
}

static void note_deadline(void *data)
{
    if (*(int *)data == 0)
        *(int *)data = 3;
}

START_TEST(loop__gives_an_answer_before_its_deadline)
{
    struct error error;
    struct loop *loop = loop_new(&error);
    int ends[2], what = 0;
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    ck_assert_ptr_nonnull(loop_watch(loop, ends[0], EPOLLIN, note_answer, &what));
    loop_timer(loop, loop_now(), note_deadline, &what);
    ck_assert(loop_turn(loop));
    ck_assert_int_eq(what, 1);
    loop_free(&loop);
}
END_TEST

/* Stops its parent 0.3 s from now, for 2.5 s. */
static void stop_parent(void)
{
    pid_t parent = getpid();
    if (fork() != 0)
        return;
    usleep(300 * 1000);
    kill(parent, SIGSTOP);
    usleep(2500 * 1000);
    kill(parent, SIGCONT);
    _exit(0);
}

START_TEST(loop__forgives_its_timers_a_stop)
{
    struct error error;
    struct loop *loop = loop_new(&error);
    int first = 0, second = 0;
    int64_t began = loop_now(), awake = loop_awake(loop);
    loop_timer(loop, began + 1000000000, count_call, &first);
    loop_timer(loop, began + 2000000000, count_call, &second);
    stop_parent();
    ck_assert(loop_turn(loop));
    ck_assert_int_eq(first, 1);
    ck_assert_int_eq(second, 0); /* 2.8 s have passed */
    while (loop_turn(loop))
        continue;
    ck_assert_int_eq(second, 1);
    ck_assert_int_ge(loop_now() - began, 3500000000);
    ck_assert_int_lt(loop_awake(loop) - awake, 2900000000);
    loop_free(&loop);
}
END_TEST

START_TEST(loop__polls_without_waiting)
{
    struct error error;
    struct loop *loop = loop_new(&error);
    int ends[2], what = 0, due = 0;
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_ptr_nonnull(loop_watch(loop, ends[0], EPOLLIN, note_answer, &what));
    int64_t before = loop_now();
    loop_timer(loop, before + 30 * (int64_t)1000000000, count_call, &due);
    ck_assert(!loop_poll(loop));
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    ck_assert(loop_poll(loop));
    ck_assert_int_eq(what, 1);
    loop_timer(loop, before, count_call, &due);
    ck_assert(loop_poll(loop));
    ck_assert_int_eq(due, 1);
    ck_assert_int_lt(loop_now() - before, 20 * (int64_t)1000000000);
    loop_free(&loop);
}
END_TEST

Suite *io_loop_suite(void)
{
    Suite *suite = suite_create("io/loop");
    TCase *tcase = tcase_create("loop");
    tcase_set_timeout(tcase, 15);
    tcase_add_test(tcase, loop__never_calls_a_removed_watch);
    tcase_add_test(tcase, loop__fires_timers_once_and_in_time);
    tcase_add_test(tcase, loop__gives_an_answer_before_its_deadline);
    tcase_add_test(tcase, loop__forgives_its_timers_a_stop);
    tcase_add_test(tcase, loop__polls_without_waiting);
    suite_add_tcase(suite, tcase);
    return suite;
}
