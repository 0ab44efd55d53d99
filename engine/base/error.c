#include "engine/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(struct error *error, int code, const char *format, va_list list)
{
    error->code = code;
    error->hint[0] = '\0';
    vsnprintf(error->message, sizeof(error->message), format, list);
}

bool error_set(struct error *error, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fill(error, 0, format, list);
    va_end(list);
    return false;
}

bool error_system(struct error *error, int code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fill(error, code, format, list);
    va_end(list);
    size_t length = strlen(error->message);
    snprintf(error->message + length, sizeof(error->message) - length, ": %s", strerror(code));
    return false;
}

void error_hint(struct error *error, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(error->hint, sizeof(error->hint), format, list);
    va_end(list);
}
