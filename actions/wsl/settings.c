/* Finds for every known key the occurrence that counts, as WSL does: the first, even when its value
 * is invalid. Explains the others. The file is not edited here (edit.c).
 * Source: microsoft/WSL, configfile.cpp, WslCoreConfig.cpp, WslDistributionConfig.cpp.
 */
#include "actions/wsl/settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "actions/wsl/version.h"

struct building {
    struct arena *arena;
    struct settings *settings;
    struct setting *all;
    struct ini_message *messages;
};

static struct setting *find(const struct building *building, const char *section, const char *name)
{
    enum ini_file file = building->settings->ini->file;
    const struct wsl_key *key = keys_find(file, section, name);
    return key ? &building->all[key - keys_of(file)] : NULL;
}

static struct setting *find_entry(const struct building *building, const struct ini_entry *entry)
{
    for (size_t i = 0; i < building->settings->count; i++)
        if (keys_match(building->all[i].key, entry->name))
            return &building->all[i];
    return NULL;
}

static void complain(struct building *building, unsigned line, const char *text)
{
    struct settings *settings = building->settings;
    building->messages = arena_grow(building->arena, building->messages, settings->message_count,
                                    sizeof(*building->messages));
    building->messages[settings->message_count++] =
        (struct ini_message){.text = text, .line = line};
}

/* An older WSL rejects keys and words that came later. */
static bool read_by(struct arena *arena, const struct settings *settings, const struct wsl_key *key,
                    const char *text, struct key_reading *reading)
{
    struct version since = keys_since(key, text);
    if (!keys_read(arena, key, settings->ini->file, text, reading))
        return false;
    if (settings->wsl.count == 0 || !version_before(&settings->wsl, &since))
        return true;
    bool word = key->type == KEY_WORD;
    reading->value = (struct value){0};
    reading->fault = arena_format(arena, "WSL %s does not know '%s', which came with %s",
                                  version_print(arena, &settings->wsl), word ? text : key->name,
                                  version_print(arena, &since));
    return false;
}

/* The first occurrence: its value, valid or not, is the only one that WSL looks at. */
static void take_entry(struct building *building, struct setting *setting,
                       const struct ini_entry *entry)
{
    struct key_reading reading;
    setting->entry = entry;
    setting->present =
        read_by(building->arena, building->settings, setting->key, entry->value, &reading);
    setting->value = reading.value;
    setting->note = reading.fault ? reading.fault : reading.warning;
    if (setting->note)
        complain(building, entry->line, setting->note);
    if (reading.fault && setting->key->type == KEY_MAC)
        building->settings->refused = entry->line;
}

static void take_entries(struct building *building)
{
    const struct ini *ini = building->settings->ini;
    for (size_t i = 0; i < ini->entry_count && !ini->entries[i].dead; i++) {
        const struct ini_entry *entry = &ini->entries[i];
        struct setting *setting = find_entry(building, entry);
        if (!setting)
            complain(building, entry->line,
                     arena_format(building->arena, "unknown key '%s'", entry->name));
        else if (setting->entry)
            complain(building, entry->line,
                     arena_format(building->arena, "duplicated config key '%s' (line %u counts)",
                                  entry->name, setting->entry->line));
        else
            take_entry(building, setting, entry);
    }
}

static void take_defaults(struct building *building)
{
    for (size_t i = 0; i < building->settings->count; i++) {
        struct setting *setting = &building->all[i];
        struct key_reading reading;
        if (setting->present)
            continue;
        const char *text = keys_default(setting->key, &building->settings->wsl, &setting->unsure);
        if (text &&
            keys_read(building->arena, setting->key, building->settings->ini->file, text, &reading))
            setting->value = reading.value;
    }
}

/* A bad tunnel address switches the tunnel off; a good dnsTunneling line further down on again. */
static void relate_tunnel(struct building *building)
{
    struct setting *address = find(building, "experimental", "dnsTunnelingIpAddress");
    struct setting *tunnel = find(building, "wsl2", "dnsTunneling");
    if (!address->entry || address->present)
        return;
    if (tunnel->present && tunnel->entry->line > address->entry->line)
        return;
    tunnel->value = value_boolean(false);
    tunnel->unsure = NULL;
    tunnel->note = arena_format(building->arena, "the %s in line %u switches DNS tunnelling off",
                                address->note, address->entry->line);
}

