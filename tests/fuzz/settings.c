/* Fuzz target: any bytes as a .wslconfig or wsl.conf. What an edit promises is asked of the result
 * by the parser that WSL's rules are written in. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "actions/wsl/edit.h"
#include "actions/wsl/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct wsl_key *pick(enum ini_file file, unsigned number)
{
    const struct wsl_key *keys = keys_of(file);
    size_t count = 0;
    while (keys[count].name)
        count++;
    return &keys[number % count];
}

/* One that the key takes: its default, or what most keys of its kind take. */
static bool sample(struct arena *arena, enum ini_file file, const struct wsl_key *key,
                   struct value *value)
{
    static const char *const texts[] = {"true", "4", "2GB", "x y", "nat", "1500"};
    struct key_reading reading;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (keys_read(arena, key, file, texts[i], &reading) && reading.value.kind != KIND_NONE) {
            *value = reading.value;
            return true;
        }
    return false;
}

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static const struct setting *read_back(struct arena *arena, const struct document *document,
                                       const struct wsl_key *key)
{
    return settings_get(settings_read(arena, document->file, document->bytes, document->length),
                        key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_AUTO struct arena *arena = arena_new();
    struct error error;
    struct value value;
    if (size < 2)
        return 0;
    struct document document = {.file = data[0] & 1 ? INI_WSLCONF : INI_WSLCONFIG,
                                .name = "/etc/wsl.conf",
                                .asked = "/etc/wsl.conf",
                                .bytes = arena_copy(arena, (const char *)data + 2, size - 2),
                                .length = size - 2};
    const struct wsl_key *key = pick(document.file, data[1]);
    struct document other = document;
    if (sample(arena, document.file, key, &value) &&
        edit_set(arena, &document, key, key->section, &value, &error)) {
        const struct setting *now = read_back(arena, &document, key);
        expect(value_equal(&now->value, &value));
    }
    if (edit_unset(arena, &document, key, &error))
        expect(!read_back(arena, &document, key)->present);
    if (edit_unset(arena, &other, key, &error))
        expect(!read_back(arena, &other, key)->present);
    return 0;
}
