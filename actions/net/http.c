/* Just enough of HTTP/1.1 to count a body and to know whether it is complete. Follows no redirect
 * and decodes no content. RFC 3986 (URLs), RFC 9112 (messages). */
#include "actions/net/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- URLs ---- */

static bool read_port(const char *text, struct url *url, struct error *error)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);
    if (!*text || *end || text[0] == '-' || text[0] == '+' || port < 1 || port > 65535)
        return error_set(error, "'%s' is not a port", text);
    url->port = (unsigned)port;
    return true;
}

static bool read_authority(struct arena *arena, struct url *url, struct error *error)
{
    const char *text = url->authority, *end;
    if (strchr(text, '@'))
        return error_set(error, "a user name in a URL is not supported");
    if (text[0] == '[') {
        end = strchr(text, ']');
        if (!end || (end[1] && end[1] != ':'))
            return error_set(error, "'%s' is not a host", text);
        url->host = arena_copy(arena, text + 1, (size_t)(end - text - 1));
        end++;
    } else {
        end = text + strcspn(text, ":");
        url->host = arena_copy(arena, text, (size_t)(end - text));
    }
    if (!*url->host)
        return error_set(error, "the URL names no host");
    return *end != ':' || read_port(end + 1, url, error);
}

bool url_read(struct arena *arena, const char *text, struct url *url, struct error *error)
{
    /* What could end the request line early must not reach it. */
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return error_set(error, "a URL holds no blank and no control character");
    *url = (struct url){.https = strncasecmp(text, "https://", 8) == 0};
    if (!url->https && strncasecmp(text, "http://", 7) != 0)
        return error_set(error, "'%s' is not a URL: it begins with http:// or https://", text);
    url->port = url->https ? 443 : 80;
    text += url->https ? 8 : 7;
    size_t authority = strcspn(text, "/?#");
    size_t target = strcspn(text + authority, "#");
    url->authority = arena_copy(arena, text, authority);
    url->target = arena_format(arena, "%s%.*s", text[authority] == '/' ? "" : "/", (int)target,
                               text + authority);
    return read_authority(arena, url, error);
}

/* ---- responses ---- */

static bool read_status(struct http_reader *reader)
{
    const char *line = reader->line;
    if (strncmp(line, "HTTP/1.", 7) != 0 || !line[7] || line[8] != ' ')
        return false;
    const char *digits = line + 9;
    if (strspn(digits, "0123456789") != 3 || digits[0] == '0')
        return false;
    reader->status = (unsigned)strtoul(digits, NULL, 10);
    reader->at = AT_HEADER;
    return true;
}

static bool read_length(struct http_reader *reader, const char *value)
{
    char *end;
    unsigned long long length = strtoull(value, &end, 10);
    if (*value < '0' || *value > '9' || *end || length > INT64_MAX ||
        (reader->has_length && reader->left != length))
        return false;
    reader->has_length = true;
    reader->left = length;
    return true;
}

static bool read_header(struct http_reader *reader)
{
    char *value = strchr(reader->line, ':');
    if (reader->line[0] == ' ' || reader->line[0] == '\t') /* the old folding of long lines */
        return true;
    if (!value)
        return false;
    *value++ = '\0';
    value += strspn(value, " \t");
    for (size_t end = strlen(value); end && strchr(" \t", value[end - 1]); end--)
        value[end - 1] = '\0';
    if (strcasecmp(reader->line, "Content-Length") == 0)
        return read_length(reader, value);
    if (strcasecmp(reader->line, "Transfer-Encoding") == 0) {
        size_t length = strlen(value), word = strlen("chunked");
        reader->chunked = length >= word && strcasecmp(value + length - word, "chunked") == 0;
    }
    return true;
}

/* The empty line: how the body will end. */
static enum http_state head_over(struct http_reader *reader)
{
    bool empty = reader->status == 204 || reader->status == 304;
    if (reader->status < 200) {
        reader->at = AT_STATUS;
        reader->status = 0;
        reader->chunked = reader->has_length = false;
        return HTTP_MORE;
    }
    if (empty || (!reader->chunked && reader->has_length && reader->left == 0))
        return HTTP_DONE;
    if (reader->chunked)
        reader->at = AT_CHUNK_SIZE;
    else
        reader->at = reader->has_length ? AT_BODY : AT_REST;
    return HTTP_MORE;
}

static bool read_chunk_size(struct http_reader *reader)
{
    size_t digits = strspn(reader->line, "0123456789abcdefABCDEF");
    if (digits == 0 || digits > 15 ||
        (reader->line[digits] && !strchr("; \t", reader->line[digits])))
        return false;
    reader->left = strtoull(reader->line, NULL, 16);
    reader->at = reader->left ? AT_CHUNK : AT_TRAILER;
    return true;
}

static enum http_state take_line(struct http_reader *reader)
{
    bool empty = reader->line_length == 0, good = true;
    reader->line_length = 0;
    switch (reader->at) {
    case AT_STATUS:
        good = read_status(reader);
        break;
    case AT_HEADER:
        if (empty)
            return head_over(reader);
        good = read_header(reader);
        break;
    case AT_CHUNK_SIZE:
        good = read_chunk_size(reader);
        break;
    case AT_CHUNK_END:
        good = empty;
        reader->at = AT_CHUNK_SIZE;
        break;
    default: /* trailers */
        return empty ? HTTP_DONE : HTTP_MORE;
    }
    return good ? HTTP_MORE : HTTP_MALFORMED;
}

static enum http_state feed_line(struct http_reader *reader, char byte)
{
    if (++reader->head_length > HTTP_HEAD_MOST)
        return HTTP_MALFORMED;
    if (byte != '\n') {
        if (reader->line_length == HTTP_LINE_MOST - 1 || byte == '\0')
            return HTTP_MALFORMED;
        reader->line[reader->line_length++] = byte;
        return HTTP_MORE;
    }
    if (reader->line_length && reader->line[reader->line_length - 1] == '\r')
        reader->line_length--;
    reader->line[reader->line_length] = '\0';
    return take_line(reader);
}

/* Counts as much of `length` bytes as belongs to the body here. */
static size_t feed_body(struct http_reader *reader, size_t length)
{
    size_t part = reader->at == AT_REST || length < reader->left ? length : (size_t)reader->left;
    reader->body += part;
    reader->left -= reader->at == AT_REST ? 0 : part;
    reader->head_length = 0;
    return part;
}

enum http_state http_feed(struct http_reader *reader, const char *bytes, size_t length)
{
    enum http_state state = HTTP_MORE;
    for (size_t i = 0; i < length && state == HTTP_MORE;) {
        bool in_body = reader->at == AT_BODY || reader->at == AT_REST || reader->at == AT_CHUNK;
        if (!in_body) {
            state = feed_line(reader, bytes[i++]);
            continue;
        }
        i += feed_body(reader, length - i);
        if (reader->at == AT_BODY && reader->left == 0)
            state = HTTP_DONE;
        else if (reader->at == AT_CHUNK && reader->left == 0)
            reader->at = AT_CHUNK_END;
    }
    return state;
}

enum http_state http_end(const struct http_reader *reader)
{
    return reader->at == AT_REST ? HTTP_DONE : HTTP_MALFORMED;
}
