/* Runs the text cases of the language: `cases FILE...`; prints what differs, exit 1 then.
 * With BLESS=1 in the environment it writes what it got as what is expected: read the diff.
 *
 * The format, line by line; what stands before the first `===` is comment:
 *
 *   === what the case shows
 *   --- file NAME            a file, up to the next `---`; the first one is loaded
 *   --- set NAME=VALUE       as on the command line
 *   --- language ja
 *   --- only-check           required variables may stay without a value
 *   --- answer CHECK yes     the check's answer (or `no`), then its fields, one a line:
 *   field: value                 a list by commas; a list of records by one line for each:
 *   field: name=value, ...       `field! why` says that it has no value; `groups.NAME: text`
 *   --- unknown CHECK why
 *   --- show PART...         checks truths causes symptom keep evidence (default: none)
 *   --- expect               all diagnostics, or `ok` and the parts
 *   --- try                  lines `TEXT => result`: TEXT stands for the word EXPR in the first
 * file (the result is the symptom's `when`) or for WORDS (the first cause's advice)
 *
 * Checks without `answer` or `unknown` are pending.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/limits.h"
#include "engine/io/file.h"
#include "tests/cases/show.h"
#include "tests/unit/support/fake_actions.h"

enum { MAX_FILES = 40, MAX_SETTINGS = 16, MAX_ANSWERS = 16 };

struct given_answer {
    const char *check;
    const char *word; /* yes, no, or NULL: unknown */
    const char *text; /* the fields, or why */
};

struct test {
    const char *title;
    struct source files[MAX_FILES];
    size_t file_count;
    struct setting settings[MAX_SETTINGS];
    size_t setting_count;
    struct given_answer answers[MAX_ANSWERS];
    size_t answer_count;
    const char *language;
    const char *show;
    bool only_check;
};

struct totals {
    size_t passed, failed;
};

static bool find(void *context, struct arena *arena, const char *name, const struct source *from,
                 struct source *source, struct error *error)
{
    (void)arena;
    (void)from;
    const struct test *test = context;
    for (size_t i = 0; i < test->file_count; i++) {
        if (!text_equal(test->files[i].path, name))
            continue;
        *source = test->files[i];
        return true;
    }
    return error_set(error, "cannot open '%s': No such file or directory", name);
}

static struct value read_value(struct arena *arena, const struct type *type, const char *text)
{
    struct value value;
    if (type->depends || !value_read(arena, type->kind, text, &value))
        value = value_guess(arena, text);
    return value;
}

/* "name=value, name=value" */
static struct value read_record(struct arena *arena, const struct type *type, char *text)
{
    enum { MAX_FIELDS = 16 };
    const char **names = arena_alloc(arena, MAX_FIELDS * sizeof(*names));
    struct value *values = arena_alloc(arena, MAX_FIELDS * sizeof(*values));
    struct value record = {.kind = KIND_RECORD};
    size_t count = 0;
    for (; type->fields[count].name && count < MAX_FIELDS; count++)
        names[count] = type->fields[count].name;
    for (char *save = NULL, *item = strtok_r(text, ",", &save); item;
         item = strtok_r(NULL, ",", &save)) {
        item += strspn(item, " ");
        char *equal = strchr(item, '=');
        for (size_t i = 0; equal && i < count; i++)
            if (strlen(names[i]) == (size_t)(equal - item) &&
                strncmp(names[i], item, (size_t)(equal - item)) == 0)
                values[i] = read_value(arena, &type->fields[i].type, equal + 1);
    }
    record.record.names = names;
    record.record.values = values;
    record.record.count = count;
    return record;
}

/* A list of scalars comes whole, a list of records one by one. */
static void read_list(struct arena *arena, const struct type *element, char *text,
                      struct value *list)
{
    struct value *items = arena_alloc(arena, 64 * sizeof(*items));
    size_t count = list->kind == KIND_LIST ? list->list.count : 0;
    for (size_t i = 0; i < count; i++)
        items[i] = list->list.items[i];
    if (element->kind == KIND_RECORD) {
        if (*text)
            items[count++] = read_record(arena, element, text);
    } else {
        for (char *save = NULL, *item = strtok_r(text, ", ", &save); item && count < 64;
             item = strtok_r(NULL, ", ", &save))
            items[count++] = read_value(arena, element, item);
    }
    *list = value_list(items, count);
}

static void read_group(struct arena *arena, char *name, const char *text, struct value *record)
{
    enum { MAX_GROUPS = 8 };
    if (record->kind != KIND_RECORD) {
        *record = (struct value){.kind = KIND_RECORD};
        record->record.names = arena_alloc(arena, MAX_GROUPS * sizeof(const char *));
        record->record.values = arena_alloc(arena, MAX_GROUPS * sizeof(struct value));
    }
    size_t at = record->record.count++;
    ((const char **)record->record.names)[at] = name;
    ((struct value *)record->record.values)[at] = value_string(arena, text);
}

