/* Tests of actions/wsl/ini.c: WSL's grammar, one rule after the other. */
#include "actions/wsl/ini.h"

#include <check.h>
#include <string.h>

#include "engine/base/text.h"

/* What the parser finds, as text: entries "line name=value", headers "line [name]" and messages
 * "line! text" in the order of their lines are enough to see every rule. */
static const char *parsed(struct arena *arena, enum ini_file file, const char *bytes, size_t length)
{
    const struct ini *ini = ini_parse(arena, file, bytes, length);
    struct text out = text_new(arena);
    for (size_t i = 0; i < ini->entry_count; i++)
        text_format(&out, "%s%u %s=%s;", ini->entries[i].dead ? "dead " : "", ini->entries[i].line,
                    ini->entries[i].name, ini->entries[i].value);
    for (size_t i = 0; i < ini->message_count; i++)
        text_format(&out, "%u! %s;", ini->messages[i].line, ini->messages[i].text);
    return text_string(&out);
}

static void assert_parsed(enum ini_file file, const char *bytes, size_t length,
                          const char *expected)
{
    struct arena *arena ARENA_AUTO = arena_new();
    ck_assert_str_eq(parsed(arena, file, bytes, length), expected);
}

#define WSLCONFIG(text, expected) assert_parsed(INI_WSLCONFIG, text, sizeof(text) - 1, expected)
#define WSLCONF(text, expected)   assert_parsed(INI_WSLCONF, text, sizeof(text) - 1, expected)

START_TEST(ini__reads_sections_keys_and_blanks)
{
    WSLCONFIG("[wsl2]\n\t memory \t=  4GB \t\n\nSWAP=0", "2 wsl2.memory=4GB;4 wsl2.SWAP=0;");
    WSLCONFIG("[A1] \t\nb2=\n", "2 A1.b2=;");
    WSLCONFIG("memory=1", "1 memory=1;");
    WSLCONFIG("", "");
}
END_TEST

START_TEST(ini__knows_only_the_hash_as_comment)
{
    WSLCONFIG("# x\n [a] # y\nb=c#d\ne=\"f#g\" # h", "3 a.b=c;4 a.e=f#g;");
    WSLCONFIG("; x\n// y\na=b ; c", "3 a=b ; c;1! invalid key name;2! invalid key name;");
    WSLCONFIG("[a] ; x\nb=1", "2 b=1;1! expected a blank or the end of the line after ']';");
}
END_TEST

START_TEST(ini__undoes_quotes_and_escapes)
{
    WSLCONFIG("a=x\"y \"z", "1 a=xy z;");
    WSLCONFIG("a=\" b \" ", "1 a= b ;");
    WSLCONFIG("a=\\\\ \\\"\\t|\\n|\\b", "1 a=\\ \"\t|\n|\b;");
    WSLCONFIG("a=C:\\Users\nb=1", "2 b=1;1! invalid escaped character 'U';");
    WSLCONFIG("a=\"x\nb=1", "2 b=1;1! expected '\"';");
    WSLCONFIG("a=x\\", "1! invalid escaped character at the end of the file;");
}
END_TEST

START_TEST(ini__continues_lines)
{
    WSLCONFIG("a=x \\\n  y\nb=1", "1 a=x   y;3 b=1;");
    WSLCONFIG("a=x \\\r\n  y\r\nb=1", "1 a=x   y;3 b=1;");
    /* The guest's init takes CR for the escaped character: LF then ends the value. */
    WSLCONF("[s]\r\na=x\\\r\ny=1\r\n", "2 s.a=x;3 s.y=1;");
}
END_TEST

START_TEST(ini__rejects_bad_names)
{
    WSLCONFIG("a_b=1\na-b=1\n1a=1\na 1=2\na", "1! expected '=';2! expected '=';3! invalid key name;"
                                              "4! expected '=';5! expected '=';");
    WSLCONFIG("[ a ]\n[]\n[a-b]\n[a\n[a b]",
              "1! invalid section name;2! invalid section name;3! expected ']';4! expected ']';"
              "5! expected ']';");
}
END_TEST

START_TEST(ini__keeps_the_section_above_a_spoiled_header)
{
    WSLCONFIG("[wsl2]\n[ network ]\na=1", "3 wsl2.a=1;2! invalid section name;");
    WSLCONFIG("[wsl2]\n[wsl2 ]\na=1", "3 wsl2.a=1;2! expected ']';");
    WSLCONFIG("[wsl2]\n[wsl2x-]\na=1", "3 wsl2.a=1;2! expected ']';");
    WSLCONFIG("[wsl2]\n[wsl2\na=1", "3 wsl2.a=1;2! expected ']';");
    WSLCONFIG("[wsl2]\n[experimental ]\na=1", "3 expe.a=1;2! expected ']';");
    WSLCONFIG("[experimental]\n[wsl2 ]\na=1\nb=2", "3 wsl2=1;4 wsl2=2;2! expected ']';");
    WSLCONFIG("[wsl-2]\na=1", "2 a=1;1! expected ']';");
}
END_TEST

START_TEST(ini__stops_wsl_conf_at_the_first_bad_line)
{
    WSLCONF("[a]\nb=1\nstatic_ip=2\nc=3\n-\n", "2 a.b=1;dead 4 a.c=3;3! expected '=';");
    WSLCONF("\xef\xbb\xbf[a]\nb=1\n", "dead 2 b=1;1! invalid key name (a byte order mark);");
}
END_TEST

