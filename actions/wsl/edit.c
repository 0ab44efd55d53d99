/* Edits a settings file without touching what need not change. An edit is a few splices at offsets
 * that the parser gave; the proof that it did what was wanted is a second reading.
 * Source of the quoting: microsoft/WSL, configfile.cpp.
 */
#include "actions/wsl/edit.h"

#include <string.h>
#include <strings.h>

#include "actions/wsl/settings.h"

/* Replaces bytes [from, to) of the document by `text`, in the document's encoding. */
static void splice(struct arena *arena, struct document *document, bool wide, size_t from,
                   size_t to, const char *text)
{
    struct text result = text_new(arena);
    text_bytes(&result, document->bytes, from);
    for (const char *at = text; *at; at++) {
        text_char(&result, *at);
        if (wide)
            text_char(&result, '\0');
    }
    text_bytes(&result, document->bytes + to, document->length - to);
    document->bytes = text_string(&result);
    document->length = result.length;
}

static bool needs_quotes(const char *text)
{
    size_t length = strlen(text);
    return strchr(text, '#') || text[strspn(text, " \t")] != text[0] ||
           (length && strchr(" \t", text[length - 1]));
}

/* The text as a value that WSL reads back. */
static const char *quote(struct arena *arena, const char *text)
{
    struct text value = text_new(arena);
    const char *around = needs_quotes(text) ? "\"" : "";
    text_add(&value, around);
    for (const char *at = text; *at; at++) {
        const char *escaped = *at == '\\'   ? "\\\\"
                              : *at == '"'  ? "\\\""
                              : *at == '\n' ? "\\n"
                              : *at == '\b' ? "\\b"
                                            : NULL;
        if (escaped)
            text_add(&value, escaped);
        else
            text_char(&value, *at);
    }
    text_add(&value, around);
    return text_string(&value);
}

/* Whether a line ends just before `at`; WSL takes a lone CR for an end, too. */
static bool ends_line(const struct document *document, const struct ini *ini, size_t at)
{
    size_t unit = ini->wide ? 2 : 1;
    if (at < ini->begin + unit || (ini->wide && document->bytes[at - 1] != '\0'))
        return false;
    return document->bytes[at - unit] == '\n' || document->bytes[at - unit] == '\r';
}

/* ---- set ---- */

static const struct ini_header *find_header(const struct ini *ini, const char *section)
{
    for (size_t i = 0; i < ini->header_count && !ini->headers[i].dead; i++)
        if (ini->headers[i].name && strcasecmp(ini->headers[i].name, section) == 0)
            return &ini->headers[i];
    return NULL;
}

/* Behind the last key line of the header's block, or behind the header. */
static size_t end_of_block(const struct ini *ini, const struct ini_header *header)
{
    size_t next = ini->end, place = header->end;
    if (header + 1 < ini->headers + ini->header_count)
        next = header[1].start;
    for (size_t i = 0; i < ini->entry_count && !ini->entries[i].dead; i++)
        if (ini->entries[i].start >= header->end && ini->entries[i].start < next)
            place = ini->entries[i].end;
    return place;
}

/* A line of its own at `place`, which is behind a line end or at the end of the file. */
static void add_line(struct arena *arena, struct document *document, const struct ini *ini,
                     size_t place, const char *line)
{
    const char *newline = ini->crlf ? "\r\n" : "\n";
    bool open = place > ini->begin && !ends_line(document, ini, place);
    const char *text = open ? arena_format(arena, "%s%s", newline, line)
                            : arena_format(arena, "%s%s", line, newline);
    splice(arena, document, ini->wide, place, place, text);
}

static void add_section(struct arena *arena, struct document *document, const struct ini *ini,
                        const char *section, const char *line)
{
    const char *newline = ini->crlf ? "\r\n" : "\n";
    size_t unit = strlen(newline) * (ini->wide ? 2 : 1);
    size_t end = ini->end;
    bool empty = end == ini->begin;
    bool open = !empty && !ends_line(document, ini, end);
    bool spaced =
        empty || (!open && end >= ini->begin + unit && ends_line(document, ini, end - unit));
    splice(arena, document, ini->wide, end, end,
           arena_format(arena, "%s%s[%s]%s%s%s", open ? newline : "", spaced ? "" : newline,
                        section, newline, line, open ? "" : newline));
}

static bool stopped_error(const struct document *document, const struct ini *ini,
                          const struct wsl_key *key, struct error *error)
{
    error_set(error, "cannot set '%s' in '%s': WSL stops reading at line %u: %s", key->name,
              document->name, ini->stopped, ini->messages[0].text);
    bool marked = document->length >= 3 && memcmp(document->bytes, "\xef\xbb\xbf", 3) == 0;
    if (marked)
        error_hint(error, "save the file without a byte order mark (BOM)");
    else
        error_hint(error, "correct or remove line %u first", ini->stopped);
    return false;
}

