/* Lines for a person: the tree with its marks, the evidence of each decision, the plan as it would
 * be made, and what to do next. Text from outside is escaped. */
#include "engine/report/human.h"

#include <string.h>

#include "engine/report/words.h"

enum { LONGEST_LIST = 40 };

static const char *say(const struct human *human, enum word which)
{
    return page_say(&human->page, which);
}

static const char *escaped(const struct human *human, const char *string, bool lines)
{
    return page_escaped(&human->page, string, lines);
}

struct look_of_truth {
    const char *mark, *plain;
    enum colour colour;
};

static const struct look_of_truth looks[] = {
    [TRUTH_FALSE] = {"✗", "x", COLOUR_DIM},
    [TRUTH_TRUE] = {"✓", "+", COLOUR_GOOD},
    [TRUTH_UNKNOWN] = {"?", "?", COLOUR_DOUBT},
    [TRUTH_PENDING] = {"·", ".", COLOUR_DIM},
};

static const char *mark(const struct human *human, enum truth truth)
{
    return human->page.terminal.utf8 ? looks[truth].mark : looks[truth].plain;
}

static void indent(const struct human *human, size_t depth)
{
    page_print(&human->page, "%*s", (int)(2 + 2 * depth), "");
}

/* ---- evidence ---- */

/* A list is told by its length where it is more than a word or two. */
static const char *value_words(struct human *human, const struct evidence_value *value)
{
    if (value->value.kind == KIND_LIST && strlen(value->text) > LONGEST_LIST)
        return arena_format(human->page.arena, "[%zu]", value->value.list.count);
    return escaped(human, value->text, false);
}

static void print_values(struct human *human, const struct evidence *evidence)
{
    for (size_t i = 0; i < evidence->value_count; i++)
        page_print(&human->page, "%s%s=%s", i ? ", " : "  ", evidence->values[i].name,
                   value_words(human, &evidence->values[i]));
    if (evidence->reason)
        page_print(&human->page, "  %s", escaped(human, evidence->reason, false));
    page_print(&human->page, "\n");
}

static void print_evidence(struct human *human, const struct evidence *list, size_t count,
                           size_t depth)
{
    for (size_t i = 0; i < count; i++) {
        indent(human, depth);
        page_paint(&human->page, looks[list[i].truth].colour, "%s", mark(human, list[i].truth));
        page_print(&human->page, " %s", escaped(human, list[i].condition, false));
        page_colour(&human->page, COLOUR_DIM);
        print_values(human, &list[i]);
        page_colour(&human->page, COLOUR_NONE);
    }
}

/* ---- while probes run ---- */

static void draw_live(struct human *human)
{
    if (!human->page.terminal.interactive)
        return;
    struct arena *scratch ARENA_AUTO = arena_new();
    struct text text = text_new(scratch);
    text_add(&text, say(human, WORD_ASKING));
    for (size_t i = 0; i < human->asked_count && text.length < 2 * human->page.terminal.width;
         i++) {
        text_char(&text, ' ');
        text_add(&text, human->asked[i]);
    }
    terminal_live(&human->page.terminal, human->asked_count ? text_string(&text) : NULL);
}

static void on_started(void *context, const struct check *check)
{
    struct human *human = context;
    human->asked =
        arena_grow(human->page.arena, human->asked, human->asked_count, sizeof(*human->asked));
    human->asked[human->asked_count++] = check->name;
    draw_live(human);
}

static void on_answered(void *context, const struct check *check, const struct answer *answer)
{
    (void)answer;
    struct human *human = context;
    size_t kept = 0;
    for (size_t i = 0; i < human->asked_count; i++)
        if (human->asked[i] != check->name)
            human->asked[kept++] = human->asked[i];
    human->asked_count = kept;
    draw_live(human);
}

static void end_live(struct human *human)
{
    human->asked_count = 0;
    terminal_live(&human->page.terminal, NULL);
}

/* ---- the tree ---- */

