/* loop: the event loop. epoll for descriptors, a list of monotonic deadlines for timers.
 *
 *     struct loop *loop = loop_new(&error);
 *     struct watch *watch = loop_watch(loop, fd, EPOLLIN, ready, data);
 *     while (!finished && loop_turn(loop))
 *         ;
 *
 * A handler may remove any watch or timer, its own too: a removed one is never called again, even
 * for an event already collected. Descriptors belong to the caller. In one turn descriptors come
 * before timers, so that an answer that is already here beats the deadline it arrived at.
 */
#ifndef PLAYBOOK_LOOP_H
#define PLAYBOOK_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/error.h"

struct loop;
struct watch;
struct timer;

typedef void watch_fn(void *data, int fd, uint32_t events);
typedef void timer_fn(void *data);

struct loop *loop_new(struct error *error);
void loop_free(struct loop **loop);

/* CLOCK_MONOTONIC in nanoseconds, read at this call. */
int64_t loop_now(void);

/* The same clock without the time in which this process was stopped while it waited (Ctrl-Z, a
 * frozen cgroup): timers do not count that either. */
int64_t loop_awake(const struct loop *loop);

/* NULL, with errno set, where the descriptor cannot be watched. */
struct watch *loop_watch(struct loop *loop, int fd, uint32_t events, watch_fn *ready, void *data);
void loop_change(struct loop *loop, struct watch *watch, uint32_t events);
/* Removes it and clears the pointer; NULL inside is accepted. */
void loop_unwatch(struct loop *loop, struct watch **watch);

struct timer *loop_timer(struct loop *loop, int64_t at, timer_fn *due, void *data);
void loop_cancel(struct loop *loop, struct timer **timer);

/* Waits for the next event or deadline and calls the handlers. False where there is nothing left to
 * wait for. */
bool loop_turn(struct loop *loop);

/* Calls the handlers of what is there already. False where there was nothing. */
bool loop_poll(struct loop *loop);

/* SIGINT, SIGTERM and SIGHUP become a flag that is never cleared. */
bool loop_catch_signals(struct loop *loop, struct error *error);
/* Did SIGHUP come? Without turning the loop. */
bool loop_hung_up(struct loop *loop);
/* As if one of them had come. */
void loop_interrupt(struct loop *loop);
/* Has one of them come? Without turning the loop. */
bool loop_interrupted(struct loop *loop);

#endif
