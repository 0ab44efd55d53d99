/* What the journal and saved plans hold of a change, against bytes that nobody has written: each
 * record is read as what it says, or refused, and nothing is read beyond its end (make sanitize).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "actions/registry.h"
#include "engine/change/safeguard.h"
#include "engine/change/snapshot.h"
#include "engine/change/wait.h"
#include "engine/report/diff.h"

Suite *change_records_suite(void);

enum { MISSING = PATH_MISSING, FILE_THERE = PATH_FILE, LINK = PATH_LINK };

static void add_state(struct text *record, uint64_t kind, const char *bytes, const char *target)
{
    record_number(record, kind);
    record_bytes(record, bytes, strlen(bytes));
    record_string(record, target);
}

static void add_head(struct text *record, const char *kind, const char *action, const char *target)
{
    record_string(record, kind);
    record_string(record, action);
    record_string(record, target);
}

/* ---- planned changes ---- */

static void file_change(struct text *record)
{
    add_head(record, "file", "wslconf.set", "/etc/wsl.conf");
    record_string(record, "/etc/wsl.conf");
    add_state(record, FILE_THERE, "[boot]\n", NULL);
    add_state(record, FILE_THERE, "[boot]\nsystemd=true\n", NULL);
}

static void link_to_file(struct text *record)
{
    add_head(record, "file", "resolvconf.restore", "/etc/resolv.conf");
    record_string(record, "/etc/resolv.conf");
    add_state(record, MISSING, "", NULL);
    add_state(record, LINK, "", "/mnt/wsl/resolv.conf");
}

static void mtu(struct text *record)
{
    add_head(record, "link", "link.mtu", "eth7");
    record_number(record, 1492);
    record_number(record, 1380);
}

static void command(struct text *record)
{
    static const char *const argv[] = {"ufw", "allow", "8443", NULL},
                             *const undo[] = {"ufw", "delete", "8443", NULL},
                             *const touches[] = {"/etc/ufw/user.rules", "/run/ufw.lock", NULL};
    add_head(record, "command", "ufw.allow", "ufw");
    record_strings(record, argv);
    record_strings(record, undo);
    record_strings(record, touches);
}

static void windows(struct text *record)
{
    static const char *const texts[] = {"none", "one", "New-X", "Remove-X", "Get-X", NULL};
    add_head(record, "windows", "hyperv.allow", "Hyper-V firewall");
    record_strings(record, texts);
    record_number(record, 1);
    record_number(record, 0);
}

static void restart(struct text *record)
{
    add_head(record, "restart", "wsl.restart", "WSL");
}

static void undo_file(struct text *record)
{
    add_head(record, "undo-file", "wslconfig.set", "/mnt/c/Users/ann/playbook-undo.cmd");
}

static void (*const planned[])(struct text *record) = {file_change, link_to_file, mtu,      command,
                                                       windows,     restart,      undo_file};

/* ---- what is saved of them ---- */

static void add_snapshot(struct text *record, const char *path, mode_t mode, const char *bytes,
                         const char *target)
{
    const struct stat status = {.st_mode = mode, .st_uid = 1000, .st_nlink = 1};
    const struct timespec times[2] = {{.tv_sec = 77}, {.tv_sec = 78}};
    const size_t size = 3;
    struct text attributes = text_new(record->arena);
    text_bytes(&attributes, "user.x", sizeof("user.x"));
    text_bytes(&attributes, (const char *)&size, sizeof(size));
    text_add(&attributes, "yes");
    record_string(record, path);
    record_number(record, mode != 0);
    record_bytes(record, (const char *)&status, sizeof(status));
    record_bytes(record, bytes, strlen(bytes));
    record_string(record, target);
    record_bytes(record, attributes.at, mode ? attributes.length : 0);
    record_bytes(record, (const char *)times, sizeof(times));
}

static void saved_file(struct text *record)
{
    add_snapshot(record, "/etc/wsl.conf", S_IFREG | 0644, "[boot]\n", NULL);
}

static void saved_nothing(struct text *record)
{
    add_snapshot(record, "/etc/resolv.conf", 0, "", NULL);
}

static void saved_undo_file(struct text *record)
{
    add_snapshot(record, "/mnt/c/Users/ann/playbook-undo.cmd", S_IFLNK | 0777, "", "elsewhere");
    record_bytes(record, "@rem", 4);
}

static const struct {
    void (*change)(struct text *record);
    void (*saved)(struct text *record);
} kept[] = {{file_change, saved_file}, {link_to_file, saved_nothing}, {undo_file, saved_undo_file}};

/* ---- reading ---- */

static struct text built(struct arena *arena, void (*build)(struct text *record))
{
    struct text record = text_new(arena);
    build(&record);
    return record;
}

static struct reading reading_of(struct arena *arena, const char *bytes, size_t length)
{
    return (struct reading){.arena = arena, .at = bytes, .left = length};
}

