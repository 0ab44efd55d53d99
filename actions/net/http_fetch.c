/* http.fetch: does a transfer come through, not only a connection. Plain HTTP on the program's own
 * socket; https by running curl, whose TLS is not worth linking in (thirty libraries at start),
 * once an own connection has shown that the port answers. No proxy, no redirect. RFC 9112, curl(1).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "actions/net/dial.h"
#include "actions/net/http.h"
#include "actions/net/reasons.h"
#include "actions/net/wakeup.h"

enum { READ_SIZE = 64 * 1024, STALL_S = 2, STATUS_BAD = 400 };
/* At the deadline a shorter silence is a stall too; a transfer that flows has none so long. */
#define QUIET_AT_DEADLINE ((int64_t)500 * NS_PER_MS)
/* What curl gets less than the probe, to end first and say how far it came. */
#define CURL_MARGIN ((int64_t)150 * NS_PER_MS)

struct fetch {
    struct dial dial; /* first: dial.h */
    struct url url;
    int64_t wanted; /* of the body; INT64_MAX: all */
    char *request;
    size_t request_length, request_sent;
    struct http_reader reader;
    char *buffer;
    bool connected, any_byte, in_curl;
    int64_t asked_at, last_byte;
    struct wakeup wakeup;
};

struct outcome {
    unsigned status; /* 0: none came */
    int64_t bytes, took;
    bool finished, stalled;
    const char *reason;
};

static struct fetch *state_of(struct probe *probe)
{
    return probe_state(probe, sizeof(struct fetch));
}

static void finish(struct probe *probe, const struct outcome *outcome)
{
    double seconds = (double)outcome->took / NS_PER_S;
    if (outcome->status)
        probe_set(probe, "status", value_number(outcome->status));
    else
        probe_absent(probe, "status", "no response: %s", outcome->reason);
    if (outcome->bytes > 0 && seconds > 0)
        probe_set(probe, "rate", value_size((int64_t)((double)outcome->bytes / seconds)));
    else
        probe_absent(probe, "rate", "no byte of a body came");
    probe_set(probe, "bytes", value_size(outcome->bytes));
    probe_set(probe, "stalled", value_boolean(outcome->stalled));
    probe_set(probe, "reason", value_string(probe_arena(probe), outcome->reason));
    probe_answer(probe, outcome->finished && outcome->status && outcome->status < STATUS_BAD);
}

static void fail(struct probe *probe, const char *reason)
{
    struct outcome outcome = {.reason = reason};
    finish(probe, &outcome);
}

/* ---- plain HTTP ---- */

static void end_transfer(struct probe *probe, const char *reason)
{
    struct fetch *fetch = state_of(probe);
    int64_t body = fetch->reader.body > INT64_MAX ? INT64_MAX : (int64_t)fetch->reader.body;
    struct outcome outcome = {.status = fetch->reader.status,
                              .bytes = body < fetch->wanted ? body : fetch->wanted,
                              .took = fetch->last_byte - fetch->asked_at,
                              .finished = text_equal(reason, "reply"),
                              .stalled = text_equal(reason, "stalled"),
                              .reason = reason};
    finish(probe, &outcome);
}

static void watch_silence(struct probe *probe)
{
    struct fetch *fetch = state_of(probe);
    int64_t ends = fetch->last_byte + SECONDS(STALL_S);
    if (probe_now(probe) >= ends)
        end_transfer(probe, "stalled");
    else
        wakeup_at(probe, &fetch->wakeup, ends, watch_silence);
}

static void take_bytes(struct probe *probe, ssize_t got, int code)
{
    struct fetch *fetch = state_of(probe);
    enum http_state state;
    if (got < 0 && (code == EAGAIN || code == EINTR))
        return;
    if (got < 0) {
        end_transfer(probe, reason_of(code));
        return;
    }
    if (got > 0) {
        fetch->any_byte = true;
        fetch->last_byte = probe_now(probe);
    }
    state = got ? http_feed(&fetch->reader, fetch->buffer, (size_t)got) : http_end(&fetch->reader);
    bool enough = fetch->reader.body >= (uint64_t)fetch->wanted;
    if (state == HTTP_DONE || enough)
        end_transfer(probe, "reply");
    else if (state == HTTP_MALFORMED)
        end_transfer(probe, "malformed");
}

static void ready(struct probe *probe, int fd, uint32_t events)
{
    struct fetch *fetch = state_of(probe);
    if (events & EPOLLOUT && fetch->request_sent < fetch->request_length) {
        ssize_t sent = send(fd, fetch->request + fetch->request_sent,
                            fetch->request_length - fetch->request_sent, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) {
            end_transfer(probe, reason_of(errno));
            return;
        }
        fetch->request_sent += sent > 0 ? (size_t)sent : 0;
        bool whole = fetch->request_sent == fetch->request_length;
        probe_watch(probe, fd, whole ? EPOLLIN : EPOLLIN | EPOLLOUT, ready);
    }
    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
        ssize_t got = recv(fd, fetch->buffer, READ_SIZE, 0);
        take_bytes(probe, got, errno);
    }
}

