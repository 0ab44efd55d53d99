/* Fuzz target: any bytes as a value, as what a Windows program prints, and as text for a terminal.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "actions/wsl/profile.h"
#include "actions/wsl/version.h"
#include "engine/base/encoding.h"
#include "engine/base/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a value prints reads back as that value. */
static void try_values(struct arena *arena, const char *text)
{
    struct value value, again;
    for (enum kind kind = KIND_BOOLEAN; kind <= KIND_STRING; kind++)
        if (value_read(arena, kind, text, &value) &&
            (!value_read(arena, kind, value_print(arena, &value), &again) ||
             !value_equal(&value, &again)))
            abort();
    value_guess(arena, text);
}

static void try_outputs(struct arena *arena, const char *text)
{
    struct version version, build;
    size_t length;
    version_leading(text, &version);
    version_from_line(text, 3, &version);
    if (version_from_ver(text, &version))
        version_windows_build(&version, &build);
    profile_from_set(arena, text);
    profile_from_base64(arena, text);
    const char *bytes = base64_decode(arena, text, &length);
    size_t again;
    if (bytes && memcmp(base64_decode(arena, base64_encode(arena, bytes, length), &again), bytes,
                        length) != 0)
        abort();
}

static void try_terminal(struct arena *arena, const char *text)
{
    struct text escaped = text_new(arena);
    text_escaped(&escaped, text, false);
    const char *at = text_string(&escaped), *end = at + escaped.length;
    for (size_t length; at < end; at += length) {
        uint32_t code;
        length = utf8_next(at, end, &code);
        if (!length || code < ' ' || (code >= 0x7f && code < 0xa0))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_AUTO struct arena *arena = arena_new();
    size_t length;
    const char *text = decode_text(arena, (const char *)data, size, &length);
    if (strlen(text) != length)
        abort();
    try_values(arena, text);
    try_outputs(arena, text);
    try_terminal(arena, arena_copy(arena, (const char *)data, size));
    return 0;
}
