/* Contents, names and attributes of files, by old calls and new ones. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

#include "tests/attempts/attempts.h"

/* Newer than the headers; the same everywhere. */
enum {
    CALL_OPENAT2 = 437,
    CALL_FCHMODAT2 = 452,
    CALL_SETXATTRAT = 463,
    CALL_REMOVEXATTRAT = 466,
    CALL_FILE_SETATTR = 469
};

/* ---- contents -------------------------------------------------------------------------------- */

ATTEMPT(open_write)
{
    return open(target->file, O_WRONLY);
}

ATTEMPT(open_read_write)
{
    return open(target->file, O_RDWR);
}

ATTEMPT(open_append)
{
    return open(target->file, O_WRONLY | O_APPEND);
}

ATTEMPT(open_truncate)
{
    return open(target->file, O_WRONLY | O_TRUNC);
}

ATTEMPT(read_truncate)
{
    return open(target->file, O_RDONLY | O_TRUNC);
}

ATTEMPT(open_access_mode_3)
{
    return open(target->file, O_ACCMODE);
}

ATTEMPT(create)
{
    return open(inside(target, "created"), O_WRONLY | O_CREAT, 0600);
}

ATTEMPT(create_to_read)
{
    return open(inside(target, "created-to-read"), O_RDONLY | O_CREAT, 0600);
}

ATTEMPT(creat_old)
{
    return creat(inside(target, "creat"), 0600);
}

ATTEMPT(nameless_file)
{
    return open(target->folder, O_RDWR | O_TMPFILE, 0600);
}

ATTEMPT(open_upper_half)
{
    return syscall(SYS_openat, AT_FDCWD, target->file, UINT64_C(0xffffffff00000000) | O_WRONLY);
}

ATTEMPT(openat2_write)
{
    struct {
        uint64_t flags, mode, resolve;
    } how = {.flags = O_WRONLY};
    return syscall(CALL_OPENAT2, AT_FDCWD, target->file, &how, sizeof(how));
}

ATTEMPT(truncate_path)
{
    return truncate(target->file, 0);
}

ATTEMPT(reopen_by_proc)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", open(target->file, O_RDONLY));
    return open(path, O_WRONLY);
}

ATTEMPT(open_by_handle)
{
    struct {
        struct file_handle handle;
        unsigned char bytes[MAX_HANDLE_SZ];
    } found = {.handle.handle_bytes = MAX_HANDLE_SZ};
    int mount;
    if (name_to_handle_at(AT_FDCWD, target->file, &found.handle, &mount, 0) != 0 &&
        errno != EOPNOTSUPP)
        return -1;
    return open_by_handle_at(open("/", O_RDONLY), &found.handle, O_WRONLY);
}

ATTEMPT(ring)
{
    unsigned char parameters[120] = {0};
    return syscall(SYS_io_uring_setup, 4, parameters);
}

ATTEMPT(setting_by_proc)
{
    return open("/proc/sys/net/ipv4/ip_forward", O_WRONLY);
}

ATTEMPT(kernel_log)
{
    return open("/dev/kmsg", O_WRONLY);
}

ATTEMPT(tunnel_device)
{
    return open("/dev/net/tun", O_RDWR);
}

/* The kernel writes the file, or, with a limit of 0 too, starts the program that core_pattern
 * names; a limit of 1 stops both. */
ATTEMPT(core_dump)
{
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY}, none = {0, 0};
    if (chdir(target->folder) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        if (setrlimit(RLIMIT_CORE, &all) != 0 && setrlimit(RLIMIT_CORE, &none) == 0)
            _exit(0);
        abort();
    }
    int status = 0;
    waitpid(child, &status, 0);
    errno = EPERM;
    return WIFEXITED(status) || WCOREDUMP(status) ? 0 : -1;
}

/* ---- names ----------------------------------------------------------------------------------- */

ATTEMPT(link_path)
{
    return link(target->file, inside(target, "link"));
}

ATTEMPT(link_across)
{
    return linkat(AT_FDCWD, target->file, AT_FDCWD, inside(target, "empty/link"), 0);
}

ATTEMPT(symlink_path)
{
    return symlink(target->file, inside(target, "symlink"));
}

ATTEMPT(symlink_at)
{
    return symlinkat(target->file, AT_FDCWD, inside(target, "symlink-at"));
}

ATTEMPT(rename_path)
{
    return rename(target->file, inside(target, "renamed"));
}

ATTEMPT(exchange)
{
    return syscall(SYS_renameat2, AT_FDCWD, target->file, AT_FDCWD, inside(target, "other"), 2);
}

ATTEMPT(unlink_path)
{
    return unlink(inside(target, "other"));
}

ATTEMPT(unlink_at)
{
    return unlinkat(AT_FDCWD, inside(target, "spare"), 0);
}

