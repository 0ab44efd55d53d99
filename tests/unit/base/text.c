/* Near names, and text from outside made safe. */
#include "engine/base/text.h"

#include <check.h>

#include "engine/base/encoding.h"

Suite *base_text_suite(void);

static const char *nearest_of(const char *wanted, const char *const *candidates)
{
    struct nearest nearest = {.wanted = wanted};
    for (; *candidates; candidates++)
        nearest_offer(&nearest, *candidates);
    return nearest.best;
}

START_TEST(nearest__sees_swaps_and_slips)
{
    static const char *const names[] = {"ping", "tcp.connect", "dns.lookup", "run", NULL};
    ck_assert_str_eq(nearest_of("pnig", names), "ping");
    ck_assert_str_eq(nearest_of("rnu", names), "run");
    ck_assert_str_eq(nearest_of("DNS.lokup", names), "dns.lookup");
    ck_assert_ptr_null(nearest_of("http", names));
    ck_assert_ptr_null(nearest_of("", names));
}
END_TEST

START_TEST(encoding__decodes_what_windows_writes)
{
    struct arena *arena ARENA_AUTO = arena_new();
    size_t length;
    ck_assert_str_eq(decode_text(arena, "W\0S\0L\0\r\0\n\0", 10, &length), "WSL\r\n");
    ck_assert_str_eq(decode_text(arena, "\xFF\xFE\x3D\xD8\x00\xDE", 6, &length),
                     "\xF0\x9F\x98\x80");
    ck_assert_str_eq(decode_text(arena, "\x3D\xD8x\0", 4, &length), "\xEF\xBF\xBDx");
    ck_assert_str_eq(decode_text(arena, "a\x83\x86z", 4, &length), "a\xEF\xBF\xBD\xEF\xBF\xBDz");
    ck_assert_str_eq(decode_text(arena, "", 0, &length), "");
    ck_assert_uint_eq(length, 0);
}
END_TEST

START_TEST(encoding__refuses_false_utf8)
{
    static const char *const wrong[] = {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE3\x81",
                                        "\x80"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        size_t length = 0;
        while (wrong[i][length])
            length++;
        ck_assert_uint_eq(utf8_next(wrong[i], wrong[i] + length, NULL), 0);
    }
}
END_TEST

START_TEST(encoding__shows_what_could_move_the_cursor)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text text = text_new(arena);
    text_escaped(&text, "a\033[2J\n\xE2\x80\xAE!", false);
    ck_assert_str_eq(text_string(&text), "a\\x1B[2J\\x0A\\u{202E}!");
}
END_TEST

START_TEST(base64__goes_there_and_back)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"},
                                           {"\xFF\xFE\xFB", "//77"}};
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        size_t length;
        const char *bytes = base64_decode(arena, pairs[i][1], &length);
        ck_assert_str_eq(base64_encode(arena, pairs[i][0], strlen(pairs[i][0])), pairs[i][1]);
        ck_assert_ptr_nonnull(bytes);
        ck_assert_uint_eq(length, strlen(pairs[i][0]));
        ck_assert_mem_eq(bytes, pairs[i][0], length + 1);
    }
}
END_TEST

START_TEST(base64__reads_what_a_console_has_wrapped)
{
    struct arena *arena ARENA_AUTO = arena_new();
    size_t length;
    ck_assert_str_eq(base64_decode(arena, " Zm9v\r\nYm\tFy \r\n", &length), "foobar");
    ck_assert_uint_eq(length, 6);
}
END_TEST

START_TEST(base64__refuses_what_is_none)
{
    static const char *const wrong[] = {
        "Zg", "Zg=", "Zg===", "Z===", "====", "Zg==Zg==", "Zm9\x80", "-_-_", "=", "Zh==", "Zm9v!"};
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        size_t length;
        ck_assert_msg(!base64_decode(arena, wrong[i], &length), "%s", wrong[i]);
    }
}
END_TEST

Suite *base_text_suite(void)
{
    Suite *suite = suite_create("base/text");
    TCase *tcase = tcase_create("text");
    tcase_add_test(tcase, nearest__sees_swaps_and_slips);
    tcase_add_test(tcase, encoding__decodes_what_windows_writes);
    tcase_add_test(tcase, encoding__refuses_false_utf8);
    tcase_add_test(tcase, encoding__shows_what_could_move_the_cursor);
    tcase_add_test(tcase, base64__goes_there_and_back);
    tcase_add_test(tcase, base64__reads_what_a_console_has_wrapped);
    tcase_add_test(tcase, base64__refuses_what_is_none);
    suite_add_tcase(suite, tcase);
    return suite;
}
