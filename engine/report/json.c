/* A walk over struct result. Durations are seconds, sizes bytes, all other types text as one would
 * write them; what has no value is left out. */
#include "engine/report/json.h"

#include <string.h>

#include "engine/report/jsonify.h"

static const char *const truth_names[] = {
    [TRUTH_FALSE] = "false",
    [TRUTH_TRUE] = "true",
    [TRUTH_UNKNOWN] = "unknown",
    [TRUTH_PENDING] = "not-needed",
};

static double seconds(int64_t ns)
{
    return (double)(ns / NS_PER_US) / 1e6;
}

static json_t *json_value(struct arena *arena, const struct value *value);

static json_t *json_record(struct arena *arena, const struct value *record)
{
    json_t *object = json_object();
    for (size_t i = 0; i < record->record.count; i++)
        if (record->record.values[i].kind != KIND_NONE)
            json_object_set_new(object, record->record.names[i],
                                json_value(arena, &record->record.values[i]));
    return object;
}

/* What json_int_t holds and a double is exact for. */
static bool is_whole(double number)
{
    return number > -0x1p63 && number < 0x1p63 && number == (double)(json_int_t)number;
}

static json_t *json_value(struct arena *arena, const struct value *value)
{
    switch (value->kind) {
    case KIND_BOOLEAN:
        return json_boolean(value->boolean);
    case KIND_NUMBER:
        return is_whole(value->number) ? json_integer((json_int_t)value->number)
                                       : json_real(value->number);
    case KIND_DURATION:
        return json_real(seconds(value->duration));
    case KIND_SIZE:
        return json_integer(value->size);
    case KIND_RECORD:
        return json_record(arena, value);
    case KIND_LIST: {
        json_t *array = json_array();
        for (size_t i = 0; i < value->list.count; i++)
            json_array_append_new(array, json_value(arena, &value->list.items[i]));
        return array;
    }
    default:
        return jsonify_text(value_print(arena, value));
    }
}