/* What is read is used as a report does, and written again: the same. */
static bool read_change(struct arena *arena, const char *bytes, size_t length)
{
    struct change change;
    struct text again = text_new(arena);
    struct reading reading = reading_of(arena, bytes, length);
    if (!change_read(&change, registry, &reading) || !reading_whole(&reading))
        return false;
    ck_assert(!change.before || change.before_length <= length);
    ck_assert(!change.after || change.after_length <= length);
    (void)diff_unified(arena, change.target, change.before,
                       change.before ? change.before_length : 0, change.after,
                       change.after ? change.after_length : 0);
    (void)change_is_possible(&change);
    change_write(&change, &again);
    ck_assert_uint_eq(again.length, length);
    ck_assert_mem_eq(again.at, bytes, length);
    return true;
}

static bool read_saved(struct arena *arena, void (*build)(struct text *record), const char *bytes,
                       size_t length)
{
    struct change change;
    struct text planned_record = built(arena, build), again = text_new(arena);
    struct reading reading = reading_of(arena, planned_record.at, planned_record.length);
    ck_assert(change_read(&change, registry, &reading));
    reading = reading_of(arena, bytes, length);
    if (!change.kind->read_saved(&change, &reading) || !reading_whole(&reading))
        return false;
    change.kind->write_saved(&change, &again);
    ck_assert_uint_eq(again.length, length);
    ck_assert_mem_eq(again.at, bytes, length);
    return true;
}

typedef bool read_fn(struct arena *arena, size_t index, const char *bytes, size_t length);

/* From memory that ends with the record. */
static bool read_alone(read_fn *read, size_t index, const char *bytes, size_t length)
{
    struct arena *arena ARENA_AUTO = arena_new();
    char *alone = malloc(length ? length : 1);
    memcpy(alone, bytes, length);
    bool done = read(arena, index, alone, length);
    free(alone);
    return done;
}

/* Reads each cut of the record, which must be refused, and each other byte in it. */
static void spoil(const struct text *record, read_fn *read, size_t index)
{
    static const unsigned char flips[] = {0x01, 0x80, 0xff};
    for (size_t length = 0; length < record->length; length++)
        ck_assert_msg(!read_alone(read, index, record->at, length), "%zu cut at %zu", index,
                      length);
    for (size_t at = 0; at < record->length; at++)
        for (size_t i = 0; i < sizeof(flips); i++) {
            record->at[at] = (char)(record->at[at] ^ flips[i]);
            (void)read_alone(read, index, record->at, record->length);
            record->at[at] = (char)(record->at[at] ^ flips[i]);
        }
}

static bool spoiled_change(struct arena *arena, size_t index, const char *bytes, size_t length)
{
    (void)index;
    return read_change(arena, bytes, length);
}

static bool spoiled_saved(struct arena *arena, size_t index, const char *bytes, size_t length)
{
    return read_saved(arena, kept[index].change, bytes, length);
}

START_TEST(change_read__reads_what_was_written_and_refuses_every_cut)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = built(arena, planned[_i]);
    ck_assert(read_change(arena, record.at, record.length));
    spoil(&record, spoiled_change, (size_t)_i);
}
END_TEST

START_TEST(read_saved__reads_what_was_written_and_refuses_every_cut)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = built(arena, kept[_i].saved);
    ck_assert(read_saved(arena, kept[_i].change, record.at, record.length));
    spoil(&record, spoiled_saved, (size_t)_i);
}
END_TEST

/* ---- fields that disagree ---- */

static bool reads_states(uint64_t kind, const char *bytes, const char *target)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = text_new(arena);
    add_head(&record, "file", "wslconf.set", "/etc/wsl.conf");
    record_string(&record, "/etc/wsl.conf");
    add_state(&record, kind, bytes, target);
    add_state(&record, FILE_THERE, "x", NULL);
    return read_change(arena, record.at, record.length);
}

START_TEST(change_read__refuses_a_state_of_two_kinds)
{
    ck_assert(reads_states(FILE_THERE, "content", NULL));
    ck_assert(reads_states(LINK, "", "there"));
    ck_assert(reads_states(MISSING, "", NULL));
    ck_assert(!reads_states(LINK, "content", "there"));
    ck_assert(!reads_states(LINK, "", NULL));
    ck_assert(!reads_states(FILE_THERE, "content", "there"));
    ck_assert(!reads_states(MISSING, "content", NULL));
    ck_assert(!reads_states(MISSING, "", "there"));
    ck_assert(!reads_states(PATH_OTHER, "", NULL));
    ck_assert(!reads_states(UINT64_MAX, "", NULL));
}
END_TEST

static bool reads_snapshot(const char *path, mode_t mode, const char *bytes, const char *target)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = text_new(arena);
    add_snapshot(&record, path, mode, bytes, target);
    return read_saved(arena, file_change, record.at, record.length);
}