static bool add_setting(struct arena *arena, struct document *document, const struct ini *ini,
                        const struct wsl_key *key, const char *section, const char *value,
                        struct error *error)
{
    const struct ini_header *header = find_header(ini, section);
    const char *line = arena_format(arena, "%s=%s", key->name, value);
    if (header)
        add_line(arena, document, ini, end_of_block(ini, header), line);
    else if (ini->stopped)
        return stopped_error(document, ini, key, error);
    else
        add_section(arena, document, ini, section, line);
    return true;
}

/* ---- proof ---- */

static bool same_setting(const struct setting *a, const struct setting *b)
{
    return a->present == b->present && value_equal(&a->value, &b->value);
}

/* Every setting but `key` reads as before; the tunnel may follow its address. */
static bool others_unchanged(const struct settings *before, const struct settings *after,
                             const struct wsl_key *key, const char **changed)
{
    for (size_t i = 0; i < before->count; i++) {
        const struct setting *setting = &before->all[i];
        bool follows = key->type == KEY_ADDRESS && strcmp(setting->key->name, "dnsTunneling") == 0;
        bool logging = strcmp(setting->key->name, "earlyBootLogging") == 0;
        *changed = setting->key->name;
        if (setting->key != key && !follows && !logging && !before->refused &&
            !same_setting(setting, &after->all[i]))
            return false;
    }
    return true;
}

static bool prove(struct arena *arena, const struct document *document,
                  const struct settings *before, const struct wsl_key *key,
                  const struct value *wanted, struct error *error)
{
    const struct settings *after =
        settings_read(arena, document->file, document->bytes, document->length);
    const struct setting *setting = settings_get(after, key);
    const char *changed;
    if (!others_unchanged(before, after, key, &changed))
        return error_set(error, "cannot change '%s' in '%s' alone: '%s' would change as well",
                         key->name, document->name, changed);
    if (wanted ? setting->present && value_equal(&setting->value, wanted) : !setting->entry)
        return true;
    const char *reason = settings_reason(arena, after, key);
    if (!wanted)
        return error_set(error, "cannot remove '%s' from '%s'", key->name, document->name);
    return error_set(error, "WSL would not read '%s' as '%s' from '%s'%s%s", key->name,
                     value_print(arena, wanted), document->name, reason ? ": " : "",
                     reason ? reason : "");
}

/* ---- the edits ---- */

bool edit_set(struct arena *arena, struct document *document, const struct wsl_key *key,
              const char *section, const struct value *value, struct error *error)
{
    const struct settings *settings =
        settings_read(arena, document->file, document->bytes, document->length);
    const struct setting *setting = settings_get(settings, key);
    const char *text;
    struct key_reading wanted;
    if (!keys_write(arena, key, value, &text, error))
        return false;
    if (!keys_read(arena, key, document->file, text, &wanted))
        return error_set(error, "cannot set '%s' in '%s': %s", key->name, document->name,
                         wanted.fault);
    if (setting->present && value_equal(&setting->value, &wanted.value))
        return true;
    struct document edited = *document;
    const char *quoted = quote(arena, text);
    if (setting->entry)
        splice(arena, &edited, settings->ini->wide, setting->entry->from, setting->entry->to,
               quoted);
    else if (!add_setting(arena, &edited, settings->ini, key, section, quoted, error))
        return false;
    if (!prove(arena, &edited, settings, key, &wanted.value, error))
        return false;
    *document = edited;
    return true;
}

/* Where the line end just before `at` begins; `at` where there is none. */
static size_t line_end_before(const struct document *document, const struct ini *ini, size_t at)
{
    size_t unit = ini->wide ? 2 : 1;
    if (!ends_line(document, ini, at))
        return at;
    at -= unit;
    bool both = document->bytes[at] == '\n' && ends_line(document, ini, at) &&
                document->bytes[at - unit] == '\r';
    return both ? at - unit : at;
}

/* All bytes but the lines of `key`, whose comments stay. Where the last of them had no line end,
 * the file has none afterwards. */
static void remove_lines(struct arena *arena, struct document *document, const struct ini *ini,
                         const struct wsl_key *key)
{
    struct text kept = text_new(arena);
    size_t at = 0;
    bool open = false;
    for (size_t i = 0; i < ini->entry_count; i++) {
        const struct ini_entry *entry = &ini->entries[i];
        if (entry->dead || !keys_match(key, entry->name))
            continue;
        text_bytes(&kept, document->bytes + at, entry->start - at);
        at = entry->comment;
        open = at == document->length && !ends_line(document, ini, at);
    }
    text_bytes(&kept, document->bytes + at, document->length - at);
    document->bytes = text_string(&kept);
    document->length = kept.length;
    if (open)
        document->length = line_end_before(document, ini, kept.length);
}

bool edit_unset(struct arena *arena, struct document *document, const struct wsl_key *key,
                struct error *error)
{
    const struct settings *settings =
        settings_read(arena, document->file, document->bytes, document->length);
    if (!settings_get(settings, key)->entry)
        return true;
    struct document edited = *document;
    remove_lines(arena, &edited, settings->ini, key);
    if (!prove(arena, &edited, settings, key, NULL, error))
        return false;
    *document = edited;
    return true;
}
