#include "engine/cli/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <termios.h>
#include <unistd.h>

#include "engine/base/encoding.h"
#include "engine/io/file.h"

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
    (void)write_all(fd, text, strlen(text));
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
    loop_unwatch(prompt->loop, &prompt->watch);
    prompt->line[strcspn(prompt->line, "\r\n")] = '\0';
    prompt->typed(prompt);
}

static void typed(void *data, int fd, uint32_t events)
{
    struct prompt *prompt = data;
    if (events & EPOLLHUP) { /* the terminal is gone: nobody said no */
        loop_unwatch(prompt->loop, &prompt->watch);
        raise(SIGHUP);
        return;
    }
    size_t room = sizeof(prompt->line) - 1 - prompt->length;
    ssize_t got = read(fd, prompt->line + prompt->length, room);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    prompt->length += got > 0 ? (size_t)got : 0;
    prompt->line[prompt->length] = '\0';
    if (got <= 0 || strchr(prompt->line, '\n') || prompt->length == sizeof(prompt->line) - 1)
        finish(prompt);
}

/* What was typed before the question was on the screen answers nothing: it is thrown away. */
static bool begin(struct prompt *prompt, const char *text, void (*done)(struct prompt *prompt))
{
    if (prompt->fd < 0 || tcflush(prompt->fd, TCIFLUSH) != 0)
        return false;
    say(prompt->fd, text);
    prompt->typed = done;
    prompt->length = 0;
    prompt->line[0] = '\0';
    prompt->watch = loop_watch(prompt->loop, prompt->fd, EPOLLIN, typed, prompt);
    return prompt->watch != NULL;
}

static void yes_or_no(struct prompt *prompt)
{
    prompt->done(prompt->data, is_yes(prompt->line));
}

bool prompt_ask(struct prompt *prompt, const char *question, void (*done)(void *data, int yes),
                void *data)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct text text = text_new(arena);
    text_add(&text, "\r\033[K");
    text_escaped(&text, question, true);
    text_format(&text, " %s ", prompt->letters);
    prompt->done = done;
    prompt->data = data;
    return begin(prompt, text_string(&text), yes_or_no);
}

void prompt_withdraw(struct prompt *prompt)
{
    loop_unwatch(prompt->loop, &prompt->watch);
    say(prompt->fd, "\n");
}

static void line_over(struct prompt *prompt)
{
    *(bool *)prompt->data = true;
}

const char *prompt_line(struct prompt *prompt, struct arena *arena, const char *question)
{
    struct text text = text_new(arena);
    bool over = false;
    text_escaped(&text, question, false);
    text_add(&text, ": ");
    prompt->data = &over;
    if (!begin(prompt, text_string(&text), line_over))
        return NULL;
    while (!over && !loop_interrupted(prompt->loop) && loop_turn(prompt->loop))
        continue;
    if (!over)
        prompt_withdraw(prompt);
    return over && prompt->line[0] ? arena_string(arena, prompt->line) : NULL;
}

struct reply {
    bool over;
    int yes;
};

static void replied(void *data, int yes)
{
    *(struct reply *)data = (struct reply){true, yes};
}

int prompt_yes(struct loop *loop, const char *language, enum word question)
{
    struct prompt prompt;
    struct reply reply = {.yes = -1};
    prompt_open(&prompt, loop, word(language, WORD_YES_LETTERS));
    bool asked = prompt_ask(&prompt, word(language, question), replied, &reply);
    while (asked && !reply.over && !loop_interrupted(loop) && loop_turn(loop))
        continue;
    if (asked && !reply.over)
        prompt_withdraw(&prompt);
    prompt_close(&prompt);
    return reply.yes;
}
