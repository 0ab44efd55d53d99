/* A cabinet's bytes, as gcab 1.5 writes them too (with another date). */
#include "engine/base/cabinet.h"

#include <check.h>
#include <string.h>

Suite *base_cabinet_suite(void);

START_TEST(cabinet__of_one_file)
{
    static const char expected[] =
        "MSCF\0\0\0\0\x6a\0\0\0\0\0\0\0\x2c\0\0\0\0\0\0\0\3\1\1\0\1\0\0\0\0\0\0\0"
        "\x4e\0\0\0\1\0\0\0\x14\0\0\0\0\0\0\0\0\0\x21\0\0\0\x20\0"
        "playbook-undo.tmp\0\x25\x74\x37\x37\x14\0\x14\0[wsl2]\r\nmemory=4GB\r\n";
    struct arena *arena ARENA_AUTO = arena_new();
    struct text text = text_new(arena);
    cabinet_write(&text, "playbook-undo.tmp", "[wsl2]\r\nmemory=4GB\r\n", 20);
    ck_assert_uint_eq(text.length, sizeof(expected) - 1);
    ck_assert_mem_eq(text.at, expected, text.length);
    ck_assert(cabinet_is_for(text.at, text.length, "playbook-undo.tmp"));
    ck_assert(!cabinet_is_for(text.at, text.length, "playbook-undo"));
    ck_assert(!cabinet_is_for(text.at, 70, "playbook-undo.tmp"));
}
END_TEST

/* 2 * 32768 + 3 bytes: three blocks, and an end that fills no word (its first byte is the highest).
 */
START_TEST(cabinet__of_three_blocks)
{
    enum { LENGTH = 2 * 32768 + 3, FIRST = 36 + 8 + 16 + 2 };
    static char bytes[LENGTH];
    struct arena *arena ARENA_AUTO = arena_new();
    struct text text = text_new(arena);
    memcpy(bytes + LENGTH - 3, "abc", 3);
    cabinet_write(&text, "x", bytes, LENGTH);
    ck_assert_uint_eq(text.length, FIRST + LENGTH + 3 * 8);
    ck_assert_mem_eq(text.at + FIRST, "\0\x80\0\x80\0\x80\0\x80", 8);
    ck_assert_mem_eq(text.at + text.length - 11, "\x60\x62\x62\0\3\0\3\0abc", 11);
}
END_TEST

/* No block at all. */
START_TEST(cabinet__of_nothing)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text text = text_new(arena);
    cabinet_write(&text, "x", "", 0);
    ck_assert_uint_eq(text.length, 36 + 8 + 16 + 2);
    ck_assert_int_eq(text.at[40], 0);
}
END_TEST

Suite *base_cabinet_suite(void)
{
    Suite *suite = suite_create("base/cabinet");
    TCase *cases = tcase_create("cabinet");
    tcase_add_test(cases, cabinet__of_one_file);
    tcase_add_test(cases, cabinet__of_three_blocks);
    tcase_add_test(cases, cabinet__of_nothing);
    suite_add_tcase(suite, cases);
    return suite;
}
