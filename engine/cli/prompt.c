#include "engine/cli/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine/base/encoding.h"

static int open_terminal(void)
{
    return isatty(STDIN_FILENO) == 1 ? open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) : -1;
}

void prompt_open(struct prompt *prompt, struct loop *loop, const char *letters)
{
    *prompt = (struct prompt){.loop = loop, .letters = letters, .fd = open_terminal()};
}

void prompt_close(struct prompt *prompt)
{
    loop_unwatch(prompt->loop, &prompt->watch);
    if (prompt->fd >= 0)
        close(prompt->fd);
    prompt->fd = -1;
}

/* What the terminal does not take is lost with it: there is nobody to tell. */
static void say(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t wrote = write(fd, text, left);
        if (wrote < 0 && errno != EINTR)
            return;
        text += wrote > 0 ? wrote : 0;
        left -= wrote > 0 ? (size_t)wrote : 0;
    }
}

static bool is_yes(const char *line)
{
    static const char *const yes[] = {"y", "Y", "yes", "Yes", "YES", "はい"};
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        if (text_equal(line, yes[i]))
            return true;
    return false;
}

static void finish(struct prompt *prompt)
{
    void (*done)(void *, int) = prompt->done;
    loop_unwatch(prompt->loop, &prompt->watch);
    prompt->line[strcspn(prompt->line, "\r\n")] = '\0';
    done(prompt->data, is_yes(prompt->line));
}

static void typed(void *data, int fd, uint32_t events)
{
    (void)events;
    struct prompt *prompt = data;
    size_t room = sizeof(prompt->line) - 1 - prompt->length;
    ssize_t got = read(fd, prompt->line + prompt->length, room);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    prompt->length += got > 0 ? (size_t)got : 0;
    prompt->line[prompt->length] = '\0';
    if (got <= 0 || strchr(prompt->line, '\n') || prompt->length == sizeof(prompt->line) - 1)
        finish(prompt);
}

static bool ask(void *context, const char *question, void (*done)(void *data, int yes), void *data)
{
    struct prompt *prompt = context;
    if (prompt->fd < 0)
        return false;
    struct arena *arena ARENA_AUTO = arena_new();
    struct text text = text_new(arena);
    text_add(&text, "\r\033[K");
    text_escaped(&text, question, true);
    text_format(&text, " %s ", prompt->letters);
    say(prompt->fd, text_string(&text));
    prompt->done = done;
    prompt->data = data;
    prompt->length = 0;
    prompt->watch = loop_watch(prompt->loop, prompt->fd, EPOLLIN, typed, prompt);
    return prompt->watch != NULL;
}

static void withdraw(void *context)
{
    struct prompt *prompt = context;
    loop_unwatch(prompt->loop, &prompt->watch);
    say(prompt->fd, "\n");
}

struct consent prompt_consent(struct prompt *prompt)
{
    return (struct consent){.context = prompt, .ask = ask, .withdraw = withdraw};
}

const char *prompt_line(struct arena *arena, const char *question)
{
    int fd = open_terminal();
    if (fd < 0)
        return NULL;
    struct text text = text_new(arena);
    text_escaped(&text, question, false);
    text_add(&text, ": ");
    say(fd, text_string(&text));
    char line[1024];
    ssize_t got = read(fd, line, sizeof(line) - 1);
    close(fd);
    if (got <= 0)
        return NULL;
    line[got] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    return line[0] ? arena_string(arena, line) : NULL;
}