static void relate_logging(struct building *building)
{
    struct setting *logging = find(building, "wsl2", "earlyBootLogging");
    bool console = find(building, "wsl2", "debugConsole")->value.boolean;
    const char *file = find(building, "wsl2", "debugConsoleLogFile")->value.string;
    if (!logging->present && (console || *file))
        logging->value = value_boolean(true);
}

static int by_line(const void *a, const void *b)
{
    unsigned left = ((const struct ini_message *)a)->line;
    unsigned right = ((const struct ini_message *)b)->line;
    return (left > right) - (left < right);
}

static void refuse_all(struct building *building)
{
    for (size_t i = 0; i < building->settings->count; i++) {
        building->all[i].present = false;
        building->all[i].value = (struct value){0};
        building->all[i].unsure = NULL;
    }
}

const struct settings *settings_read(struct arena *arena, enum ini_file file, const char *bytes,
                                     size_t length)
{
    static const struct version newest = {.parts = {UINT64_MAX}, .count = 1};
    return settings_read_by(arena, &newest, file, bytes, length);
}

const struct settings *settings_read_by(struct arena *arena, const struct version *wsl,
                                        enum ini_file file, const char *bytes, size_t length)
{
    struct settings *settings = arena_alloc(arena, sizeof(*settings));
    settings->wsl = *wsl;
    settings->ini = ini_parse(arena, file, bytes, length);
    while (keys_of(file)[settings->count].name)
        settings->count++;
    struct building building = {
        .arena = arena,
        .settings = settings,
        .all = arena_alloc(arena, settings->count * sizeof(struct setting)),
    };
    for (size_t i = 0; i < settings->count; i++)
        building.all[i].key = &keys_of(file)[i];
    for (size_t i = 0; i < settings->ini->message_count; i++)
        complain(&building, settings->ini->messages[i].line, settings->ini->messages[i].text);
    take_entries(&building);
    take_defaults(&building);
    if (file == INI_WSLCONFIG) {
        relate_tunnel(&building);
        relate_logging(&building);
    }
    if (settings->refused)
        refuse_all(&building);
    if (settings->message_count)
        qsort(building.messages, settings->message_count, sizeof(*building.messages), by_line);
    settings->all = building.all;
    settings->messages = building.messages;
    return settings;
}

const struct setting *settings_get(const struct settings *settings, const struct wsl_key *key)
{
    return &settings->all[key - keys_of(settings->ini->file)];
}

/* ---- reasons ---- */

static const char *stop_text(struct arena *arena, const struct ini *ini)
{
    return arena_format(arena, "WSL stops reading at line %u: %s", ini->stopped,
                        ini->messages[0].text);
}

/* A later occurrence that would have been good. */
static unsigned hidden_line(struct arena *arena, const struct settings *settings,
                            const struct setting *setting)
{
    const struct ini *ini = settings->ini;
    for (const struct ini_entry *entry = setting->entry + 1;
         entry < ini->entries + ini->entry_count; entry++) {
        struct key_reading reading;
        if (!entry->dead && keys_match(setting->key, entry->name) &&
            read_by(arena, settings, setting->key, entry->value, &reading))
            return entry->line;
    }
    return 0;
}

static const char *reason_of_entry(struct arena *arena, const struct settings *settings,
                                   const struct setting *setting)
{
    if (!setting->entry)
        return NULL;
    unsigned hidden = setting->present ? 0 : hidden_line(arena, settings, setting);
    if (setting->note && hidden)
        return arena_format(arena, "line %u: %s; it hides line %u, because the first one counts",
                            setting->entry->line, setting->note, hidden);
    if (setting->note)
        return arena_format(arena, "line %u: %s", setting->entry->line, setting->note);
    return NULL;
}

