/* One table of system calls. What a call would do is read from its arguments before it is executed;
 * whether it will succeed is not known here. Sources: syscalls(2), seccomp(2), netlink(7),
 * linux/netfilter. */
#include "tests/faults/points.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/fs.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/openat2.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/faults/look.h"

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

/* Newer than the headers of Debian 12; the numbers are the same on all architectures. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat    463
#define SYS_removexattrat 466
#endif
#ifndef SYS_file_setattr
#define SYS_file_setattr 469
#endif

enum {
    WRITING = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC,
    MESSAGE_MAX = 64 * 1024,
    PARTS_MAX = 16,
};

static const char open_[] = "open", write_[] = "write", truncate_[] = "truncate",
                  rename_[] = "rename", link_[] = "link", unlink_[] = "unlink",
                  folder_[] = "folder", mode_[] = "mode", owner_[] = "owner", times_[] = "times",
                  attribute_[] = "attribute", sync_[] = "sync", netlink_[] = "netlink",
                  firewall_[] = "firewall", device_[] = "device", mount_[] = "mount",
                  windows_[] = "windows";

const char *const *point_kinds(void)
{
    static const char *const kinds[] = {
        open_,  write_,     truncate_, rename_,  link_,     unlink_, folder_, mode_,    owner_,
        times_, attribute_, sync_,     netlink_, firewall_, device_, mount_,  windows_, NULL};
    return kinds;
}

/* Arguments are numbered from 1; 0: the call has none. */
struct call {
    uint32_t number;
    const char *name, *kind;
    bool (*is_point)(pid_t tid, const struct call *call, const uint64_t *args, struct point *point);
    unsigned char folder, path;   /* where the path starts from (0: the current folder), the path */
    unsigned char folder2, path2; /* of calls with two */
    unsigned char fd, size;       /* of calls on an open file */
};

static uint64_t argument(const uint64_t *args, unsigned index)
{
    return index ? args[index - 1] : 0;
}

static int folder_argument(const uint64_t *args, unsigned index)
{
    return index ? (int)args[index - 1] : AT_FDCWD;
}

/* ---- kinds of calls ---- */

static bool always(pid_t tid, const struct call *call, const uint64_t *args, struct point *point)
{
    (void)tid;
    (void)call;
    (void)args;
    point->what[0] = '\0';
    return true;
}

/* More behind what is there already, as far as there is room. */
static void add_what(struct point *point, const char *more)
{
    size_t length = strlen(point->what);
    snprintf(point->what + length, sizeof(point->what) - length, "%s", more);
}

static bool on_path(pid_t tid, const struct call *call, const uint64_t *args, struct point *point)
{
    char path[PATH_MAX];
    look_path(tid, folder_argument(args, call->folder), argument(args, call->path), path);
    snprintf(point->what, sizeof(point->what), "%s", path);
    return true;
}

static bool on_paths(pid_t tid, const struct call *call, const uint64_t *args, struct point *point)
{
    char from[PATH_MAX], to[PATH_MAX];
    look_path(tid, folder_argument(args, call->folder), argument(args, call->path), from);
    look_path(tid, folder_argument(args, call->folder2), argument(args, call->path2), to);
    snprintf(point->what, sizeof(point->what), "%s -> %s", from, to);
    return true;
}

/* The first text of symlink(2) is kept as it is, whatever it names. */
static bool on_symlink(pid_t tid, const struct call *call, const uint64_t *args,
                       struct point *point)
{
    char target[PATH_MAX] = "";
    target[look_memory(tid, argument(args, call->path), target, sizeof(target) - 1)] = '\0';
    on_path(tid, &(struct call){.folder = call->folder2, .path = call->path2}, args, point);
    add_what(point, " -> ");
    add_what(point, target);
    return true;
}

