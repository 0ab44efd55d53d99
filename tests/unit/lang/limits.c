/* The limits of a whole run on generated playbooks: what is loaded (engine/lang/playbook.c) and
 * what is evaluated (engine/lang/walk.c). What a person writes by hand: tests/cases/limits.txt. */
#include "engine/base/limits.h"

#include <check.h>
#include <string.h>

#include "engine/lang/eval.h"
#include "tests/unit/support/fake_actions.h"

static struct arena *arena;
static struct diagnostics diagnostics;

static void setup(void)
{
    arena = arena_new();
    diagnostics = (struct diagnostics){.arena = arena};
}

static void teardown(void)
{
    arena_free(&arena);
}

/* ---- playbooks ---- */

/* The root, and what each of its includes says; they differ in their names. */
struct shelf {
    const char *root;
    const char *title;
    const char *checks;
    const char *when;
    size_t questions; /* how often somebody may still be asked whether to go on */
};

static bool find(void *context, struct arena *own, const char *name, const struct source *from,
                 struct source *source, struct error *error)
{
    const struct shelf *shelf = context;
    (void)error;
    const char *text =
        from ? arena_format(own,
                            "playbook: %.*s\ntitle: %s\nchecks:\n  p: { ping: { host: h } }\n%s"
                            "symptom:\n  when: %s\ncauses:\n  - { id: z, when: p, advise: x }\n",
                            (int)strcspn(name, "."), name, shelf->title, shelf->checks, shelf->when)
             : shelf->root;
    *source = (struct source){.path = name, .bytes = text, .length = strlen(text)};
    return true;
}

static bool interrupted(void *context)
{
    struct shelf *shelf = context;
    return shelf->questions-- == 0;
}

static const struct playbook *load(struct shelf *shelf, size_t includes)
{
    struct text root = text_new(arena);
    text_add(&root, "playbook: r\ntitle: t\nsymptom: { when: causes }\ncauses:\n");
    for (size_t i = 0; i < includes; i++)
        text_format(&root, "  - include: i%zu.yml\n", i);
    if (!shelf->root)
        shelf->root = text_string(&root);
    struct load given = {.registry = fake_registry,
                         .only_check = true,
                         .find = find,
                         .interrupted = shelf->questions ? interrupted : NULL,
                         .context = shelf};
    return playbook_load(arena, &given, "r.yml", &diagnostics);
}

static struct shelf shelf_new(void)
{
    return (struct shelf){.title = "t", .checks = "", .when = "p"};
}

static const char *repeated(const char *piece, size_t count)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < count; i++)
        text_add(&text, piece);
    return text_string(&text);
}

/* One error, in the include that is one too many. */
static void refused(struct shelf *shelf, size_t includes, const char *file, const char *why)
{
    ck_assert_ptr_null(load(shelf, includes));
    ck_assert_uint_eq(diagnostics.count, 1);
    ck_assert_str_eq(diagnostics.items[0].message, why);
    ck_assert_str_eq(diagnostics.items[0].span.source->path, file);
}

/* ---- loading ---- */

START_TEST(load__counts_the_text_of_all_includes)
{
    struct shelf shelf = shelf_new();
    shelf.title = repeated("tttttttt", 130000);
    refused(&shelf, 12, "r.yml",
            "more than 8388608 bytes in this and earlier includes, the limit of a run");
    ck_assert_uint_eq(diagnostics.items[0].span.start, strlen("playbook: r\ntitle: t\n"
                                                              "symptom: { when: causes }\n"
                                                              "causes:\n") +
                                                           8 * strlen("  - include: i0.yml\n") +
                                                           strlen("  - include: "));
}
END_TEST

START_TEST(load__counts_the_nodes_of_all_includes)
{
    struct shelf shelf = shelf_new();
    struct text checks = text_new(arena);
    for (size_t i = 0; i < 9000; i++)
        text_format(&checks, "  n%zu: { ping: { host: h } }\n", i);
    shelf.checks = text_string(&checks);
    struct shelf same = shelf;
    ck_assert_ptr_nonnull(load(&same, 3));
    refused(&shelf, 6, "i3.yml", "more than 200000 YAML nodes, the limit of a run");
}
END_TEST

START_TEST(load__counts_the_operands_of_all_includes)
{
    struct shelf shelf = shelf_new();
    shelf.when = arena_format(arena, "p%s", repeated(" or p", 60000));
    refused(&shelf, 7, "i3.yml", "more than 200000 operands in expressions, the limit of a run");
}
END_TEST

START_TEST(load__counts_the_memory_that_patterns_take)
{
    struct shelf shelf = shelf_new();
    struct text checks = text_new(arena);
    text_add(&checks, "  m: { file.match: { path: /x, pattern: x } }\n");
    for (size_t i = 0; i < 1000; i++)
        text_format(&checks, "  m%zu: m.text =~ /(?:ab?c){999}/\n", i);
    shelf.checks = text_string(&checks);
    ck_assert_ptr_null(load(&shelf, 20));
    ck_assert_uint_eq(diagnostics.count, 1);
    ck_assert_str_eq(diagnostics.items[0].message,
                     "up to here the playbook takes more than 256 MiB, the limit of a run");
    ck_assert_uint_lt(arena_bytes(arena), 300 * 1024 * 1024);
}
END_TEST

