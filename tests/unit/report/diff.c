/* Unified diffs as `patch` reads them. */
#include "engine/report/diff.h"

#include <check.h>
#include <string.h>

Suite *report_diff_suite(void);

static void expect(const char *before, const char *after, const char *hunks)
{
    struct arena *arena ARENA_AUTO = arena_new();
    const char *diff =
        diff_unified(arena, "f", before, before ? strlen(before) : 0, after, strlen(after));
    const char *body = strstr(diff, "@@");
    ck_assert_str_eq(body ? body : "", hunks);
}

START_TEST(diff__replaces_a_line)
{
    expect("a\nb\nc\n", "a\nB\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
}
END_TEST

START_TEST(diff__makes_a_new_file)
{
    expect(NULL, "x\n", "@@ -0,0 +1,1 @@\n+x\n");
}
END_TEST

START_TEST(diff__names_a_missing_last_newline)
{
    expect("a", "a\nb\n", "@@ -1,1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n");
}
END_TEST

START_TEST(diff__keeps_far_changes_apart)
{
    expect("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "A\n2\n3\n4\n5\n6\n7\n8\nB\n",
           "@@ -1,4 +1,4 @@\n-1\n+A\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+B\n");
}
END_TEST

START_TEST(diff__says_nothing_of_equal_texts)
{
    expect("a\n", "a\n", "");
}
END_TEST

Suite *report_diff_suite(void)
{
    Suite *suite = suite_create("report/diff");
    TCase *tcase = tcase_create("diff");
    tcase_add_test(tcase, diff__replaces_a_line);
    tcase_add_test(tcase, diff__makes_a_new_file);
    tcase_add_test(tcase, diff__names_a_missing_last_newline);
    tcase_add_test(tcase, diff__keeps_far_changes_apart);
    tcase_add_test(tcase, diff__says_nothing_of_equal_texts);
    suite_add_tcase(suite, tcase);
    return suite;
}
