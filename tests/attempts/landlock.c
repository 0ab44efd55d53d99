/* landlock ABI PROGRAM ARGUMENT…: PROGRAM on a kernel whose Landlock is older (or missing: ABI 0),
 * with nothing changed in PROGRAM. Asking for the ABI is answered here, by a seccomp listener; what
 * else PROGRAM asks of Landlock goes to the kernel. Sources: seccomp_unotify(2), landlock(7). */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ASK_VERSION = 1 };

static void must(long result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "landlock: %s: %s\n", what, strerror(errno));
    exit(125);
}

/* Answers `action` to landlock_create_ruleset(), or only to its question for the version. */
static int install(unsigned action, unsigned flags)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {.len = 4, .filter = code};
    int result = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    must(result, "cannot install a filter");
    return result;
}

static void send_descriptor(int channel, int fd)
{
    char byte = 0, space[CMSG_SPACE(sizeof(fd))] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    *head = (struct cmsghdr){CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(head), &fd, sizeof(fd));
    must(sendmsg(channel, &message, 0), "cannot pass the listener");
}

static int receive_descriptor(int channel)
{
    char byte, space[CMSG_SPACE(sizeof(int))];
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};
    int fd = -1;
    errno = EPIPE;
    must(recvmsg(channel, &message, MSG_CMSG_CLOEXEC) == 1 ? 0 : -1, "no listener came");
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
    return fd;
}

static void answer(int listener, int abi)
{
    struct seccomp_notif asked = {0};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0)
        return; /* it is gone */
    struct seccomp_notif_resp reply = {.id = asked.id};
    if (asked.data.args[2] == ASK_VERSION)
        reply.val = abi;
    else
        reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply) != 0 && errno != ENOENT)
        must(-1, "cannot answer");
}

static int serve(int listener, int abi, pid_t child)
{
    int pidfd = (int)syscall(SYS_pidfd_open, child, 0), status = 0;
    must(pidfd, "cannot watch the program");
    struct pollfd watched[] = {{.fd = listener, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};
    while (poll(watched, 2, -1) >= 0 && !(watched[1].revents & POLLIN))
        if (watched[0].revents & POLLIN)
            answer(listener, abi);
    must(waitpid(child, &status, 0), "cannot wait");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void become(char **arguments)
{
    execvp(arguments[0], arguments);
    must(-1, arguments[0]);
}

int main(int count, char **arguments)
{
    int channel[2];
    if (count < 3) {
        fputs("usage: landlock ABI PROGRAM ARGUMENT…\n", stderr);
        return 2;
    }
    int abi = atoi(arguments[1]);
    if (geteuid() != 0)
        must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "cannot give up new privileges");
    if (abi == 0) {
        install(SECCOMP_RET_ERRNO | ENOSYS, 0);
        become(arguments + 2);
    }
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel), "no channel");
    pid_t child = fork();
    must(child, "cannot fork");
    if (child == 0) {
        int listener = install(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
        send_descriptor(channel[1], listener);
        close(listener);
        become(arguments + 2);
    }
    return serve(receive_descriptor(channel[0]), abi, child);
}
