/* Turns libyaml's complaints, which speak of its grammar, into what the author did: one table of
 * problems, and a look at the bytes around the place. It only explains; yaml.c decides. */
#include "engine/lang/yaml_explain.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct span span_at(const struct source *source, size_t at, size_t length)
{
    size_t end = at + length < source->length ? at + length : source->length;
    return (struct span){.source = source, .start = at < end ? at : end, .end = end};
}

static char byte_at(const struct source *source, size_t at)
{
    return at < source->length ? source->bytes[at] : '\0';
}

/* The last byte before `at` on its line that is not blank; NUL at the line's start. */
static char byte_before(const struct source *source, size_t at)
{
    while (at > 0 && is_blank(source->bytes[at - 1]))
        at--;
    return at > 0 && source->bytes[at - 1] != '\n' ? source->bytes[at - 1] : '\0';
}

#define QUOTE_WHOLE "put the whole text in quotes"

/* Plain text that begins with a sign of YAML's own. */
static void explain_first_character(struct diagnostics *diagnostics, const struct source *source,
                                    size_t at)
{
    char c = byte_at(source, at);
    if (c == '\t')
        diagnose(diagnostics, span_at(source, at, 1), "indent with blanks",
                 "a tab cannot stand here");
    else
        diagnose(diagnostics, span_at(source, at, 1), QUOTE_WHOLE,
                 "plain text cannot begin with '%c'", c ? c : ' ');
}

static void explain_alias(struct diagnostics *diagnostics, const struct source *source,
                          const struct complaint *complaint)
{
    explain_first_character(diagnostics, source, complaint->began);
}

static void explain_colon(struct diagnostics *diagnostics, const struct source *source,
                          const struct complaint *complaint)
{
    diagnose(diagnostics, span_at(source, complaint->at, 1), QUOTE_WHOLE,
             "': ' ends plain text, so the text is cut here");
}

static void explain_character(struct diagnostics *diagnostics, const struct source *source,
                              const struct complaint *complaint)
{
    explain_first_character(diagnostics, source, complaint->at);
}

static void explain_block_header(struct diagnostics *diagnostics, const struct source *source,
                                 const struct complaint *complaint)
{
    diagnose(diagnostics, span_at(source, complaint->began, 1), QUOTE_WHOLE,
             "plain text cannot begin with '%c'", byte_at(source, complaint->began));
}

static void explain_complex_key(struct diagnostics *diagnostics, const struct source *source,
                                const struct complaint *complaint)
{
    diagnose(diagnostics, span_at(source, complaint->at, 1), QUOTE_WHOLE,
             "plain text cannot begin with '? '");
}

static void explain_list_on_line(struct diagnostics *diagnostics, const struct source *source,
                                 const struct complaint *complaint)
{
    diagnose(diagnostics, span_at(source, complaint->at, 1),
             "begin the list on a line of its own; quote text that begins with '- '",
             "a list cannot begin on this line");
}

/* Inside { } or [ ]: something ended the text before its comma or bracket came. */
static void explain_flow(struct diagnostics *diagnostics, const struct source *source,
                         const struct complaint *complaint)
{
    char c = byte_at(source, complaint->at), before = byte_before(source, complaint->at);
    char open = byte_at(source, complaint->began);
    size_t line = source_position(source, complaint->began).line;
    bool same_line = source_position(source, complaint->at).line == line;
    struct span here = span_at(source, complaint->at, 1);
    if (!same_line)
        diagnose(diagnostics, span_at(source, complaint->began, 1),
                 "close it on its line; a ' #' before the bracket makes the rest a comment",
                 "this '%c' is not closed", open);
    else if (before == '\'' || before == '"')
        diagnose(diagnostics, here, QUOTE_WHOLE,
                 "text that begins with a quote ends with that quote");
    else if (c == '?')
        explain_first_character(diagnostics, source, complaint->at);
    else if (c && strchr("{}[]:", c))
        diagnose(diagnostics, here, QUOTE_WHOLE, "inside { } and [ ] a '%c' ends plain text", c);
    else
        diagnose(diagnostics, here, "put a comma between the entries", "expected ',' or '%c' here",
                 open == '[' ? ']' : '}');
}

/* A line of a map or list that does not fit the ones before it. */
static void explain_block(struct diagnostics *diagnostics, const struct source *source,
                          const struct complaint *complaint)
{
    char before = byte_before(source, complaint->at);
    struct span here = span_at(source, complaint->at, 1);
    if (before && strchr("'\"", before))
        diagnose(diagnostics, here, QUOTE_WHOLE ", with the other kind of quotes around it",
                 "text that begins with a quote ends with that quote");
    else if (before && strchr("]}", before))
        diagnose(diagnostics, here, QUOTE_WHOLE,
                 "text that begins with a bracket ends with that bracket");
    else
        diagnose(diagnostics, here,
                 arena_format(diagnostics->arena,
                              "check the indentation: what it stands in began "
                              "on line %zu",
                              source_position(source, complaint->began).line),
                 "this line does not fit in here");
}

