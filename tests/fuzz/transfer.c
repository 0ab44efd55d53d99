/* Fuzz target: any bytes as a URL, as the variables that name a proxy, and as what curl prints. */
#include <stdint.h>

#include "actions/net/curl.h"
#include "actions/net/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Both the proxy and the hosts that it is not for. */
static const char *get(const void *context, const char *name)
{
    (void)name;
    return context;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_AUTO struct arena *arena = arena_new();
    struct url url;
    struct proxy proxy;
    struct error error;
    struct curl_report report;
    if (size < 1)
        return 0;
    const char *text = arena_copy(arena, (const char *)data + 1, size - 1);
    if (url_read(arena, text, &url, &error))
        curl_argv(arena, text, NULL, proxy_choose(arena, &url, get, text, &proxy, &error));
    url = (struct url){.https = data[0] & 1, .host = data[0] & 2 ? "10.1.2.3" : "a.example"};
    proxy_choose(arena, &url, get, text, &proxy, &error);
    struct program_result result = {.status = data[0], .killed = data[0] & 128, .errors = text};
    curl_read(arena, &result, &report);
    return 0;
}
