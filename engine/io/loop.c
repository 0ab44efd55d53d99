/* The event loop on epoll(7), signalfd(2) and CLOCK_MONOTONIC. Removed watches and timers stay
 * allocated until their turn of the loop is over: an event collected earlier may still point to
 * them. */
#include "engine/io/loop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/value.h"

enum { EVENTS_PER_TURN = 64 };

struct watch {
    struct watch *next; /* in a list of free or removed ones */
    watch_fn *ready;    /* NULL: removed */
    void *data;
    int fd;
};

struct timer {
    struct timer *next; /* by deadline, or in a list of free or removed ones */
    int64_t at;
    timer_fn *due; /* NULL: removed */
    void *data;
};

struct loop {
    struct arena *arena;
    int epoll;
    int signals; /* signalfd, -1: not caught */
    bool interrupted, hung_up;
    size_t watching; /* the signals' own watch not counted */
    int64_t stopped; /* nanoseconds that it slept beyond its next deadline */
    struct timer *timers;
    struct watch *free_watches, *removed_watches;
    struct timer *free_timers, *removed_timers;
};

int64_t loop_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)NS_PER_S + now.tv_nsec;
}

int64_t loop_awake(const struct loop *loop)
{
    return loop_now() - loop->stopped;
}

struct loop *loop_new(struct error *error)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) {
        error_system(error, errno, "cannot create an event loop");
        return NULL;
    }
    struct arena *arena = arena_new();
    struct loop *loop = arena_alloc(arena, sizeof(*loop));
    loop->arena = arena;
    loop->epoll = epoll;
    loop->signals = -1;
    return loop;
}

void loop_free(struct loop **loop)
{
    if (!*loop)
        return;
    close((*loop)->epoll);
    if ((*loop)->signals >= 0)
        close((*loop)->signals);
    struct arena *arena = (*loop)->arena;
    *loop = NULL;
    arena_free(&arena);
}

struct watch *loop_watch(struct loop *loop, int fd, uint32_t events, watch_fn *ready, void *data)
{
    struct watch *watch = loop->free_watches;
    if (watch)
        loop->free_watches = watch->next;
    else
        watch = arena_alloc(loop->arena, sizeof(*watch));
    *watch = (struct watch){.ready = ready, .data = data, .fd = fd};
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        watch->next = loop->free_watches;
        loop->free_watches = watch;
        return NULL;
    }
    loop->watching++;
    return watch;
}

void loop_change(struct loop *loop, struct watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event);
}

void loop_unwatch(struct loop *loop, struct watch **watch)
{
    struct watch *removed = *watch;
    if (!removed)
        return;
    *watch = NULL;
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, removed->fd, NULL);
    removed->ready = NULL;
    removed->next = loop->removed_watches;
    loop->removed_watches = removed;
    loop->watching--;
}

struct timer *loop_timer(struct loop *loop, int64_t at, timer_fn *due, void *data)
{
    struct timer *timer = loop->free_timers;
    if (timer)
        loop->free_timers = timer->next;
    else
        timer = arena_alloc(loop->arena, sizeof(*timer));
    *timer = (struct timer){.at = at, .due = due, .data = data};
    struct timer **place = &loop->timers;
    while (*place && (*place)->at <= at)
        place = &(*place)->next;
    timer->next = *place;
    *place = timer;
    return timer;
}

static void retire(struct loop *loop, struct timer *timer)
{
    timer->due = NULL;
    timer->next = loop->removed_timers;
    loop->removed_timers = timer;
}

void loop_cancel(struct loop *loop, struct timer **timer)
{
    struct timer *cancelled = *timer;
    if (!cancelled)
        return;
    *timer = NULL;
    for (struct timer **place = &loop->timers; *place; place = &(*place)->next) {
        if (*place != cancelled)
            continue;
        *place = cancelled->next;
        retire(loop, cancelled);
        return;
    }
}

/* Rounded up: waking early would only turn the loop once more. */
static int wait_ms(const struct loop *loop)
{
    if (!loop->timers)
        return -1;
    int64_t left = loop->timers->at - loop_now();
    if (left <= 0)
        return 0;
    int64_t ms = (left + NS_PER_MS - 1) / NS_PER_MS;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Who sleeps far beyond the deadline was stopped, and so perhaps were those whose answers the
 * timers bound. A stop that ends before the deadline is not seen: it costs less than was waited
 * for. */
static void forgive_stop(struct loop *loop, int64_t began, int waited_ms)
{
    int64_t late = waited_ms < 0 ? 0 : loop_now() - began - waited_ms * (int64_t)NS_PER_MS;
    if (late < NS_PER_S)
        return;
    loop->stopped += late;
    for (struct timer *timer = loop->timers; timer; timer = timer->next)
        timer->at += late;
}

static bool call_due_timers(struct loop *loop)
{
    bool any = false;
    int64_t now = loop_now();
    while (loop->timers && loop->timers->at <= now) {
        struct timer *timer = loop->timers;
        loop->timers = timer->next;
        timer_fn *due = timer->due;
        void *data = timer->data;
        retire(loop, timer);
        due(data);
        any = true;
    }
    return any;
}

static void recycle_removed(struct loop *loop)
{
    while (loop->removed_watches) {
        struct watch *watch = loop->removed_watches;
        loop->removed_watches = watch->next;
        watch->next = loop->free_watches;
        loop->free_watches = watch;
    }
    while (loop->removed_timers) {
        struct timer *timer = loop->removed_timers;
        loop->removed_timers = timer->next;
        timer->next = loop->free_timers;
        loop->free_timers = timer;
    }
}

/* False where nothing came within `ms`. */
static bool turn(struct loop *loop, int ms)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int64_t began = loop_now();
    int count = epoll_wait(loop->epoll, events, EVENTS_PER_TURN, ms);
    forgive_stop(loop, began, ms);
    for (int i = 0; i < count; i++) {
        struct watch *watch = events[i].data.ptr;
        if (watch->ready)
            watch->ready(watch->data, watch->fd, events[i].events);
    }
    bool due = call_due_timers(loop);
    recycle_removed(loop);
    return count > 0 || due;
}

bool loop_turn(struct loop *loop)
{
    if (!loop->watching && !loop->timers)
        return false;
    turn(loop, wait_ms(loop));
    return true;
}

bool loop_poll(struct loop *loop)
{
    return turn(loop, 0);
}

static void take_signal(void *data, int fd, uint32_t events)
{
    (void)events;
    struct loop *loop = data;
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof(info)) == sizeof(info)) {
        loop->interrupted = true;
        loop->hung_up = loop->hung_up || info.ssi_signo == SIGHUP;
    }
}

bool loop_hung_up(struct loop *loop)
{
    (void)loop_interrupted(loop);
    return loop->hung_up;
}

bool loop_catch_signals(struct loop *loop, struct error *error)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return error_system(error, errno, "cannot block signals");
    loop->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (loop->signals < 0 || !loop_watch(loop, loop->signals, EPOLLIN, take_signal, loop))
        return error_system(error, errno, "cannot catch signals");
    loop->watching--;
    return true;
}

void loop_interrupt(struct loop *loop)
{
    loop->interrupted = true;
}

bool loop_interrupted(struct loop *loop)
{
    if (loop->signals >= 0)
        take_signal(loop, loop->signals, EPOLLIN);
    return loop->interrupted;
}
