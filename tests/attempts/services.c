/* Services that would change something on request, what outlives a program, and what stays open. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/vm_sockets.h>
#include <mqueue.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/attempts/attempts.h"

static struct sockaddr_un local_address(const char *path, const char *suffix)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s%s", path, suffix);
    return address;
}

ATTEMPT(local_stream)
{
    struct sockaddr_un address = local_address(target->service, "");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    return fd < 0 ? -1 : connect(fd, (struct sockaddr *)&address, sizeof(address));
}

ATTEMPT(local_datagram)
{
    struct sockaddr_un address = local_address(target->service, ".datagram");
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    return fd < 0 ? -1 : sendto(fd, "x", 1, 0, (struct sockaddr *)&address, sizeof(address));
}

ATTEMPT(datagram_of_pair)
{
    struct sockaddr_un address = local_address(target->service, ".datagram");
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0)
        return -1;
    return sendto(pair[0], "x", 1, 0, (struct sockaddr *)&address, sizeof(address));
}

ATTEMPT(stream_of_pair)
{
    struct sockaddr_un address = local_address(target->service, "");
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return -1;
    long result = connect(pair[0], (struct sockaddr *)&address, sizeof(address));
    if (result < 0 && errno == EISCONN)
        errno = EPERM;
    return result;
}

ATTEMPT(abstract)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0playbook-escape"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    socklen_t length = offsetof(struct sockaddr_un, sun_path) + sizeof("\0playbook-escape") - 1;
    return fd < 0 ? -1 : connect(fd, (struct sockaddr *)&address, length);
}

ATTEMPT(virtual_machine)
{
    return socket(AF_VSOCK, SOCK_STREAM, 0);
}

ATTEMPT(key)
{
    long added = syscall(SYS_add_key, "user", "playbook-escape", "x", 1, KEY_SPEC_USER_KEYRING);
    if (added > 0) /* it would outlive the lab */
        syscall(SYS_keyctl, KEYCTL_UNLINK, added, KEY_SPEC_USER_KEYRING);
    return added;
}

ATTEMPT(shared_memory_old)
{
    return shmget(0x70620001, 4096, IPC_CREAT | 0600);
}

ATTEMPT(messages_old)
{
    return msgget(0x70620001, IPC_CREAT | 0600);
}

ATTEMPT(semaphores_old)
{
    return semget(0x70620001, 1, IPC_CREAT | 0600);
}

ATTEMPT(shared_memory)
{
    return shm_open("/playbook-escape", O_RDWR | O_CREAT, 0600);
}

ATTEMPT(messages)
{
    return mq_open("/playbook-escape", O_RDWR | O_CREAT, 0600, NULL);
}

ATTEMPT(tcp)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)target->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof(address));
}

ATTEMPT(lock)
{
    return flock(open(target->file, O_RDONLY), LOCK_EX | LOCK_NB);
}

const struct attempt service_attempts[] = {
    {"local-services", "a stream socket (as docker.sock)", local_stream, REFUSED, false},
    {"local-services", "a datagram socket (as /dev/log)", local_datagram, REFUSED, false},
    {"local-services", "a datagram of a pair", datagram_of_pair, REFUSED, false},
    {"local-services", "a stream of a pair, connected anew", stream_of_pair, REFUSED, false},
    {"local-services", "an abstract socket (as D-Bus)", abstract, REFUSED, false},
    {"local-services", "AF_VSOCK (as Windows interop)", virtual_machine, REFUSED, false},
    {"shared-memory", "add_key", key, REFUSED, false},
    {"shared-memory", "shmget", shared_memory_old, REFUSED, false},
    {"shared-memory", "msgget", messages_old, REFUSED, false},
    {"shared-memory", "semget", semaphores_old, REFUSED, false},
    {"shared-memory", "shm_open", shared_memory, REFUSED, false},
    {"shared-memory", "mq_open", messages, REFUSED, false},
    {"network", "TCP to a local service", tcp, OPEN, false},
    {"load", "lock a file that it can read", lock, OPEN, false},
    {0}};
