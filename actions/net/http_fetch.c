/* http.fetch: does a transfer come through, not only a connection.
 *
 * curl does the transfer, over http and https alike: its TLS and its ways with proxies are not
 * worth linking in (thirty libraries at start), and one engine has one verdict for both. What it
 * cannot tell is found out beside it: why there is no connection (by dialling first, dial.h), when
 * no byte has come for two seconds (curl's own clock takes the mean of five), and that enough has
 * come. One run of curl is one request; a redirect is the next one. Source: curl(1), RFC 9110.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actions/net/curl.h"
#include "actions/net/dial.h"
#include "actions/net/proxy.h"
#include "actions/net/reasons.h"

enum { STALL_S = 2, STATUS_BAD = 400, REDIRECTS_MOST = 5 };
/* At the deadline a shorter silence is a stall too; a transfer that flows has none so long. */
#define QUIET_AT_DEADLINE ((int64_t)500 * NS_PER_MS)
/* curl is ended at the deadline; how far it came is told a moment later. */
#define CURL_GRACE ((int64_t)500 * NS_PER_MS)

struct fetch {
    struct dial dial; /* first: dial.h */
    const char *text; /* the URL that is being asked ... */
    struct url url;   /* ... and its parts */
    struct proxy proxy;
    uint64_t wanted; /* of the body; 0: all */
    unsigned redirects;
    bool in_curl;
};

/* How it ended. */
struct outcome {
    unsigned status; /* 0: none came */
    uint64_t bytes;
    int64_t took;
    bool finished;
    const char *reason;
    const char *error; /* in curl's words; NULL: none */
};

static struct fetch *state_of(struct probe *probe)
{
    return probe_state(probe, sizeof(struct fetch));
}

static void set_numbers(struct probe *probe, const struct outcome *outcome)
{
    double seconds = (double)outcome->took / NS_PER_S;
    int64_t bytes = outcome->bytes < INT64_MAX ? (int64_t)outcome->bytes : INT64_MAX;
    if (outcome->status)
        probe_set(probe, "status", value_number(outcome->status));
    else
        probe_absent(probe, "status", "no response: %s", outcome->reason);
    if (bytes > 0 && seconds > 0)
        probe_set(probe, "rate", value_size((int64_t)((double)bytes / seconds)));
    else
        probe_absent(probe, "rate", "no byte of a body came");
    probe_set(probe, "bytes", value_size(bytes));
}

static void finish(struct probe *probe, const struct outcome *outcome)
{
    const struct fetch *fetch = state_of(probe);
    struct arena *arena = probe_arena(probe);
    set_numbers(probe, outcome);
    probe_set(probe, "stalled", value_boolean(text_equal(outcome->reason, "stalled")));
    probe_set(probe, "reason", value_string(arena, outcome->reason));
    probe_set(probe, "url", value_string(arena, fetch->text));
    if (fetch->proxy.variable)
        probe_set(probe, "proxy", value_string(arena, fetch->proxy.shown));
    else
        probe_absent(probe, "proxy", "the environment names none for this URL");
    if (outcome->error)
        probe_set(probe, "error", value_string(arena, outcome->error));
    else
        probe_absent(probe, "error", "curl reports none");
    probe_answer(probe, outcome->finished && outcome->status && outcome->status < STATUS_BAD);
}

static void fail(struct probe *probe, const char *reason)
{
    finish(probe, &(struct outcome){.reason = reason});
}

/* ---- what curl came to ---- */

static void ask(struct probe *probe, const char *text);

/* A response that leads nowhere is not what was asked for, whatever its status. */
static void lost(struct probe *probe, unsigned status, const char *error)
{
    finish(probe, &(struct outcome){.status = status, .reason = "mismatch", .error = error});
}

static void follow(struct probe *probe, const struct curl_report *report)
{
    struct fetch *fetch = state_of(probe);
    struct arena *arena = probe_arena(probe);
    struct url url;
    struct error error;
    if (probe_now(probe) >= probe_deadline(probe))
        fail(probe, "timeout");
    else if (fetch->redirects++ == REDIRECTS_MOST)
        lost(probe, report->status, arena_format(arena, "more than %d redirects", REDIRECTS_MOST));
    else if (!url_read(arena, report->redirect, &url, &error))
        lost(probe, report->status, arena_format(arena, "redirect: %s", error.message));
    else
        ask(probe, report->redirect);
}

/* Ended by its bounds: the deadline, silence, or enough bytes. */
static struct outcome outcome_of_stop(const struct fetch *fetch,
                                      const struct program_course *course, unsigned status)
{
    bool silent = course->silence >= QUIET_AT_DEADLINE || (!status && !course->written);
    struct outcome outcome = {.status = status, .bytes = course->written, .took = course->took};
    outcome.finished = fetch->wanted && course->written >= fetch->wanted;
    outcome.reason = outcome.finished ? "reply" : silent ? "stalled" : "timeout";
    return outcome;
}

static struct outcome outcome_of_end(const struct curl_report *report,
                                     const struct program_course *course)
{
    struct outcome outcome = {.status = report->status,
                              .bytes = course->written,
                              .took = report->took,
                              .reason = report->reason,
                              .error = report->error};
    outcome.finished = text_equal(report->reason, "reply");
    return outcome;
}

