/* Fuzz target: any bytes as a saved plan, which is a record like the journal's entries and the
 * messages between the two processes. One that is accepted is written again, byte for byte. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "actions/registry.h"
#include "engine/change/saved.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_AUTO struct arena *arena = arena_new();
    struct saved_plan plan;
    struct reading reading = {.arena = arena, .at = (const char *)data, .left = size};
    if (!saved_read(&plan, registry, &reading) || !reading_whole(&reading))
        return 0;
    struct text again = text_new(arena);
    saved_write(&plan, &again);
    if (again.length != size || memcmp(again.at, data, size) != 0)
        abort();
    return 0;
}
