/* Plain text for what the language layer made. The parts are one table. */
#include "tests/cases/show.h"

#include <string.h>

void show_diagnostics(const struct diagnostics *diagnostics, struct text *out)
{
    for (size_t i = 0; i < diagnostics->count; i++)
        diagnostic_print(&diagnostics->items[i], out);
    if (diagnostics->dropped)
        text_format(out, "and %zu more\n", diagnostics->dropped);
}

void show_messages(const struct diagnostics *diagnostics, struct text *out)
{
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct diagnostic *diagnostic = &diagnostics->items[i];
        text_format(out, "%serror: %s%s%s%s", i ? "; " : "", diagnostic->message,
                    diagnostic->hint ? " (" : "", diagnostic->hint ? diagnostic->hint : "",
                    diagnostic->hint ? ")" : "");
    }
}

static void show_needs(const struct view *view, struct text *out)
{
    bool first = true;
    for (size_t i = 0; i < view->playbook->check_count; i++) {
        const char *name = view->playbook->checks[i].name;
        if (view->needs[i] == NEED_NOT || view->playbook->checks[i].condition)
            continue;
        text_format(out, view->needs[i] == NEED_NOW ? "%s%s" : "%s(%s)", first ? " " : ", ", name);
        first = false;
    }
}

static void show_result(enum truth truth, struct reason reason, const struct view *view,
                        struct text *out)
{
    static const char *const words[] = {[TRUTH_FALSE] = "false",
                                        [TRUTH_TRUE] = "true",
                                        [TRUTH_UNKNOWN] = "unknown: ",
                                        [TRUTH_PENDING] = "pending:"};
    text_add(out, words[truth]);
    if (truth == TRUTH_UNKNOWN)
        text_add(out, reason.text);
    if (truth == TRUTH_PENDING)
        show_needs(view, out);
}

static struct view with_needs(const struct view *view)
{
    struct view own = *view;
    own.urgency = NEED_NOW;
    own.needs = arena_alloc(view->arena, view->playbook->check_count + 1);
    return own;
}

void show_truth(const struct expr *expr, const struct view *view, struct text *out)
{
    struct view own = with_needs(view);
    struct reason reason = {0};
    enum truth truth = eval_truth(expr, &own, &reason);
    show_result(truth, reason, &own, out);
}

static void show_value(const struct template *template, const struct view *view, struct text *out)
{
    struct view own = with_needs(view);
    struct value value;
    struct reason reason = {0};
    enum truth truth = template_value(template, &own, &value, &reason);
    if (truth == TRUTH_TRUE)
        text_format(out, "%s:%s", kind_name(value.kind), value_print(view->arena, &value));
    else
        show_result(truth, reason, &own, out);
}

static void show_arguments(const struct action *action, const struct template *const *arguments,
                           const struct view *view, struct text *out)
{
    text_add(out, action->name);
    for (size_t i = 0; action->arguments && action->arguments[i].name; i++) {
        if (!arguments[i])
            continue;
        text_format(out, " %s=", action->arguments[i].name);
        show_value(arguments[i], view, out);
    }
}

static void show_checks(const struct view *view, struct text *out)
{
    for (size_t i = 0; i < view->playbook->check_count; i++) {
        const struct check *check = &view->playbook->checks[i];
        text_format(out, "%s: ", check->name);
        if (check->condition)
            text_add(out, span_text(view->arena, expr_span(check->condition)));
        else
            show_arguments(check->action, check->arguments, view, out);
        if (check->timeout) {
            text_add(out, " timeout=");
            show_value(check->timeout, view, out);
        }
        text_char(out, '\n');
    }
}

static void show_truths(const struct view *view, struct text *out)
{
    for (size_t i = 0; i < view->playbook->check_count; i++) {
        struct view own = with_needs(view);
        struct reason reason = {0};
        enum truth truth = eval_check(i, &own, &reason);
        text_format(out, "%s is ", view->playbook->checks[i].name);
        show_result(truth, reason, &own, out);
        text_char(out, '\n');
    }
}