static void begin_transfer(struct probe *probe)
{
    struct fetch *fetch = state_of(probe);
    struct arena *arena = probe_arena(probe);
    fetch->request = arena_format(arena,
                                  "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: playbook\r\n"
                                  "Accept: */*\r\nConnection: close\r\n\r\n",
                                  fetch->url.target, fetch->url.authority);
    fetch->request_length = strlen(fetch->request);
    fetch->buffer = arena_alloc(arena, READ_SIZE);
    fetch->asked_at = fetch->last_byte = probe_now(probe);
    probe_watch(probe, fetch->dial.fd, EPOLLIN | EPOLLOUT, ready);
    watch_silence(probe);
}

/* ---- https ---- */

static const char report_format[] = "%{http_code} %{size_download} %{time_pretransfer} "
                                    "%{time_starttransfer} %{time_total}";

struct curl_report {
    double status, bytes, asked, first_byte, total; /* times in seconds, 0: not come so far */
};

static bool read_report(const char *text, struct curl_report *report)
{
    double *const numbers[] = {&report->status, &report->bytes, &report->asked, &report->first_byte,
                               &report->total};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        char *end;
        *numbers[i] = strtod(text, &end);
        if (end == text)
            return false;
        text = end;
    }
    return true;
}

/* The word for curl's exit status; NULL where it says nothing about the network. */
static const char *curl_reason(int status, bool stalled)
{
    switch (status) {
    case 7:  /* failed to connect */
    case 56: /* connection reset */
        return "refused";
    case 28: /* out of time, or slower than --speed-limit */
        return stalled ? "stalled" : "timeout";
    case 8:  /* not HTTP */
    case 18: /* ended early */
    case 35: /* not TLS */
    case 52: /* nothing came */
    case 60: /* a certificate that is not trusted */
        return "malformed";
    default:
        return NULL;
    }
}

static void curl_done(struct probe *probe, const struct program_result *result)
{
    struct fetch *fetch = state_of(probe);
    struct curl_report report = {0};
    if (result->failure) {
        probe_unknown(probe, "%s%s", result->failure,
                      result->failure_code == ENOENT ? " (https needs curl: apt install curl)"
                                                     : "");
        return;
    }
    bool told = read_report(result->output, &report);
    double left = (double)(probe_deadline(probe) - CURL_MARGIN - fetch->asked_at) / NS_PER_S;
    /* Ended by silence: before the first byte, or by --speed-time before its time was up. curl
     * takes the mean of five seconds, so it sees a stall later than an own socket does, and none at
     * all where the deadline is shorter. */
    bool stalled = result->status == 28 && (report.first_byte <= 0 || report.total < left - 0.3);
    /* A server may ignore --range and send everything. */
    bool finished = result->status == 0 || report.bytes >= (double)fetch->wanted;
    const char *reason = finished ? "reply" : curl_reason(result->status, stalled);
    if (!told || !reason || result->killed) {
        probe_unknown(probe, "curl ended with status %d: %s", result->status, result->errors);
        return;
    }
    int64_t bytes = (int64_t)report.bytes;
    struct outcome outcome = {.status = (unsigned)report.status,
                              .bytes = bytes < fetch->wanted ? bytes : fetch->wanted,
                              .took = (int64_t)((report.total - report.asked) * NS_PER_S),
                              .finished = finished,
                              .stalled = stalled && !finished,
                              .reason = reason};
    finish(probe, &outcome);
}

/* The address that answered is given to curl, so that it does not resolve the name again. */
static void run_curl(struct probe *probe, const char *url)
{
    struct fetch *fetch = state_of(probe);
    struct arena *arena = probe_arena(probe);
    struct address address = endpoint_address(&fetch->dial.to);
    bool literal = strchr(fetch->url.host, ':') != NULL;
    fetch->in_curl = true;
    fetch->asked_at = probe_now(probe);
    int64_t left = probe_deadline(probe) - CURL_MARGIN - fetch->asked_at;
    const char *argv[32] = {"curl",          "-q",        "--silent",     "--show-error",
                            "--noproxy",     "*",         "--proto",      "=https",
                            "--output",      "/dev/null", "--write-out",  report_format,
                            "--speed-limit", "1",         "--speed-time", "2",
                            "--max-time"};
    size_t count = 17;
    argv[count++] = arena_format(arena, "%.3f", left > 0 ? (double)left / NS_PER_S : 0.001);
    if (!literal) {
        argv[count++] = "--resolve";
        argv[count++] = arena_format(arena, "%s:%u:%s", fetch->url.host, fetch->url.port,
                                     address_print(arena, &address));
    }
    if (fetch->wanted != INT64_MAX) {
        argv[count++] = "--range";
        argv[count++] = arena_format(arena, "0-%lld", (long long)fetch->wanted - 1);
    }
    argv[count++] = "--url";
    argv[count++] = url;
    struct program program = {.argv = argv};
    probe_run(probe, &program, curl_done);
}

