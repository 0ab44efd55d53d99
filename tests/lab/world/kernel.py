"""The system calls that Python 3.11 lacks, and network namespaces that have no name.

A namespace is held by a descriptor of this process and by nothing else: no file under
/run/netns, so nothing is left when the process dies, however it dies.
"""
import contextlib
import ctypes
import os
import signal

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOATIME, MS_BIND, MS_REC, MS_PRIVATE = 1, 0x400, 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
_OPEN_TREE, _MOVE_MOUNT = 428, 429  # the same number on every machine
_OPEN_TREE_CLONE, _MOVE_MOUNT_F_EMPTY_PATH, _AT_FDCWD = 1, 4, -100
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

_libc = ctypes.CDLL(None, use_errno=True)


def _call(function, *args, what=""):
    if function(*args) != 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno), what or None)


def unshare(flags):
    _call(_libc.unshare, flags)


def setns(descriptor, kind=0):
    _call(_libc.setns, descriptor, kind)


def mount(source, target, kind="", flags=0, options=""):
    _call(
        _libc.mount,
        source.encode(),
        target.encode(),
        kind.encode(),
        ctypes.c_ulong(flags),
        options.encode() or None,
        what=target,
    )


def bind(source, target):
    mount(source, target, flags=MS_BIND | MS_REC)


def copy_of_mount(path):
    """A descriptor of a mount like this one, which `attach` puts in its place in another mount namespace."""
    descriptor = _libc.syscall(_OPEN_TREE, _AT_FDCWD, path.encode(), _OPEN_TREE_CLONE)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)
    return descriptor


def attach(descriptor, target):
    _call(
        _libc.syscall, _MOVE_MOUNT, descriptor, b"", _AT_FDCWD, target.encode(), _MOVE_MOUNT_F_EMPTY_PATH, what=target
    )


def unmount(target):
    _call(_libc.umount2, target.encode(), MNT_DETACH, what=target)


def pivot_root(new, old):
    _call(_libc.syscall, _SYS_PIVOT_ROOT[os.uname().machine], new.encode(), old.encode(), what=new)


def set_hostname(name):
    _call(_libc.sethostname, name.encode(), len(name.encode()))


def new_uuid():
    with open("/proc/sys/kernel/random/uuid") as file:
        return file.read().strip()


def name_process(name):
    """What `ps` and the owner of a socket show."""
    _libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)
    with contextlib.suppress(OSError), open("/proc/self/comm", "w") as comm:
        comm.write(name[:15])


def die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Network:
    """One anonymous network namespace."""

    def __init__(self):
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        unshare(CLONE_NEWNET)
        self.descriptor = os.open("/proc/self/ns/net", os.O_RDONLY)
        setns(home, CLONE_NEWNET)
        os.close(home)

    @property
    def path(self):
        """A name for `ip … netns`: valid as long as this process lives."""
        return f"/proc/{os.getpid()}/fd/{self.descriptor}"

    @contextlib.contextmanager
    def inside(self):
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        setns(self.descriptor, CLONE_NEWNET)
        try:
            yield self
        finally:
            setns(home, CLONE_NEWNET)
            os.close(home)
