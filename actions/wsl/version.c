/* Finds version numbers in translated text by their place and shape, never by a label.
 * Source: microsoft/WSL, WslClient.cpp (the order of the lines of `wsl.exe --version`).
 */
#include "actions/wsl/version.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST = 64 };

bool version_before(const struct version *a, const struct version *b)
{
    struct value left = {.kind = KIND_VERSION, .version = *a};
    struct value right = {.kind = KIND_VERSION, .version = *b};
    return value_compare(&left, &right) < 0;
}

const char *version_print(struct arena *arena, const struct version *version)
{
    return value_print(arena, &(struct value){.kind = KIND_VERSION, .version = *version});
}

bool version_leading(const char *text, struct version *version)
{
    char digits[LONGEST];
    size_t length = strspn(text, "0123456789.");
    while (length > 0 && text[length - 1] == '.')
        length--;
    if (length == 0 || length >= sizeof(digits))
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    struct arena *arena ARENA_AUTO = arena_new();
    struct value value;
    if (!value_read(arena, KIND_VERSION, digits, &value))
        return false;
    *version = value.version;
    return true;
}

static const char *line_at(const char *output, unsigned line)
{
    for (; line > 1 && *output; line--) {
        output += strcspn(output, "\n");
        output += *output == '\n';
    }
    return output;
}

bool version_from_line(const char *output, unsigned line, struct version *version)
{
    const char *start = line_at(output, line);
    const char *end = start + strcspn(start, "\r\n");
    while (end > start && (isdigit((unsigned char)end[-1]) || end[-1] == '.' || end[-1] == '-'))
        end--;
    return version_leading(end, version);
}

bool version_windows_build(const struct version *full, struct version *build)
{
    if (full->count < 3)
        return false;
    *build = (struct version){.count = full->count - 2};
    for (size_t i = 0; i < build->count; i++)
        build->parts[i] = full->parts[i + 2];
    return true;
}

bool version_from_ver(const char *output, struct version *build)
{
    const char *at = strchr(output, '[');
    struct version full;
    while (at && *at && !isdigit((unsigned char)*at))
        at++;
    return at && version_leading(at, &full) && version_windows_build(&full, build);
}
