/* Reads .wslconfig and wsl.conf line by line, following WSL's parser in every rule that decides
 * what counts, its accidents included. Values are not interpreted and nothing is edited here.
 * Source: microsoft/WSL, src/shared/configfile/configfile.cpp; MSVC's text mode for .wslconfig.
 */
#include "actions/wsl/ini.h"

#include <stdint.h>
#include <string.h>

#include "engine/base/encoding.h"

#define UTF8_MARK "\xef\xbb\xbf"

enum {
    END = -1, /* no character: the file's end */
    CONTROL_Z = 0x1a,
    REPLACEMENT = 0xfffd,
};

/* Characters of a file as WSL's C library hands them out: UTF-16 units of .wslconfig, bytes of
 * wsl.conf. */
struct reader {
    const unsigned char *bytes;
    size_t length;
    enum ini_file file;
    bool wide;
    size_t here, at; /* offset of the character last taken, and behind it */
    unsigned line;   /* of the next character */
    int low;         /* second half of a surrogate pair whose first was just handed out; 0: none */
};

struct parser {
    struct arena *arena;
    struct reader reader;
    struct ini *ini;
    struct ini_entry *entries;
    struct ini_header *headers;
    struct ini_message *messages;
    struct ini_remark *remarks;
    struct text key; /* WSL's one buffer for section and key: a spoiled header leaves its mark */
    size_t section_length; /* how much of it the last good header fills */
    size_t start;          /* offset of the line being read */
    unsigned line;         /* and its number */
};

static int take_utf8(struct reader *reader)
{
    if (reader->low) {
        int low = reader->low;
        reader->low = 0;
        return low;
    }
    const char *at = (const char *)reader->bytes + reader->at;
    uint32_t code = REPLACEMENT;
    size_t size = utf8_next(at, at + (reader->length - reader->at), &code);
    reader->here = reader->at;
    reader->at += size ? size : 1;
    if (size < 4)
        return size ? (int)code : REPLACEMENT;
    reader->low = (int)(0xdc00 | ((code - 0x10000) & 0x3ff));
    return (int)(0xd800 | (code - 0x10000) >> 10);
}

static int take_wide(struct reader *reader)
{
    const unsigned char *at = reader->bytes + reader->at;
    reader->here = reader->at;
    reader->at += 2;
    return at[0] | at[1] << 8;
}

static bool at_line_feed(const struct reader *reader)
{
    size_t unit = reader->wide ? 2 : 1;
    return reader->at + unit <= reader->length && reader->bytes[reader->at] == '\n' &&
           (!reader->wide || reader->bytes[reader->at + 1] == 0);
}

