/* What is true, given the answers so far: Kleene's tables with two bottoms (eval.h). Pure: the same
 * answers give the same truth and the same reason, in whatever order they came. So a comparison
 * with one side pending waits even where the other is unknown already. */
#include "engine/lang/eval.h"

#include <ctype.h>
#include <string.h>

#include "engine/lang/regex.h"
#include "engine/lang/walk.h"

static enum truth of_boolean(bool boolean)
{
    return boolean ? TRUTH_TRUE : TRUTH_FALSE;
}

static enum truth known(struct value *value, struct value result)
{
    *value = result;
    return TRUTH_TRUE;
}

/* `check`: as in struct reason. */
__attribute__((format(printf, 4, 5))) static enum truth
unknown(struct walk *walk, const char *check, struct reason *reason, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    *reason = (struct reason){arena_vformat(walk_arena(walk), format, list), check};
    va_end(list);
    return TRUTH_UNKNOWN;
}

/* The check that a value was taken from; NULL: none. */
static const char *origin(const struct walk *walk, const struct expr *expr)
{
    while (expr->count && expr->op != OP_FIELD)
        expr = expr->operands[0];
    return expr->op == OP_FIELD ? walk->view->playbook->checks[expr->index].name : NULL;
}

static enum truth pending(struct walk *walk)
{
    walk->effort.pending = true;
    return TRUTH_PENDING;
}

static enum truth answer_truth(struct walk *walk, size_t check, struct reason *reason)
{
    const struct answer *answer = &walk->view->answers[check];
    if (answer->state == ANSWER_PENDING)
        return pending(walk);
    if (answer->state == ANSWER_KNOWN)
        return of_boolean(answer->ok);
    const char *name = walk->view->playbook->checks[check].name;
    return unknown(walk, name, reason, "'%s' is unknown: %s", name,
                   answer->reason ? answer->reason : "no reason given");
}

/* Outside any element: a named condition does not see the one it is named beside. */
static void evaluate_condition(struct walk *walk, const struct check *check, struct seen *seen)
{
    const struct scene *scene = walk->scene;
    struct effort outer = walk_enter(walk);
    walk->scene = NULL;
    seen->reason = (struct reason){0};
    seen->truth = walk_truth(walk, check->condition, &seen->reason);
    seen->truth =
        walk_leave(walk, outer, seen->truth, check->name, walk->memo->arena, &seen->reason);
    seen->known = true;
    walk->scene = scene;
}

enum truth walk_check(struct walk *walk, size_t index, struct reason *reason)
{
    const struct check *check = &walk->view->playbook->checks[index];
    if (!check->condition)
        return answer_truth(walk, index, reason);
    struct seen *seen = walk_seen(walk, index);
    if (!seen->known)
        evaluate_condition(walk, check, seen);
    *reason = seen->reason;
    return seen->truth == TRUTH_PENDING ? pending(walk) : seen->truth;
}

/* A field that has no value in this answer. */
static enum truth absent(struct walk *walk, const struct expr *expr, const char *why,
                         struct reason *reason)
{
    const char *check = walk->view->playbook->checks[expr->index].name;
    const char *field = walk->view->playbook->checks[expr->index].action->fields[expr->field].name;
    return unknown(walk, check, reason, "'%s.%s' has no value%s%s", check, field, why ? ": " : "",
                   why ? why : " in this answer");
}

static enum truth field_value(struct walk *walk, const struct expr *expr, struct value *value,
                              struct reason *reason)
{
    const struct answer *answer = &walk->view->answers[expr->index];
    if (answer->state != ANSWER_KNOWN)
        return answer_truth(walk, expr->index, reason);
    if (answer->fields && answer->fields[expr->field].kind != KIND_NONE)
        return known(value, answer->fields[expr->field]);
    return absent(walk, expr, answer->absent ? answer->absent[expr->field] : NULL, reason);
}

static enum truth member_value(struct walk *walk, const struct expr *expr, struct value *value,
                               struct reason *reason)
{
    struct value record;
    enum truth truth = walk_value(walk, expr->operands[0], &record, reason);
    if (truth != TRUTH_TRUE)
        return truth;
    const struct value *field = value_field(&record, expr->member);
    if (field && field->kind != KIND_NONE)
        return known(value, *field);
    return unknown(walk, origin(walk, expr), reason, "'%s' has no value in this answer",
                   expr->name);
}

