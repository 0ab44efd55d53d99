/* Reads libyaml's events into located nodes. It enforces the subset and the limits while events
 * come in, so that deep or huge input stops early; it knows nothing of playbooks. */
#include "engine/lang/yaml.h"

#include <string.h>
#include <yaml.h>

#include "engine/base/limits.h"
#include "engine/lang/names.h"
#include "engine/lang/scalar.h"
#include "engine/lang/yaml_explain.h"

struct reader {
    yaml_parser_t parser;
    struct arena *arena;
    const struct source *source;
    struct diagnostics *diagnostics;
    /* libyaml counts characters; this pair walks along with it and knows the bytes. */
    size_t character;
    size_t byte;
    size_t first;  /* after a byte order mark */
    size_t *nodes; /* of the run */
};

struct span node_part(const struct node *scalar, size_t start, size_t end)
{
    if (start > scalar->length)
        start = scalar->length;
    if (end > scalar->length)
        end = scalar->length;
    struct span span = {
        .source = scalar->span.source, .start = scalar->first + start, .end = scalar->first + end};
    if (scalar->map) {
        span.start = scalar_offset(scalar->map, start);
        span.end = end > start ? scalar_offset(scalar->map, end - 1) + 1 : span.start;
    }
    return span;
}

const struct node *node_get(const struct node *map, const char *key)
{
    for (size_t i = 0; i < map->count; i++)
        if (text_equal(map->keys[i].text, key))
            return &map->items[i];
    return NULL;
}

static size_t byte_offset(struct reader *reader, size_t character)
{
    if (character < reader->character) {
        reader->character = 0;
        reader->byte = reader->first;
    }
    while (reader->character < character && reader->byte < reader->source->length) {
        reader->byte++;
        while (((unsigned char)reader->source->bytes[reader->byte] & 0xC0) == 0x80)
            reader->byte++;
        reader->character++;
    }
    return reader->byte;
}

static struct span event_span(struct reader *reader, const yaml_event_t *event)
{
    struct span span = {.source = reader->source};
    span.start = byte_offset(reader, event->start_mark.index);
    span.end = byte_offset(reader, event->end_mark.index);
    return span;
}

static bool complain(struct reader *reader)
{
    struct complaint complaint = {
        .problem = reader->parser.problem ? reader->parser.problem : "unknown error",
        .context = reader->parser.context,
        .began = byte_offset(reader, reader->parser.context_mark.index),
        .at = byte_offset(reader, reader->parser.problem_mark.index),
    };
    explain_syntax(reader->diagnostics, reader->source, &complaint);
    return false;
}

static bool next_event(struct reader *reader, yaml_event_t *event)
{
    return yaml_parser_parse(&reader->parser, event) ? true : complain(reader);
}

/* Anchors and tags: refused, and so usually meant as text. True where the node has one. */
static bool refuse_properties(struct reader *reader, struct span span, const void *anchor,
                              const void *tag)
{
    if (!anchor && !tag)
        return false;
    span.end = span.start + 1;
    diagnose(reader->diagnostics, span, "quote text that begins with '&' or '!'",
             anchor ? "anchors are not allowed" : "tags are not allowed");
    return true;
}

static enum scalar_style style_of(const yaml_event_t *event)
{
    switch (event->data.scalar.style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
        return SCALAR_SINGLE;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        return SCALAR_DOUBLE;
    case YAML_LITERAL_SCALAR_STYLE:
    case YAML_FOLDED_SCALAR_STYLE:
        return SCALAR_BLOCK;
    default:
        return SCALAR_PLAIN;
    }
}

static bool is_null_word(const char *text)
{
    return text_equal(text, "~") || text_equal(text, "null") || text_equal(text, "Null") ||
           text_equal(text, "NULL");
}

/* A scalar; NODE_NONE where it is not one we take. A plain empty one is left to the caller, who
 * knows the key. */
