/* resolv.conf, as glibc reads it: beside single lines, random files that the C library of this
 * machine reads too, in a mount namespace where they are /etc/resolv.conf. */
#include "actions/net/resolv.h"

#include <check.h>
#include <net/if.h>
#include <resolv.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static struct arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(&arena);
}

static const char *server(const union endpoint *endpoint)
{
    struct address address = endpoint_address(endpoint);
    return address_print(arena, &address);
}

static struct resolv read_text(const char *text)
{
    struct resolv resolv;
    resolv_read(arena, text, strlen(text), &resolv);
    return resolv;
}

START_TEST(resolv__servers_in_order_and_no_more_than_three)
{
    struct resolv resolv = read_text("# by hand\nsearch a.b\nnameserver 1.1.1.1\n"
                                     "nameserver\t2001:db8::1 # x\nnameserver 3.3.3.3\n"
                                     "nameserver 4.4.4.4\n");
    ck_assert_uint_eq(resolv.count, 3);
    ck_assert_str_eq(server(&resolv.servers[0]), "1.1.1.1");
    ck_assert_str_eq(server(&resolv.servers[1]), "2001:db8::1");
    ck_assert_str_eq(server(&resolv.servers[2]), "3.3.3.3");
    ck_assert_uint_eq(resolv.refused_count, 0);
}
END_TEST

START_TEST(resolv__short_and_octal_numbers_are_addresses)
{
    struct resolv resolv = read_text("nameserver 127.1\nnameserver 012.0x22\nnameserver 16909060");
    ck_assert_uint_eq(resolv.count, 3);
    ck_assert_str_eq(server(&resolv.servers[0]), "127.0.0.1");
    ck_assert_str_eq(server(&resolv.servers[1]), "10.0.0.34");
    ck_assert_str_eq(server(&resolv.servers[2]), "1.2.3.4");
}
END_TEST

START_TEST(resolv__what_is_refused_is_said)
{
    struct resolv resolv = read_text("nameserver 9.9.9.9\r\nnameserver dns.example\n"
                                     "nameserver fe80::1%no-such-link\nsearch a.b\r\n");
    ck_assert_uint_eq(resolv.refused_count, 2);
    ck_assert_str_eq(resolv.refused[0].string, "9.9.9.9\r");
    ck_assert_str_eq(resolv.refused[1].string, "dns.example");
    ck_assert_uint_eq(resolv.count, 1);
    ck_assert_str_eq(server(&resolv.servers[0]), "fe80::1");
    ck_assert_str_eq(resolv.search[0].string, "a.b\r");
}
END_TEST

START_TEST(resolv__lines_that_name_nobody)
{
    static const char *const texts[] = {
        "",
        "\n",
        "nameserver",
        "nameserver \n",
        "nameserver x\n",
        " nameserver 1.1.1.1\n",
        "nameservers 1.1.1.1\n",
        "#nameserver 1.1.1.1",
        "nameserver 1.1.1.1\v\n",
        "nameserver 1.1.1.1#x\n",
        "nameserver 1.1.1.1.1\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        ck_assert_uint_eq(read_text(texts[i]).count, 0);
    union endpoint nobody = resolv_nobody_named();
    ck_assert_str_eq(server(&nobody), "127.0.0.1");
}
END_TEST

/* ---- beside the C library ---- */

enum { RANDOM_FILES = 3000, PIECES = 10 };

static const char *const pieces[] = {
    "nameserver",
    "nameserver",
    "nameserver",
    "nameserver",
    "nameserver",
    "search",
    "domain",
    "options",
    " ",
    " ",
    " ",
    "\t",
    "\n",
    "\n",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "\v",
    "\f",
    "#",
    ";",
    "%",
    ".",
    "10.9.8.7",
    "192.0.2.255",
    "127.1",
    "0x7f.0.0.1",
    "010.1",
    "08.1.1.1",
    "256.1.1.1",
    "4294967295",
    "4294967296",
    "0",
    "1.2.3.",
    "2001:db8::5",
    "fe80::1",
    "fe80::1%lo",
    "fe80::1%1",
    "fe80::1%x",
    "ff02::fb%1",
    "2001:db8::5%lo",
    "2001:db8::5%3",
    "fe80::1%4294967295",
    "fe80::1%4294967296",
    "fe80::1%+1",
    "fe80::1%",
    "::ffff:10.1.2.3",
    "::",
    "fe80:::1",
    "corp.example",
    "a",
    "b.",
    "-",
    "timeout:1",
    "\"",
};

static void add_random_piece(struct text *text)
{
    size_t count = sizeof(pieces) / sizeof(*pieces), pick = (size_t)rand() % (count + 1);
    if (pick == count)
        text_char(text, '\0');
    else
        text_add(text, pieces[pick]);
}

static struct text random_file(void)
{
    struct text text = text_new(arena);
    for (int lines = rand() % 8; lines >= 0; lines--) {
        if (rand() % 3) /* mostly lines that are nearly right */
            text_add(&text, rand() % 9 ? "nameserver " : "nameserver\t ");
        for (int left = rand() % (rand() % 4 ? 3 : PIECES); left > 0; left--)
            add_random_piece(&text);
        if (lines || rand() % 4)
            text_add(&text, "\n");
    }
    return text;
}

static bool write_file(const char *path, const char *text, size_t length)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return false;
    bool written = fwrite(text, 1, length, file) == length;
    return fclose(file) == 0 && written;
}

