/* The scheduler: how often it asks, walks and keeps. The playbook is made by hand: one check for
 * each number, of probes that answer at once, at the loop's next turn, or never. */
#include "engine/run/look.h"

#include <check.h>
#include <malloc.h>
#include <unistd.h>

#include "engine/lang/template.h"

Suite *run_look_suite(void);

enum { MANY = 3000, JOBS = 8, WASTE = 40 * 1000, KEPT_PER_ANSWER = 4096 };

static size_t started;

static void answer(struct probe *probe)
{
    probe_set(probe, "text", value_string(probe_arena(probe), "forty-two"));
    probe_answer(probe, true);
}

static void start_at_once(struct probe *probe)
{
    started++;
    arena_alloc(probe_arena(probe), WASTE);
    answer(probe);
}

static void start_later(struct probe *probe)
{
    started++;
    arena_alloc(probe_arena(probe), WASTE);
    probe_after(probe, 0, answer);
}

static void start_and_wait(struct probe *probe)
{
    started++;
    probe_after(probe, SECONDS(60), answer);
}

static const struct argument arguments[] = {{.name = "n", .type = {.kind = KIND_NUMBER}}, {0}};
static const struct field fields[] = {{.name = "text", .type = {.kind = KIND_STRING}}, {0}};

#define ACTION(start_, costly_)                                                                    \
    {                                                                                              \
        .name = "test", .role = ROLE_PROBE, .arguments = arguments, .fields = fields,              \
        .timeout = SECONDS(60), .start = start_, .costly = costly_                                 \
    }
static const struct action at_once = ACTION(start_at_once, false);
static const struct action later = ACTION(start_later, false);
static const struct action waits = ACTION(start_and_wait, false);
static const struct action costly = ACTION(start_at_once, true);

/* ---- a look at such a playbook ---- */

struct trial {
    struct arena *arena;
    struct loop *loop;
    int ends[2];
    struct executor *executor;
    struct check *checks;
    struct playbook playbook;
    struct look *look;
    size_t walks, answered;
};

static void count_answer(void *context, const struct check *check, const struct answer *answer)
{
    struct trial *trial = context;
    (void)check;
    ck_assert_int_eq(answer->state, ANSWER_KNOWN);
    trial->answered++;
}

static struct check check_of(struct arena *arena, const struct action *action, double number)
{
    const struct template **given = arena_alloc(arena, sizeof(*given));
    given[0] = template_constant(arena, (struct span){0}, value_number(number));
    return (struct check){.name = "c", .action = action, .arguments = given};
}

static struct trial begin(size_t count, const struct action *action)
{
    struct error error;
    struct trial trial = {.arena = arena_new(), .loop = loop_new(&error)};
    ck_assert(channel_pair(trial.ends, &error));
    static const char *const environment[] = {NULL};
    trial.executor = executor_open(trial.arena, trial.loop, environment, trial.ends[0], &error);
    ck_assert_ptr_nonnull(trial.executor);
    trial.checks = arena_alloc(trial.arena, count * sizeof(struct check));
    for (size_t i = 0; i < count; i++)
        trial.checks[i] = check_of(trial.arena, action, (double)i);
    trial.playbook = (struct playbook){.checks = trial.checks, .check_count = count};
    started = 0;
    return trial;
}

static enum truth ask(struct trial *trial, question_fn *question)
{
    struct look_options options = {.playbook = &trial->playbook,
                                   .executor = trial->executor,
                                   .jobs = JOBS,
                                   .answered = count_answer,
                                   .context = trial};
    trial->look = look_new(&options, NULL);
    return look_ask(trial->look, question, trial);
}

static void end(struct trial *trial)
{
    look_free(&trial->look);
    executor_close(trial->executor);
    close(trial->ends[1]);
    loop_free(&trial->loop);
    arena_free(&trial->arena);
}