static void read_scalar(struct reader *reader, const yaml_event_t *event, struct node *node)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (refuse_properties(reader, node->span, event->data.scalar.anchor, event->data.scalar.tag))
        return;
    if (memchr(text, '\0', length)) {
        diagnose(reader->diagnostics, node->span, NULL, "text cannot hold a NUL character");
        return;
    }
    enum scalar_style style = style_of(event);
    node->plain = style == SCALAR_PLAIN;
    node->text = arena_copy(reader->arena, text, length);
    node->length = length;
    if (node->plain && is_null_word(node->text)) {
        diagnose(reader->diagnostics, node->span, "quote it where the word is meant",
                 "'%s' is YAML's word for no value", node->text);
        return;
    }
    node->kind = NODE_SCALAR;
    struct scalar_map map = {
        .arena = reader->arena,
        .style = style,
        .raw = reader->source->bytes + node->span.start,
        .raw_length = node->span.end - node->span.start,
        .base = node->span.start,
        .text = node->text,
        .length = length,
    };
    if (scalar_verbatim(&map, &node->first))
        return;
    node->map = arena_alloc(reader->arena, sizeof(map));
    *node->map = map;
}

static bool is_empty(const struct node *node)
{
    return node->kind == NODE_SCALAR && node->plain && node->length == 0;
}

static bool within_limits(struct reader *reader, struct span span, size_t depth)
{
    span.end = span.start + 1;
    if (depth > LIMIT_NESTING) {
        diagnose(reader->diagnostics, span, NULL, "nested deeper than %d levels, the limit",
                 LIMIT_NESTING);
        return false;
    }
    size_t count = ++*reader->nodes;
    if (count == LIMIT_NODES + 1)
        diagnose(reader->diagnostics, span, NULL, "more than %d YAML nodes, the limit of a run",
                 LIMIT_NODES);
    return count <= LIMIT_NODES;
}

static bool read_node(struct reader *reader, const yaml_event_t *event, size_t depth,
                      struct node *node);

static bool read_list(struct reader *reader, bool flow, size_t depth, struct node *node)
{
    struct node *items = NULL;
    for (;;) {
        yaml_event_t event;
        if (!next_event(reader, &event))
            return false;
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            node->span.end = event_span(reader, &event).end;
            yaml_event_delete(&event);
            break;
        }
        items = arena_grow(reader->arena, items, node->count, sizeof(*items));
        struct node *item = &items[node->count++];
        bool good = read_node(reader, &event, depth + 1, item);
        yaml_event_delete(&event);
        if (!good)
            return false;
        if (is_empty(item)) {
            item->kind = NODE_NONE;
            explain_null(reader->diagnostics, reader->source, item->span.start,
                         (struct span){.source = reader->source}, flow);
        }
    }
    node->items = items;
    return true;
}

/* The key of one entry. False only where reading cannot go on. */
static bool read_key(struct reader *reader, const yaml_event_t *event, size_t depth,
                     struct key *key)
{
    struct node node = {0};
    if (!read_node(reader, event, depth + 1, &node))
        return false;
    key->span = node.span;
    key->text = node.kind == NODE_SCALAR ? node.text : NULL;
    if (node.kind == NODE_LIST || node.kind == NODE_MAP) {
        key->span.end = key->span.start + 1;
        diagnose(reader->diagnostics, key->span, "put the whole text in quotes",
                 "a key is text; this begins with a bracket");
    } else if (is_empty(&node)) {
        key->text = NULL;
        diagnose(reader->diagnostics, key->span, NULL, "expected a key here");
    }
    return true;
}

static bool read_value(struct reader *reader, bool flow, size_t depth, const struct key *key,
                       struct node *node)
{
    yaml_event_t event;
    if (!next_event(reader, &event))
        return false;
    bool good = read_node(reader, &event, depth + 1, node);
    yaml_event_delete(&event);
    if (good && is_empty(node)) {
        node->kind = NODE_NONE;
        explain_null(reader->diagnostics, reader->source, node->span.start, key->span, flow);
    }
    return good;
}

/* The keys of one map so far. A hash table pays only where there are many. */
struct seen_keys {
    const struct key *keys;
    size_t count;
    struct names names;
};
enum { FEW_KEYS = 16 };

