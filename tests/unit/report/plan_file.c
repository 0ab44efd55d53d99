/* A saved plan's file against what happens to files: it is read as it was written, or refused. */
#include "engine/report/plan_file.h"

#include <check.h>
#include <string.h>

#include "actions/registry.h"
#include "engine/base/encoding.h"
#include "engine/base/sha256.h"

Suite *report_plan_file_suite(void);

enum { RECORD_LIMIT = 4096 };

/* The record of a plan with one change of a link, and `count` as its number of changes. */
static struct text record_with(struct arena *arena, uint64_t count)
{
    static const char *const settings[] = {"port=3000", NULL};
    struct text record = text_new(arena);
    record_string(&record, "mtu");
    record_string(&record, "/etc/playbook/mtu.yml");
    record_strings(&record, settings);
    record_number(&record, 1);
    record_string(&record, "/etc/playbook/mtu.yml");
    record_string(&record, sha256_text(arena, "", 0));
    record_number(&record, 1);
    record_string(&record, "link/too-big");
    record_number(&record, count);
    record_number(&record, count);
    record_string(&record, "link");
    record_string(&record, "link.mtu");
    record_string(&record, "eth0");
    record_number(&record, 1500);
    record_number(&record, 1400);
    record_strings(&record, NULL);
    return record;
}

static bool read_plan(struct arena *arena, const char *bytes, size_t length,
                      struct saved_plan *plan)
{
    struct reading reading = {.arena = arena, .at = bytes, .left = length};
    return saved_read(plan, registry, &reading);
}

static const char *text_of_plan(struct arena *arena)
{
    struct saved_plan plan;
    struct text record = record_with(arena, 1);
    ck_assert(read_plan(arena, record.at, record.length, &plan));
    return plan_file_text(arena, &plan);
}

static bool parse(struct arena *arena, const char *bytes, size_t length, struct error *error)
{
    struct saved_plan plan;
    return plan_file_parse(arena, registry, "plan", bytes, length, &plan, error);
}

/* The text with another record and a hash that fits. */
static const char *with_record(struct arena *arena, const char *text, const char *bytes,
                               size_t length)
{
    static const char before[] = "\"record\": \"", hash[] = "\"sha256\": \"";
    const char *at = strstr(text, before) + strlen(before);
    struct text other = text_new(arena);
    text_bytes(&other, text, (size_t)(at - text));
    text_add(&other, base64_encode(arena, bytes, length));
    text_format(&other, "\",\n  %s", hash);
    text_format(&other, "%s\"\n}\n", sha256_text(arena, other.at, other.length));
    return text_string(&other);
}

START_TEST(plan_file__reads_what_was_written)
{
    struct arena *arena ARENA_AUTO = arena_new();
    const char *text = text_of_plan(arena);
    struct saved_plan plan;
    struct error error;
    ck_assert_msg(plan_file_parse(arena, registry, "plan", text, strlen(text), &plan, &error), "%s",
                  error.message);
    ck_assert_str_eq(plan.origin.playbook, "mtu");
    ck_assert_str_eq(plan.origin.settings[0], "port=3000");
    ck_assert_str_eq(plan.offers[0].cause, "link/too-big");
    ck_assert_str_eq(plan.offers[0].changes[0].target, "eth0");
    ck_assert_str_eq(plan_file_text(arena, &plan), text);
    ck_assert_ptr_nonnull(strstr(text, "\"after\": \"mtu 1400\""));
}
END_TEST

START_TEST(plan_file__refuses_every_cut)
{
    struct arena *arena ARENA_AUTO = arena_new();
    const char *text = text_of_plan(arena);
    struct error error;
    for (size_t length = 0; length < strlen(text); length++) {
        struct arena *own ARENA_AUTO = arena_new();
        ck_assert_msg(!parse(own, arena_copy(own, text, length), length, &error), "%zu", length);
    }
    const char *longer = arena_format(arena, "%s ", text);
    ck_assert(!parse(arena, longer, strlen(longer), &error));
}
END_TEST

START_TEST(plan_file__refuses_every_other_byte)
{
    struct arena *arena ARENA_AUTO = arena_new();
    const char *text = text_of_plan(arena);
    size_t length = strlen(text);
    struct error error;
    for (size_t at = 0; at < length; at++) {
        struct arena *own ARENA_AUTO = arena_new();
        char *other = arena_copy(own, text, length);
        other[at] = (char)(at % 3 ? other[at] ^ 1 : at % 2 ? 0 : '\xFF');
        ck_assert_msg(!parse(own, other, length, &error), "byte %zu", at);
    }
}
END_TEST

/* The hash is no signature: behind one that fits, the record is hostile still. */
START_TEST(plan_file__refuses_a_record_that_says_something_else)
{
    struct arena *arena ARENA_AUTO = arena_new();
    const char *text = text_of_plan(arena);
    struct text record = record_with(arena, 1);
    struct error error;
    const char *same = with_record(arena, text, record.at, record.length);
    ck_assert_str_eq(same, text);
    for (size_t at = 0; at < record.length; at++) {
        struct arena *own ARENA_AUTO = arena_new();
        char *bytes = arena_copy(own, record.at, record.length);
        bytes[at] = (char)(bytes[at] + 1 + (char)(at % 200));
        const char *other = with_record(own, text, bytes, record.length);
        ck_assert_msg(!parse(own, other, strlen(other), &error), "byte %zu", at);
    }
}
END_TEST

