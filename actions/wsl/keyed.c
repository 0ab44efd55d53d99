/* The declaration's common part of the actions on single settings, its load-time check, and the
 * fields that follow from the file's text. What is in force is each probe's own matter.
 */
#include "actions/wsl/keyed.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct field keyed_fields[] = {
    {.name = "present",
     .type = {.kind = KIND_BOOLEAN},
     .doc = {"the file sets the key in a way that WSL accepts; `reason` says why not",
             "WSLが受け付ける形でキーが設定されている。そうでない理由は `reason`"}},
    {.name = "value",
     .type = {.depends = true},
     .doc = {"what the next start would read: this WSL's default where the key is absent; no value "
             "where the host decides, or the default is not known",
             "次の起動時に読まれる値。キーがなければこのWSLの既定値。"
             "ホスト側で決まる場合や既定値が分からない場合は値なし"}},
    {.name = "effective",
     .type = {.depends = true},
     .doc = {"what is in force now, where it can be known",
             "現在実際に有効な値（分かる場合のみ）"}},
    {.name = "reason",
     .type = {.kind = KIND_STRING},
     .doc = {"why the key is absent, what is odd about its value, or why it is not in force",
             "キーが読まれない理由、値についての注意、または有効になっていない理由"}},
    {.name = "line",
     .type = {.kind = KIND_NUMBER},
     .doc = {"the line of the occurrence that counts, as an editor counts",
             "有効な設定がある行（エディターの行番号）"}},
    {.name = "path",
     .type = {.kind = KIND_STRING},
     .doc = {"the file, as the guest names it", "ファイルのパス（ゲスト側の表記）"}},
    {.name = "edited_after_boot",
     .type = {.kind = KIND_BOOLEAN},
     .doc =
         {"the file was written to since the start that would have read it: what it says may not "
          "be in force yet",
          "起動後にファイルが書き換えられた（内容はまだ反映されていない可能性がある）"}},
    {.name = NULL},
};

static const char *const file_names[] = {
    [INI_WSLCONFIG] = ".wslconfig", [INI_WSLCONF] = "wsl.conf"};
static const char *const families[] = {[INI_WSLCONFIG] = "wslconfig", [INI_WSLCONF] = "wslconf"};

static const char *literal(const struct arguments *arguments, const char *name)
{
    const struct value *value = arguments_get(arguments, name);
    return value && value->kind == KIND_STRING ? value->string : NULL;
}

const struct wsl_key *keyed_key(enum ini_file file, const struct arguments *arguments)
{
    const char *section = literal(arguments, "section"), *key = literal(arguments, "key");
    return section && key ? keys_find(file, section, key) : NULL;
}

static const struct wsl_key *find_by_name(enum ini_file file, const char *name)
{
    for (const struct wsl_key *key = keys_of(file); key->name; key++)
        if (strcasecmp(key->name, name) == 0)
            return key;
    return NULL;
}

#define SAY(finding, part, ...) text_fit((finding)->part, sizeof((finding)->part), __VA_ARGS__)

static void hint_near(struct finding *finding, const char *best)
{
    if (best)
        SAY(finding, hint, "did you mean '%s'?", best);
}

static void find_section_wrong(enum ini_file file, const char *section, struct finding *finding)
{
    struct nearest nearest = {.wanted = section};
    for (const struct wsl_key *key = keys_of(file); key->name; key++)
        nearest_offer(&nearest, key->section);
    finding->argument = "section";
    SAY(finding, message, "%s has no section '%s'", file_names[file], section);
    hint_near(finding, nearest.best);
}

static void find_key_wrong(enum ini_file file, const char *section, const char *name,
                           struct finding *finding)
{
    struct nearest nearest = {.wanted = name};
    for (const struct wsl_key *key = keys_of(file); key->name; key++)
        if (keys_find(file, section, key->name) == key)
            nearest_offer(&nearest, key->name);
    for (const struct wsl_key *key = keys_of(file); !nearest.best && key->name; key++)
        nearest_offer(&nearest, key->name);
    finding->argument = "key";
    SAY(finding, message, "[%s] of %s has no key '%s'", section, file_names[file], name);
    hint_near(finding, nearest.best);
}

static bool check(enum ini_file file, const struct arguments *literals, struct finding *finding)
{
    enum ini_file other = file == INI_WSLCONFIG ? INI_WSLCONF : INI_WSLCONFIG;
    const char *section = literal(literals, "section"), *name = literal(literals, "key");
    if (!section || !name || keys_find(file, section, name))
        return true;
    *finding = (struct finding){.argument = "section"};
    const struct wsl_key *elsewhere = keys_find(other, section, name);
    elsewhere = elsewhere ? elsewhere : find_by_name(other, name);
    const struct wsl_key *here = find_by_name(file, name);
    if (here) {
        SAY(finding, message, "[%s] of %s has no key '%s'", section, file_names[file], name);
        SAY(finding, hint, "WSL reads '%s' in [%s]", here->name, here->section);
    } else if (elsewhere) {
        finding->argument = "key";
        SAY(finding, message, "%s has no key '%s'", file_names[file], name);
        SAY(finding, hint, "it belongs in [%s] of %s: use the actions %s.*", elsewhere->section,
            file_names[other], families[other]);
    } else if (!keys_section(file, section)) {
        find_section_wrong(file, section, finding);
    } else {
        find_key_wrong(file, section, name, finding);
    }
    return false;
}

bool keyed_check_wslconfig(const struct arguments *literals, struct finding *finding)
{
    return check(INI_WSLCONFIG, literals, finding);
}

bool keyed_check_wslconf(const struct arguments *literals, struct finding *finding)
{
    return check(INI_WSLCONF, literals, finding);
}

static bool type_of(enum ini_file file, const struct arguments *literals, const char *name,
                    struct type *type)
{
    const struct wsl_key *key = keyed_key(file, literals);
    if (!key || (!text_equal(name, "value") && !text_equal(name, "effective")))
        return false;
    *type = keys_type(key);
    return true;
}

bool keyed_type_wslconfig(const struct arguments *literals, const char *name, struct type *type)
{
    return type_of(INI_WSLCONFIG, literals, name, type);
}

bool keyed_type_wslconf(const struct arguments *literals, const char *name, struct type *type)
{
    return type_of(INI_WSLCONF, literals, name, type);
}

static const char *why_no_value(const struct settings *settings, const struct setting *setting)
{
    if (setting->unsure)
        return setting->unsure;
    return setting->present || settings->refused ? "WSL makes no use of what is written"
                                                 : "the host decides";
}

void keyed_set_fields(struct probe *probe, const struct settings *settings,
                      const struct wsl_key *key, bool exists, const char *not_in_force)
{
    const struct setting *setting = settings_get(settings, key);
    struct arena *arena = probe_arena(probe);
    const char *reason = settings_reason(arena, settings, key);
    if (!reason && !setting->present)
        reason = exists ? "the file does not set it" : "there is no such file";
    if (reason && not_in_force)
        reason = arena_format(arena, "%s; not in force: %s", reason, not_in_force);
    reason = reason ? reason : not_in_force;
    probe_set(probe, "present", value_boolean(setting->present));
    if (setting->value.kind != KIND_NONE)
        probe_set(probe, "value", setting->value);
    else
        probe_absent(probe, "value", "%s", why_no_value(settings, setting));
    if (reason)
        probe_set(probe, "reason", value_string(arena, reason));
    else
        probe_absent(probe, "reason", "the key is set, and in force");
    if (setting->present)
        probe_set(probe, "line", value_number(setting->entry->line));
    else
        probe_absent(probe, "line", "the key is not set");
}