/* ---- both ---- */

static void dialled(struct probe *probe)
{
    struct fetch *fetch = state_of(probe);
    if (fetch->dial.fd < 0) {
        fail(probe, fetch->dial.reason);
        return;
    }
    fetch->connected = true;
    if (fetch->url.https) {
        probe_close(probe, fetch->dial.fd);
        run_curl(probe, probe_string(probe, "url"));
    } else {
        begin_transfer(probe);
    }
}

static void found(struct probe *probe, const char *result, size_t length)
{
    struct fetch *fetch = state_of(probe);
    struct host host;
    const char *reason;
    if (!host_read(probe, result, length, &host, &reason))
        return;
    if (reason)
        fail(probe, reason);
    else
        dial_start(probe, &fetch->dial, &host, fetch->url.port, dialled);
}

static void start(struct probe *probe)
{
    struct fetch *fetch = state_of(probe);
    const struct value *bytes = arguments_get(probe_arguments(probe), "bytes");
    struct error error;
    fetch->wanted = bytes ? bytes->size : INT64_MAX;
    if (fetch->wanted < 1)
        probe_unknown(probe, "bytes is at least 1");
    else if (!url_read(probe_arena(probe), probe_string(probe, "url"), &fetch->url, &error))
        probe_unknown(probe, "%s", error.message);
    else
        host_find(probe, fetch->url.host, AF_UNSPEC, found);
}

static void expire(struct probe *probe)
{
    struct fetch *fetch = state_of(probe);
    int64_t quiet = probe_now(probe) - fetch->last_byte;
    if (!fetch->connected)
        fail(probe, dial_reason(&fetch->dial));
    else if (fetch->in_curl)
        fail(probe, "timeout");
    else
        end_transfer(probe, !fetch->any_byte || quiet >= QUIET_AT_DEADLINE ? "stalled" : "timeout");
}

static bool check(const struct arguments *arguments, struct finding *finding)
{
    struct arena *arena ARENA_AUTO = arena_new();
    const struct value *text = arguments_get(arguments, "url");
    const struct value *bytes = arguments_get(arguments, "bytes");
    struct url url;
    struct error error;
    if (text && text->kind == KIND_STRING && !url_read(arena, text->string, &url, &error)) {
        finding->argument = "url";
        snprintf(finding->message, sizeof(finding->message), "%.255s", error.message);
        return false;
    }
    if (bytes && bytes->kind == KIND_SIZE && bytes->size < 1) {
        finding->argument = "bytes";
        snprintf(finding->message, sizeof(finding->message), "bytes is at least 1");
        return false;
    }
    return true;
}

static const struct argument arguments[] = {
    {
        .name = "url",
        .type = {.kind = KIND_STRING},
        .doc = {"http://… or https://… (which needs curl)",
                "http://…またはhttps://…（curlが必要）"},
    },
    {
        .name = "bytes",
        .type = {.kind = KIND_SIZE},
        .flags = ARGUMENT_OPTIONAL,
        .also = 1u << KIND_NUMBER,
        .doc = {"stop after so much of the body; without it the whole body is fetched",
                "本文をここまで受け取ったら止める。省略すると全体を取得する"},
    },
    {0},
};

static const struct field fields[] = {
    {"status", {.kind = KIND_NUMBER}, {"the HTTP status", "HTTPステータス"}},
    {"bytes", {.kind = KIND_SIZE}, {"how much of the body came", "届いた本文の大きさ"}},
    {"rate",
     {.kind = KIND_SIZE},
     {"bytes of the body per second, from the request to the last byte",
      "本文の毎秒のバイト数（要求から最後のバイトまで）"}},
    {"stalled",
     {.kind = KIND_BOOLEAN},
     {"connected, unfinished, and no byte for 2 s or until the deadline",
      "接続後、未完了のまま、2秒間または期限まで1バイトも届かなかった"}},
    REASON_FIELD,
    {0},
};

const struct action http_fetch_action = {
    .name = "http.fetch",
    .role = ROLE_PROBE,
    .summary = {"fetches a URL and sees whether the transfer comes through",
                "URLを取得し、転送が最後まで通るかを調べる"},
    .arguments = arguments,
    .check = check,
    .fields = fields,
    .ok = {"the body came whole, or as much as asked, with a status below 400",
           "本文全体または求めた分が届き、ステータスが400未満"},
    .costly = true,
    .timeout = SECONDS(TIMEOUT_SEARCH_S),
    .help = host_help,
    .start = start,
    .expire = expire,
};