static json_t *json_evidence(struct arena *arena, const struct evidence *list, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *object = json_object(), *values = json_object();
        jsonify_set_text(object, "condition", list[i].condition);
        jsonify_set_text(object, "result", truth_names[list[i].truth]);
        jsonify_set_text(object, "reason", list[i].reason);
        for (size_t j = 0; j < list[i].value_count; j++)
            json_object_set_new(values, list[i].values[j].name,
                                json_value(arena, &list[i].values[j].value));
        json_object_set_new(object, "values", values);
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *json_diagnosis(struct arena *arena, const struct result *result)
{
    json_t *array = json_array();
    static const char *const states[] = {[FATE_ROLLED_BACK] = "rolled-back",
                                         [FATE_DECLINED] = "declined",
                                         [FATE_UNPLANNABLE] = "unplannable",
                                         [FATE_OVER] = NULL};
    for (size_t i = 0; i < result->step_count; i++) {
        const struct step *step = &result->steps[i];
        json_t *object = json_object();
        jsonify_set_text(object, "id", step->cause->id);
        jsonify_set_text(object, "path", step->path);
        jsonify_set_text(object, "state", states[step->fate]);
        jsonify_set_text(object, "reason", step->reason);
        jsonify_set_text(object, "title", step->title ? step->title : step->cause->id);
        if (step->cause->layer)
            json_object_set_new(object, "layer", json_integer(step->cause->layer));
        json_object_set_new(object, "evidence",
                            json_evidence(arena, step->evidence, step->evidence_count));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *json_fields(struct arena *arena, const struct answer *answer)
{
    json_t *object = json_object();
    for (size_t i = 0; answer->action->fields[i].name; i++)
        if (answer->fields[i].kind != KIND_NONE)
            json_object_set_new(object, answer->action->fields[i].name,
                                json_value(arena, &answer->fields[i]));
    return object;
}

static json_t *json_check(struct arena *arena, const struct check *check,
                          const struct answer *answer)
{
    static const char *const states[] = {
        [ANSWER_PENDING] = "not-needed", [ANSWER_KNOWN] = "answered", [ANSWER_UNKNOWN] = "unknown"};
    json_t *object = json_object();
    if (check->action)
        jsonify_set_text(object, "action", check->action->name);
    jsonify_set_text(object, "state", states[answer->state]);
    if (answer->state == ANSWER_KNOWN)
        json_object_set_new(object, "ok", json_boolean(answer->ok));
    if (answer->state == ANSWER_UNKNOWN)
        jsonify_set_text(object, "reason", answer->reason);
    if (check->action && answer->state == ANSWER_KNOWN)
        json_object_set_new(object, "fields", json_fields(arena, answer));
    if (check->action && answer->state != ANSWER_PENDING)
        json_object_set_new(object, "seconds", json_real(seconds(answer->took)));
    return object;
}

static json_t *json_checks(struct arena *arena, const struct result *result)
{
    json_t *object = json_object();
    for (size_t i = 0; i < result->playbook->check_count; i++)
        json_object_set_new(object, result->playbook->checks[i].name,
                            json_check(arena, &result->playbook->checks[i], &result->answers[i]));
    return object;
}

static json_t *json_advice(const struct result *result)
{
    json_t *array = json_array();
    for (size_t i = 0; i < result->advice_count; i++) {
        const struct advice *advice = &result->advice[i];
        json_t *object = json_object(), *paste = json_object(), *left_out = json_object();
        jsonify_set_text(object, "cause", advice->cause->id);
        jsonify_set_text(object, "text", advice->text);
        for (size_t j = 0; j < advice->paste_count; j++) {
            jsonify_set_text(paste, advice->pastes[j].where, advice->pastes[j].text);
            jsonify_set_text(left_out, advice->pastes[j].where, advice->pastes[j].left_out);
        }
        json_object_set_new(object, "paste", paste);
        if (json_object_size(left_out))
            json_object_set(object, "left_out", left_out);
        json_decref(left_out);
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *json_names(const char *const *names, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, jsonify_text(names[i]));
    return array;
}

static json_t *json_unknown(const struct result *result)
{
    json_t *array = json_array();
    for (size_t i = 0; i < result->unknown_count; i++) {
        json_t *object = json_object();
        jsonify_set_text(object, "id", result->unknown[i].cause->id);
        jsonify_set_text(object, "reason", result->unknown[i].reason.text);
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *json_layers(unsigned layers)
{
    json_t *array = json_array();
    if (layers & SANDBOX_LANDLOCK)
        json_array_append_new(array, json_string("landlock"));
    if (layers & SANDBOX_SECCOMP)
        json_array_append_new(array, json_string("seccomp"));
    if (layers & SANDBOX_CAPABILITIES)
        json_array_append_new(array, json_string("capabilities"));
    return array;
}

/* Which layers hold against which class of attempt; an empty list: it stays open. */
static json_t *json_sandbox(const struct sandbox_state *state)
{
    json_t *object = json_pack("{s:b}", "confined", state != NULL), *held = json_object();
    if (!state)
        return object;
    json_object_set_new(object, "landlock_abi", json_integer(state->landlock_abi));
    json_object_set_new(object, "seccomp", json_boolean(state->seccomp));
    json_object_set_new(object, "capabilities", json_boolean(state->capabilities));
    for (size_t i = 0; sandbox_classes[i].name; i++)
        json_object_set_new(held, sandbox_classes[i].name,
                            json_layers(sandbox_holders(&sandbox_classes[i], state)));
    json_object_set_new(object, "held_by", held);
    return object;
}

static json_t *json_timing(const struct result *result)
{
    json_t *object = json_object();
    json_object_set_new(object, "seconds", json_real(seconds(result->took)));
    jsonify_set_text(object, "waited_for", result->waited_for);
    return object;
}

static json_t *document(const char *playbook, enum outcome outcome)
{
    json_t *object = json_object();
    json_object_set_new(object, "format_version", json_integer(1));
    jsonify_set_text(object, "playbook", playbook);
    jsonify_set_text(object, "outcome", outcome_name(outcome));
    return object;
}

static bool print(FILE *out, json_t *object)
{
    bool written = jsonify_print(out, object) && fflush(out) == 0;
    json_decref(object);
    return written;
}

/* A playbook's name is its file's stem. */
static json_t *json_stem(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    size_t length = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    return jsonify_text(arena_copy(arena, name, length));
}

bool json_result(FILE *out, const struct result *result)
{
    struct arena *arena ARENA_AUTO = arena_new();
    json_t *object = document(result->playbook->name, result->outcome);
    jsonify_set_text(object, "reason", result->reason);
    jsonify_set_text(object, "would_decide", result->would_decide);
    json_object_set_new(object, "symptom",
                        json_evidence(arena, result->symptom, result->symptom_count));
    json_object_set_new(object, "diagnosis", json_diagnosis(arena, result));
    json_object_set_new(object, "unknown", json_unknown(result));
    json_object_set_new(object, "refuted", json_names(result->refuted, result->refuted_count));
    json_object_set_new(object, "checks", json_checks(arena, result));
    json_object_set_new(object, "changes",
                        jsonify_changes(arena, result->plan.changes, result->plan.count));
    jsonify_set_text(object, "saved", result->saved);
    jsonify_set_list(object, "run_again", result->again);
    json_object_set_new(object, "advice", json_advice(result));
    json_object_set_new(object, "lost", json_names(result->lost, result->lost_count));
    jsonify_set_list(object, "differences", result->differences);
    jsonify_set_list(object, "by_hand", result->by_hand);
    json_object_set_new(object, "sandbox", json_sandbox(result->sandbox));
    json_object_set_new(object, "timing", json_timing(result));
    return print(out, object);
}

bool json_answer(FILE *out, const struct check *check, const struct answer *answer)
{
    struct arena *arena ARENA_AUTO = arena_new();
    return print(out, json_check(arena, check, answer));
}

bool json_invalid(FILE *out, const char *playbook, const struct diagnostics *diagnostics)
{
    struct arena *arena ARENA_AUTO = arena_new();
    json_t *object = document(NULL, OUTCOME_INVALID), *errors = json_array();
    if (playbook)
        json_object_set_new(object, "playbook", json_stem(arena, playbook));
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct diagnostic *item = &diagnostics->items[i];
        struct position position = source_position(item->span.source, item->span.start);
        json_t *error = json_object();
        jsonify_set_text(error, "file", item->span.source->path);
        json_object_set_new(error, "line", json_integer((json_int_t)position.line));
        json_object_set_new(error, "column", json_integer((json_int_t)position.column));
        jsonify_set_text(error, "message", item->message);
        jsonify_set_text(error, "hint", item->hint);
        json_array_append_new(errors, error);
    }
    json_object_set_new(object, "errors", errors);
    return print(out, object);
}