START_TEST(read_saved__refuses_what_the_change_did_not_find)
{
    ck_assert(reads_snapshot("/etc/wsl.conf", S_IFREG | 0640, "[boot]\n", NULL));
    ck_assert(!reads_snapshot("/etc/shadow", S_IFREG | 0640, "[boot]\n", NULL));
    ck_assert(!reads_snapshot("/etc/wsl.conf", S_IFREG | 0640, "[user]\n", NULL));
    ck_assert(!reads_snapshot("/etc/wsl.conf", S_IFREG | 04755, "[boot]\n", NULL));
    ck_assert(!reads_snapshot("/etc/wsl.conf", S_IFREG | 02755, "[boot]\n", NULL));
    ck_assert(!reads_snapshot("/etc/wsl.conf", S_IFREG | 0640, "[boot]\n", "there"));
    ck_assert(!reads_snapshot("/etc/wsl.conf", S_IFLNK | 0777, "[boot]\n", "there"));
    ck_assert(!reads_snapshot("/etc/wsl.conf", S_IFCHR | 0640, "[boot]\n", NULL));
    ck_assert(!reads_snapshot("/etc/wsl.conf", 0, "", NULL));
}
END_TEST

/* ---- what a change may be of ---- */

static bool is_possible(const char *kind, const char *action, const char *target)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct change change;
    struct text record = text_new(arena);
    add_head(&record, kind, action, target);
    if (!text_equal(kind, undo_file_kind.name)) {
        record_string(&record, "/etc/wsl.conf");
        add_state(&record, MISSING, "", NULL);
        add_state(&record, FILE_THERE, "x", NULL);
    }
    struct reading reading = reading_of(arena, record.at, record.length);
    return change_read(&change, registry, &reading) && change_is_possible(&change) &&
           change_is_declared(&change) == !change.kind->safeguard;
}

START_TEST(change_is_possible__asks_safeguards_too)
{
    static const char unit[] = "/etc/systemd/system/playbook-undo.service";
    ck_assert(is_possible("boot-file", "link.mtu", unit));
    ck_assert(is_possible("boot-file", "link.mtu", "/etc/wsl.conf"));
    ck_assert(!is_possible("boot-file", "link.mtu", "/etc/cron.d/mine"));
    ck_assert(!is_possible("boot-file", "link.mtu", "/etc/systemd/system/other.service"));
    ck_assert(is_possible("undo-file", "wslconfig.unset", "/mnt/d/Users/b/playbook-undo.cab"));
    ck_assert(!is_possible("undo-file", "wslconf.set", "/mnt/d/Users/b/playbook-undo.cab"));
    ck_assert(!is_possible("undo-file", "wslconfig.set", "/etc/passwd"));
    ck_assert(is_possible("file", "wslconf.unset", "/etc/wsl.conf"));
    ck_assert(!is_possible("file", "resolvconf.restore", "/etc/wsl.conf"));
}
END_TEST

/* ---- what waits for a restart ---- */

static struct text waiting(struct arena *arena, uint64_t restart, uint64_t count)
{
    static const char *const none[] = {NULL};
    struct text record = text_new(arena);
    record_string(&record, "mirrored");
    record_string(&record, "mirrored");
    record_strings(&record, none);
    record_number(&record, 1);
    record_string(&record, "mirrored.yml");
    record_string(&record, "0");
    record_number(&record, 0);
    record_string(&record, "off/mode");
    record_strings(&record, none);
    record_number(&record, restart);
    record_string(&record, "boot");
    record_number(&record, 4711);
    record_number(&record, count);
    file_change(&record);
    return record;
}

static bool spoiled_wait(struct arena *arena, size_t index, const char *bytes, size_t length)
{
    struct wait wait;
    struct reading reading = reading_of(arena, bytes, length);
    (void)index;
    return wait_read(&wait, registry, &reading);
}

START_TEST(wait_read__reads_what_was_written_and_refuses_every_cut)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = waiting(arena, EFFECTIVE_DISTRO_RESTART, 1);
    ck_assert(spoiled_wait(arena, 0, record.at, record.length));
    spoil(&record, spoiled_wait, 0);
    record = waiting(arena, EFFECTIVE_NOW, 1);
    ck_assert(!spoiled_wait(arena, 0, record.at, record.length));
    record = waiting(arena, EFFECTIVE_WSL_RESTART + 1, 1);
    ck_assert(!spoiled_wait(arena, 0, record.at, record.length));
    record = waiting(arena, EFFECTIVE_WSL_RESTART, 2);
    ck_assert(!spoiled_wait(arena, 0, record.at, record.length));
}
END_TEST

Suite *change_records_suite(void)
{
    Suite *suite = suite_create("change/records");
    TCase *tests = tcase_create("records");
    tcase_add_loop_test(tests, change_read__reads_what_was_written_and_refuses_every_cut, 0,
                        sizeof(planned) / sizeof(planned[0]));
    tcase_add_loop_test(tests, read_saved__reads_what_was_written_and_refuses_every_cut, 0,
                        sizeof(kept) / sizeof(kept[0]));
    tcase_add_test(tests, change_read__refuses_a_state_of_two_kinds);
    tcase_add_test(tests, read_saved__refuses_what_the_change_did_not_find);
    tcase_add_test(tests, change_is_possible__asks_safeguards_too);
    tcase_add_test(tests, wait_read__reads_what_was_written_and_refuses_every_cut);
    suite_add_tcase(suite, tests);
    return suite;
}