/* `it`, or a field of an element some levels out. */
static enum truth element_value(struct walk *walk, const struct expr *expr, struct value *value,
                                struct reason *reason)
{
    const struct scene *scene = walk->scene;
    for (size_t levels = expr->index; levels > 0; levels--)
        scene = scene->outer;
    if (expr->op == OP_IT)
        return known(value, *scene->element);
    const struct value *field = value_field(scene->element, expr->member);
    if (field && field->kind != KIND_NONE)
        return known(value, *field);
    return unknown(walk, origin(walk, scene->list), reason,
                   "'%s' has no value in an element of '%s'", expr->name, scene->list->name);
}

static enum truth index_value(struct walk *walk, const struct expr *expr, struct value *value,
                              struct reason *reason)
{
    struct value list;
    enum truth truth = walk_value(walk, expr->operands[0], &list, reason);
    if (truth != TRUTH_TRUE)
        return truth;
    if (expr->index < list.list.count)
        return known(value, list.list.items[expr->index]);
    return unknown(walk, origin(walk, expr), reason, "'%s' does not exist: the list has %zu",
                   expr->name, list.list.count);
}

static enum truth list_value(struct walk *walk, const struct expr *expr, struct value *value,
                             struct reason *reason)
{
    struct value *items = arena_alloc(walk_arena(walk), (expr->count + 1) * sizeof(*items));
    enum truth result = TRUTH_TRUE;
    for (size_t i = 0; i < expr->count; i++) {
        struct reason why;
        enum truth truth = walk_value(walk, expr->operands[i], &items[i], &why);
        if (truth == TRUTH_UNKNOWN && result == TRUTH_TRUE)
            *reason = why;
        if (truth == TRUTH_PENDING || (truth == TRUTH_UNKNOWN && result == TRUTH_TRUE))
            result = truth;
    }
    if (result == TRUTH_TRUE)
        *value = value_list(items, expr->count);
    return result;
}

/* Blanks around text that a program printed do not count. */
static const char *trimmed(struct arena *arena, const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    return arena_copy(arena, text, length);
}

static enum truth convert_value(struct walk *walk, const struct expr *expr, struct value *value,
                                struct reason *reason)
{
    struct arena *arena = walk_arena(walk);
    struct value from;
    enum truth truth = walk_value(walk, expr->operands[0], &from, reason);
    if (truth != TRUTH_TRUE || from.kind == expr->type.kind) {
        *value = from;
        return truth;
    }
    if (from.kind == KIND_ADDRESS && expr->type.kind == KIND_NETWORK) {
        *value = value_network(&from.address, 128);
        return TRUTH_TRUE;
    }
    const char *text = value_print(arena, &from);
    if (expr->type.kind == KIND_STRING)
        return known(value, value_string(arena, text));
    if (value_read(arena, expr->type.kind, trimmed(arena, text), value))
        return TRUTH_TRUE;
    return unknown(walk, origin(walk, expr), reason, "'%s' is '%s', which is no %s",
                   expr->operands[0]->name, text, kind_name(expr->type.kind));
}

/* Both sides of a comparison; pending before unknown, the left reason before the right one. */
static enum truth both_values(struct walk *walk, const struct expr *expr, struct value *left,
                              struct value *right, struct reason *reason)
{
    struct reason left_reason, right_reason;
    enum truth a = walk_value(walk, expr->operands[0], left, &left_reason);
    enum truth b = walk_value(walk, expr->operands[1], right, &right_reason);
    if (a == TRUTH_PENDING || b == TRUTH_PENDING)
        return TRUTH_PENDING;
    if (a == TRUTH_UNKNOWN)
        *reason = left_reason;
    else if (b == TRUTH_UNKNOWN)
        *reason = right_reason;
    return a == TRUTH_UNKNOWN ? a : b;
}

static bool is_in(const struct value *element, const struct value *container)
{
    if (container->kind == KIND_NETWORK)
        return network_contains(&container->network, &element->address);
    for (size_t i = 0; i < container->list.count; i++) {
        const struct value *item = &container->list.items[i];
        bool network = item->kind == KIND_NETWORK && element->kind == KIND_ADDRESS;
        if (network ? network_contains(&item->network, &element->address)
                    : value_equal(item, element))
            return true;
    }
    return false;
}