START_TEST(ini__takes_a_lone_cr_as_the_end_of_a_header_or_value)
{
    WSLCONFIG("[a]\rb=1\rc=2", "1 a.b=1;1 a.c=2;");
    WSLCONFIG("# x\ra=1\nb=2", "2 b=2;");
    WSLCONFIG("-\ra=1\nb=2", "2 b=2;1! invalid key name;");
    WSLCONFIG("\r\ra=1", "1 a=1;");
}
END_TEST

START_TEST(ini__ends_a_value_at_nul_and_a_file_at_control_z)
{
    WSLCONFIG("a=b\0c\nd=1", "1 a=b;2 d=1;");
    WSLCONFIG("a=b\x1a\nc=d", "1 a=b;");
    WSLCONF("a=b\x1a\nc=d", "1 a=b\x1a;2 c=d;");
}
END_TEST

START_TEST(ini__decodes_what_windows_decodes)
{
    WSLCONFIG("\xef\xbb\xbf[a]\r\nb=1\r\n", "2 a.b=1;");
    WSLCONFIG("\xff\xfe[\0a\0]\0\r\0\n\0b\0=\0001\0", "2 a.b=1;");
    WSLCONFIG("\xfe\xff\0a\0=\0001", "1! big-endian UTF-16, which WSL cannot read;");
    /* Only the low 8 bits stay: U+4E2D becomes '-', U+0100 ends the value, U+00E9 a lone byte. */
    WSLCONFIG("a=\xe4\xb8\xad|\xc3\xa9", "1 a=-|\xe9;");
    WSLCONFIG("a=x\xc4\x80y", "1 a=x;");
    WSLCONF("a=\xe4\xb8\xad", "1 a=\xe4\xb8\xad;");
    WSLCONFIG("# \xe4\xb8\xad\xf0\x9f\x98\x80\xff\na=1", "2 a=1;");
}
END_TEST

START_TEST(ini__counts_crlf_once)
{
    WSLCONF("[boot]\r\nx=1\r\n\r\n# c\r\ny=2\r\n", "2 boot.x=1;5 boot.y=2;");
    WSLCONFIG("[boot]\r\nx=1\r\n\r\n# c\r\ny=2\r\n", "2 boot.x=1;5 boot.y=2;");
}
END_TEST

START_TEST(ini__locates_values_and_comments)
{
    struct arena *arena ARENA_AUTO = arena_new();
    const char *bytes = "[a]\n  b =  \"x y\" \t# why\nc= # d\n";
    const struct ini *ini = ini_parse(arena, INI_WSLCONFIG, bytes, strlen(bytes));
    const struct ini_entry *entry = &ini->entries[0];
    ck_assert_uint_eq(entry->start, 4);
    ck_assert_uint_eq(entry->from, (size_t)(strchr(bytes, '"') - bytes));
    ck_assert_uint_eq(entry->to, entry->from + 5);
    ck_assert_uint_eq(entry->comment, (size_t)(strchr(bytes, '#') - bytes));
    ck_assert_uint_eq(entry->end, (size_t)(strchr(bytes, 'c') - bytes));
    entry = &ini->entries[1];
    ck_assert_uint_eq(entry->from, entry->to);
    ck_assert_int_eq(bytes[entry->from - 1], '=');
}
END_TEST

START_TEST(ini__remembers_what_was_commented_out)
{
    struct arena *arena ARENA_AUTO = arena_new();
    const char *bytes = "#[boot]\n[a]\n# # b = 1\n# just words\n";
    const struct ini *ini = ini_parse(arena, INI_WSLCONF, bytes, strlen(bytes));
    ck_assert_uint_eq(ini->remark_count, 2);
    ck_assert(ini->remarks[0].header);
    ck_assert_str_eq(ini->remarks[0].name, "boot");
    ck_assert_str_eq(ini->remarks[1].name, "a.b");
    ck_assert_uint_eq(ini->remarks[1].line, 3);
}
END_TEST

Suite *actions_wsl_ini_suite(void)
{
    Suite *suite = suite_create("actions/wsl/ini");
    TCase *tests = tcase_create("grammar");
    tcase_add_test(tests, ini__reads_sections_keys_and_blanks);
    tcase_add_test(tests, ini__knows_only_the_hash_as_comment);
    tcase_add_test(tests, ini__undoes_quotes_and_escapes);
    tcase_add_test(tests, ini__continues_lines);
    tcase_add_test(tests, ini__rejects_bad_names);
    tcase_add_test(tests, ini__keeps_the_section_above_a_spoiled_header);
    tcase_add_test(tests, ini__stops_wsl_conf_at_the_first_bad_line);
    tcase_add_test(tests, ini__takes_a_lone_cr_as_the_end_of_a_header_or_value);
    tcase_add_test(tests, ini__ends_a_value_at_nul_and_a_file_at_control_z);
    tcase_add_test(tests, ini__decodes_what_windows_decodes);
    tcase_add_test(tests, ini__counts_crlf_once);
    tcase_add_test(tests, ini__locates_values_and_comments);
    tcase_add_test(tests, ini__remembers_what_was_commented_out);
    suite_add_tcase(suite, tests);
    return suite;
}