static void on_symptom(void *context, const struct result *result, enum truth truth, bool applies,
                       const char *reason)
{
    struct human *human = context;
    enum word what = !applies               ? WORD_NOT_APPLICABLE
                     : truth == TRUTH_TRUE  ? WORD_SYMPTOM_PRESENT
                     : truth == TRUTH_FALSE ? WORD_SYMPTOM_ABSENT
                                            : WORD_SYMPTOM_UNKNOWN;
    end_live(human);
    print_evidence(human, result->symptom, result->symptom_count, 0);
    page_print(&human->page, "%s", say(human, what));
    if (truth == TRUTH_UNKNOWN && reason)
        page_print(&human->page, ": %s", escaped(human, reason, false));
    page_print(&human->page, "\n\n");
}

static void on_searched(void *context, const struct visit *visits, size_t count)
{
    struct human *human = context;
    end_live(human);
    for (size_t i = 0; i < count; i++) {
        if (visits[i].truth == TRUTH_TRUE)
            continue; /* told with its evidence when it is chosen */
        indent(human, visits[i].depth);
        page_paint(&human->page, looks[visits[i].truth].colour, "%s %s",
                   mark(human, visits[i].truth), visits[i].cause->id);
        if (visits[i].truth == TRUTH_UNKNOWN)
            page_print(&human->page, "  %s", escaped(human, visits[i].reason.text, false));
        page_print(&human->page, "\n");
    }
}

static void print_layer(struct human *human, unsigned layer)
{
    if (!layer)
        return;
    page_print(&human->page, " (");
    page_print(&human->page, say(human, WORD_LAYER), layer,
               layer_words(human->page.language, layer));
    page_print(&human->page, ")");
}

static void on_chosen(void *context, const struct result *result)
{
    struct human *human = context;
    const struct step *last = &result->steps[result->step_count - 1];
    for (; human->told < result->step_count; human->told++) {
        const struct step *step = &result->steps[human->told];
        indent(human, step->depth);
        page_paint(&human->page, COLOUR_GOOD, "%s %s", mark(human, TRUTH_TRUE), step->cause->id);
        page_print(&human->page, "\n");
        print_evidence(human, step->evidence, step->evidence_count, step->depth + 1);
    }
    const char *title = last->title ? escaped(human, last->title, false) : last->cause->id;
    page_print(&human->page, "\n");
    page_paint(&human->page, COLOUR_STRONG, "%s: %s", say(human, WORD_CAUSE), title);
    print_layer(human, last->cause->layer);
    page_print(&human->page, "\n\n");
}

static void print_block(struct human *human, const char *text, size_t spaces)
{
    const char *safe = escaped(human, text, true);
    while (*safe) {
        size_t length = strcspn(safe, "\n");
        page_print(&human->page, "%*s%.*s\n", (int)spaces, "", (int)length, safe);
        safe += length + (safe[length] == '\n');
    }
}

static void on_advised(void *context, const struct advice *advice)
{
    struct human *human = context;
    page_print(&human->page, "%s:\n", say(human, WORD_ADVICE));
    print_block(human, advice->text, 2);
    for (size_t i = 0; i < advice->paste_count; i++) {
        page_print(&human->page, "  %s:\n",
                   paste_words(human->page.language, advice->pastes[i].where));
        const char *why = advice->pastes[i].left_out;
        print_block(human,
                    why ? arena_format(human->page.arena, say(human, WORD_LEFT_OUT), why)
                        : advice->pastes[i].text,
                    4);
    }
    page_print(&human->page, "\n");
}

/* ---- progress ---- */

/* The executor shows the plan: what was said so far must stand before it. */
static void on_offering(void *context)
{
    struct human *human = context;
    end_live(human);
    fflush(page_out(&human->page));
}