static void curl_done(struct probe *probe, const struct program_result *result)
{
    struct fetch *fetch = state_of(probe);
    struct curl_report report;
    struct outcome outcome;
    if (result->failure) {
        probe_unknown(probe, "%s%s", result->failure,
                      result->failure_code == ENOENT ? " (http.fetch needs it: apt install curl)"
                                                     : "");
        return;
    }
    curl_read(probe_arena(probe), result, &report);
    if (report.redirect) {
        follow(probe, &report);
        return;
    }
    if (!result->course.stopped && !report.reason) {
        probe_unknown(probe, "curl ended with status %d: %s", result->status,
                      report.error ? report.error : "it does not say why");
        return;
    }
    outcome = report.reason ? outcome_of_end(&report, &result->course)
                            : outcome_of_stop(fetch, &result->course, report.status);
    if (fetch->wanted && outcome.bytes > fetch->wanted)
        outcome.bytes = fetch->wanted;
    finish(probe, &outcome);
}

/* ---- one request ---- */

/* The address that answered is given to curl, so that it does not resolve the name again. */
static const char *pin(struct probe *probe, const struct fetch *fetch)
{
    struct address address = endpoint_address(&fetch->dial.to);
    if (fetch->proxy.variable || strchr(fetch->url.host, ':'))
        return NULL;
    return arena_format(probe_arena(probe), "%s:%u:%s", fetch->url.host, fetch->url.port,
                        address_print(probe_arena(probe), &address));
}

static void dialled(struct probe *probe)
{
    struct fetch *fetch = state_of(probe);
    if (fetch->dial.fd < 0) {
        fail(probe, fetch->dial.reason);
        return;
    }
    probe_close(probe, fetch->dial.fd);
    fetch->in_curl = true;
    int64_t left = probe_deadline(probe) - probe_now(probe);
    struct program program = {
        .argv = curl_argv(probe_arena(probe), fetch->text, pin(probe, fetch),
                          fetch->proxy.variable != NULL),
        .limit = CURL_OUTPUT_MOST,
        .bounds = {.longest = left > 0 ? left : 1,
                   .quiet = SECONDS(STALL_S),
                   .enough = fetch->wanted},
    };
    probe_run(probe, &program, curl_done);
}

static void found(struct probe *probe, const char *result, size_t length)
{
    struct fetch *fetch = state_of(probe);
    unsigned port = fetch->proxy.variable ? fetch->proxy.port : fetch->url.port;
    struct host host;
    const char *reason;
    if (!host_read(probe, result, length, &host, &reason))
        return;
    if (reason)
        fail(probe, reason);
    else
        dial_start(probe, &fetch->dial, &host, port, dialled);
}

static const char *get_variable(const void *context, const char *name)
{
    return probe_environment(context, name);
}

static void ask(struct probe *probe, const char *text)
{
    struct fetch *fetch = state_of(probe);
    struct arena *arena = probe_arena(probe);
    struct error error;
    fetch->text = text;
    fetch->in_curl = false;
    if (!url_read(arena, text, &fetch->url, &error) ||
        !proxy_choose(arena, &fetch->url, get_variable, probe, &fetch->proxy, &error))
        probe_unknown(probe, "%s", error.message);
    else
        host_find(probe, fetch->proxy.variable ? fetch->proxy.host : fetch->url.host, AF_UNSPEC,
                  found);
}

static void start(struct probe *probe)
{
    const struct value *bytes = arguments_get(probe_arguments(probe), "bytes");
    if (bytes && bytes->size < 1) {
        probe_unknown(probe, "bytes is at least 1");
        return;
    }
    state_of(probe)->wanted = bytes ? (uint64_t)bytes->size : 0;
    ask(probe, probe_string(probe, "url"));
}

static void give_up(struct probe *probe)
{
    probe_unknown(probe, "curl did not end in time");
}

static void expire(struct probe *probe)
{
    const struct fetch *fetch = state_of(probe);
    if (fetch->in_curl)
        probe_after(probe, CURL_GRACE, give_up);
    else
        fail(probe, dial_reason(&fetch->dial));
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
        text_fit(finding->message, sizeof(finding->message), "%s", error.message);
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
        .doc = {"http://… or https://…; curl fetches it, by the proxy that the environment names "
                "for it, and follows up to 5 redirects",
                "http://…またはhttps://…。環境変数が指すプロキシ経由でcurlが取得し、"
                "リダイレクトは5回までたどる"},
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
     {"bytes of the body per second, from the request to the last byte; from the connection on "
      "where the transfer was cut short",
      "本文の毎秒のバイト数（要求から最後のバイトまで。途中で止めた場合は接続開始から）"}},
    {"stalled",
     {.kind = KIND_BOOLEAN},
     {"connected, unfinished, and no byte for 2 s or until the deadline",
      "接続後、未完了のまま、2秒間または期限まで1バイトも届かなかった"}},
    {"url",
     {.kind = KIND_STRING},
     {"the URL that answered, after all redirects", "リダイレクトをたどった後の最終的なURL"}},
    {"proxy",
     {.kind = KIND_STRING},
     {"the proxy that was used for it, without user and password",
      "使用したプロキシ（ユーザー名とパスワードは除く）"}},
    {"error",
     {.kind = KIND_STRING},
     {"what curl says of a failure, such as what is wrong with the certificate",
      "失敗についてcurlが伝える内容（証明書の問題点など）"}},
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