static bool on_file(pid_t tid, const struct call *call, const uint64_t *args, struct point *point)
{
    char path[PATH_MAX];
    int fd = (int)argument(args, call->fd);
    if (!look_is_file(tid, fd))
        return false;
    look_descriptor(tid, fd, path);
    if (call->size)
        snprintf(point->what, sizeof(point->what), "%s (%llu bytes)", path,
                 (unsigned long long)argument(args, call->size));
    else
        snprintf(point->what, sizeof(point->what), "%s", path);
    return true;
}

/* Devices, pipes and sockets may be opened for writing without a change. */
static bool opens(pid_t tid, uint64_t flags, const struct call *call, const uint64_t *args,
                  struct point *point)
{
    struct stat status;
    if (!(flags & WRITING) || (flags & O_PATH))
        return false;
    on_path(tid, call, args, point);
    bool exists = stat(point->what, &status) == 0;
    if (look_is_own(point->what) ||
        (exists && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)))
        return false;
    add_what(point, flags & O_TRUNC ? " (truncating)" : flags & O_CREAT ? " (creating)" : "");
    return true;
}

static bool on_open(pid_t tid, const struct call *call, const uint64_t *args, struct point *point)
{
    return opens(tid, argument(args, call->path + 1u), call, args, point);
}

static bool on_creat(pid_t tid, const struct call *call, const uint64_t *args, struct point *point)
{
    return opens(tid, O_CREAT | O_WRONLY | O_TRUNC, call, args, point);
}

static bool on_openat2(pid_t tid, const struct call *call, const uint64_t *args,
                       struct point *point)
{
    struct open_how how = {0};
    look_memory(tid, args[2], &how, sizeof(how));
    return opens(tid, how.flags, call, args, point);
}

static bool on_ioctl(pid_t tid, const struct call *call, const uint64_t *args, struct point *point)
{
    bool file = args[1] == FS_IOC_SETFLAGS || args[1] == FICLONE || args[1] == FICLONERANGE;
    if (file && !on_file(tid, call, args, point))
        return false;
    if (!file)
        snprintf(point->what, sizeof(point->what), "request 0x%llx", (unsigned long long)args[1]);
    return true;
}

/* ---- Windows programs ---- */

static bool on_exec(pid_t tid, const struct call *call, const uint64_t *args, struct point *point)
{
    on_path(tid, call, args, point);
    size_t length = strlen(point->what);
    if (length < 4 || strcasecmp(point->what + length - 4, ".exe") != 0 ||
        access(point->what, X_OK) != 0)
        return false;
    add_what(point, " (starts)");
    return true;
}

static bool on_exit(pid_t tid, const struct call *call, const uint64_t *args, struct point *point)
{
    (void)call;
    (void)args;
    snprintf(point->what, sizeof(point->what), "a Windows program has ended");
    return look_is_windows(tid);
}

/* ---- netlink ---- */

static bool route_changes(const struct nlmsghdr *message, char *what, size_t size)
{
    static const char *const verbs[] = {"new", "delete", "get", "set"};
    static const char *const objects[] = {"link", "address", "route", "neighbour",
                                          "rule", "qdisc",   "class", "filter"};
    enum { GET = 2 };
    if (message->nlmsg_type < RTM_BASE || (message->nlmsg_type & 3) == GET)
        return false;
    unsigned object = (message->nlmsg_type - RTM_BASE) / 4u;
    snprintf(what, size, "%s %s", verbs[message->nlmsg_type & 3],
             object < sizeof(objects) / sizeof(objects[0]) ? objects[object] : "other");
    return true;
}

static bool nftables_looks(unsigned type)
{
    switch (type) {
    case NFT_MSG_GETTABLE:
    case NFT_MSG_GETCHAIN:
    case NFT_MSG_GETRULE:
    case NFT_MSG_GETSET:
    case NFT_MSG_GETSETELEM:
    case NFT_MSG_GETGEN:
    case NFT_MSG_GETOBJ:
    case NFT_MSG_GETFLOWTABLE:
        return true;
    default:
        return false;
    }
}