/* The index of a key that stands there already, or NAMES_NONE. */
static long find_key(struct reader *reader, struct seen_keys *seen, const char *name)
{
    if (seen->count > FEW_KEYS) {
        for (size_t i = seen->names.count; i < seen->count; i++)
            names_add(reader->arena, &seen->names, seen->keys[i].text);
        return names_find(&seen->names, name);
    }
    for (size_t i = 0; i < seen->count; i++)
        if (text_equal(seen->keys[i].text, name))
            return (long)i;
    return NAMES_NONE;
}

static void report_duplicate(struct reader *reader, const struct key *keys, size_t first,
                             const struct key *key)
{
    size_t line = source_position(reader->source, keys[first].span.start).line;
    size_t column = source_position(reader->source, keys[first].span.start).column;
    diagnose(reader->diagnostics, key->span,
             arena_format(reader->diagnostics->arena, "the first one is at %s:%zu:%zu",
                          reader->source->path, line, column),
             "the key '%s' stands here twice", key->text);
}

static bool read_map(struct reader *reader, bool flow, size_t depth, struct node *node)
{
    struct seen_keys seen = {0};
    struct key *keys = NULL;
    struct node *items = NULL;
    for (;;) {
        yaml_event_t event;
        if (!next_event(reader, &event))
            return false;
        bool end = event.type == YAML_MAPPING_END_EVENT;
        struct key key = {0};
        bool good = true;
        if (end)
            node->span.end = event_span(reader, &event).end;
        else
            good = read_key(reader, &event, depth, &key);
        yaml_event_delete(&event);
        struct node value = {0};
        if (!good || (!end && !read_value(reader, flow, depth, &key, &value)))
            return false;
        if (end)
            break;
        if (!key.text)
            continue;
        long first = find_key(reader, &seen, key.text);
        if (first != NAMES_NONE) {
            report_duplicate(reader, keys, (size_t)first, &key);
            continue;
        }
        keys = arena_grow(reader->arena, keys, node->count, sizeof(*keys));
        items = arena_grow(reader->arena, items, node->count, sizeof(*items));
        keys[node->count] = key;
        items[node->count++] = value;
        seen.keys = keys;
        seen.count = node->count;
    }
    node->keys = keys;
    node->items = items;
    return true;
}

/* One node and all in it; recursion ends at LIMIT_NESTING. False where reading cannot go on. */
static bool read_node(struct reader *reader, const yaml_event_t *event, size_t depth,
                      struct node *node)
{
    *node = (struct node){.kind = NODE_NONE, .span = event_span(reader, event)};
    if (!within_limits(reader, node->span, depth))
        return false;
    bool good = true;
    enum node_kind kind = NODE_NONE;
    if (event->type == YAML_SCALAR_EVENT) {
        read_scalar(reader, event, node);
        return true;
    }
    if (event->type == YAML_SEQUENCE_START_EVENT) {
        bool flow = event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
        bool refused = refuse_properties(reader, node->span, event->data.sequence_start.anchor,
                                         event->data.sequence_start.tag);
        kind = refused ? NODE_NONE : NODE_LIST;
        good = read_list(reader, flow, depth, node);
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        bool flow = event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
        bool refused = refuse_properties(reader, node->span, event->data.mapping_start.anchor,
                                         event->data.mapping_start.tag);
        kind = refused ? NODE_NONE : NODE_MAP;
        good = read_map(reader, flow, depth, node);
    } else if (event->type == YAML_ALIAS_EVENT) {
        diagnose(reader->diagnostics, node->span, "quote text that begins with '*'",
                 "aliases are not allowed");
    }
    node->kind = kind;
    return good;
}