/* One line "field: value" of an answer. */
static void read_field(struct arena *arena, const struct action *action, char *line,
                       struct value *values, const char **absent)
{
    char *end = line + strcspn(line, ":!");
    bool missing = *end == '!';
    char *text = end + strspn(end, ":! ");
    *end = '\0';
    char *dot = strchr(line, '.');
    if (dot)
        *dot = '\0';
    for (size_t i = 0; action->fields[i].name; i++) {
        if (!text_equal(action->fields[i].name, line))
            continue;
        if (missing)
            absent[i] = text;
        else if (dot)
            read_group(arena, dot + 1, text, &values[i]);
        else if (action->fields[i].type.kind == KIND_LIST)
            read_list(arena, action->fields[i].type.element, text, &values[i]);
        else
            values[i] = read_value(arena, &action->fields[i].type, text);
    }
}

static struct answer make_answer(struct arena *arena, const struct action *action,
                                 const struct given_answer *given)
{
    enum { MAX_FIELDS = 16 };
    struct answer answer = {.state = ANSWER_UNKNOWN, .action = action, .reason = given->text};
    if (!given->word || !action)
        return answer;
    struct value *values = arena_alloc(arena, MAX_FIELDS * sizeof(*values));
    const char **absent = arena_alloc(arena, MAX_FIELDS * sizeof(*absent));
    char *text = arena_string(arena, given->text);
    for (char *save = NULL, *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save))
        read_field(arena, action, line, values, absent);
    answer.state = ANSWER_KNOWN;
    answer.ok = text_equal(given->word, "yes");
    answer.fields = values;
    answer.absent = absent;
    return answer;
}

static struct view make_view(struct arena *arena, const struct test *test,
                             const struct playbook *playbook)
{
    struct answer *answers = arena_alloc(arena, (playbook->check_count + 1) * sizeof(*answers));
    for (size_t i = 0; i < playbook->check_count; i++)
        for (size_t j = 0; j < test->answer_count; j++)
            if (text_equal(test->answers[j].check, playbook->checks[i].name))
                answers[i] = make_answer(arena, playbook->checks[i].action, &test->answers[j]);
    return (struct view){.playbook = playbook, .answers = answers, .arena = arena};
}

static const struct playbook *load(struct arena *arena, struct test *test,
                                   struct diagnostics *diagnostics)
{
    struct load load = {
        .registry = fake_registry,
        .language = test->language,
        .settings = test->settings,
        .setting_count = test->setting_count,
        .only_check = test->only_check,
        .find = find,
        .context = test,
    };
    *diagnostics = (struct diagnostics){.arena = arena};
    return playbook_load(arena, &load, test->file_count ? test->files[0].path : "none.yml",
                         diagnostics);
}

/* What `--- expect` is compared with. */
static const char *run_whole(struct arena *arena, struct test *test)
{
    struct text out = text_new(arena);
    struct diagnostics diagnostics;
    const struct playbook *playbook = load(arena, test, &diagnostics);
    if (!playbook) {
        show_diagnostics(&diagnostics, &out);
        return text_string(&out);
    }
    text_add(&out, "ok\n");
    struct view view = make_view(arena, test, playbook);
    char *show = arena_string(arena, test->show ? test->show : "");
    for (char *save = NULL, *part = strtok_r(show, " ", &save); part;
         part = strtok_r(NULL, " ", &save))
        if (!show_part(&view, part, &out))
            text_format(&out, "no part '%s'\n", part);
    return text_string(&out);
}

static const char *replace(struct arena *arena, const char *text, const char *word,
                           const char *with)
{
    struct text out = text_new(arena);
    const char *at = strstr(text, word);
    if (!at)
        return text;
    text_bytes(&out, text, (size_t)(at - text));
    text_format(&out, "%s%s", with, at + strlen(word));
    return text_string(&out);
}

/* The result of one line of `--- try`. */
static const char *run_line(struct arena *arena, struct test *test, const char *input)
{
    struct text out = text_new(arena);
    struct source whole = test->files[0];
    bool words = strstr(whole.bytes, "WORDS") != NULL;
    test->files[0].bytes = replace(arena, whole.bytes, words ? "WORDS" : "EXPR", input);
    test->files[0].length = strlen(test->files[0].bytes);
    struct diagnostics diagnostics;
    const struct playbook *playbook = load(arena, test, &diagnostics);
    test->files[0] = whole;
    if (!playbook) {
        show_messages(&diagnostics, &out);
        return text_string(&out);
    }
    struct view view = make_view(arena, test, playbook);
    if (words)
        text_add(&out, template_words(playbook->causes.items[0].advise, &view));
    else
        show_truth(playbook->symptom.when, &view, &out);
    return text_string(&out);
}

