/* Memory with one owner: zeroed, apart, and still there when the owner changes. */
#include "engine/base/arena.h"

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

Suite *base_arena_suite(void);

enum { PIECES = 3000, LARGEST = 1500 };

static bool all(const unsigned char *bytes, unsigned char byte, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != byte)
            return false;
    return true;
}

START_TEST(arena__gives_zeroed_memory_that_nobody_else_has)
{
    static unsigned char *pieces[PIECES];
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < PIECES; i++) {
        size_t size = i * 37 % LARGEST;
        pieces[i] = arena_alloc(arena, size);
        ck_assert_uint_eq((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        ck_assert_msg(all(pieces[i], 0, size), "piece %zu is not zeroed", i);
        memset(pieces[i], (int)(i % 255) + 1, size);
    }
    for (size_t i = 0; i < PIECES; i++)
        ck_assert_msg(all(pieces[i], (unsigned char)(i % 255 + 1), i * 37 % LARGEST),
                      "piece %zu was overwritten", i);
}
END_TEST

START_TEST(arena__goes_on_in_its_block_beside_a_large_request)
{
    struct arena *arena ARENA_AUTO = arena_new();
    char *before = arena_copy(arena, "before", 6);
    unsigned char *large = arena_alloc(arena, 3 * 1000 * 1000);
    char *after = arena_copy(arena, "after", 5);
    ck_assert(all(large, 0, 3 * 1000 * 1000));
    ck_assert_int_lt(after - before, 64);
    ck_assert_str_eq(before, "before");
}
END_TEST

START_TEST(arena__keeps_what_it_adopts)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct arena *empty = arena_new(), *other = arena_new(), *large = arena_new();
    char *kept = arena_copy(other, "kept", 4);
    char *big = arena_alloc(large, 700 * 1000);
    big[699 * 1000] = 'x';
    arena_adopt(arena, &other);
    arena_adopt(arena, &empty);
    arena_adopt(arena, &large);
    ck_assert(!other && !empty && !large);
    for (size_t i = 0; i < PIECES; i++)
        arena_alloc(arena, i % LARGEST);
    ck_assert_str_eq(kept, "kept");
    ck_assert_int_eq(big[699 * 1000], 'x');
}
END_TEST

Suite *base_arena_suite(void)
{
    Suite *suite = suite_create("base/arena");
    TCase *tcase = tcase_create("arena");
    tcase_add_test(tcase, arena__gives_zeroed_memory_that_nobody_else_has);
    tcase_add_test(tcase, arena__goes_on_in_its_block_beside_a_large_request);
    tcase_add_test(tcase, arena__keeps_what_it_adopts);
    suite_add_tcase(suite, tcase);
    return suite;
}