static bool compare(enum op op, const struct value *left, const struct value *right)
{
    switch (op) {
    case OP_EQUAL:
        return value_equal(left, right);
    case OP_NOT_EQUAL:
        return !value_equal(left, right);
    case OP_LESS:
        return value_compare(left, right) < 0;
    case OP_LESS_EQUAL:
        return value_compare(left, right) <= 0;
    case OP_GREATER:
        return value_compare(left, right) > 0;
    case OP_GREATER_EQUAL:
        return value_compare(left, right) >= 0;
    default:
        return is_in(left, right);
    }
}

/* What comparing it costs beyond one step. */
static size_t weight(const struct value *value)
{
    enum { BYTES = 64 };
    size_t steps = 0;
    if (value->kind == KIND_STRING)
        return strlen(value->string) / BYTES;
    if (value->kind != KIND_LIST)
        return 0;
    for (size_t i = 0; i < value->list.count; i++)
        steps += 1 + weight(&value->list.items[i]);
    return steps;
}

static enum truth comparison(struct walk *walk, const struct expr *expr, struct reason *reason)
{
    struct value left, right;
    enum truth truth = both_values(walk, expr, &left, &right, reason);
    if (truth != TRUTH_TRUE)
        return truth;
    walk_step(walk, weight(&left) + weight(&right));
    return of_boolean(compare(expr->op, &left, &right));
}

static enum truth regex_truth(struct walk *walk, const struct expr *expr, struct reason *reason)
{
    struct value text;
    struct regex_cost cost = {0};
    enum truth truth = walk_value(walk, expr->operands[0], &text, reason);
    if (truth != TRUTH_TRUE)
        return truth;
    enum regex_result result = regex_match(expr->regex, text.string, strlen(text.string), &cost);
    walk_step(walk, cost.steps);
    switch (result) {
    case REGEX_NO:
        return TRUTH_FALSE;
    case REGEX_YES:
        return TRUTH_TRUE;
    default:
        return unknown(walk, origin(walk, expr), reason, "'%s' is unknown: %s", expr->name,
                       cost.limit);
    }
}

/* One step of an `or` (absorbing is TRUTH_TRUE) or an `and` (TRUTH_FALSE). True: it is decided. */
static bool fold(enum truth absorbing, enum truth next, struct reason why, enum truth *result,
                 struct reason *reason)
{
    if (next == absorbing) {
        *result = next;
        return true;
    }
    if (next == TRUTH_PENDING)
        *result = TRUTH_PENDING;
    if (next == TRUTH_UNKNOWN && *result != TRUTH_PENDING && *result != TRUTH_UNKNOWN) {
        *result = TRUTH_UNKNOWN;
        *reason = why;
    }
    return false;
}

static enum truth chain_truth(struct walk *walk, const struct expr *expr, struct reason *reason)
{
    enum truth absorbing = expr->op == OP_OR ? TRUTH_TRUE : TRUTH_FALSE;
    enum truth result = expr->op == OP_OR ? TRUTH_FALSE : TRUTH_TRUE;
    for (size_t i = 0; i < expr->count; i++) {
        struct reason why = {0};
        enum truth next = walk_truth(walk, expr->operands[i], &why);
        if (fold(absorbing, next, why, &result, reason))
            break;
    }
    return result;
}

static enum truth not_truth(struct walk *walk, const struct expr *expr, struct reason *reason)
{
    enum truth truth = walk_truth(walk, expr->operands[0], reason);
    return truth == TRUTH_TRUE ? TRUTH_FALSE : truth == TRUTH_FALSE ? TRUTH_TRUE : truth;
}

/* The condition for one element. Conditions named in it do not see the element, so what was seen of
 * them stays right. */
static enum truth element_truth(struct walk *walk, const struct expr *over,
                                const struct value *element, struct reason *reason)
{
    struct scene scene = {.element = element, .list = over->operands[0], .outer = walk->scene};
    walk->scene = &scene;
    enum truth truth = walk_truth(walk, over->operands[1], reason);
    walk->scene = scene.outer;
    return truth;
}

static enum truth over_truth(struct walk *walk, const struct expr *expr, struct reason *reason)
{
    struct value list;
    enum truth truth = walk_value(walk, expr->operands[0], &list, reason);
    if (truth != TRUTH_TRUE)
        return truth;
    enum truth absorbing = expr->op == OP_ANY ? TRUTH_TRUE : TRUTH_FALSE;
    enum truth result = expr->op == OP_ANY ? TRUTH_FALSE : TRUTH_TRUE;
    for (size_t i = 0; i < list.list.count && !walk->effort.limit; i++) {
        struct reason why = {0};
        enum truth next = element_truth(walk, expr, &list.list.items[i], &why);
        if (fold(absorbing, next, why, &result, reason))
            break;
    }
    return result;
}

