/* http: URLs and HTTP/1.1 responses, from bytes.
 *
 *     struct http_reader reader = {0};
 *     while ((state = http_feed(&reader, bytes, length)) == HTTP_MORE)
 *         ... more bytes; at the end of the connection: state = http_end(&reader)
 *
 * Bodies are counted, not kept. Limits: 8 KiB a line, 64 KiB of head.
 */
#ifndef PLAYBOOK_NET_HTTP_H
#define PLAYBOOK_NET_HTTP_H

#include "engine/action.h"

enum { HTTP_LINE_MOST = 8 * 1024, HTTP_HEAD_MOST = 64 * 1024 };

struct url {
    bool https;
    const char *host; /* without the brackets of an IPv6 address */
    unsigned port;
    const char *authority; /* host and port as written, for the Host line */
    const char *target;    /* path and query, at least "/" */
};

bool url_read(struct arena *arena, const char *text, struct url *url, struct error *error);

enum http_state { HTTP_MORE, HTTP_DONE, HTTP_MALFORMED };

struct http_reader {
    unsigned status; /* of the final response; 0: not yet known */
    uint64_t body;   /* bytes of the body so far, chunk framing not counted */

    /* private */
    enum {
        AT_STATUS,
        AT_HEADER,
        AT_BODY, /* `left` bytes of it */
        AT_REST, /* until the connection ends */
        AT_CHUNK_SIZE,
        AT_CHUNK, /* `left` bytes of it */
        AT_CHUNK_END,
        AT_TRAILER,
    } at;
    char line[HTTP_LINE_MOST];
    size_t line_length, head_length;
    bool chunked, has_length;
    uint64_t left;
};

enum http_state http_feed(struct http_reader *reader, const char *bytes, size_t length);
enum http_state http_end(const struct http_reader *reader);

#endif