static const char *reason_of_rejected(struct arena *arena, const struct ini *ini,
                                      const struct wsl_key *key)
{
    for (size_t i = 0; i < ini->message_count; i++)
        if (ini->messages[i].name && keys_match(key, ini->messages[i].name))
            return arena_format(arena, "line %u: %s: WSL %s", ini->messages[i].line,
                                ini->messages[i].text,
                                ini->stopped ? "stops reading there" : "drops the whole line");
    return NULL;
}

static const char *reason_of_dead(struct arena *arena, const struct ini *ini,
                                  const struct wsl_key *key)
{
    for (size_t i = 0; i < ini->entry_count; i++)
        if (ini->entries[i].dead && keys_match(key, ini->entries[i].name))
            return arena_format(arena, "line %u is not read, because %s", ini->entries[i].line,
                                stop_text(arena, ini));
    return NULL;
}

/* The spoiled or switched-off header that should have stood above `line`; 0: there is none. */
static unsigned lost_header(const struct ini *ini, const struct wsl_key *key, unsigned line)
{
    unsigned good = 0, lost = 0;
    for (size_t i = 0; i < ini->header_count && ini->headers[i].line < line; i++) {
        good = ini->headers[i].name ? ini->headers[i].line : good;
        lost = ini->headers[i].name ? 0 : ini->headers[i].line;
    }
    for (size_t i = 0; i < ini->remark_count && ini->remarks[i].line < line; i++) {
        const struct ini_remark *remark = &ini->remarks[i];
        if (remark->header && remark->line > good && remark->line > lost &&
            strcasecmp(remark->name, key->section) == 0)
            lost = remark->line;
    }
    return lost;
}

static bool is_known(enum ini_file file, const char *lookup)
{
    for (const struct wsl_key *key = keys_of(file); key->name; key++)
        if (keys_match(key, lookup))
            return true;
    return false;
}

/* The key under a name that WSL does not know: in another section, or in none. */
static const char *reason_of_misplaced(struct arena *arena, const struct ini *ini,
                                       const struct wsl_key *key)
{
    const struct ini_entry *entry = NULL;
    for (size_t i = 0; i < ini->entry_count && !entry; i++)
        if (!ini->entries[i].dead && strcasecmp(ini->entries[i].key, key->name) == 0 &&
            !is_known(ini->file, ini->entries[i].name))
            entry = &ini->entries[i];
    if (!entry)
        return NULL;
    unsigned lost = lost_header(ini, key, entry->line);
    if (lost)
        return arena_format(arena,
                            "line %u: unknown key '%s': the header in line %u does not count",
                            entry->line, entry->name, lost);
    return arena_format(arena, "line %u: unknown key '%s': it belongs in [%s]", entry->line,
                        entry->name, key->section);
}

static const char *reason_of_remark(struct arena *arena, const struct ini *ini,
                                    const struct wsl_key *key)
{
    for (size_t i = 0; i < ini->remark_count; i++)
        if (!ini->remarks[i].header && keys_match(key, ini->remarks[i].name))
            return arena_format(arena, "commented out in line %u", ini->remarks[i].line);
    return NULL;
}

const char *settings_reason(struct arena *arena, const struct settings *settings,
                            const struct wsl_key *key)
{
    static const char *(*const explain[])(struct arena *, const struct ini *,
                                          const struct wsl_key *) = {
        reason_of_rejected,
        reason_of_dead,
        reason_of_misplaced,
        reason_of_remark,
    };
    const struct ini *ini = settings->ini;
    const struct setting *setting = settings_get(settings, key);
    if (settings->refused)
        return arena_format(arena, "WSL refuses the file for its line %u", settings->refused);
    const char *reason = reason_of_entry(arena, settings, setting);
    if (setting->present)
        return reason;
    for (size_t i = 0; !reason && i < sizeof(explain) / sizeof(explain[0]); i++)
        reason = explain[i](arena, ini, key);
    if (!reason && setting->note)
        reason = setting->note;
    return !reason && ini->stopped ? stop_text(arena, ini) : reason;
}
