/* prompt: questions on the terminal. The terminal's settings are never changed: the line comes as
 * the terminal driver edits it, and Ctrl-C reaches the loop as a signal. */
#ifndef PLAYBOOK_PROMPT_H
#define PLAYBOOK_PROMPT_H

#include "engine/change/executor.h"
#include "engine/cli/command.h"

struct prompt {
    struct loop *loop;
    const char *letters; /* "[y/N]" */
    int fd;              /* /dev/tty, -1: no terminal */
    struct watch *watch;
    void (*done)(void *data, int yes);
    void *data;
    char line[128];
    size_t length;
};

/* Opens the terminal where standard input is one; else no question can be asked. */
void prompt_open(struct prompt *prompt, struct loop *loop, const char *letters);
void prompt_close(struct prompt *prompt);

/* consent of change/executor.h; `prompt` must outlive it. */
struct consent prompt_consent(struct prompt *prompt);

/* One line from the terminal, before there is a loop; NULL where there is none. */
const char *prompt_line(struct arena *arena, const char *question);

#endif