static int take(struct reader *reader)
{
    size_t unit = reader->wide ? 2 : 1;
    if (!reader->low && reader->at + unit > reader->length) {
        reader->here = reader->at;
        return END;
    }
    if (reader->file == INI_WSLCONF) {
        reader->here = reader->at++;
        reader->line += reader->bytes[reader->here] == '\n';
        return reader->bytes[reader->here];
    }
    int c = reader->wide ? take_wide(reader) : take_utf8(reader);
    if (c == CONTROL_Z) {
        reader->at = reader->length = reader->here;
        return END;
    }
    if (c == '\r' && at_line_feed(reader)) {
        reader->at += unit;
        c = '\n';
    }
    reader->line += c == '\n';
    return c;
}

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word(int c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

static bool is_blank(int c)
{
    return c == ' ' || c == '\t';
}

static bool ends_line(int c)
{
    return c == END || c == '\n' || c == '\r';
}

static int skip_blanks(struct reader *reader)
{
    int c = take(reader);
    while (is_blank(c))
        c = take(reader);
    return c;
}

static void skip_line(struct reader *reader, int c)
{
    while (c != '\n' && c != END)
        c = take(reader);
}

/* The offset behind a line whose end `c` was just taken. */
static size_t line_end(struct reader *reader, int c)
{
    if (c == '\r' && at_line_feed(reader))
        take(reader);
    return reader->at;
}

/* std::string::resize: WSL's buffer is padded with NULs where it grows. */
static void resize(struct text *text, size_t length)
{
    while (text->length < length)
        text_char(text, '\0');
    text->length = length;
    if (text->at)
        text->at[length] = '\0';
}

/* The name a key would be looked up by here: cut at the first NUL, as WSL compares C strings. */
static const char *lookup_name(struct parser *parser, const char *key)
{
    struct text name = text_new(parser->arena);
    if (parser->key.length && parser->section_length)
        text_bytes(&name, parser->key.at,
                   parser->key.length < parser->section_length ? parser->key.length
                                                               : parser->section_length);
    resize(&name, parser->section_length);
    if (name.length)
        text_char(&name, '.');
    text_add(&name, key);
    return arena_string(parser->arena, text_string(&name));
}

static bool dead(const struct parser *parser)
{
    return parser->ini->stopped != 0;
}

/* The line is no setting: `c` is the character at which WSL gave up. */
static void reject(struct parser *parser, int c, const char *name, const char *text)
{
    struct ini *ini = parser->ini;
    if (!dead(parser)) {
        parser->messages = arena_grow(parser->arena, parser->messages, ini->message_count,
                                      sizeof(*parser->messages));
        parser->messages[ini->message_count++] =
            (struct ini_message){.text = text, .name = name, .line = parser->line};
        if (ini->file == INI_WSLCONF)
            ini->stopped = parser->line;
    }
    skip_line(&parser->reader, c);
}

/* Letters and digits from `c` on; `c` becomes the character behind them. */
static const char *take_word(struct parser *parser, int *c)
{
    struct text word = text_new(parser->arena);
    for (; is_word(*c); *c = take(&parser->reader))
        text_char(&word, (char)*c);
    return text_string(&word);
}

static void add_remark(struct parser *parser, const char *name, bool header)
{
    struct ini *ini = parser->ini;
    parser->remarks =
        arena_grow(parser->arena, parser->remarks, ini->remark_count, sizeof(*parser->remarks));
    parser->remarks[ini->remark_count++] =
        (struct ini_remark){.name = name, .header = header, .line = parser->line};
}

/* A whole-line comment, its `#` taken. */
static void read_comment(struct parser *parser)
{
    struct reader *reader = &parser->reader;
    int c = take(reader);
    while (c == '#' || is_blank(c))
        c = take(reader);
    bool header = c == '[';
    if (header)
        c = take(reader);
    if (is_letter(c)) {
        const char *word = take_word(parser, &c);
        while (is_blank(c))
            c = take(reader);
        if (c == (header ? ']' : '='))
            add_remark(parser, header ? word : lookup_name(parser, word), header);
    }
    skip_line(reader, c);
}

static void add_header(struct parser *parser, const char *name, size_t end)
{
    struct ini *ini = parser->ini;
    parser->headers =
        arena_grow(parser->arena, parser->headers, ini->header_count, sizeof(*parser->headers));
    parser->headers[ini->header_count++] = (struct ini_header){
        .name = name,
        .line = parser->line,
        .dead = dead(parser),
        .start = parser->start,
        .end = end,
    };
}

static void reject_header(struct parser *parser, int c, const char *text)
{
    reject(parser, c, NULL, text);
    add_header(parser, NULL, parser->reader.at);
}

/* A section's line, its `[` taken. */
static void read_header(struct parser *parser)
{
    struct reader *reader = &parser->reader;
    int c = take(reader);
    if (!is_letter(c)) {
        reject_header(parser, c, "invalid section name");
        return;
    }
    /* From here on the old section's name is gone, even if this header turns out to be spoiled. */
    const char *name = take_word(parser, &c);
    resize(&parser->key, 0);
    text_add(&parser->key, name);
    if (c != ']') {
        reject_header(parser, c, "expected ']'");
        return;
    }
    c = skip_blanks(reader);
    if (!ends_line(c) && c != '#') {
        reject_header(parser, c, "expected a blank or the end of the line after ']'");
        return;
    }
    parser->section_length = parser->key.length;
    if (c == '#')
        skip_line(reader, c);
    add_header(parser, name, line_end(reader, c));
}

/* What `\` and the next character put into a value; -1: WSL knows no such escape. */
static int take_escape(struct reader *reader, struct text *value, int *c)
{
    *c = take(reader);
    switch (*c) {
    case '\\':
    case '"':
        text_char(value, (char)*c);
        return 0;
    case 'b':
        text_char(value, '\b');
        return 0;
    case 'n':
        text_char(value, '\n');
        return 0;
    case 't':
        text_char(value, '\t');
        return 0;
    case '\n':
    case '\r':
        return 0;
    default:
        return -1;
    }
}

static const char *escape_message(struct arena *arena, int c)
{
    if (c > ' ' && c < 0x7f)
        return arena_format(arena, "invalid escaped character '%c'", c);
    return c == END ? "invalid escaped character at the end of the file"
                    : arena_format(arena, "invalid escaped character U+%04X", (unsigned)c);
}

struct value_reading {
    struct text value;
    size_t trimmed; /* length of `value` without blanks at its end */
    const char *fault;
    int last; /* the character that ended it */
};

static void read_value(struct parser *parser, int c, struct ini_entry *entry,
                       struct value_reading *reading)
{
    struct reader *reader = &parser->reader;
    bool quoted = false;
    for (; !ends_line(c) && (quoted || c != '#'); c = take(reader)) {
        bool blank = is_blank(c);
        int escaped;
        if (c == '"') {
            quoted = !quoted;
        } else if (c != '\\') {
            text_char(&reading->value, (char)c);
        } else if (take_escape(reader, &reading->value, &escaped) < 0) {
            reading->fault = escape_message(parser->arena, escaped);
            reading->last = c;
            return;
        }
        if (!blank) {
            reading->trimmed = reading->value.length;
            entry->to = reader->at;
        }
    }
    if (quoted)
        reading->fault = "expected '\"'";
    reading->last = c;
}

static void add_entry(struct parser *parser, const struct ini_entry *entry)
{
    struct ini *ini = parser->ini;
    parser->entries =
        arena_grow(parser->arena, parser->entries, ini->entry_count, sizeof(*parser->entries));
    parser->entries[ini->entry_count++] = *entry;
}

/* A key's line from its first letter `c` on. */
static void read_entry(struct parser *parser, int c)
{
    struct reader *reader = &parser->reader;
    struct ini_entry entry = {.line = parser->line, .dead = dead(parser), .start = parser->start};
    entry.key = take_word(parser, &c);
    resize(&parser->key, parser->section_length);
    entry.name = lookup_name(parser, entry.key);
    while (is_blank(c))
        c = take(reader);
    if (c != '=') {
        reject(parser, c, NULL, "expected '='");
        return;
    }
    entry.from = entry.to = reader->at;
    c = skip_blanks(reader);
    if (!ends_line(c) && c != '#')
        entry.from = reader->here;
    struct value_reading reading = {.value = text_new(parser->arena)};
    read_value(parser, c, &entry, &reading);
    if (reading.fault) {
        reject(parser, reading.last, entry.name, reading.fault);
        return;
    }
    resize(&reading.value, reading.trimmed);
    entry.value = text_string(&reading.value);
    entry.comment = reader->here;
    if (reading.last == '#')
        skip_line(reader, reading.last);
    entry.end = line_end(reader, reading.last);
    if (reading.last != '#')
        entry.comment = entry.end;
    add_entry(parser, &entry);
}

/* Only in wsl.conf, which init reads without a notion of byte order marks. */
static bool at_mark(const struct parser *parser)
{
    const struct reader *reader = &parser->reader;
    return reader->here == 0 && reader->length >= 3 && memcmp(reader->bytes, UTF8_MARK, 3) == 0;
}

static bool read_line(struct parser *parser)
{
    struct reader *reader = &parser->reader;
    parser->start = reader->at;
    parser->line = reader->line;
    int c = skip_blanks(reader);
    if (c == END)
        return false;
    if (c == '#')
        read_comment(parser);
    else if (c == '[')
        read_header(parser);
    else if (is_letter(c))
        read_entry(parser, c);
    else if (!ends_line(c))
        reject(parser, c, NULL,
               at_mark(parser) ? "invalid key name (a byte order mark)" : "invalid key name");
    return true;
}

/* Skips the byte order mark that Windows' C library knows; false where it refuses the file. */
static bool read_mark(struct reader *reader)
{
    const unsigned char *bytes = reader->bytes;
    if (reader->file == INI_WSLCONF)
        return true;
    if (reader->length >= 3 && memcmp(bytes, UTF8_MARK, 3) == 0) {
        reader->at = 3;
    } else if (reader->length >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0) {
        reader->at = 2;
        reader->wide = true;
    }
    return reader->length < 2 || memcmp(bytes, "\xfe\xff", 2) != 0;
}

/* Whether the first line ends in CRLF; .wslconfig is a Windows file where none ends. */
static bool uses_crlf(struct reader reader)
{
    bool windows = reader.file == INI_WSLCONFIG;
    reader.file = INI_WSLCONFIG;
    int c = take(&reader);
    while (c != '\n' && c != END)
        c = take(&reader);
    return c == END ? windows : reader.bytes[reader.here] == '\r';
}

const struct ini *ini_parse(struct arena *arena, enum ini_file file, const char *bytes,
                            size_t length)
{
    struct parser parser = {
        .arena = arena,
        .reader = {.bytes = (const unsigned char *)bytes,
                   .length = length,
                   .file = file,
                   .line = 1},
        .ini = arena_alloc(arena, sizeof(struct ini)),
        .key = text_new(arena),
        .line = 1,
    };
    parser.ini->file = file;
    bool readable = read_mark(&parser.reader);
    parser.ini->wide = parser.reader.wide;
    parser.ini->begin = parser.reader.at;
    parser.ini->crlf = uses_crlf(parser.reader);
    if (!readable) {
        reject(&parser, END, NULL, "big-endian UTF-16, which WSL cannot read");
        parser.ini->stopped = parser.line;
    }
    while (readable && read_line(&parser))
        continue;
    parser.ini->end = parser.reader.length;
    parser.ini->entries = parser.entries;
    parser.ini->headers = parser.headers;
    parser.ini->messages = parser.messages;
    parser.ini->remarks = parser.remarks;
    return parser.ini;
}