static enum truth count_value(struct walk *walk, const struct expr *expr, struct value *value,
                              struct reason *reason)
{
    struct value list;
    enum truth truth = walk_value(walk, expr->operands[0], &list, reason);
    if (truth != TRUTH_TRUE)
        return truth;
    if (expr->count == 1)
        return known(value, value_number((double)list.list.count));
    double count = 0;
    enum truth result = TRUTH_TRUE;
    for (size_t i = 0; i < list.list.count && !walk->effort.limit; i++) {
        struct reason why = {0};
        enum truth next = element_truth(walk, expr, &list.list.items[i], &why);
        count += next == TRUTH_TRUE;
        fold(TRUTH_PENDING, next, why, &result, reason);
    }
    return result == TRUTH_TRUE ? known(value, value_number(count)) : result;
}

/* A truth as a value. */
static enum truth as_value(enum truth truth, struct value *value)
{
    if (truth != TRUTH_TRUE && truth != TRUTH_FALSE)
        return truth;
    return known(value, value_boolean(truth == TRUTH_TRUE));
}

/* An `any`, `all` or `count`; one that is not inside another is bounded on its own. */
static enum truth elements_value(struct walk *walk, const struct expr *expr, struct value *value,
                                 struct reason *reason)
{
    bool outermost = !walk->scene;
    struct effort outer = outermost ? walk_enter(walk) : walk->effort;
    enum truth truth = expr->op == OP_COUNT ? count_value(walk, expr, value, reason)
                                            : as_value(over_truth(walk, expr, reason), value);
    return outermost ? walk_leave(walk, outer, truth, expr->name, NULL, reason) : truth;
}

enum truth walk_truth(struct walk *walk, const struct expr *expr, struct reason *reason)
{
    struct value value = {0};
    enum truth truth = walk_value(walk, expr, &value, reason);
    return truth == TRUTH_TRUE ? of_boolean(value.boolean) : truth;
}

enum truth walk_value(struct walk *walk, const struct expr *expr, struct value *value,
                      struct reason *reason)
{
    if (!walk_step(walk, 1))
        return walk_unknown_at_limit(walk, reason);
    switch (expr->op) {
    case OP_CONSTANT:
        return known(value, *expr->value);
    case OP_LIST:
        return list_value(walk, expr, value, reason);
    case OP_IT:
    case OP_ELEMENT:
        return element_value(walk, expr, value, reason);
    case OP_CHECK:
        return as_value(walk_check(walk, expr->index, reason), value);
    case OP_FIELD:
        return field_value(walk, expr, value, reason);
    case OP_MEMBER:
        return member_value(walk, expr, value, reason);
    case OP_INDEX:
        return index_value(walk, expr, value, reason);
    case OP_VARIABLE:
        return walk_template(walk, expr->template, value, reason);
    case OP_CONVERT:
        return convert_value(walk, expr, value, reason);
    case OP_NOT:
        return as_value(not_truth(walk, expr, reason), value);
    case OP_AND:
    case OP_OR:
        return as_value(chain_truth(walk, expr, reason), value);
    case OP_MATCH:
        return as_value(regex_truth(walk, expr, reason), value);
    case OP_ANY:
    case OP_ALL:
    case OP_COUNT:
        return elements_value(walk, expr, value, reason);
    default:
        return as_value(comparison(walk, expr, reason), value);
    }
}

enum truth eval_truth(const struct expr *expr, const struct view *view, struct reason *reason)
{
    struct walk walk = {.view = view};
    struct effort none = walk_enter(&walk);
    enum truth truth = walk_truth(&walk, expr, reason);
    truth = walk_leave(&walk, none, truth, expr->name, view->arena, reason);
    if (truth == TRUTH_PENDING && view->needs)
        needs_of_expr(&walk, expr, view->urgency);
    walk_end(&walk);
    return truth;
}

enum truth eval_check(size_t check, const struct view *view, struct reason *reason)
{
    struct walk walk = {.view = view};
    enum truth truth = walk_check(&walk, check, reason);
    if (truth == TRUTH_UNKNOWN)
        reason->text = arena_string(view->arena, reason->text);
    if (truth == TRUTH_PENDING && view->needs)
        needs_of_check(&walk, check, view->urgency);
    walk_end(&walk);
    return truth;
}

struct span expr_span(const struct expr *expr)
{
    return expr->span;
}
