/* Every request is HTTP/1.1, so that http and https fail in the same ways. */
#include "actions/net/curl.h"

#include <stdlib.h>
#include <string.h>

/* Nothing else in standard error begins a line so: -v puts a mark and a blank before each. */
#define REPORT_MARK "\n@"

enum { ARGUMENTS_MOST = 32, NUMBER_MOST = 1000 * 1000 };

const char *const *curl_argv(struct arena *arena, const char *url, const char *pin, bool proxied)
{
    static const char *const always[] = {
        "curl",
        "-q", /* no ~/.curlrc; only as the first option */
        "--silent",
        "--show-error",
        "--verbose",
        "--no-buffer",
        "--globoff", /* {a,b} and [1-9] are part of the URL */
        "--path-as-is",
        "--http1.1",
        "--proto",
        "=http,https",
        "--location", /* to be told where it leads, without the body of the redirect ... */
        "--max-redirs",
        "0", /* ... and to go there by ourselves */
        "--output",
        "-",
        "--write-out",
        "%{stderr}" REPORT_MARK "%{http_code} %{http_connect} %{time_pretransfer} %{time_total} "
        "%{redirect_url}\n",
        "--noproxy",
    };
    const char **argv = arena_alloc(arena, ARGUMENTS_MOST * sizeof(*argv));
    size_t count = sizeof(always) / sizeof(*always);
    memcpy(argv, always, sizeof(always));
    argv[count++] = proxied ? "" : "*";
    if (pin) {
        argv[count++] = "--resolve";
        argv[count++] = pin;
    }
    argv[count++] = "--url";
    argv[count++] = url;
    argv[count] = NULL;
    return argv;
}

/* ---- standard error ---- */

/* What -v has told so far: the status of the last response that is not a proxy's to CONNECT. */
static unsigned seen_status(const char *text)
{
    bool tunnel = false;
    unsigned status = 0;
    while (text) {
        if (text_starts(text, "> CONNECT ") || text_starts(text, "> GET ")) {
            tunnel = text[2] == 'C';
            status = 0;
        } else if (text_starts(text, "< HTTP/1.") && !tunnel) {
            const char *digits = text + strcspn(text, "/");
            unsigned long number = strtoul(digits + strcspn(digits, " \n"), NULL, 10);
            status = number >= 200 && number < 1000 ? (unsigned)number : 0;
        }
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    return status;
}

static const char *last_of(const char *text, const char *part)
{
    const char *found = NULL;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        found = at;
    return found;
}

/* "curl: (60) SSL certificate problem: ..." */
static const char *error_text(struct arena *arena, const char *text)
{
    const char *at = last_of(text, "curl: (");
    const char *end = at ? strstr(at, ") ") : NULL;
    if (!end)
        return NULL;
    end += 2;
    return arena_copy(arena, end, strcspn(end, "\r\n"));
}

struct numbers {
    double status, connect, asked, total; /* times in seconds */
    const char *redirect;
};

static bool read_numbers(struct arena *arena, const char *text, struct numbers *numbers)
{
    double *const all[] = {&numbers->status, &numbers->connect, &numbers->asked, &numbers->total};
    text = last_of(text, REPORT_MARK);
    if (!text)
        return false;
    text += strlen(REPORT_MARK);
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        char *end;
        *all[i] = strtod(text, &end);
        if (end == text || !(*all[i] >= 0 && *all[i] < NUMBER_MOST))
            return false;
        text = end;
    }
    text += strspn(text, " ");
    numbers->redirect = arena_copy(arena, text, strcspn(text, "\n"));
    return true;
}

/* ---- exit codes ---- */

static bool is_reset(const char *error)
{
    return error && (strstr(error, "reset by peer") || strstr(error, "Broken pipe"));
}

/* NULL where it says nothing about the network. */
static const char *reason_of_exit(int status, const char *error, bool asked)
{
    switch (status) {
    case 0:
        return "reply";
    case 7:  /* no connection: it was there a moment ago */
    case 97: /* a SOCKS proxy that refuses */
        return "refused";
    case 1: /* HTTP/0.9; before a request it is a curl without TLS */
        return asked ? "malformed" : NULL;
    case 8:  /* not HTTP */
    case 18: /* ended early */
    case 35: /* not TLS */
    case 52: /* nothing came */
    case 55: /* it closed while we sent */
    case 56: /* it closed while we read */
        return is_reset(error) ? "refused" : "malformed";
    case 51: /* the server's certificate: not for this name (before 7.62) ... */
    case 60: /* ... not trusted, expired, for another name */
    case 83:
    case 90:
    case 91:
        return "certificate";
    default:
        return NULL;
    }
}

void curl_read(struct arena *arena, const struct program_result *result, struct curl_report *report)
{
    enum { TOO_MANY_REDIRECTS = 47, TUNNEL_REFUSED = 56 };
    struct numbers numbers;
    *report = (struct curl_report){.status = seen_status(result->errors)};
    if (result->killed || !read_numbers(arena, result->errors, &numbers))
        return;
    report->error = result->status ? error_text(arena, result->errors) : NULL;
    report->status = (unsigned)numbers.status;
    report->took = (int64_t)((numbers.total - numbers.asked) * NS_PER_S);
    report->reason = reason_of_exit(result->status, report->error, numbers.asked > 0);
    if (result->status == TOO_MANY_REDIRECTS && *numbers.redirect)
        report->redirect = numbers.redirect;
    /* As where a proxy refuses a plain request: that is its response. */
    if (result->status == TUNNEL_REFUSED && numbers.connect >= 300) {
        report->status = (unsigned)numbers.connect;
        report->reason = "reply";
    }
}
