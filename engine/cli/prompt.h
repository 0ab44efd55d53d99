/* prompt: questions on the terminal. The terminal's settings are never changed: the line comes as
 * the terminal driver edits it, and Ctrl-C reaches the loop as a signal. */
#ifndef PLAYBOOK_PROMPT_H
#define PLAYBOOK_PROMPT_H

#include "engine/base/arena.h"
#include "engine/io/loop.h"
#include "engine/report/words.h"

struct prompt {
    struct loop *loop;
    const char *letters; /* "[y/N]" */
    int fd;              /* /dev/tty, -1: no terminal */
    struct watch *watch;
    void (*typed)(struct prompt *prompt); /* a whole line is there */
    void (*done)(void *data, int yes);
    void *data;
    char line[1024];
    size_t length;
};

/* Opens the terminal where standard input is one; else no question can be asked. */
void prompt_open(struct prompt *prompt, struct loop *loop, const char *letters);
void prompt_close(struct prompt *prompt);

/* Asks a yes-or-no question and calls `done` from the loop with 1 or 0. False, and `done` is not
 * called, where there is no terminal. One question at a time. */
bool prompt_ask(struct prompt *prompt, const char *question, void (*done)(void *data, int yes),
                void *data);
/* The question is no longer asked; its `done` will not be called. */
void prompt_withdraw(struct prompt *prompt);

/* Asks, and turns the loop until there is an answer: 1, 0, or -1 where nobody can be asked. */
int prompt_yes(struct loop *loop, const char *language, enum word question);

/* One line, typed; NULL where there is no terminal, nothing was typed, or the loop was interrupted.
 * Turns the loop. */
const char *prompt_line(struct prompt *prompt, struct arena *arena, const char *question);

#endif