/* Length of the UTF-8 character at `at` as YAML allows it (1.1, chapter 5.1); 0: not one. */
static size_t printable_length(const char *bytes, size_t left)
{
    unsigned char first = (unsigned char)bytes[0];
    if (first < 0x80)
        return first == '\t' || first == '\n' || first == '\r' || (first >= 0x20 && first != 0x7F);
    size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (length == 0 || left < length)
        return 0;
    uint32_t code = first & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)bytes[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | ((unsigned char)bytes[i] & 0x3F);
    }
    bool shortest = (length != 3 || code >= 0x800) && (length != 4 || code >= 0x10000);
    bool allowed = code == 0x85 || (code >= 0xA0 && code < 0xD800) ||
                   (code >= 0xE000 && code < 0xFFFE && code != 0xFEFF) ||
                   (code >= 0x10000 && code < 0x110000);
    return shortest && allowed ? length : 0;
}

static void report_byte(struct reader *reader, size_t at)
{
    struct span span = {.source = reader->source, .start = at, .end = at + 1};
    unsigned char byte = (unsigned char)reader->source->bytes[at];
    if (byte < 0x80)
        diagnose(reader->diagnostics, span, NULL, "a control character (0x%02x) cannot stand here",
                 byte);
    else
        diagnose(reader->diagnostics, span, "save the file as UTF-8",
                 "not UTF-8, or a character that YAML does not allow (byte 0x%02x)", byte);
}

static bool check_bytes(struct reader *reader)
{
    const struct source *source = reader->source;
    for (size_t at = reader->first; at < source->length;) {
        bool plain = source->bytes[at] >= ' ' && source->bytes[at] < 0x7F;
        size_t length = plain ? 1 : printable_length(source->bytes + at, source->length - at);
        if (length == 0) {
            report_byte(reader, at);
            return false;
        }
        at += length;
    }
    return true;
}

/* After the root: nothing more may come. */
static bool read_end(struct reader *reader)
{
    yaml_event_t event = {0};
    bool good = next_event(reader, &event); /* the document's end */
    yaml_event_delete(&event);
    if (!good || !next_event(reader, &event))
        return false;
    if (event.type == YAML_DOCUMENT_START_EVENT)
        diagnose(reader->diagnostics, event_span(reader, &event), NULL,
                 "a file holds one document, a second one begins here");
    good = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
    return good;
}

/* Up to the root's first event: stream start, document start, root. */
static bool read_root(struct reader *reader, struct node *root)
{
    for (;;) {
        yaml_event_t event;
        if (!next_event(reader, &event))
            return false;
        yaml_event_type_t type = event.type;
        bool before = type == YAML_STREAM_START_EVENT || type == YAML_DOCUMENT_START_EVENT;
        bool good = true;
        if (type == YAML_STREAM_END_EVENT) {
            diagnose(reader->diagnostics, (struct span){.source = reader->source}, NULL,
                     "the file is empty");
            good = false;
        } else if (!before) {
            good = read_node(reader, &event, 1, root);
        }
        yaml_event_delete(&event);
        if (!before || !good)
            return good && read_end(reader);
    }
}

const struct node *yaml_load(struct arena *arena, const struct source *source, size_t *nodes,
                             struct diagnostics *diagnostics)
{
    struct reader reader = {
        .arena = arena, .source = source, .nodes = nodes, .diagnostics = diagnostics};
    if (source->length > LIMIT_FILE_BYTES) {
        diagnose(diagnostics, (struct span){.source = source}, NULL,
                 "larger than %d bytes, the limit of a playbook", LIMIT_FILE_BYTES);
        return NULL;
    }
    if (source->length >= 3 && memcmp(source->bytes, "\xEF\xBB\xBF", 3) == 0)
        reader.first = 3;
    reader.byte = reader.first;
    if (!check_bytes(&reader))
        return NULL;
    if (!yaml_parser_initialize(&reader.parser)) {
        diagnose(diagnostics, (struct span){.source = source}, NULL, "out of memory");
        return NULL;
    }
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser,
                                 (const unsigned char *)source->bytes + reader.first,
                                 source->length - reader.first);
    struct node *root = arena_alloc(arena, sizeof(*root));
    bool good = read_root(&reader, root);
    yaml_parser_delete(&reader.parser);
    return good ? root : NULL;
}
