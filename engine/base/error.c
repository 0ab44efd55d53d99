#include "engine/base/error.h"

#include <stdarg.h>
#include <string.h>

#include "engine/base/text.h"

bool error_set(struct error *error, const char *format, ...)
{
    va_list list;
    error->code = 0;
    error->hint[0] = '\0';
    va_start(list, format);
    text_vfit(error->message, sizeof(error->message), format, list);
    va_end(list);
    return false;
}

/* The system's reason stays whole, however long the rest is. */
bool error_system(struct error *error, int code, const char *format, ...)
{
    const char *reason = strerror(code);
    size_t room = sizeof(error->message) - strlen(": ") - strlen(reason);
    va_list list;
    error->code = code;
    error->hint[0] = '\0';
    va_start(list, format);
    text_vfit(error->message, room, format, list);
    va_end(list);
    size_t length = strlen(error->message);
    text_fit(error->message + length, sizeof(error->message) - length, ": %s", reason);
    return false;
}

void error_hint(struct error *error, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    text_vfit(error->hint, sizeof(error->hint), format, list);
    va_end(list);
}