/* user_namespaces(7) */
static bool be_root(unsigned uid, unsigned gid)
{
    const char *users = arena_format(arena, "0 %u 1", uid);
    const char *groups = arena_format(arena, "0 %u 1", gid);
    return unshare(CLONE_NEWUSER) == 0 && write_file("/proc/self/setgroups", "deny", 4) &&
           write_file("/proc/self/uid_map", users, strlen(users)) &&
           write_file("/proc/self/gid_map", groups, strlen(groups));
}

/* An empty file system in memory becomes /etc; false where that is refused. */
static bool own_etc(void)
{
    return (getuid() == 0 || be_root(getuid(), getgid())) && unshare(CLONE_NEWNS) == 0 &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("etc", "/etc", "tmpfs", 0, NULL) == 0;
}

/* A new file each time: glibc reads one again only where inode, size or time differ. */
static void become_resolv_conf(const char *text, size_t length)
{
    ck_assert(write_file("/etc/new", text, length));
    ck_assert_int_eq(rename("/etc/new", RESOLV_PATH), 0);
}

static void compare_server(const struct __res_state *state, int i, const union endpoint *ours,
                           const char *text)
{
    const struct sockaddr_in6 *v6 = state->_u._ext.nsaddrs[i];
    union endpoint theirs = {0};
    if (v6)
        theirs.v6 = *v6;
    else
        theirs.v4 = state->nsaddr_list[i];
    ck_assert_msg(endpoint_same_address(&theirs, ours), "%s for %s in\n%s", server(ours),
                  server(&theirs), text);
    if (v6)
        ck_assert_msg(v6->sin6_scope_id == ours->v6.sin6_scope_id, "zone %u for %u in\n%s",
                      ours->v6.sin6_scope_id, v6->sin6_scope_id, text);
}

static void compare(const struct resolv *resolv, const char *text)
{
    struct __res_state state = {0};
    union endpoint nobody = resolv_nobody_named();
    ck_assert_int_eq(res_ninit(&state), 0);
    size_t count = resolv->count ? resolv->count : 1;
    ck_assert_msg((size_t)state.nscount == count, "%zu servers for %d in\n%s", resolv->count,
                  state.nscount, text);
    for (int i = 0; i < state.nscount; i++)
        compare_server(&state, i, resolv->count ? &resolv->servers[i] : &nobody, text);
    for (size_t i = 0; i < resolv->search_count && i < MAXDNSRCH; i++)
        ck_assert_msg(state.dnsrch[i] && strcmp(state.dnsrch[i], resolv->search[i].string) == 0,
                      "search %zu in\n%s", i, text);
    res_nclose(&state);
}

START_TEST(resolv__random_files_are_read_as_the_c_library_reads_them)
{
    size_t with_server = 0;
    if (!own_etc())
        return; /* no namespaces here: the cases above stand alone */
    unsetenv("LOCALDOMAIN");
    unsetenv("RES_OPTIONS");
    for (int i = 0; i < RANDOM_FILES; i++) {
        struct resolv resolv;
        struct text text = random_file();
        const char *bytes = text_string(&text);
        become_resolv_conf(bytes, text.length);
        resolv_read(arena, bytes, text.length, &resolv);
        compare(&resolv, bytes);
        with_server += resolv.count > 0;
    }
    ck_assert_uint_gt(with_server, RANDOM_FILES / 4);
    ck_assert_uint_lt(with_server, RANDOM_FILES);
}
END_TEST

Suite *actions_net_resolv_suite(void)
{
    Suite *suite = suite_create("actions/net/resolv");
    TCase *tests = tcase_create("resolv");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, resolv__servers_in_order_and_no_more_than_three);
    tcase_add_test(tests, resolv__short_and_octal_numbers_are_addresses);
    tcase_add_test(tests, resolv__what_is_refused_is_said);
    tcase_add_test(tests, resolv__lines_that_name_nobody);
    tcase_add_test(tests, resolv__random_files_are_read_as_the_c_library_reads_them);
    suite_add_tcase(suite, tests);
    return suite;
}