static void on_progress(void *context, enum progress progress, const char *detail)
{
    static const struct {
        enum word word;
        enum colour colour;
    } lines[] = {
        [PROGRESS_APPLYING] = {WORD_APPLYING, COLOUR_NONE},
        [PROGRESS_VERIFYING] = {WORD_VERIFYING, COLOUR_NONE},
        [PROGRESS_VERIFIED] = {WORD_VERIFIED, COLOUR_GOOD},
        [PROGRESS_NOT_VERIFIED] = {WORD_NOT_VERIFIED, COLOUR_BAD},
        [PROGRESS_LOST] = {WORD_LOST, COLOUR_BAD},
        [PROGRESS_FAILED] = {WORD_FAILED, COLOUR_BAD},
        [PROGRESS_ROLLED_BACK] = {WORD_ROLLED_BACK, COLOUR_DOUBT},
        [PROGRESS_ROLLBACK_FAILED] = {WORD_ROLLBACK_FAILED, COLOUR_BAD},
        [PROGRESS_DECLINED] = {WORD_DECLINED, COLOUR_DOUBT},
        [PROGRESS_CANNOT_PLAN] = {WORD_CANNOT_PLAN, COLOUR_DOUBT},
        [PROGRESS_REFUTED] = {WORD_REFUTED, COLOUR_DIM},
        [PROGRESS_RESTART] = {WORD_RESTART_NEEDED, COLOUR_DOUBT},
        [PROGRESS_PERSIST_FAILED] = {WORD_PERSIST_FAILED, COLOUR_BAD},
        [PROGRESS_REFUSED] = {WORD_REFUSED, COLOUR_BAD},
        [PROGRESS_STANDS] = {WORD_STANDS, COLOUR_DOUBT},
        [PROGRESS_UNSURE] = {WORD_UNSURE, COLOUR_DOUBT},
    };
    struct human *human = context;
    const char *format = say(human, lines[progress].word);
    const char *safe = detail ? escaped(human, detail, true) : NULL;
    const char *place = strstr(format, "%s");
    end_live(human);
    page_colour(&human->page, lines[progress].colour);
    if (place && safe)
        page_print(&human->page, "%.*s%s%s", (int)(place - format), format, safe, place + 2);
    else
        page_print(&human->page, "%s%s%s", format, safe ? ": " : "", safe ? safe : "");
    page_colour(&human->page, COLOUR_NONE);
    page_print(&human->page, "\n");
    fflush(page_out(&human->page));
}

struct listener human_listener(struct human *human)
{
    return (struct listener){.context = human,
                             .started = on_started,
                             .answered = on_answered,
                             .symptom = on_symptom,
                             .searched = on_searched,
                             .chosen = on_chosen,
                             .advised = on_advised,
                             .offering = on_offering,
                             .progress = on_progress};
}

/* ---- before and after ---- */

void human_begin(struct human *human)
{
    struct view none = {.playbook = human->playbook, .arena = human->page.arena};
    none.answers =
        arena_alloc(human->page.arena, (human->playbook->check_count + 1) * sizeof(struct answer));
    page_paint(&human->page, COLOUR_STRONG, "%s", human->playbook->name);
    page_print(&human->page, ": %s\n\n",
               escaped(human, template_words(human->playbook->title, &none), false));
}

static void print_check(struct human *human, const struct check *check, const struct answer *answer)
{
    enum truth truth = answer->state == ANSWER_UNKNOWN ? TRUTH_UNKNOWN
                       : answer->ok                    ? TRUTH_TRUE
                                                       : TRUTH_FALSE;
    const struct value *field = answer_field(answer, "reason");
    const char *reason = truth == TRUTH_UNKNOWN                ? answer->reason
                         : field && field->kind == KIND_STRING ? field->string
                                                               : "";
    page_print(&human->page, "  %s %-14s %7.3f s  %s\n", mark(human, truth), check->name,
               (double)answer->took / NS_PER_S, escaped(human, reason, false));
}

static void print_timing(struct human *human, const struct result *result)
{
    page_colour(&human->page, COLOUR_DIM);
    page_print(&human->page, "\n");
    for (size_t i = 0; i < result->playbook->check_count; i++)
        if (result->answers[i].state != ANSWER_PENDING && result->playbook->checks[i].action)
            print_check(human, &result->playbook->checks[i], &result->answers[i]);
    page_print(&human->page, say(human, WORD_TOOK),
               arena_format(human->page.arena, "%.3f s", (double)result->took / NS_PER_S));
    if (result->waited_for) {
        page_print(&human->page, ", ");
        page_print(&human->page, say(human, WORD_WAITED_FOR), result->waited_for);
    }
    page_colour(&human->page, COLOUR_NONE);
    page_print(&human->page, "\n");
}