START_TEST(load__ends_when_interrupted)
{
    struct shelf shelf = shelf_new();
    shelf.questions = 5;
    ck_assert_ptr_null(load(&shelf, 20));
    ck_assert_uint_eq(diagnostics.count, 0);
}
END_TEST

/* ---- evaluating ---- */

#define ELEMENTS "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]"

static const struct playbook *with_condition(const char *condition)
{
    struct shelf shelf = shelf_new();
    shelf.root = arena_format(arena,
                              "playbook: r\ntitle: t\nvars: { l: " ELEMENTS " }\n"
                              "checks:\n  p: { ping: { host: h } }\n  c: \"%s\"\n"
                              "symptom: { when: c }\ncauses: [{ id: z, when: p, advise: x }]\n",
                              condition);
    return load(&shelf, 0);
}

static struct view view_of(const struct playbook *playbook, struct answer *answers,
                           struct budget *budget)
{
    answers[0] = (struct answer){.state = ANSWER_KNOWN, .ok = true};
    return (struct view){.playbook = playbook,
                         .answers = answers,
                         .arena = arena,
                         .memo = memo_new(arena, playbook),
                         .budget = budget};
}

static bool at_once(void *context)
{
    (void)context;
    return true;
}

START_TEST(eval__is_pending_when_interrupted)
{
    const struct playbook *playbook = with_condition("any($l, any($l, any($l, any($l, it > 20))))");
    struct answer answers[2] = {0};
    struct budget budget = {.interrupted = at_once};
    struct view view = view_of(playbook, answers, &budget);
    struct reason reason = {0};
    ck_assert_int_eq(eval_check(1, &view, &reason), TRUTH_PENDING);
    ck_assert_uint_lt(budget.steps, 20 * 20 * 20 * 20);
}
END_TEST

/* What is cheap is unknown as well: the run is over. */
START_TEST(eval__is_unknown_beyond_the_steps_of_the_run)
{
    const struct playbook *playbook = with_condition("any($l, any($l, any($l, it > 20)))");
    struct answer answers[2] = {0};
    struct budget budget = {.steps = LIMIT_RUN_STEPS - 9000};
    struct view view = view_of(playbook, answers, &budget);
    struct reason reason = {0};
    ck_assert_int_eq(eval_check(1, &view, &reason), TRUTH_UNKNOWN);
    ck_assert_msg(strstr(reason.text, "more than 1000000000 steps, the limit of a run"), "%s",
                  reason.text);
    ck_assert_int_eq(eval_truth(playbook->symptom.when, &view, &reason), TRUTH_UNKNOWN);
}
END_TEST

/* One step each: what was decided stays, what was pending is evaluated again. */
START_TEST(eval__remembers_what_is_decided)
{
    const struct playbook *playbook =
        with_condition("count($l, it > 3) == 17 and any($l, it < 0) == false");
    struct answer answers[2] = {0};
    struct budget budget = {0};
    struct view view = view_of(playbook, answers, &budget);
    struct reason reason = {0};
    ck_assert_int_eq(eval_check(1, &view, &reason), TRUTH_TRUE);
    size_t once = budget.steps;
    memo_renew(view.memo);
    ck_assert_int_eq(eval_check(1, &view, &reason), TRUTH_TRUE);
    ck_assert_uint_eq(budget.steps, once);
}
END_TEST

START_TEST(eval__looks_again_at_what_was_pending)
{
    const struct playbook *playbook = with_condition("p or any($l, it > 50)");
    struct answer answers[2] = {0};
    struct view view = view_of(playbook, answers, NULL);
    struct reason reason = {0};
    answers[0].state = ANSWER_PENDING;
    ck_assert_int_eq(eval_check(1, &view, &reason), TRUTH_PENDING);
    answers[0].state = ANSWER_KNOWN;
    memo_renew(view.memo);
    ck_assert_int_eq(eval_check(1, &view, &reason), TRUTH_TRUE);
}
END_TEST

Suite *lang_limits_suite(void);
Suite *lang_limits_suite(void)
{
    Suite *suite = suite_create("lang/limits");
    TCase *tests = tcase_create("limits");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, load__counts_the_text_of_all_includes);
    tcase_add_test(tests, load__counts_the_nodes_of_all_includes);
    tcase_add_test(tests, load__counts_the_operands_of_all_includes);
    tcase_add_test(tests, load__counts_the_memory_that_patterns_take);
    tcase_add_test(tests, load__ends_when_interrupted);
    tcase_add_test(tests, eval__is_pending_when_interrupted);
    tcase_add_test(tests, eval__is_unknown_beyond_the_steps_of_the_run);
    tcase_add_test(tests, eval__remembers_what_is_decided);
    tcase_add_test(tests, eval__looks_again_at_what_was_pending);
    suite_add_tcase(suite, tests);
    return suite;
}
