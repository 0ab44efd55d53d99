/* channel: whole messages between two processes over a stream socket (unix(7)), each with a kind, a
 * body and perhaps a descriptor.
 *
 * A sender whose socket is full takes in what comes meanwhile, so that two sides that both have
 * much to say do not wait for each other. Nothing is lost but with the other process.
 */
#ifndef PLAYBOOK_CHANNEL_H
#define PLAYBOOK_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"

struct channel;

struct message {
    uint32_t kind;
    const char *bytes; /* valid until the next channel_take() */
    size_t length;
    int fd; /* -1: none; the taker owns it */
};

/* Two connected ends, each for one process. */
bool channel_pair(int ends[2], struct error *error);

/* Takes over the end. */
struct channel *channel_open(int fd);
void channel_close(struct channel **channel);

/* The descriptor to watch for EPOLLIN. */
int channel_fd(const struct channel *channel);

/* False where the other side is gone. `fd` -1: none; it stays the caller's. */
bool channel_send(struct channel *channel, uint32_t kind, const char *bytes, size_t length, int fd);

/* The next whole message that is there, without waiting. False: none now, or channel_ended(). */
bool channel_take(struct channel *channel, struct message *message);

/* A whole message was taken in already: the descriptor does not tell of it. */
bool channel_pending(const struct channel *channel);

/* Waits until channel_take() has something to look at, a second at most. False: nothing came. */
bool channel_wait(struct channel *channel);

/* Nothing is expected any more of the other side, though it is still there. */
void channel_give_up(struct channel *channel);

/* The other side is gone, or what it sends is no message. */
bool channel_ended(const struct channel *channel);

#endif