ATTEMPT(make_folder)
{
    return mkdir(inside(target, "folder"), 0700);
}

ATTEMPT(make_folder_at)
{
    return mkdirat(AT_FDCWD, inside(target, "folder-at"), 0700);
}

ATTEMPT(remove_folder)
{
    return rmdir(inside(target, "hollow"));
}

ATTEMPT(make_fifo)
{
    return mkfifo(inside(target, "fifo"), 0600);
}

ATTEMPT(make_node)
{
    return mknodat(AT_FDCWD, inside(target, "node"), S_IFREG | 0600, 0);
}

ATTEMPT(make_socket_of_pair)
{
    int pair[2];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", inside(target, "socket"));
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return -1;
    return bind(pair[0], (struct sockaddr *)&address, sizeof(address));
}

/* Whoever started this may be gone by then; tests/escape looks for the file after a while. */
ATTEMPT(go_on_later)
{
    if (fork() == 0) {
        setsid();
        sleep(1);
        _exit(open(inside(target, "later"), O_WRONLY | O_CREAT, 0600) < 0);
    }
    return 0;
}

/* ---- attributes ------------------------------------------------------------------------------ */

static int readable(const struct target *target)
{
    return open(target->file, O_RDONLY);
}

ATTEMPT(chmod_path)
{
    return chmod(target->file, 0777);
}

ATTEMPT(chmod_descriptor)
{
    return fchmod(readable(target), 0777);
}

ATTEMPT(chmod_at)
{
    return fchmodat(AT_FDCWD, target->file, 0776, 0);
}

ATTEMPT(chmod_at_2)
{
    return syscall(CALL_FCHMODAT2, AT_FDCWD, target->file, 0775, 0);
}

ATTEMPT(chown_path)
{
    return chown(target->file, 1, 1);
}

ATTEMPT(chown_link)
{
    return lchown(target->file, 2, 2);
}

ATTEMPT(chown_descriptor)
{
    return fchown(readable(target), 3, 3);
}

ATTEMPT(chown_at)
{
    return fchownat(AT_FDCWD, target->file, 4, 4, 0);
}

ATTEMPT(time_old)
{
    struct utimbuf times = {1, 1};
    return utime(target->file, &times);
}

ATTEMPT(time_microseconds)
{
    struct timeval times[2] = {{2, 0}, {2, 0}};
    return utimes(target->file, times);
}

ATTEMPT(time_at)
{
    struct timespec times[2] = {{3, 0}, {3, 0}};
    return utimensat(AT_FDCWD, target->file, times, 0);
}

ATTEMPT(time_descriptor)
{
    struct timespec times[2] = {{4, 0}, {4, 0}};
    return futimens(readable(target), times);
}

ATTEMPT(attribute_path)
{
    return setxattr(target->file, "trusted.a", "1", 1, 0);
}

ATTEMPT(attribute_link)
{
    return lsetxattr(target->file, "trusted.b", "1", 1, 0);
}

ATTEMPT(attribute_descriptor)
{
    return fsetxattr(readable(target), "trusted.c", "1", 1, 0);
}

ATTEMPT(attribute_at)
{
    struct {
        uint64_t value;
        uint32_t size, flags;
    } asked = {(uintptr_t) "1", 1, 0};
    return syscall(CALL_SETXATTRAT, AT_FDCWD, target->file, 0, "trusted.d", &asked, sizeof(asked));
}

ATTEMPT(remove_attribute)
{
    return removexattr(target->file, "trusted.kept");
}

ATTEMPT(remove_attribute_descriptor)
{
    return fremovexattr(readable(target), "trusted.kept2");
}

ATTEMPT(remove_attribute_at)
{
    return syscall(CALL_REMOVEXATTRAT, AT_FDCWD, target->file, 0, "trusted.kept3");
}

ATTEMPT(file_setattr)
{
    struct {
        uint64_t flags;
        uint32_t rest[4];
    } attributes = {.flags = 0x40}; /* FS_XFLAG_NOATIME */
    return syscall(CALL_FILE_SETATTR, AT_FDCWD, target->file, &attributes, sizeof(attributes), 0);
}

ATTEMPT(set_flags)
{
    int flags = FS_NOATIME_FL;
    return ioctl(readable(target), FS_IOC_SETFLAGS, &flags);
}

ATTEMPT(set_flags_upper_half)
{
    int flags = FS_NOATIME_FL;
    return syscall(SYS_ioctl, readable(target),
                   UINT64_C(0xffffffff00000000) | (unsigned)FS_IOC_SETFLAGS, &flags);
}

ATTEMPT(set_project)
{
    struct fsxattr attributes = {.fsx_projid = 7};
    return ioctl(readable(target), FS_IOC_FSSETXATTR, &attributes);
}

