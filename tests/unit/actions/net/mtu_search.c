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
        for (int again = 0; count == 0 && again < 12 && search.silent <= top; again++)
            try_one(&search, path, search.silent);
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

Suite *actions_net_mtu_search_suite(void)
{
    Suite *suite = suite_create("actions/net/mtu_search");
    TCase *tests = tcase_create("mtu_search");
    tcase_add_test(tests, mtu_search__whole_link_passes);
    tcase_add_test(tests, mtu_search__finds_every_size);
    tcase_add_test(tests, mtu_search__right_suggestion_takes_two_rounds);
    tcase_add_test(tests, mtu_search__wrong_suggestions_do_not_mislead);
    tcase_add_test(tests, mtu_search__loss_is_overruled);
    suite_add_tcase(suite, tests);
    return suite;
}
