/* server: what the files of the executor's side share; nothing but serve*.c includes it. serve.c
 * hears the questions, asks the person and makes changes; serve_look.c answers what only looks. */
#ifndef PLAYBOOK_SERVER_H
#define PLAYBOOK_SERVER_H

#include "engine/change/deal.h"
#include "engine/change/message.h"
#include "engine/change/serve.h"
#include "engine/io/channel.h"

/* A program, a helper or a question on behalf of the prober. */
struct task {
    struct task *next;
    struct server *server;
    struct arena *arena;
    uint64_t id;
    struct process *process; /* NULL: a question */
    bool consents;           /* the question is whether the deal is agreed to */
};

struct server {
    const struct serve *options;
    struct channel *channel;
    struct watch *watch;
    pid_t prober;
    struct watch *death; /* of the prober; NULL: it has come */
    struct timer *tick;
    unsigned silence;      /* ticks since the prober said something, while it was listened to */
    bool busy;             /* with what the prober has asked for */
    bool told_interrupted; /* the prober was */
    const char *why_ended; /* this side has ended it; NULL: it has not */
    struct task *tasks;
    struct task *asking; /* whose question is on the terminal */
    const char *const *effects;
    struct arena *arena;
    int confirmations; /* signalfd of SIGUSR1; -1: none */
    struct deal deal;
    struct ledger ledger;
};

struct loop *server_loop(const struct server *server);

/* A record that begins with `number`: an id, or whether something was done. */
struct text server_answer(struct arena *arena, uint64_t number);
void server_tell(struct server *server, enum message_kind kind, const struct text *record);

struct task *task_new(struct server *server, uint64_t id);
/* Stopped where it still goes on, and forgotten. */
void task_end(struct task *task);

/* The handlers of ASK_RUN, ASK_HELP, ASK_RAW_ICMP and ASK_OWNERS. */
void serve_run(struct server *server, struct reading *reading);
void serve_help(struct server *server, struct reading *reading);
void serve_raw_icmp(struct server *server, struct reading *reading);
void serve_owners(struct server *server, struct reading *reading);

#endif
