/* resolv.conf: every file has at most three servers, and nothing is read beyond its bytes. */
#include <stdlib.h>
#include <string.h>

#include "actions/net/resolv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_AUTO struct arena *arena = arena_new();
    struct resolv resolv;
    char *bytes =
        malloc(size ? size : 1); /* of its own, so that the sanitizer sees a read beyond it */
    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    resolv_read(arena, bytes, size, &resolv);
    free(bytes);
    if (resolv.count > RESOLV_SERVERS_MOST || resolv.refused_count > size ||
        resolv.search_count > size)
        abort();
    for (size_t i = 0; i < resolv.count; i++) {
        struct address address = endpoint_address(&resolv.servers[i]), again;
        if (!address_read(address_print(arena, &address), &again))
            abort();
    }
    return 0;
}