/* `and` over all checks. */
static enum truth all(void *context, const struct view *view)
{
    struct trial *trial = context;
    struct view rest = *view;
    enum truth truth = TRUTH_TRUE;
    trial->walks++;
    for (size_t i = 0; i < trial->playbook.check_count; i++) {
        struct reason reason;
        if (eval_check(i, &rest, &reason) != TRUTH_PENDING)
            continue;
        truth = TRUTH_PENDING;
        rest.urgency = NEED_MAYBE;
    }
    return truth;
}

/* `or` over all checks, each of them needed now. */
static enum truth any(void *context, const struct view *view)
{
    struct trial *trial = context;
    enum truth truth = TRUTH_FALSE;
    trial->walks++;
    for (size_t i = 0; i < trial->playbook.check_count && truth != TRUTH_TRUE; i++) {
        struct reason reason;
        enum truth one = eval_check(i, view, &reason);
        if (one != TRUTH_FALSE)
            truth = one;
    }
    return truth;
}

/* ---- tests ---- */

/* A walk is as long as the playbook: as many of them as answers would be quadratic. */
static void assert_bounded(const struct action *action)
{
    struct trial trial = begin(MANY, action);
    struct mallinfo2 before = mallinfo2();
    ck_assert_int_eq(ask(&trial, all), TRUTH_TRUE);
    struct mallinfo2 after = mallinfo2();
    size_t kept = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
    ck_assert_uint_eq(started, MANY);
    ck_assert_uint_eq(trial.answered, MANY);
    ck_assert_msg(trial.walks < MANY / 30, "%zu walks", trial.walks);
    ck_assert_msg(kept < MANY * (size_t)KEPT_PER_ANSWER, "%zu bytes kept", kept);
    end(&trial);
}

START_TEST(look__walks_and_keeps_little_where_probes_answer_at_once)
{
    assert_bounded(&at_once);
}
END_TEST

START_TEST(look__walks_and_keeps_little_where_answers_come_later)
{
    assert_bounded(&later);
}
END_TEST

START_TEST(look__asks_twins_once_and_gives_the_answer_to_all)
{
    struct trial trial = begin(MANY, &later);
    for (size_t i = 0; i < MANY; i++)
        trial.checks[i] = check_of(trial.arena, &later, (double)(i % 7));
    ck_assert_int_eq(ask(&trial, all), TRUTH_TRUE);
    ck_assert_uint_eq(started, 7);
    ck_assert_uint_eq(trial.answered, MANY);
    end(&trial);
}
END_TEST

/* The first answer decides while others are under way and more of them wait. */
START_TEST(look__ends_with_the_answer_that_decides)
{
    struct trial trial = begin(MANY, &waits);
    int64_t before = loop_now();
    trial.checks[5] = check_of(trial.arena, &later, 5);
    ck_assert_int_eq(ask(&trial, any), TRUTH_TRUE);
    ck_assert_uint_eq(started, JOBS);
    ck_assert_uint_eq(trial.answered, 1);
    ck_assert_int_lt(loop_now() - before, SECONDS(10));
    end(&trial);
}
END_TEST

/* An answer that came since the walk may have made it needless. */
START_TEST(look__starts_nothing_costly_before_it_knows_the_answers_so_far)
{
    struct trial trial = begin(2, &at_once);
    trial.checks[1] = check_of(trial.arena, &costly, 1);
    ck_assert_int_eq(ask(&trial, any), TRUTH_TRUE);
    ck_assert_uint_eq(started, 1);
    end(&trial);
}
END_TEST

Suite *run_look_suite(void)
{
    Suite *suite = suite_create("run/look");
    TCase *tcase = tcase_create("look");
    tcase_add_test(tcase, look__walks_and_keeps_little_where_probes_answer_at_once);
    tcase_add_test(tcase, look__walks_and_keeps_little_where_answers_come_later);
    tcase_add_test(tcase, look__asks_twins_once_and_gives_the_answer_to_all);
    tcase_add_test(tcase, look__ends_with_the_answer_that_decides);
    tcase_add_test(tcase, look__starts_nothing_costly_before_it_knows_the_answers_so_far);
    suite_add_tcase(suite, tcase);
    return suite;
}