static void explain_no_colon(struct diagnostics *diagnostics, const struct source *source,
                             const struct complaint *complaint)
{
    size_t end = complaint->began;
    while (end < source->length && !strchr("\n\r#", source->bytes[end]))
        end++;
    diagnose(diagnostics, span_at(source, complaint->began, end - complaint->began),
             "write key: value, with a blank after the colon",
             "expected a key and a value, found only text");
}

static void explain_quote(struct diagnostics *diagnostics, const struct source *source,
                          const struct complaint *complaint)
{
    diagnose(diagnostics, span_at(source, complaint->began, 1), NULL, "this quote is not closed");
}

static void explain_escape(struct diagnostics *diagnostics, const struct source *source,
                           const struct complaint *complaint)
{
    diagnose(diagnostics, span_at(source, complaint->at, 2),
             "inside single quotes a '\\' is only a '\\'",
             "a '\\' inside double quotes begins an escape, and YAML knows none like this");
}

static void explain_verbatim(struct diagnostics *diagnostics, const struct source *source,
                             const struct complaint *complaint)
{
    diagnose(diagnostics, span_at(source, complaint->at, 1),
             complaint->context ? arena_string(diagnostics->arena, complaint->context) : NULL,
             "not YAML: %s", complaint->problem);
}

/* First match wins: how libyaml's words begin (scanner.c, parser.c), in `problem` or in `context`.
 */
static const struct explanation {
    const char *problem;
    const char *context;
    void (*explain)(struct diagnostics *diagnostics, const struct source *source,
                    const struct complaint *complaint);
} explanations[] = {
    {"mapping values are not allowed", NULL, explain_colon},
    {"mapping keys are not allowed", NULL, explain_complex_key},
    {"block sequence entries are not allowed", NULL, explain_list_on_line},
    {"found character that cannot start", NULL, explain_character},
    {"did not find expected node content", NULL, explain_character},
    {NULL, "while scanning an alias", explain_alias},
    {NULL, "while scanning an anchor", explain_alias},
    {NULL, "while scanning a tag", explain_alias},
    {NULL, "while parsing a tag", explain_alias},
    {NULL, "while scanning a directive", explain_alias},
    {NULL, "while scanning a %", explain_alias},
    {NULL, "while scanning a block scalar", explain_block_header},
    {NULL, "while parsing a flow", explain_flow},
    {"did not find expected key", NULL, explain_block},
    {"did not find expected '-'", NULL, explain_block},
    {"did not find expected <document start>", NULL, explain_block},
    {"could not find expected ':'", NULL, explain_no_colon},
    {"found unknown escape", NULL, explain_escape},
    {"did not find expected hexdecimal", NULL, explain_escape},
    {NULL, "while scanning a quoted scalar", explain_quote},
    {"", NULL, explain_verbatim},
};

static bool begins(const char *text, const char *prefix)
{
    return !prefix || (text && text_starts(text, prefix));
}

void explain_syntax(struct diagnostics *diagnostics, const struct source *source,
                    const struct complaint *complaint)
{
    const struct explanation *found = explanations;
    while (!begins(complaint->problem, found->problem) ||
           !begins(complaint->context, found->context))
        found++;
    found->explain(diagnostics, source, complaint);
}

/* The offset of what stands before `at`, blanks and line ends left out; `at` where nothing does. */
static size_t place_before(const struct source *source, size_t at)
{
    size_t place = at;
    while (place > 0 && strchr(" \t\r\n", source->bytes[place - 1]))
        place--;
    return place > 0 ? place - 1 : at;
}

static bool explain_flow_null(struct diagnostics *diagnostics, const struct source *source,
                              struct span key)
{
    size_t before = place_before(source, key.start);
    if (byte_at(source, before) == ',') {
        diagnose(diagnostics, span_at(source, before, 1), QUOTE_WHOLE,
                 "inside { } and [ ] a comma ends plain text, so what follows has no value");
        return true;
    }
    const char *colon = memchr(source->bytes + key.start, ':', key.end - key.start);
    if (!colon)
        return false;
    diagnose(diagnostics, span_at(source, (size_t)(colon - source->bytes), 1),
             "put a blank after the colon", "a key ends with ': '");
    return true;
}

void explain_null(struct diagnostics *diagnostics, const struct source *source, size_t at,
                  struct span key, bool flow)
{
    size_t cut = at;
    while (is_blank(byte_at(source, cut)))
        cut++;
    size_t mark = place_before(source, key.start);
    if (byte_at(source, cut) == '#' && cut > 0 && is_blank(source->bytes[cut - 1]))
        diagnose(diagnostics, span_at(source, cut, 1), QUOTE_WHOLE,
                 "' #' begins a comment, so there is no value here");
    else if (key.end > key.start && byte_at(source, mark) == '?')
        diagnose(diagnostics, span_at(source, mark, 1), QUOTE_WHOLE,
                 "plain text cannot begin with '? '");
    else if (!(flow && key.end > key.start && byte_at(source, at > 0 ? at - 1 : 0) != ':' &&
               explain_flow_null(diagnostics, source, key)))
        diagnose(diagnostics, key.end > key.start ? key : span_at(source, at, 1),
                 "write the value, {} for an empty map, '' for an empty text",
                 "there is no value here");
}