static const char *run_lines(struct arena *arena, struct test *test, const char *block)
{
    struct text out = text_new(arena);
    char *lines = arena_string(arena, block);
    for (char *save = NULL, *line = strtok_r(lines, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        char *arrow = strstr(line, " => ");
        if (arrow)
            *arrow = '\0';
        text_format(&out, "%s => %s\n", line, run_line(arena, test, line));
    }
    return text_string(&out);
}

static void compare(const struct test *test, const char *path, const char *expected,
                    const char *got, struct totals *totals)
{
    if (text_equal(expected, got)) {
        totals->passed++;
        return;
    }
    totals->failed++;
    printf("FAILED %s: %s\nexpected:\n%sgot:\n%s\n", path, test->title, expected, got);
}

static void add_file(struct test *test, const char *name, const char *block)
{
    if (test->file_count < MAX_FILES)
        test->files[test->file_count++] =
            (struct source){.path = name, .bytes = block, .length = strlen(block)};
}

static void add_setting(struct test *test, char *text)
{
    char *equal = strchr(text, '=');
    if (!equal || test->setting_count == MAX_SETTINGS)
        return;
    *equal = '\0';
    test->settings[test->setting_count++] = (struct setting){.name = text, .value = equal + 1};
}

static void add_answer(struct test *test, char *text, const char *block, bool known)
{
    char *blank = strchr(text, ' ');
    if (!blank || test->answer_count == MAX_ANSWERS)
        return;
    *blank = '\0';
    test->answers[test->answer_count++] = (struct given_answer){
        .check = text, .word = known ? blank + 1 : NULL, .text = known ? block : blank + 1};
}

/* Takes one section; what it got where it is one to compare, else NULL. */
static const char *take_section(struct arena *arena, struct test *test, char *head,
                                const char *block)
{
    char *rest = head + strcspn(head, " ");
    if (*rest)
        *rest++ = '\0';
    if (text_equal(head, "expect"))
        return run_whole(arena, test);
    if (text_equal(head, "try"))
        return run_lines(arena, test, block);
    if (text_equal(head, "file"))
        add_file(test, rest, block);
    else if (text_equal(head, "set"))
        add_setting(test, rest);
    else if (text_equal(head, "language"))
        test->language = rest;
    else if (text_equal(head, "only-check"))
        test->only_check = true;
    else if (text_equal(head, "show"))
        test->show = rest;
    else
        add_answer(test, rest, block, text_equal(head, "answer"));
    return NULL;
}

/* The end of the section or case that begins at `at`. */
static const char *section_end(const char *at)
{
    for (; *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : at + strlen(at))
        if (text_starts(at, "--- ") || text_starts(at, "=== "))
            break;
    return at;
}

static void run_text(struct arena *arena, const char *path, const char *text, struct text *blessed,
                     struct totals *totals)
{
    struct test test = {0};
    const char *at = section_end(text);
    text_bytes(blessed, text, (size_t)(at - text));
    while (*at) {
        size_t length = strcspn(at, "\n");
        char *head = arena_copy(arena, at + 4, length - 4);
        bool title = at[0] == '=';
        text_format(blessed, "%.*s\n", (int)length, at);
        const char *body = at + length + (at[length] == '\n');
        at = section_end(body);
        const char *block = arena_copy(arena, body, (size_t)(at - body));
        const char *got = NULL;
        if (title)
            test = (struct test){.title = head};
        else
            got = take_section(arena, &test, head, block);
        if (got)
            compare(&test, path, block, got, totals);
        text_add(blessed, got ? got : block);
    }
}

static bool bless(const char *path, const struct text *text)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return false;
    bool good = fwrite(text->at, 1, text->length, file) == text->length;
    return fclose(file) == 0 && good;
}

int main(int argc, char **argv)
{
    struct totals totals = {0};
    for (int i = 1; i < argc; i++) {
        ARENA_AUTO struct arena *arena = arena_new();
        struct file_text file;
        file_read(arena, argv[i], LIMIT_FILE_BYTES, &file);
        if (file.code) {
            fprintf(stderr, "%s\n", file.reason);
            return 1;
        }
        struct text blessed = text_new(arena);
        run_text(arena, argv[i], file.bytes, &blessed, &totals);
        if (getenv("BLESS") && !bless(argv[i], &blessed))
            return 1;
    }
    printf("%zu passed, %zu failed, 0 skipped\n", totals.passed, totals.failed);
    return totals.failed > 0;
}
