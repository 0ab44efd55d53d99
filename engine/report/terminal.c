/* ECMA-48 sequences, no terminfo: SGR colours, carriage return and "erase to end of line". */
#include "engine/report/terminal.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/encoding.h"

struct terminal terminal_of(FILE *out, bool colour_allowed, bool utf8)
{
    struct winsize size;
    int fd = fileno(out);
    bool interactive = isatty(fd) == 1;
    bool sized = interactive && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return (struct terminal){.out = out,
                             .interactive = interactive,
                             .colour = interactive && colour_allowed,
                             .utf8 = utf8,
                             .width = sized ? size.ws_col : 80};
}

void terminal_colour(const struct terminal *terminal, enum colour colour)
{
    static const char *const sequences[] = {
        [COLOUR_NONE] = "\033[0m",   [COLOUR_GOOD] = "\033[32m", [COLOUR_BAD] = "\033[31m",
        [COLOUR_DOUBT] = "\033[33m", [COLOUR_DIM] = "\033[2m",   [COLOUR_STRONG] = "\033[1m",
    };
    if (terminal->colour)
        fputs(sequences[colour], terminal->out);
}

void terminal_vprint(FILE *out, const char *format, va_list list)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text text = text_new(arena);
    text_escaped(&text, arena_vformat(arena, format, list), true);
    fputs(text_string(&text), out);
}

void terminal_print(FILE *out, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    terminal_vprint(out, format, list);
    va_end(list);
}

/* Bytes of `text` that fit into `width` columns. */
static size_t fitting(const char *text, size_t width)
{
    const char *at = text, *end = text + strlen(text);
    size_t used = 0;
    while (at < end) {
        uint32_t code = 0;
        size_t step = utf8_next(at, end, &code);
        int columns = step ? display_width(code) : 1;
        if (used + (size_t)columns > width)
            break;
        used += (size_t)columns;
        at += step ? step : 1;
    }
    return (size_t)(at - text);
}

void terminal_live(const struct terminal *terminal, const char *text)
{
    if (!terminal->interactive)
        return;
    size_t length = text ? fitting(text, terminal->width - 1) : 0;
    fputs("\r\033[K", terminal->out);
    terminal_print(terminal->out, "%.*s", (int)length, text ? text : "");
    fflush(terminal->out);
}
