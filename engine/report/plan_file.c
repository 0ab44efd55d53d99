/* The document of a saved plan. Nothing in it but the record is believed: the rest is made again
 * and compared, so what a person reads is what would be applied. */
#include "engine/report/plan_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/encoding.h"
#include "engine/base/sha256.h"
#include "engine/io/bounded.h"
#include "engine/io/file.h"
#include "engine/report/jsonify.h"

enum { FORMAT_VERSION = 1 };

static const char format[] = "playbook plan", tail[] = "\"\n}\n";

/* ---- writing ---- */

static json_t *sources(const struct saved_plan *plan)
{
    json_t *array = json_array();
    for (size_t i = 0; i < plan->origin.source_count; i++) {
        json_t *object = json_object();
        jsonify_set_text(object, "path", plan->origin.sources[i].path);
        jsonify_set_text(object, "sha256", plan->origin.sources[i].hash);
        json_array_append_new(array, object);
    }
    return array;
}

/* What the changes were planned from, where they do not show it themselves. */
static json_t *states(const struct saved_offer *offer)
{
    json_t *array = json_array();
    for (size_t i = 0; i < offer->count; i++)
        for (const char *const *word = offer->states ? offer->states[i] : NULL; word && *word;
             word++)
            json_array_append_new(array, jsonify_text(*word));
    return array;
}

static json_t *plans(struct arena *arena, const struct saved_plan *plan)
{
    json_t *array = json_array();
    for (size_t i = 0; i < plan->offer_count; i++) {
        const struct saved_offer *offer = &plan->offers[i];
        json_t *object = json_object();
        jsonify_set_text(object, "cause", offer->cause);
        json_object_set_new(object, "changes",
                            jsonify_changes(arena, offer->changes, offer->persist));
        json_object_set_new(
            object, "persist",
            jsonify_changes(arena, offer->changes + offer->persist, offer->count - offer->persist));
        json_object_set_new(object, "planned_from", states(offer));
        json_array_append_new(array, object);
    }
    return array;
}

static const char *record_of(struct arena *arena, const struct saved_plan *plan)
{
    struct text record = text_new(arena);
    saved_write(plan, &record);
    return base64_encode(arena, record.at, record.length);
}

static json_t *document(struct arena *arena, const struct saved_plan *plan)
{
    json_t *object = json_object();
    jsonify_set_text(object, "format", format);
    json_object_set_new(object, "format_version", json_integer(FORMAT_VERSION));
    jsonify_set_text(object, "playbook", plan->origin.playbook);
    jsonify_set_text(object, "found_by", plan->origin.name);
    jsonify_set_list(object, "settings", plan->origin.settings);
    json_object_set_new(object, "sources", sources(plan));
    json_object_set_new(object, "plans", plans(arena, plan));
    jsonify_set_text(object, "record", record_of(arena, plan));
    return object;
}

const char *plan_file_text(struct arena *arena, const struct saved_plan *plan)
{
    json_t *object = document(arena, plan);
    char *printed = json_dumps(object, JSON_INDENT(2));
    struct text text = text_new(arena);
    json_decref(object);
    if (!printed)
        return ""; /* no memory: no plan either */
    text_bytes(&text, printed, strlen(printed) - strlen("\n}"));
    text_add(&text, ",\n  \"sha256\": \"");
    text_add(&text, sha256_text(arena, text.at, text.length));
    text_add(&text, tail);
    free(printed);
    return text_string(&text);
}

/* ---- reading ---- */

/* The hash stands at the end and covers what stands before it. */
static bool is_whole(struct arena *arena, const char *bytes, size_t length)
{
    size_t end = strlen(tail);
    if (length < SHA256_DIGITS + end || memcmp(bytes + length - end, tail, end) != 0)
        return false;
    size_t covered = length - SHA256_DIGITS - end;
    return memcmp(bytes + covered, sha256_text(arena, bytes, covered), SHA256_DIGITS) == 0;
}

static const char *copy_member(struct arena *arena, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? arena_string(arena, text) : NULL;
}

static bool read_record(struct arena *arena, const struct action *const *registry,
                        const char *record, struct saved_plan *plan)
{
    size_t length;
    const char *bytes = record ? base64_decode(arena, record, &length) : NULL;
    struct reading reading = {.arena = arena, .at = bytes, .left = bytes ? length : 0};
    return bytes && saved_read(plan, registry, &reading);
}

static bool refuse(struct error *error, const char *name, const char *why)
{
    error_set(error, "'%s' is refused: %s", name, why);
    error_hint(error, "save it again: playbook run NAME --dry-run --save PLAN");
    return false;
}

bool plan_file_parse(struct arena *arena, const struct action *const *registry, const char *name,
                     const char *bytes, size_t length, struct saved_plan *plan, struct error *error)
{
    static const char beginning[] = "{\n  \"format\": \"playbook plan\",\n";
    if (!text_starts(bytes, beginning))
        return error_set(error, "'%s' is no plan", name);
    json_t *object = is_whole(arena, bytes, length) ? json_loadb(bytes, length, 0, NULL) : NULL;
    if (!object)
        return refuse(error, name, "it was cut or edited after it was saved");
    const char *record = copy_member(arena, object, "record");
    json_int_t version = json_integer_value(json_object_get(object, "format_version"));
    json_decref(object);
    if (version != FORMAT_VERSION)
        return refuse(
            error, name,
            arena_format(arena, "its format is %lld, not %d", (long long)version, FORMAT_VERSION));
    if (!read_record(arena, registry, record, plan))
        return refuse(error, name, "its record cannot be read");
    const char *again = plan_file_text(arena, plan);
    return (strlen(again) == length && memcmp(again, bytes, length) == 0) ||
           refuse(error, name, "what it shows is not what this version of playbook would do");
}

bool plan_file_may_replace(const struct action *const *registry, const char *path,
                           struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct saved_plan plan;
    struct file_text file;
    struct error reason;
    struct stat status;
    if (!path_answers(path, error))
        return false;
    if (lstat(path, &status) != 0)
        return errno == ENOENT || error_system(error, errno, "cannot write '%s'", path);
    file_read(arena, path, LIMIT_PLAN_BYTES, &file);
    if (S_ISREG(status.st_mode) && file.bytes &&
        plan_file_parse(arena, registry, path, file.bytes, file.length, &plan, &reason))
        return true;
    error_set(error, "'%s' is there already and is no whole plan: it is not overwritten", path);
    error_hint(error, "name another file, or remove it first");
    return false;
}
