/* Changes as programs read them: the same in the document of a run and in a saved plan. */
#include "engine/report/jsonify.h"

#include <unistd.h>

#include "engine/base/encoding.h"
#include "engine/report/diff.h"
#include "engine/report/words.h"

json_t *jsonify_text(const char *text)
{
    struct arena *arena ARENA_AUTO = arena_new();
    json_t *string = json_string(text);
    return string ? string : json_string(utf8_repaired(arena, text));
}

bool jsonify_print(FILE *out, const json_t *document)
{
    size_t plain = isatty(fileno(out)) == 1 ? JSON_ENSURE_ASCII : 0;
    size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(15) | plain;
    return json_dumpf(document, out, flags) == 0 && fputc('\n', out) != EOF;
}

void jsonify_set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, jsonify_text(text));
}

void jsonify_set_list(json_t *object, const char *key, const char *const *list)
{
    if (!list)
        return;
    json_t *array = json_array();
    for (; *list; list++)
        json_array_append_new(array, jsonify_text(*list));
    json_object_set_new(object, key, array);
}

static json_t *json_change(struct arena *arena, const struct change *change)
{
    static const char *const states[] = {[CHANGE_PLANNED] = "planned",
                                         [CHANGE_DONE] = "done",
                                         [CHANGE_UNDONE] = "undone",
                                         [CHANGE_FAILED] = "failed"};
    json_t *object = json_object();
    jsonify_set_text(object, "kind", change->kind->name);
    jsonify_set_text(object, "target", change->target);
    jsonify_set_text(object, "state", states[change->state]);
    if (change->lacks)
        jsonify_set_text(object, "missing", right_words("en", change->lacks));
    if (change->lacks == RIGHT_ADMINISTRATOR)
        jsonify_set_text(object, "paste", change->script);
    if (change->contents) {
        jsonify_set_text(object, "diff",
                         diff_unified(arena, change->target, change->before, change->before_length,
                                      change->after, change->after_length));
    } else {
        jsonify_set_text(object, "before", change->before);
        jsonify_set_text(object, "after", change->after);
    }
    jsonify_set_list(object, "argv", change->argv);
    return object;
}

json_t *jsonify_changes(struct arena *arena, const struct change *changes, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_change(arena, &changes[i]));
    return array;
}
