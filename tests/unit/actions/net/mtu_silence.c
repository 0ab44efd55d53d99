/* What silence is worth, checked by playing it. */
#include "actions/net/mtu_silence.h"

#include <check.h>
#include <stdlib.h>

enum { PAIRS = 5, ROUNDS_MOST = 60, GAMES = 20000 };

START_TEST(mtu_silence__is_counted)
{
    /* One of two, and one of C(10, 5). */
    ck_assert(silence_after(SILENCE_NONE, 1, 1, 1) == 0.5);
    ck_assert_double_eq_tol(silence_after(SILENCE_NONE, 5, 5, 5), 1.0 / 252, 1e-12);
    ck_assert_double_eq_tol(silence_after(0.5, 21, 1, 1), 0.5 / 22, 1e-12);
    ck_assert(silence_after(0.25, 9, 4, 0) == 0.25);
    ck_assert(silence_after(0.25, 0, 4, 4) == 0.25);
}
END_TEST

START_TEST(mtu_silence__unanswered_controls_prove_nothing)
{
    silence chance = SILENCE_NONE;
    for (int i = 0; i < 1000; i++)
        chance = silence_after(chance, 10, 10, 0);
    ck_assert(!silence_is_evidence(chance));
}
END_TEST

static unsigned answers(unsigned sent, unsigned loss)
{
    unsigned count = 0;
    for (unsigned i = 0; i < sent; i++)
        count += (unsigned)(rand() % 100) >= loss;
    return count;
}

/* Both kinds pass: how often is the one taken for silent nevertheless? */
static unsigned mistakes(unsigned asked, unsigned controls, unsigned loss)
{
    unsigned count = 0;
    for (int game = 0; game < GAMES; game++) {
        silence chance = SILENCE_NONE;
        bool silent = true;
        for (int round = 0; round < ROUNDS_MOST && silent && !silence_is_evidence(chance);
             round++) {
            silent = answers(asked, loss) == 0;
            chance = silence_after(chance, asked, controls, answers(controls, loss));
        }
        count += silent && silence_is_evidence(chance);
    }
    return count;
}

START_TEST(mtu_silence__loss_is_not_taken_for_it)
{
    srand(7);
    for (unsigned loss = 0; loss <= 95; loss += 19)
        ck_assert_uint_le(mistakes(PAIRS, PAIRS, loss) + mistakes(22, 1, loss), 12);
}
END_TEST

/* And where nothing larger passes, it is seen in a few rounds. */
START_TEST(mtu_silence__comes_to_an_end_at_any_loss)
{
    static const struct {
        unsigned loss, rounds;
    } worlds[] = {{0, 2}, {36, 12}, {64, 30}, {80, 60}};
    srand(8);
    for (size_t i = 0; i < sizeof(worlds) / sizeof(*worlds); i++) {
        silence chance = SILENCE_NONE;
        for (unsigned round = 0; round < worlds[i].rounds; round++)
            chance = silence_after(chance, PAIRS, PAIRS, answers(PAIRS, worlds[i].loss));
        ck_assert_msg(silence_is_evidence(chance), "%u %%: %g", worlds[i].loss, chance);
    }
}
END_TEST

START_TEST(mtu_silence__tries_grow_with_loss)
{
    ck_assert_uint_eq(loss_tries(loss_seen(200, 200)), 1);
    ck_assert_uint_eq(loss_tries(loss_seen(1, 1)), 4);
    ck_assert_uint_eq(loss_tries(loss_seen(50, 32)), 5);
    ck_assert_uint_ge(loss_tries(loss_seen(50, 18)), 10);
    ck_assert_uint_le(loss_tries(loss_seen(50, 0)), 12);
    ck_assert(loss_seen(0, 0) == 0.5);
    ck_assert(loss_seen(3, 5) < 0.2); /* duplicates */
}
END_TEST

Suite *actions_net_mtu_silence_suite(void)
{
    Suite *suite = suite_create("actions/net/mtu_silence");
    TCase *tests = tcase_create("mtu_silence");
    tcase_add_test(tests, mtu_silence__is_counted);
    tcase_add_test(tests, mtu_silence__unanswered_controls_prove_nothing);
    tcase_add_test(tests, mtu_silence__loss_is_not_taken_for_it);
    tcase_add_test(tests, mtu_silence__comes_to_an_end_at_any_loss);
    tcase_add_test(tests, mtu_silence__tries_grow_with_loss);
    suite_add_tcase(suite, tests);
    return suite;
}