ATTEMPT(freeze)
{
    return ioctl(open("/proc", O_RDONLY), FIFREEZE, 0);
}

ATTEMPT(lease)
{
    return fcntl(readable(target), F_SETLEASE, F_RDLCK);
}

const struct attempt file_attempts[] = {
    {"files", "open to write", open_write, REFUSED, false},
    {"files", "open to read and write", open_read_write, REFUSED, false},
    {"files", "open to append", open_append, REFUSED, false},
    {"files", "open and truncate", open_truncate, REFUSED, false},
    {"files", "open to read and truncate", read_truncate, REFUSED, false},
    {"files", "open with access mode 3", open_access_mode_3, REFUSED, false},
    {"files", "open with an upper half of flags", open_upper_half, REFUSED, false},
    {"files", "openat2", openat2_write, REFUSED, false},
    {"files", "open again by /proc/self/fd", reopen_by_proc, REFUSED, false},
    {"files", "open_by_handle_at", open_by_handle, REFUSED, false},
    {"files", "create", create, REFUSED, false},
    {"files", "create to read", create_to_read, REFUSED, false},
    {"files", "creat", creat_old, REFUSED, false},
    {"files", "O_TMPFILE", nameless_file, REFUSED, false},
    {"files", "truncate", truncate_path, REFUSED, false},
    {"files", "link", link_path, REFUSED, false},
    {"files", "link into another folder", link_across, REFUSED, false},
    {"files", "symlink", symlink_path, REFUSED, false},
    {"files", "symlinkat", symlink_at, REFUSED, false},
    {"files", "mkdir", make_folder, REFUSED, false},
    {"files", "mkdirat", make_folder_at, REFUSED, false},
    {"files", "rmdir", remove_folder, REFUSED, false},
    {"files", "a FIFO", make_fifo, REFUSED, false},
    {"files", "mknodat", make_node, REFUSED, false},
    {"files", "bind a socket of a pair to a path", make_socket_of_pair, REFUSED, false},
    {"files", "a core dump", core_dump, REFUSED, false},
    {"files", "create later, in a session of its own", go_on_later, OPEN, false},
    {"kernel-programs", "io_uring", ring, REFUSED, false},
    {"kernel-settings", "/proc/sys", setting_by_proc, REFUSED, false},
    {"kernel-settings", "/dev/kmsg", kernel_log, REFUSED, false},
    {"network-settings", "/dev/net/tun", tunnel_device, REFUSED, false},
    {0}};

/* The last four take the file away, so they come after the attributes. */
const struct attempt attribute_attempts[] = {
    {"attributes", "chmod", chmod_path, REFUSED, false},
    {"attributes", "fchmod of a file open to read", chmod_descriptor, REFUSED, false},
    {"attributes", "fchmodat", chmod_at, REFUSED, false},
    {"attributes", "fchmodat2", chmod_at_2, REFUSED, false},
    {"attributes", "chown", chown_path, REFUSED, false},
    {"attributes", "lchown", chown_link, REFUSED, false},
    {"attributes", "fchown of a file open to read", chown_descriptor, REFUSED, false},
    {"attributes", "fchownat", chown_at, REFUSED, false},
    {"attributes", "utime", time_old, REFUSED, false},
    {"attributes", "utimes", time_microseconds, REFUSED, false},
    {"attributes", "utimensat", time_at, REFUSED, false},
    {"attributes", "futimens of a file open to read", time_descriptor, REFUSED, false},
    {"attributes", "setxattr", attribute_path, REFUSED, false},
    {"attributes", "lsetxattr", attribute_link, REFUSED, false},
    {"attributes", "fsetxattr of a file open to read", attribute_descriptor, REFUSED, false},
    {"attributes", "setxattrat", attribute_at, REFUSED, false},
    {"attributes", "removexattr", remove_attribute, REFUSED, false},
    {"attributes", "fremovexattr", remove_attribute_descriptor, REFUSED, false},
    {"attributes", "removexattrat", remove_attribute_at, REFUSED, false},
    {"attributes", "file_setattr", file_setattr, REFUSED, true},
    {"attributes", "FS_IOC_SETFLAGS", set_flags, REFUSED, true},
    {"attributes", "FS_IOC_SETFLAGS with an upper half", set_flags_upper_half, REFUSED, true},
    {"attributes", "FS_IOC_FSSETXATTR", set_project, REFUSED, true},
    {"attributes", "FIFREEZE", freeze, REFUSED, true},
    {"attributes", "a lease", lease, REFUSED, false},
    {"files", "renameat2, exchange", exchange, REFUSED, false},
    {"files", "unlink", unlink_path, REFUSED, false},
    {"files", "rename", rename_path, REFUSED, false},
    {"files", "unlinkat", unlink_at, REFUSED, false},
    {0}};