static bool netfilter_changes(const struct nlmsghdr *message, char *what, size_t size)
{
    enum { GET = 1, COMPAT = 11 };
    unsigned subsystem = message->nlmsg_type >> 8, type = message->nlmsg_type & 0xff;
    if (message->nlmsg_type <= NFNL_MSG_BATCH_END || subsystem == COMPAT ||
        (subsystem == NFNL_SUBSYS_NFTABLES ? nftables_looks(type) : type == GET))
        return false;
    snprintf(what, size, "subsystem %u message %u", subsystem, type);
    return true;
}

/* The first message of the buffer that changes something. */
static bool message_changes(int protocol, const char *bytes, size_t length, struct point *point)
{
    size_t at = 0;
    while (length - at >= sizeof(struct nlmsghdr)) {
        struct nlmsghdr header;
        memcpy(&header, bytes + at, sizeof(header));
        bool changes = protocol == NETLINK_ROUTE
                           ? route_changes(&header, point->what, sizeof(point->what))
                           : netfilter_changes(&header, point->what, sizeof(point->what));
        if (changes)
            return true;
        size_t step = NLMSG_ALIGN(header.nlmsg_len);
        if (step < sizeof(header) || step > length - at)
            return false;
        at += step;
    }
    return false;
}

static bool sends(pid_t tid, int fd, const char *bytes, size_t length, struct point *point)
{
    int domain, protocol;
    if (!look_socket(tid, fd, &domain, &protocol))
        return false;
    if (domain == AF_UNIX && length > 0 && look_is_windows(tid)) {
        point->kind = windows_;
        snprintf(point->what, sizeof(point->what), "a Windows program is asked");
        return true;
    }
    if (domain != AF_NETLINK || (protocol != NETLINK_ROUTE && protocol != NETLINK_NETFILTER))
        return false;
    point->kind = protocol == NETLINK_ROUTE ? netlink_ : firewall_;
    return message_changes(protocol, bytes, length, point);
}

static size_t gather(pid_t tid, uint64_t parts_at, size_t count, char *bytes, size_t size)
{
    struct iovec parts[PARTS_MAX];
    size_t done = 0;
    count = count < PARTS_MAX ? count : PARTS_MAX;
    count = look_memory(tid, parts_at, parts, count * sizeof(parts[0])) / sizeof(parts[0]);
    for (size_t i = 0; i < count && done < size; i++) {
        size_t part = parts[i].iov_len < size - done ? parts[i].iov_len : size - done;
        done += look_memory(tid, (uintptr_t)parts[i].iov_base, bytes + done, part);
    }
    return done;
}

static bool on_send(pid_t tid, const struct call *call, const uint64_t *args, struct point *point)
{
    char bytes[MESSAGE_MAX];
    (void)call;
    size_t length = args[2] < sizeof(bytes) ? args[2] : sizeof(bytes);
    length = look_memory(tid, args[1], bytes, length);
    return sends(tid, (int)args[0], bytes, length, point);
}

/* sendmmsg(2) is judged by its first message. */
static bool on_send_message(pid_t tid, const struct call *call, const uint64_t *args,
                            struct point *point)
{
    char bytes[MESSAGE_MAX];
    struct msghdr message;
    (void)call;
    if (look_memory(tid, args[1], &message, sizeof(message)) != sizeof(message))
        return false;
    size_t length =
        gather(tid, (uintptr_t)message.msg_iov, message.msg_iovlen, bytes, sizeof(bytes));
    return sends(tid, (int)args[0], bytes, length, point);
}

/* ---- the table ---- */

#define CALL(call, its_kind, function, ...)                                                        \
    {                                                                                              \
        .number = SYS_##call, .name = #call, .kind = its_kind, .is_point = function, __VA_ARGS__   \
    }

