/* file.match: does a file have a text that a pattern describes, and where? It reads regular files
 * as they stand and follows links; it does not search folders. */
#include <errno.h>
#include <string.h>

#include "engine/action.h"

/* As an editor counts: a line ends with LF or CRLF. */
static double line_of(const char *bytes, size_t offset)
{
    double line = 1;
    const char *end = bytes + offset;
    for (const char *at = bytes; (at = memchr(at, '\n', (size_t)(end - at))); at++)
        line++;
    return line;
}

static void answer_without(struct probe *probe, const char *reason)
{
    static const char *const fields[] = {"text", "groups", "line"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        probe_absent(probe, fields[i], "%s", reason);
    probe_answer(probe, false);
}

static void have_file(struct probe *probe, const struct file_text *file)
{
    if (file->code == ENOENT || file->code == ENOTDIR) {
        answer_without(probe, "there is no such file");
        return;
    }
    if (file->code) {
        probe_unknown(probe, "%s", file->reason);
        return;
    }
    struct match match;
    struct arena *arena = probe_arena(probe);
    pattern_match(arena, probe_string(probe, "pattern"), file->bytes, file->length, &match);
    if (match.failure) {
        probe_unknown(probe, "%s", match.failure);
        return;
    }
    if (!match.found) {
        answer_without(probe, "the pattern does not match");
        return;
    }
    if (match.too_long) {
        probe_absent(probe, "text", "%s", match.too_long);
        probe_absent(probe, "groups", "%s", match.too_long);
    } else {
        probe_set(probe, "text", value_string(arena, match.text));
        probe_set(probe, "groups", match.groups);
    }
    probe_set(probe, "line", value_number(line_of(file->bytes, match.offset)));
    probe_answer(probe, true);
}

static void start(struct probe *probe)
{
    probe_read(probe, probe_string(probe, "path"), have_file);
}

static const struct argument arguments[] = {
    {.name = "path",
     .type = {.kind = KIND_STRING},
     .doc = {"the file to read; links are followed", "読むファイル。リンクはたどります"}},
    {.name = "pattern",
     .type = {.kind = KIND_STRING},
     .flags = ARGUMENT_PATTERN,
     .doc = {"a regular expression (PCRE2); `^` and `$` match at each line, CRLF too",
             "正規表現（PCRE2）。`^` と `$` は各行の先頭と末尾に一致します（CRLFも可）"}},
    {.name = NULL},
};

static const struct field fields[] = {
    {.name = "text",
     .type = {.kind = KIND_STRING},
     .doc = {"the first text that matches", "最初に一致した文字列"}},
    {.name = "groups",
     .type = {.kind = KIND_RECORD},
     .doc = {"the named groups of the pattern; one that took no part has no value",
             "パターンの名前付きグループ。一致に加わらなかったものは値なし"}},
    {.name = "line",
     .type = {.kind = KIND_NUMBER},
     .doc = {"the line it begins in, counted from 1", "一致が始まる行（1から数える）"}},
    {.name = NULL},
};

const struct action file_match_action = {
    .name = "file.match",
    .role = ROLE_PROBE,
    .summary = {"search a file for a pattern", "ファイルからパターンに合う文字列を探す"},
    .arguments = arguments,
    .fields = fields,
    .ok = {"it matches; false where there is no such file", "一致した（ファイルがなければ偽）"},
    .timeout = SECONDS(TIMEOUT_LOCAL_S),
    .start = start,
};
