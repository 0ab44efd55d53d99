/* The declarations of the real actions, as the language layer reads them: every default is a value
 * of its argument, names are well formed, and what a fix needs is a probe that takes it. */
#include <check.h>
#include <string.h>

#include "actions/registry.h"
#include "engine/action.h"
#include "engine/lang/slot.h"

static struct arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(&arena);
}

static const struct argument *find_argument(const struct action *action, const char *name)
{
    for (const struct argument *at = action->arguments; at && at->name; at++)
        if (text_equal(at->name, name))
            return at;
    return NULL;
}

static bool is_name(const char *name)
{
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

START_TEST(declarations__defaults_are_values)
{
    for (const struct action *const *action = registry; *action; action++) {
        for (const struct argument *at = (*action)->arguments; at && at->name; at++) {
            struct slot slot = slot_of_argument(at);
            struct value value;
            struct error error = {0};
            ck_assert_msg(is_name(at->name), "%s %s", (*action)->name, at->name);
            if (at->fallback)
                ck_assert_msg(slot_read(arena, &slot, at->fallback, true, &value, &error), "%s: %s",
                              (*action)->name, error.message);
        }
    }
}
END_TEST

START_TEST(declarations__fields_have_types)
{
    for (const struct action *const *action = registry; *action; action++) {
        if ((*action)->role == ROLE_PROBE)
            ck_assert_ptr_nonnull((*action)->fields);
        for (const struct field *at = (*action)->fields; at && at->name; at++) {
            ck_assert_msg(is_name(at->name), "%s %s", (*action)->name, at->name);
            bool typed = at->type.kind != KIND_NONE || at->type.depends;
            bool list = at->type.kind != KIND_LIST || at->type.element;
            bool groups = at->type.kind != KIND_RECORD || at->type.fields ||
                          find_argument(*action, "pattern");
            ck_assert_msg(typed && list && groups, "%s %s", (*action)->name, at->name);
            ck_assert_msg(!at->type.depends || (*action)->type_of, "%s %s", (*action)->name,
                          at->name);
        }
    }
}
END_TEST

START_TEST(declarations__fixes_have_effects_and_real_needs)
{
    for (const struct action *const *action = registry; *action; action++) {
        if ((*action)->role != ROLE_FIX)
            continue;
        ck_assert_msg((*action)->effect && (*action)->plan, "%s", (*action)->name);
        for (const struct need *need = (*action)->needs; need && need->probe; need++) {
            const struct action *probe = NULL;
            for (const struct action *const *at = registry; *at; at++)
                if ((*at)->role == ROLE_PROBE && text_equal((*at)->name, need->probe))
                    probe = *at;
            ck_assert_msg(probe != NULL, "%s needs %s", (*action)->name, need->probe);
            for (size_t i = 0; i < 4 && need->arguments[i].name; i++)
                ck_assert_msg(find_argument(probe, need->arguments[i].name), "%s: %s %s",
                              (*action)->name, need->probe, need->arguments[i].name);
        }
    }
}
END_TEST

Suite *lang_declarations_suite(void);
Suite *lang_declarations_suite(void)
{
    Suite *suite = suite_create("lang/declarations");
    TCase *tests = tcase_create("declarations");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, declarations__defaults_are_values);
    tcase_add_test(tests, declarations__fields_have_types);
    tcase_add_test(tests, declarations__fixes_have_effects_and_real_needs);
    suite_add_tcase(suite, tests);
    return suite;
}