/* Which layers hold, and against what none does. Where none was entered, nobody has looked. */
static void print_sandbox(struct human *human, const struct sandbox_state *state)
{
    const char *separator = " ";
    if (state && !state->capabilities)
        return;
    page_colour(&human->page, COLOUR_DIM);
    page_print(&human->page, "%s", say(human, state ? WORD_CONFINED : WORD_NOT_CONFINED));
    if (state && state->landlock_abi)
        page_print(&human->page, " Landlock %u,", state->landlock_abi);
    if (state)
        page_print(&human->page, "%s %s", state->seccomp ? " seccomp," : "", "capabilities; ");
    if (state)
        page_print(&human->page, "%s", say(human, WORD_OPEN));
    for (size_t i = 0; state && sandbox_classes[i].name; i++) {
        if (sandbox_holders(&sandbox_classes[i], state))
            continue;
        page_print(&human->page, "%s%s", separator, sandbox_classes[i].name);
        separator = ", ";
    }
    page_colour(&human->page, COLOUR_NONE);
    page_print(&human->page, "\n");
}

static void print_unknown(struct human *human, const struct result *result)
{
    if (!result->unknown_count)
        return;
    page_print(&human->page, "%s:\n", say(human, WORD_UNKNOWN_CAUSES));
    for (size_t i = 0; i < result->unknown_count; i++)
        page_print(&human->page, "  %s %s  %s\n", mark(human, TRUTH_UNKNOWN),
                   result->unknown[i].cause->id,
                   escaped(human, result->unknown[i].reason.text, false));
}

/* The last plan lacks a right: its own words say what to do. */
static bool lacks_right(const struct result *result)
{
    return result->repair_count > 0 && result->repairs[result->repair_count - 1].lacks;
}

static void print_next(struct human *human, const struct result *result)
{
    enum word next = WORD_NEXT;
    if (result->outcome == OUTCOME_PLANNED && !lacks_right(result))
        next = human->dry_run ? WORD_NEXT_DRY_RUN : WORD_NEXT_YES;
    if (result->outcome == OUTCOME_RESTART_PENDING && !human->restarts)
        next = result->restart == EFFECTIVE_WSL_RESTART ? WORD_NEXT_WSL_RESTART
                                                        : WORD_NEXT_DISTRO_RESTART;
    if (result->outcome == OUTCOME_ROLLED_BACK && result->restart)
        next = WORD_NEXT_RESTART_AGAIN;
    if (result->outcome == OUTCOME_ROLLBACK_FAILED)
        page_differences(&human->page, result->differences, result->by_hand);
    if (result->saved) {
        const char *const apply[] = {"playbook", "apply", result->saved, NULL};
        page_print(&human->page, "%s:\n", say(human, WORD_SAVED));
        page_argv(&human->page, apply);
    } else if (next != WORD_NEXT) {
        page_print(&human->page, "%s: %s\n", say(human, WORD_NEXT), say(human, next));
    }
    if (!result->again)
        return;
    page_print(&human->page, "%s:\n", say(human, WORD_NEXT));
    page_argv(&human->page, result->again);
}

void human_end(struct human *human, const struct result *result)
{
    static const enum colour colours[] = {
        [OUTCOME_HEALTHY] = COLOUR_GOOD,        [OUTCOME_FIXED] = COLOUR_GOOD,
        [OUTCOME_PLANNED] = COLOUR_DOUBT,       [OUTCOME_ADVISED] = COLOUR_DOUBT,
        [OUTCOME_UNFIXED] = COLOUR_BAD,         [OUTCOME_INVALID] = COLOUR_BAD,
        [OUTCOME_UNDETERMINED] = COLOUR_DOUBT,  [OUTCOME_NOT_APPLICABLE] = COLOUR_DOUBT,
        [OUTCOME_ROLLED_BACK] = COLOUR_BAD,     [OUTCOME_RESTART_PENDING] = COLOUR_DOUBT,
        [OUTCOME_ROLLBACK_FAILED] = COLOUR_BAD, [OUTCOME_REFUSED] = COLOUR_BAD,
        [OUTCOME_INTERRUPTED] = COLOUR_DOUBT,
    };
    end_live(human);
    print_unknown(human, result);
    page_print(&human->page, "%s: ", say(human, WORD_RESULT));
    page_paint(&human->page, colours[result->outcome], "%s",
               outcome_words(human->page.language, result->outcome));
    if (result->reason)
        page_print(&human->page, " (%s)", escaped(human, result->reason, true));
    page_print(&human->page, "\n");
    print_next(human, result);
    print_timing(human, result);
    print_sandbox(human, result->sandbox);
}
