/* The search for a path MTU against paths that are only arithmetic. */
#include "actions/net/mtu_search.h"

#include <check.h>
#include <stdlib.h>

enum { SMALLEST = 64, MOST = 8, ROUNDS_MOST = 60 };

struct simulated_path {
    unsigned carries;
    bool tells;        /* a router answers what is too large ... */
    unsigned suggests; /* ... with this; 0: what it really carries */
    unsigned loss;     /* percent */
};

static bool lost(const struct simulated_path *path)
{
    return (unsigned)(rand() % 100) < path->loss;
}

static void try_one(struct mtu_search *search, const struct simulated_path *path, unsigned size)
{
    if (lost(path))
        mtu_search_silent(search, size);
    else if (size <= path->carries)
        mtu_search_passed(search, size);
    else if (path->tells)
        mtu_search_refused(search, size, path->suggests ? path->suggests : path->carries);
    else
        mtu_search_silent(search, size);
}

/* Also asks the boundary again, as the probe does, until it stays silent. */
static unsigned run(const struct simulated_path *path, unsigned top, unsigned *rounds)
{
    struct mtu_search search;
    unsigned sizes[MOST];
    mtu_search_start(&search, SMALLEST, top);
    for (*rounds = 0; *rounds < ROUNDS_MOST; ++*rounds) {
        size_t count = mtu_search_next(&search, sizes, MOST);
        for (size_t i = 0; i < count; i++)
            try_one(&search, path, sizes[i]);
        unsigned before = search.passed;
        for (int again = 0; count == 0 && again < 12 && mtu_search_bound(&search) <= top; again++)
            try_one(&search, path, mtu_search_bound(&search));
        if (count == 0 && search.passed == before)
            break;
    }
    return search.passed;
}

START_TEST(mtu_search__whole_link_passes)
{
    unsigned rounds;
    struct simulated_path path = {.carries = 9000};
    ck_assert_uint_eq(run(&path, 1500, &rounds), 1500);
    ck_assert_uint_eq(rounds, 1);
    ck_assert_uint_eq(run(&path, 9000, &rounds), 9000);
}
END_TEST

START_TEST(mtu_search__finds_every_size)
{
    unsigned rounds;
    for (unsigned carries = SMALLEST; carries <= 1500; carries++) {
        struct simulated_path path = {.carries = carries};
        ck_assert_uint_eq(run(&path, 1500, &rounds), carries);
        ck_assert_uint_le(rounds, 6);
    }
}
END_TEST

START_TEST(mtu_search__right_suggestion_takes_two_rounds)
{
    unsigned rounds;
    struct simulated_path path = {.carries = 1400, .tells = true};
    ck_assert_uint_eq(run(&path, 1500, &rounds), 1400);
    ck_assert_uint_eq(rounds, 2);
}
END_TEST

START_TEST(mtu_search__wrong_suggestions_do_not_mislead)
{
    static const unsigned suggestions[] = {1, 64, 68, 576, 1299, 1301, 1400, 1499, 1500, 65535};
    unsigned rounds;
    for (size_t i = 0; i < sizeof(suggestions) / sizeof(*suggestions); i++) {
        struct simulated_path path = {.carries = 1300, .tells = true, .suggests = suggestions[i]};
        ck_assert_uint_eq(run(&path, 1500, &rounds), 1300);
        ck_assert_uint_lt(rounds, ROUNDS_MOST);
    }
}
END_TEST

START_TEST(mtu_search__loss_is_overruled)
{
    unsigned rounds;
    srand(1);
    for (unsigned carries = 600; carries <= 1500; carries += 31) {
        struct simulated_path path = {.carries = carries, .loss = 20};
        ck_assert_uint_eq(run(&path, 1500, &rounds), carries);
    }
}
END_TEST

/* A silence that is overruled does not take the others with it. */
START_TEST(mtu_search__keeps_the_silences_above)
{
    struct mtu_search search;
    unsigned sizes[MOST];
    mtu_search_start(&search, SMALLEST, 1500);
    for (unsigned size = 1300; size <= 1500; size += 50)
        mtu_search_silent(&search, size);
    mtu_search_passed(&search, 1340);
    ck_assert_uint_eq(mtu_search_bound(&search), 1350);
    mtu_search_passed(&search, 1400);
    ck_assert_uint_eq(mtu_search_bound(&search), 1450);
    ck_assert(mtu_search_bound_is_silence(&search));
    size_t count = mtu_search_next(&search, sizes, MOST);
    ck_assert_uint_eq(count, MOST);
    ck_assert_uint_eq(sizes[0], 1401);
    for (size_t i = 1; i < count; i++)
        ck_assert(sizes[i - 1] < sizes[i] && sizes[i] < 1450);
    mtu_search_refused(&search, 1430, 0);
    ck_assert_uint_eq(mtu_search_bound(&search), 1430);
    ck_assert(!mtu_search_bound_is_silence(&search));
}
END_TEST

START_TEST(mtu_search__forgets_only_the_largest_silences)
{
    struct mtu_search search;
    mtu_search_start(&search, SMALLEST, 9000);
    for (unsigned i = 0; i < 3 * SEARCH_SILENCES_MOST; i++)
        mtu_search_silent(&search, 8999 - i * 7);
    ck_assert_uint_eq(search.silence_count, SEARCH_SILENCES_MOST);
    ck_assert_uint_eq(mtu_search_bound(&search), 8999 - 7 * (3 * SEARCH_SILENCES_MOST - 1));
    mtu_search_silent(&search, mtu_search_bound(&search));
    ck_assert_uint_eq(search.silences[1], search.silences[0] + 7);
}
END_TEST

START_TEST(mtu_search__tries_usual_sizes_first)
{
    unsigned rounds;
    static const unsigned usual[] = {1280, 1350, 1400, 1420, 1492};
    for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
        struct simulated_path path = {.carries = usual[i]};
        ck_assert_uint_eq(run(&path, 1500, &rounds), usual[i]);
        ck_assert_uint_eq(rounds, 3); /* the link, the usual ones, one byte more */
    }
}
END_TEST

Suite *actions_net_mtu_search_suite(void)
{
    Suite *suite = suite_create("actions/net/mtu_search");
    TCase *tests = tcase_create("mtu_search");
    tcase_add_test(tests, mtu_search__whole_link_passes);
    tcase_add_test(tests, mtu_search__finds_every_size);
    tcase_add_test(tests, mtu_search__right_suggestion_takes_two_rounds);
    tcase_add_test(tests, mtu_search__wrong_suggestions_do_not_mislead);
    tcase_add_test(tests, mtu_search__loss_is_overruled);
    tcase_add_test(tests, mtu_search__keeps_the_silences_above);
    tcase_add_test(tests, mtu_search__forgets_only_the_largest_silences);
    tcase_add_test(tests, mtu_search__tries_usual_sizes_first);
    suite_add_tcase(suite, tests);
    return suite;
}