static const struct call calls[] = {
#ifdef SYS_open /* architectures older than the ...at calls */
    CALL(open, open_, on_open, .path = 1),
    CALL(creat, open_, on_creat, .path = 1),
    CALL(rename, rename_, on_paths, .path = 1, .path2 = 2),
    CALL(link, link_, on_paths, .path = 1, .path2 = 2),
    CALL(symlink, link_, on_symlink, .path = 1, .path2 = 2),
    CALL(unlink, unlink_, on_path, .path = 1),
    CALL(rmdir, folder_, on_path, .path = 1),
    CALL(mkdir, folder_, on_path, .path = 1),
    CALL(mknod, open_, on_path, .path = 1),
    CALL(chmod, mode_, on_path, .path = 1),
    CALL(chown, owner_, on_path, .path = 1),
    CALL(lchown, owner_, on_path, .path = 1),
    CALL(utime, times_, on_path, .path = 1),
    CALL(utimes, times_, on_path, .path = 1),
    CALL(futimesat, times_, on_path, .folder = 1, .path = 2),
#endif
    CALL(openat, open_, on_open, .folder = 1, .path = 2),
    CALL(openat2, open_, on_openat2, .folder = 1, .path = 2),
    CALL(mknodat, open_, on_path, .folder = 1, .path = 2),
    CALL(write, write_, on_file, .fd = 1, .size = 3),
    CALL(pwrite64, write_, on_file, .fd = 1, .size = 3),
    CALL(writev, write_, on_file, .fd = 1),
    CALL(pwritev, write_, on_file, .fd = 1),
    CALL(pwritev2, write_, on_file, .fd = 1),
    CALL(sendfile, write_, on_file, .fd = 1, .size = 4),
    CALL(copy_file_range, write_, on_file, .fd = 3, .size = 5),
    CALL(splice, write_, on_file, .fd = 3, .size = 5),
    CALL(fallocate, write_, on_file, .fd = 1),
    CALL(ftruncate, truncate_, on_file, .fd = 1, .size = 2),
    CALL(truncate, truncate_, on_path, .path = 1),
    CALL(renameat, rename_, on_paths, .folder = 1, .path = 2, .folder2 = 3, .path2 = 4),
    CALL(renameat2, rename_, on_paths, .folder = 1, .path = 2, .folder2 = 3, .path2 = 4),
    CALL(linkat, link_, on_paths, .folder = 1, .path = 2, .folder2 = 3, .path2 = 4),
    CALL(symlinkat, link_, on_symlink, .path = 1, .folder2 = 2, .path2 = 3),
    CALL(unlinkat, unlink_, on_path, .folder = 1, .path = 2),
    CALL(mkdirat, folder_, on_path, .folder = 1, .path = 2),
    CALL(fchmod, mode_, on_file, .fd = 1),
    CALL(fchmodat, mode_, on_path, .folder = 1, .path = 2),
    CALL(fchmodat2, mode_, on_path, .folder = 1, .path = 2),
    CALL(fchown, owner_, on_file, .fd = 1),
    CALL(fchownat, owner_, on_path, .folder = 1, .path = 2),
    CALL(utimensat, times_, on_path, .folder = 1, .path = 2),
    CALL(setxattr, attribute_, on_path, .path = 1),
    CALL(lsetxattr, attribute_, on_path, .path = 1),
    CALL(fsetxattr, attribute_, on_file, .fd = 1),
    CALL(removexattr, attribute_, on_path, .path = 1),
    CALL(lremovexattr, attribute_, on_path, .path = 1),
    CALL(fremovexattr, attribute_, on_file, .fd = 1),
    CALL(setxattrat, attribute_, on_path, .folder = 1, .path = 2),
    CALL(removexattrat, attribute_, on_path, .folder = 1, .path = 2),
    CALL(file_setattr, attribute_, on_path, .folder = 1, .path = 2),
    CALL(fsync, sync_, on_file, .fd = 1),
    CALL(fdatasync, sync_, on_file, .fd = 1),
    CALL(sync_file_range, sync_, on_file, .fd = 1),
    CALL(syncfs, sync_, on_file, .fd = 1),
    CALL(sync, sync_, always),
    CALL(sendto, netlink_, on_send),
    CALL(sendmsg, netlink_, on_send_message),
    CALL(sendmmsg, netlink_, on_send_message),
    CALL(setsockopt, firewall_, always),
    CALL(ioctl, device_, on_ioctl, .fd = 1),
    CALL(mount, mount_, on_path, .path = 2),
    CALL(umount2, mount_, on_path, .path = 1),
    CALL(move_mount, mount_, always),
    CALL(mount_setattr, mount_, always),
    CALL(pivot_root, mount_, always),
    CALL(sethostname, device_, always),
    CALL(settimeofday, device_, always),
    CALL(clock_settime, device_, always),
    CALL(init_module, device_, always),
    CALL(finit_module, device_, always),
    CALL(reboot, device_, always),
    CALL(execve, windows_, on_exec, .path = 1),
    CALL(execveat, windows_, on_exec, .folder = 1, .path = 2),
    CALL(exit_group, windows_, on_exit),
};

enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

bool point_read(pid_t tid, uint64_t number, const uint64_t args[6], struct point *point)
{
    for (size_t i = 0; i < CALLS; i++) {
        if (calls[i].number != number)
            continue;
        point->kind = calls[i].kind;
        point->call = calls[i].name;
        return calls[i].is_point(tid, &calls[i], args, point);
    }
    return false;
}

/* ---- the filter ---- */

struct program {
    struct sock_filter *at;
    unsigned short length;
};

static void add(struct program *program, struct sock_filter instruction)
{
    program->at[program->length++] = instruction;
}

static void add_load(struct program *program, unsigned index)
{
    size_t offset = offsetof(struct seccomp_data, args) + (index - 1) * sizeof(uint64_t);
    add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void add_verdict(struct program *program, uint32_t verdict)
{
    add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

static void add_if(struct program *program, unsigned short test, uint32_t value)
{
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, value, 0, 1));
    add_verdict(program, SECCOMP_RET_TRACE);
}

/* Requests of ioctl(2) that set something of a link, a route or a file. */
static void add_ioctl(struct program *program)
{
    static const uint32_t requests[] = {SIOCSIFMTU,      SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK,
                                        SIOCSIFNAME,     SIOCADDRT,    SIOCDELRT,   SIOCSIFHWADDR,
                                        FS_IOC_SETFLAGS, FICLONE,      FICLONERANGE};
    add_load(program, 2);
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
        add_if(program, BPF_JEQ, requests[i]);
}

/* What can be told from the numbers among the arguments is told here, where it costs no stop. */
static void add_test(struct program *program, const struct call *call)
{
    if (call->is_point == on_open) {
        add_load(program, call->path + 1u);
        add_if(program, BPF_JSET, WRITING);
    } else if (call->is_point == on_ioctl) {
        add_ioctl(program);
    } else if (call->number == SYS_setsockopt) {
        add_load(program, 3);
        add_if(program, BPF_JEQ, IPT_SO_SET_REPLACE);
    } else {
        add_verdict(program, SECCOMP_RET_TRACE);
        return;
    }
    add_verdict(program, SECCOMP_RET_ALLOW);
}

unsigned short point_program(struct sock_filter instructions[POINT_PROGRAM_MAX])
{
    struct program program = {.at = instructions};
    uint32_t arch = offsetof(struct seccomp_data, arch), number = offsetof(struct seccomp_data, nr);
    add(&program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, arch));
    add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0));
    add_verdict(&program, SECCOMP_RET_ALLOW);
    add(&program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, number));
    for (size_t i = 0; i < CALLS; i++) {
        unsigned short jump = program.length;
        add(&program,
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, 0, 0));
        add_test(&program, &calls[i]);
        program.at[jump].jf = (unsigned char)(program.length - jump - 1);
    }
    add_verdict(&program, SECCOMP_RET_ALLOW);
    return program.length;
}