static void show_line(const char *name, const struct expr *expr, const struct view *view,
                      size_t depth, struct text *out)
{
    if (!expr)
        return;
    text_format(out, "%*s%s: %s -> ", (int)(2 * depth), "", name,
                span_text(view->arena, expr_span(expr)));
    show_truth(expr, view, out);
    text_char(out, '\n');
}

static void show_words(const char *name, const struct template *template, const struct view *view,
                       size_t depth, struct text *out)
{
    if (template)
        text_format(out, "%*s%s: %s\n", (int)(2 * depth), "", name, template_words(template, view));
}

static void show_fixes(const char *name, const struct fixes *fixes, const struct view *view,
                       size_t depth, struct text *out)
{
    for (size_t i = 0; i < fixes->count; i++) {
        text_format(out, "%*s%s: ", (int)(2 * depth), "", name);
        show_arguments(fixes->items[i].action, fixes->items[i].arguments, view, out);
        text_char(out, '\n');
    }
}

static void show_causes_at(const struct causes *causes, const struct view *view, size_t depth,
                           struct text *out)
{
    for (size_t i = 0; i < causes->count; i++) {
        const struct cause *cause = &causes->items[i];
        text_format(out, "%*s%s (layer %u)%s%s\n", (int)(2 * depth), "", cause->id, cause->layer,
                    cause->otherwise ? " otherwise" : "", causes->match_all ? " match all" : "");
        show_words("title", cause->title, view, depth + 1, out);
        show_line("when", cause->when, view, depth + 1, out);
        if (cause->symptom) {
            show_line("given", cause->symptom->given, view, depth + 1, out);
            show_line("symptom", cause->symptom->when, view, depth + 1, out);
        }
        show_fixes("fix", &cause->fix, view, depth + 1, out);
        show_fixes("persist", &cause->persist, view, depth + 1, out);
        show_line("verify", cause->verify, view, depth + 1, out);
        show_words("advise", cause->advise, view, depth + 1, out);
        for (size_t j = 0; j < cause->paste_count; j++)
            show_words(cause->pastes[j].where, cause->pastes[j].text, view, depth + 1, out);
        show_causes_at(&cause->causes, view, depth + 1, out);
    }
}

static void show_causes(const struct view *view, struct text *out)
{
    show_causes_at(&view->playbook->causes, view, 0, out);
}

static void show_symptom(const struct view *view, struct text *out)
{
    show_words("title", view->playbook->title, view, 0, out);
    show_line("given", view->playbook->symptom.given, view, 0, out);
    show_line("when", view->playbook->symptom.when, view, 0, out);
    if (!view->playbook->symptom.when)
        text_add(out, "when: causes\n");
}

static void show_keep(const struct view *view, struct text *out)
{
    for (size_t i = 0; i < view->playbook->keep_count; i++)
        text_format(out, "keep %s\n", view->playbook->checks[view->playbook->keep[i]].name);
    for (size_t i = 0; view->playbook->allows && view->playbook->allows[i]; i++)
        text_format(out, "allow %s\n", view->playbook->allows[i]);
}

struct evidence {
    const struct view *view;
    struct text *out;
};

static void show_evidence_item(void *context, const char *name, const struct value *value)
{
    const struct evidence *evidence = context;
    text_format(evidence->out, "%s = %s\n", name, value_print(evidence->view->arena, value));
}

static void show_evidence(const struct view *view, struct text *out)
{
    struct evidence evidence = {.view = view, .out = out};
    eval_evidence(view->playbook->symptom.when, view, show_evidence_item, &evidence);
}

static const struct part {
    const char *name;
    void (*show)(const struct view *view, struct text *out);
} parts[] = {
    {"checks", show_checks},   {"truths", show_truths}, {"causes", show_causes},
    {"symptom", show_symptom}, {"keep", show_keep},     {"evidence", show_evidence},
};

bool show_part(const struct view *view, const char *part, struct text *out)
{
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!text_equal(parts[i].name, part))
            continue;
        parts[i].show(view, out);
        return true;
    }
    return false;
}
