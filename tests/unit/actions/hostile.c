/* Text that nobody means well with, through every argument of every action while a playbook is
 * loaded: a length that no buffer was made for, quotes, line ends, conversions of printf,
 * characters of several bytes. It is an error with its place or a value; the sanitizers see what
 * else it is. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "actions/registry.h"
#include "engine/base/encoding.h"
#include "engine/lang/playbook.h"

enum { LONG_TEXT = 5000 };

static struct arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(&arena);
}

static const char *repeated(const char *part)
{
    struct text text = text_new(arena);
    while (text.length < LONG_TEXT)
        text_add(&text, part);
    return text_string(&text);
}

/* What the other arguments need for the one in question to be looked at. */
static const char *sample_of(const struct action *action, const char *argument)
{
    static const struct {
        const char *argument, *value;
    } samples[] = {
        {"argv", "[ 'true' ]"},
        {"host", "127.0.0.1"},
        {"key", "memory"},
        {"link", "lo"},
        {"mtu", "1400"},
        {"name", "localhost"},
        {"path", "/etc/hosts"},
        {"pattern", "x"},
        {"port", "8080"},
        {"question", "well?"},
        {"section", "wsl2"},
        {"value", "1GB"},
        {"url", "http://localhost/"},
    };
    bool conf = text_starts(action->name, "wslconf.");
    if (conf && text_equal(argument, "section"))
        return "network";
    if (conf && text_equal(argument, "key"))
        return "hostname";
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
        if (text_equal(samples[i].argument, argument))
            return samples[i].value;
    ck_abort_msg("%s: '%s' has no sample", action->name, argument);
    return NULL;
}

/* As YAML's double quotes write it. */
static void add_quoted(struct text *text, const char *string)
{
    text_char(text, '"');
    for (; *string; string++) {
        unsigned char byte = (unsigned char)*string;
        if (byte < 0x20 || byte == '"' || byte == '\\')
            text_format(text, "\\x%02x", byte);
        else
            text_char(text, *string);
    }
    text_char(text, '"');
}

static void add_argument(struct text *text, const struct action *action,
                         const struct argument *argument, const char *guilty, const char *value)
{
    bool wanted = text_equal(argument->name, guilty);
    if (!wanted && (argument->fallback || argument->flags & ARGUMENT_OPTIONAL))
        return;
    text_format(text, "      %s: ", argument->name);
    bool list = wanted && argument->type.kind == KIND_LIST;
    text_add(text, list ? "[ " : "");
    if (wanted)
        add_quoted(text, value);
    else
        text_add(text, sample_of(action, argument->name));
    text_add(text, list ? " ]\n" : "\n");
}

/* With `behind`, the text comes through a variable: by another way to the same conversion. */
static const char *playbook_of(const struct action *action, const char *guilty, const char *value,
                               bool behind)
{
    struct text text = text_new(arena);
    text_add(&text, "playbook: t\ntitle: t\nvars:\n  hostile: ");
    add_quoted(&text, value);
    text_add(&text, "\n  other: x\nchecks:\n  sane: { file.match: { path: /x, pattern: x } }\n");
    text_add(&text, action->role == ROLE_PROBE ? "  probe:\n" : "");
    struct text call = text_new(arena);
    text_format(&call, "    %s%s:%s\n", action->role == ROLE_FIX ? "  - " : "", action->name,
                action->arguments && action->arguments[0].name ? "" : " {}");
    for (const struct argument *at = action->arguments; at && at->name; at++) {
        struct text line = text_new(arena);
        add_argument(&line, action, at, guilty, behind ? "$hostile" : value);
        text_format(&call, "%s%s", action->role == ROLE_FIX ? "      " : "", text_string(&line));
    }
    if (action->role == ROLE_PROBE && text_equal(guilty, "timeout")) {
        text_add(&call, "      timeout: ");
        add_quoted(&call, value);
        text_char(&call, '\n');
    }
    if (action->role == ROLE_PROBE)
        text_add(&text, text_string(&call));
    text_add(&text, "symptom: { when: sane }\ncauses:\n  - id: c\n    when: otherwise\n");
    text_format(&text, action->role == ROLE_FIX ? "    fix:\n%s" : "    advise: x\n",
                text_string(&call));
    return text_string(&text);
}

static bool find(void *context, struct arena *memory, const char *name, const struct source *from,
                 struct source *source, struct error *error)
{
    (void)memory;
    (void)from;
    (void)error;
    *source = (struct source){.path = name, .bytes = context, .length = strlen(context)};
    return true;
}

static void assert_utf8(const char *text)
{
    for (const char *at = text, *end = text + strlen(text); at < end;) {
        size_t step = utf8_next(at, end, NULL);
        ck_assert_msg(step > 0, "a character was cut in: %.400s", text);
        at += step;
    }
}

/* Whatever the verdict is, there is one, it points at its place, and no character of it is cut. */
static void assert_judged(const char *yaml)
{
    struct diagnostics diagnostics = {.arena = arena};
    struct load load = {
        .registry = registry, .language = "en", .find = find, .context = (void *)yaml};
    const struct playbook *playbook = playbook_load(arena, &load, "t", &diagnostics);
    ck_assert_msg(!playbook == (diagnostics.count > 0), "%.2000s", yaml);
    struct text text = text_new(arena);
    for (size_t i = 0; i < diagnostics.count; i++) {
        ck_assert_msg(diagnostics.items[i].span.end <= strlen(yaml), "%.2000s", yaml);
        assert_utf8(diagnostics.items[i].message);
        diagnostic_print(&diagnostics.items[i], &text);
    }
}

static const struct {
    const char *part;
    bool once;
} texts[] = {
    {"A", false},
    {"9", false},
    {"10.0.0.0/8, ", false},
    {"1.2.3.4-", false},
    {"\"", false},
    {"'", false},
    {"\n", false},
    {"%s%n", false},
    {"日本", false},
    {"\xF0\x9F\x9A\x92", false},
    {"../", false},
    {"a.b.", false},
    {"[fe80::1%", false},
    {"http://[1:", false},
    {"(?<a>", false},
    {"\\", false},
    {"= #\r\n", false},
    {"", true},
    {" ", true},
    {"\x7F\x1B[2J", true},
    {"1e400", true},
    {"-1", true},
    {"0/0", true},
    {"::/129", true},
};

static void try_argument(const struct action *action, const char *argument)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *text = texts[i].once ? texts[i].part : repeated(texts[i].part);
        assert_judged(playbook_of(action, argument, text, false));
        assert_judged(playbook_of(action, argument, text, true));
        teardown();
        setup();
    }
}

START_TEST(hostile__text_through_every_argument)
{
    for (const struct action *const *action = registry; *action; action++) {
        for (const struct argument *at = (*action)->arguments; at && at->name; at++)
            try_argument(*action, at->name);
        if ((*action)->role == ROLE_PROBE)
            try_argument(*action, "timeout");
    }
}
END_TEST

Suite *actions_hostile_suite(void);
Suite *actions_hostile_suite(void)
{
    Suite *suite = suite_create("actions/hostile");
    TCase *tests = tcase_create("hostile");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, hostile__text_through_every_argument);
    suite_add_tcase(suite, tests);
    return suite;
}
