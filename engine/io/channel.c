/* A frame is a head and a body. A descriptor rides with the head (SCM_RIGHTS); descriptors are kept
 * in the order of the frames that announce them. */
#include "engine/io/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/io/awake.h"

enum {
    LONGEST_BODY = 256 * 1024 * 1024, /* some plans of the largest files that are edited */
    STEP = 8 * 1024,
    MOST_FDS = 16, /* on their way at once */
};

struct head {
    uint32_t kind;
    uint32_t has_fd;
    uint64_t length;
};

struct channel {
    int fd;
    bool ended;
    char *in; /* what came and was not taken yet */
    size_t start, end, capacity;
    int fds[MOST_FDS];
    size_t fd_count;
};

bool channel_pair(int ends[2], struct error *error)
{
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0 ||
           error_system(error, errno, "cannot make a socket pair");
}

static void *grown(void *memory, size_t size)
{
    void *more = realloc(memory, size);
    if (!more)
        out_of_memory();
    return more;
}

struct channel *channel_open(int fd)
{
    struct channel *channel = grown(NULL, sizeof(*channel));
    *channel = (struct channel){.fd = fd};
    return channel;
}

void channel_close(struct channel **channel)
{
    struct channel *closed = *channel;
    *channel = NULL;
    if (!closed)
        return;
    for (size_t i = 0; i < closed->fd_count; i++)
        close(closed->fds[i]);
    close(closed->fd);
    free(closed->in);
    free(closed);
}

int channel_fd(const struct channel *channel)
{
    return channel->fd;
}

bool channel_ended(const struct channel *channel)
{
    return channel->ended;
}

/* ---- taking in ---- */

static void make_room(struct channel *channel)
{
    if (channel->start > 0) {
        memmove(channel->in, channel->in + channel->start, channel->end - channel->start);
        channel->end -= channel->start;
        channel->start = 0;
    }
    if (channel->capacity - channel->end >= STEP)
        return;
    channel->capacity = channel->end + STEP + channel->end / 2;
    channel->in = grown(channel->in, channel->capacity);
}

static void keep_fds(struct channel *channel, struct msghdr *header)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(part) + i * sizeof(fd), sizeof(fd));
            if (channel->fd_count < MOST_FDS)
                channel->fds[channel->fd_count++] = fd;
            else
                close(fd);
        }
    }
}

/* What is there now. */
static void take_in(struct channel *channel)
{
    for (;;) {
        char control[CMSG_SPACE(MOST_FDS * sizeof(int))];
        make_room(channel);
        struct iovec room = {channel->in + channel->end, channel->capacity - channel->end};
        struct msghdr header = {.msg_iov = &room,
                                .msg_iovlen = 1,
                                .msg_control = control,
                                .msg_controllen = sizeof(control)};
        ssize_t got = recvmsg(channel->fd, &header, MSG_CMSG_CLOEXEC);
        if (got > 0) {
            channel->end += (size_t)got;
            keep_fds(channel, &header);
        } else if (got == 0) {
            channel->ended = true;
            return;
        } else if (errno != EINTR) {
            channel->ended = channel->ended || errno != EAGAIN;
            return;
        }
    }
}

static bool has_whole(const struct channel *channel, struct head *head)
{
    if (channel->end - channel->start < sizeof(*head))
        return false;
    memcpy(head, channel->in + channel->start, sizeof(*head));
    return channel->end - channel->start - sizeof(*head) >= head->length;
}

static int next_fd(struct channel *channel)
{
    if (channel->fd_count == 0)
        return -1;
    int fd = channel->fds[0];
    channel->fd_count--;
    memmove(channel->fds, channel->fds + 1, channel->fd_count * sizeof(fd));
    return fd;
}

bool channel_take(struct channel *channel, struct message *message)
{
    struct head head = {0};
    if (!has_whole(channel, &head)) {
        if (head.length > LONGEST_BODY)
            channel->ended = true;
        if (!channel->ended)
            take_in(channel);
        if (!has_whole(channel, &head))
            return false;
    }
    *message = (struct message){.kind = head.kind,
                                .bytes = channel->in + channel->start + sizeof(head),
                                .length = head.length,
                                .fd = head.has_fd ? next_fd(channel) : -1};
    channel->start += sizeof(head) + head.length;
    return true;
}

bool channel_pending(const struct channel *channel)
{
    struct head head;
    return has_whole(channel, &head);
}

bool channel_wait(struct channel *channel)
{
    return channel->ended || channel_pending(channel) || awake_wait(channel->fd, POLLIN, 1);
}

void channel_give_up(struct channel *channel)
{
    channel->ended = true;
}

/* ---- sending ---- */

static ssize_t send_some(const struct channel *channel, const char *bytes, size_t length, int fd)
{
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {(char *)bytes, length};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        header.msg_control = control;
        header.msg_controllen = sizeof(control);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(fd));
        memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
    }
    return sendmsg(channel->fd, &header, MSG_NOSIGNAL);
}

static void wait_for_room(struct channel *channel)
{
    enum { PATIENCE_S = 20 };
    short there = awake_wait(channel->fd, POLLIN | POLLOUT, PATIENCE_S);
    if (there & POLLIN)
        take_in(channel);
    if (!there)
        channel->ended = true;
}

static bool send_all(struct channel *channel, const char *bytes, size_t length, int fd)
{
    while (length > 0 && !channel->ended) {
        ssize_t sent = send_some(channel, bytes, length, fd);
        if (sent > 0) {
            bytes += sent;
            length -= (size_t)sent;
            fd = -1;
        } else if (errno == EAGAIN) {
            wait_for_room(channel);
        } else if (errno != EINTR) {
            channel->ended = true;
        }
    }
    return length == 0;
}

bool channel_send(struct channel *channel, uint32_t kind, const char *bytes, size_t length, int fd)
{
    struct head head = {.kind = kind, .has_fd = fd >= 0, .length = length};
    return send_all(channel, (const char *)&head, sizeof(head), fd) &&
           send_all(channel, bytes, length, -1);
}