static void add_file(struct text *record)
{
    record_string(record, "file");
    record_string(record, "wslconf.set");
    record_string(record, "/etc/wsl.conf");
    record_string(record, "/etc/wsl.conf");
    record_number(record, PATH_LINK);
    record_bytes(record, "", 0);
    record_string(record, "elsewhere");
    record_number(record, PATH_FILE);
    record_bytes(record, "[boot]\n", 7);
    record_string(record, NULL);
    record_strings(record, NULL);
}

static void add_command(struct text *record)
{
    static const char *const argv[] = {"ufw", "allow", "22", NULL};
    static const char *const state[] = {"/etc/ufw/user.rules: missing", NULL};
    record_string(record, "command");
    record_string(record, "ufw.allow");
    record_string(record, "ufw");
    record_strings(record, argv);
    record_strings(record, argv);
    record_strings(record, NULL);
    record_strings(record, state);
}

static void add_windows(struct text *record)
{
    static const char *const texts[] = {"before", "after", "apply", "undo", "look", NULL};
    record_string(record, "windows");
    record_string(record, "hyperv.allow");
    record_string(record, "Hyper-V firewall");
    record_strings(record, texts);
    record_number(record, 1);
    record_number(record, 0);
    record_strings(record, NULL);
}

/* Behind a hash that fits, some of it may be believed; none of it may do harm. */
START_TEST(plan_file__survives_hostile_records_of_every_kind)
{
    static void (*const kinds[])(struct text * record) = {add_file, add_command, add_windows};
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = record_with(arena, 1 + sizeof(kinds) / sizeof(kinds[0]));
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        kinds[i](&record);
    struct saved_plan plan;
    ck_assert(read_plan(arena, record.at, record.length, &plan));
    ck_assert(plan_file_text(arena, &plan)[0] == '{');
    for (size_t at = 0; at < record.length; at++) {
        struct arena *own ARENA_AUTO = arena_new();
        char *bytes = arena_copy(own, record.at, record.length);
        bytes[at] = (char)(at % 2 ? bytes[at] + 1 : 0);
        if (read_plan(own, bytes, record.length, &plan))
            ck_assert(plan_file_text(own, &plan)[0] == '{');
        ck_assert(!read_plan(own, arena_copy(own, record.at, at), at, &plan));
    }
}
END_TEST

START_TEST(plan_file__refuses_records_of_any_size)
{
    static const uint64_t counts[] = {0,          2,         1001,       UINT32_MAX,
                                      UINT64_MAX, INT64_MAX, 1ULL << 61, UINT64_MAX / 8};
    struct arena *arena ARENA_AUTO = arena_new();
    struct saved_plan plan;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct text record = record_with(arena, counts[i]);
        ck_assert_msg(!read_plan(arena, record.at, record.length, &plan), "count %zu", i);
    }
    struct text whole = record_with(arena, 1);
    for (size_t length = 0; length < whole.length; length++) {
        struct arena *own ARENA_AUTO = arena_new();
        ck_assert(!read_plan(own, arena_copy(own, whole.at, length), length, &plan));
    }
    char noise[RECORD_LIMIT];
    memset(noise, 0xFF, sizeof(noise));
    ck_assert(!read_plan(arena, noise, sizeof(noise), &plan));
    memset(noise, 1, sizeof(noise));
    ck_assert(!read_plan(arena, noise, sizeof(noise), &plan));
}
END_TEST

START_TEST(plan_file__tells_a_plan_from_other_files)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct error error;
    ck_assert(!parse(arena, "", 0, &error));
    ck_assert_str_eq(error.message, "'plan' is no plan");
    ck_assert(!parse(arena, "{}", 2, &error));
    ck_assert_str_eq(error.message, "'plan' is no plan");
    static const char started[] = "{\n  \"format\": \"playbook plan\",\n";
    ck_assert(!parse(arena, started, strlen(started), &error));
    ck_assert_str_eq(error.message, "'plan' is refused: it was cut or edited after it was saved");
}
END_TEST

/* What is offered later is the same, or is told apart. */
START_TEST(saved__tells_offers_apart)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text record = record_with(arena, 1);
    struct saved_plan plan, other;
    struct error error;
    ck_assert(read_plan(arena, record.at, record.length, &plan));
    ck_assert(read_plan(arena, record.at, record.length, &other));
    struct saved_offer *offer = &other.offers[0];
    ck_assert(saved_has_offer(&plan, offer, arena, &error));
    offer->persist = 0;
    ck_assert(!saved_has_offer(&plan, offer, arena, &error));
    offer->persist = 1;
    offer->changes[0].target = "eth1";
    ck_assert(!saved_has_offer(&plan, offer, arena, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "eth1"));
    offer->cause = "link";
    ck_assert(!saved_has_offer(&plan, offer, arena, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "'link/too-big'"));
}
END_TEST

Suite *report_plan_file_suite(void)
{
    Suite *suite = suite_create("report/plan_file");
    TCase *tcase = tcase_create("plan_file");
    tcase_add_test(tcase, plan_file__reads_what_was_written);
    tcase_add_test(tcase, plan_file__refuses_every_cut);
    tcase_add_test(tcase, plan_file__refuses_every_other_byte);
    tcase_add_test(tcase, plan_file__refuses_a_record_that_says_something_else);
    tcase_add_test(tcase, plan_file__survives_hostile_records_of_every_kind);
    tcase_add_test(tcase, plan_file__refuses_records_of_any_size);
    tcase_add_test(tcase, plan_file__tells_a_plan_from_other_files);
    tcase_add_test(tcase, saved__tells_offers_apart);
    suite_add_tcase(suite, tcase);
    return suite;
}
