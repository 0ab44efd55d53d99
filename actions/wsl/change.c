/* The way from a fix's arguments to a planned file: look through the plan, edit, plan. Nothing is
 * written here.
 */
#include "actions/wsl/change.h"

#include <string.h>

#include "actions/wsl/keyed.h"
#include "actions/wsl/settings.h"

enum { LINKS_FOLLOWED = 8 };

/* What a link at `path` points to, as a path. */
static const char *follow(struct arena *arena, const char *path, const char *target)
{
    size_t folder = (size_t)(strrchr(path, '/') - path) + 1;
    return target[0] == '/' ? arena_string(arena, target)
                            : arena_format(arena, "%.*s%s", (int)folder, path, target);
}

bool change_open(struct planner *planner, enum ini_file file, const char *path,
                 struct document *document, struct error *error)
{
    struct path_state state;
    const char *asked = path;
    if (!plan_look(planner, path, &state, error))
        return false;
    for (int i = 0; i < LINKS_FOLLOWED && state.kind == PATH_LINK; i++) {
        path = follow(plan_arena(planner), path, state.target);
        if (!plan_look(planner, path, &state, error))
            return false;
    }
    if (state.kind == PATH_OTHER || state.kind == PATH_LINK)
        return error_set(error, "cannot edit '%s': it is not a regular file", path);
    if (state.kind == PATH_FILE && state.length > SETTINGS_LIMIT)
        return error_set(error, "cannot edit '%s': it has more than %d bytes, the limit", path,
                         SETTINGS_LIMIT);
    bool exists = state.kind == PATH_FILE;
    *document = (struct document){
        .file = file,
        .name = path,
        .asked = asked,
        .bytes = exists ? state.bytes : "",
        .length = exists ? state.length : 0,
    };
    return true;
}

/* What is in force by the answer to the first need. Where nothing shows it, that is what WSL read
 * when it started, and only a later edit waits for another start. */
static bool is_in_force(struct planner *planner, const struct document *document,
                        const struct wsl_key *key)
{
    const struct answer *answer = plan_need(planner, 0);
    const struct value *effective = answer_field(answer, "effective");
    const struct value *edited = answer_field(answer, "edited_after_boot");
    const struct settings *settings =
        settings_read(plan_arena(planner), document->file, document->bytes, document->length);
    const struct value *wanted = &settings_get(settings, key)->value;
    if (effective && wanted->kind != KIND_NONE)
        return value_equal(effective, wanted);
    return !edited || !edited->boolean;
}

bool change_save(struct planner *planner, const struct document *before,
                 const struct document *document, const struct wsl_key *key, struct error *error)
{
    if (document->length != before->length ||
        memcmp(document->bytes, before->bytes, before->length) != 0)
        return plan_file(planner, document->name, document->asked, document->bytes,
                         document->length, error);
    if (!is_in_force(planner, document, key))
        plan_stands_unread(planner);
    return true;
}

bool change_setting(struct planner *planner, enum ini_file file, const char *path,
                    struct error *error)
{
    const struct arguments *arguments = plan_arguments(planner);
    const struct value *value = NULL;
    if (arguments->declared[2].name)
        value = arguments_get(arguments, "value");
    struct document document;
    if (!change_open(planner, file, path, &document, error))
        return false;
    struct document before = document;
    const struct wsl_key *key = keyed_key(file, arguments);
    bool edited = value ? edit_set(plan_arena(planner), &document, key,
                                   arguments_get(arguments, "section")->string, value, error)
                        : edit_unset(plan_arena(planner), &document, key, error);
    return edited && change_save(planner, &before, &document, key, error);
}

const char *change_wslconfig_path(struct planner *planner, struct error *error)
{
    const struct answer *answer = plan_need(planner, 0);
    const struct value *path = answer_field(answer, "path");
    if (path)
        return path->string;
    error_set(error, "cannot find .wslconfig: %s", answer->reason ? answer->reason : "not known");
    return NULL;
}
