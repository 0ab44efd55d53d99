"""Windows' drives as the guest meets them: a folder served over FUSE, which like WSL's 9p is somebody who may not answer.

The folder is a tmpfs of the stage. Windows' programs and the stage use it as it is, so that nobody waits for himself; the
guest's way leads through a process that reads requests from /dev/fuse one after the other (the protocol: linux/fuse.h, 7.31).
Nothing is cached, since Windows changes files too. With the last process of the world the descriptor of /dev/fuse goes,
and the kernel ends every request, answered or not."""
import contextlib
import ctypes
import errno
import itertools
import os
import resource
import select
import socket
import stat
import struct
import time

from . import kernel, tools

DEVICE, TYPE = "/dev/fuse", "fuse.drvfs"
MOST = 1 << 17  # bytes of one read or write
FAIL = "failing"  # every request ends with EIO; else: ok, frozen (taken, not answered), stopped (not even taken)
AUTO_INVAL_DATA, BIG_WRITES, MAX_PAGES, PARALLEL_DIROPS = 1 << 12, 1 << 5, 1 << 22, 1 << 18
SIZE_GIVEN, ATIME_GIVEN, MTIME_GIVEN, HANDLE_GIVEN, ATIME_NOW, MTIME_NOW = 8, 16, 32, 64, 128, 256
UNANSWERED = {2: "forget", 36: "interrupt", 42: "forget_many"}
ANSWERED = {
    1: "lookup",
    3: "getattr",
    4: "setattr",
    5: "readlink",
    6: "symlink",
    8: "mknod",
    9: "mkdir",
    10: "unlink",
    11: "rmdir",
    12: "rename",
    13: "link",
    14: "open",
    15: "read",
    16: "write",
    17: "statfs",
    18: "release",
    20: "fsync",
    21: "setxattr",
    22: "getxattr",
    23: "listxattr",
    24: "removexattr",
    26: "init",
    27: "opendir",
    28: "readdir",
    29: "releasedir",
    30: "fsyncdir",
    35: "create",
    45: "rename2",
}
_HEADER = struct.Struct("=IIQQIIII")
_libc = ctypes.CDLL(None, use_errno=True)


def closed():
    """Why drives cannot be served here, or None."""
    try:
        os.close(os.open(DEVICE, os.O_RDWR))
    except OSError as error:
        return f"{DEVICE}: {error.strerror}"
    return None


class Drive:
    """One drive's server, as the stage holds it."""

    def __init__(self, letter, folder, mounted):
        """Serves `folder` at `mounted`; OSError where this kernel or user may not."""
        device = os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC)
        try:
            options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions,max_read={MOST}"
            kernel.mount(f"{letter}:\\", mounted, TYPE, kernel.MS_NOATIME, options)
            self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            tools.child(None, lambda: Server(device, folder, theirs).serve(), "drvfs")
            theirs.close()
        finally:
            os.close(device)
        self.state = "ok"

    def become(self, state):
        """In force when this returns."""
        self._ours.sendall(state.encode())
        self._ours.recv(1)
        self.state = state

    @contextlib.contextmanager
    def failing(self):
        """Answers all in this block, with an error unless it is well."""
        before = self.state
        if before != "ok":
            self.become(FAIL)
        yield
        if before != "ok":
            self.become(before)


class Node:
    """What the kernel knows by a number. The descriptor keeps the inode, whatever becomes of its names."""

    __slots__ = ("descriptor", "path", "inode", "known")

    def __init__(self, descriptor, inode):
        self.descriptor, self.path, self.inode, self.known = descriptor, f"/proc/self/fd/{descriptor}", inode, 0


class Request:
    """Who asks for what, of which node."""

    __slots__ = ("code", "unique", "node", "ids", "body")

    def __init__(self, data):
        _, self.code, self.unique, self.node, uid, gid, _, _ = _HEADER.unpack_from(data)
        self.ids, self.body = (uid, gid), memoryview(data)[_HEADER.size :]

    def fields(self, form):
        """The numbers at its beginning."""
        return struct.unpack_from("=" + form, self.body)

    def names(self, skipped, count=1):
        """The `count` names that stand after the numbers."""
        return bytes(self.body[skipped:]).split(b"\0")[:count]


class Server:
    def __init__(self, device, folder, orders):
        self.device, self.orders, self.state, self.waiting = device, orders, "ok", []
        root = os.open(folder, os.O_PATH | os.O_CLOEXEC)
        self.nodes = {1: Node(root, os.fstat(root).st_ino)}
        self.numbers = {self.nodes[1].inode: 1}
        self.next, self.listings = itertools.count(2), {}

    def serve(self):
        os.umask(0)  # the kernel has applied the caller's
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        poll = select.poll()
        poll.register(self.device, select.POLLIN)
        poll.register(self.orders, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if self.orders.fileno() in ready:
                self._obey(poll)
            elif self.device in ready:
                self._take()

    def _obey(self, poll):
        self.state = self.orders.recv(16).decode()
        if not self.state:
            os._exit(0)  # the stage is gone
        poll.modify(self.device, 0 if self.state == "stopped" else select.POLLIN)
        if self.state in ("ok", FAIL):
            waiting, self.waiting = self.waiting, []
            for request in waiting:
                self._answer(request)
        self.orders.sendall(b"!")

    def _take(self):
        try:
            request = Request(os.read(self.device, MOST + 4096))
        except OSError as error:
            if error.errno == errno.ENODEV:
                os._exit(0)  # unmounted everywhere
            return  # interrupted before it was taken
        if self.state == "frozen":
            self.waiting.append(request)
        else:
            self._answer(request)

    def _answer(self, request):
        if request.code in UNANSWERED:
            getattr(self, "_" + UNANSWERED[request.code])(request)
            return
        code, data = 0, b""
        try:
            if self.state == FAIL:
                raise OSError(errno.EIO, "")
            if request.code not in ANSWERED:
                raise OSError(errno.ENOSYS, "")  # the kernel does without, for good
            data = getattr(self, "_" + ANSWERED[request.code])(request) or b""
        except OSError as error:
            code = -error.errno
        except Exception as error:  # a fault of ours is no reason to leave everybody without an answer
            os.write(2, f"lab: drvfs: {ANSWERED[request.code]}: {error!r}\n".encode())
            code = -errno.EIO
        answer = struct.pack("=IiQ", 16 + len(data), code, request.unique) + data
        with contextlib.suppress(OSError):  # who asked may have been killed
            os.write(self.device, answer)

    def _init(self, request):
        major, _, read_ahead, offered = request.fields("4I")
        flags = offered & (AUTO_INVAL_DATA | BIG_WRITES | MAX_PAGES | PARALLEL_DIROPS)
        return struct.pack("=4I2H2I2H8I", major, 31, read_ahead, flags, 16, 12, MOST, 1, MOST // 4096, 0, *[0] * 8)

    # -- nodes ------------------------------------------------------------------------------------

    def _node(self, request):
        return self.nodes[request.node]

    def _entry(self, folder, name):
        """What a name stands for, and from now on known to the kernel. Valid for no time at all."""
        descriptor = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder.descriptor)
        info = os.fstat(descriptor)
        number = self.numbers.get(info.st_ino)
        if number is None:
            number = self.numbers[info.st_ino] = next(self.next)
            self.nodes[number] = Node(descriptor, info.st_ino)
        else:
            os.close(descriptor)
        self.nodes[number].known += 1
        return struct.pack("=4Q2I", number, 0, 0, 0, 0, 0) + attributes(info)

    def _lookup(self, request):
        return self._entry(self._node(request), request.names(0)[0])

    def _forget(self, request):
        self._forget_one(request.node, *request.fields("Q"))

    def _forget_many(self, request):
        for pair in struct.iter_unpack("=QQ", request.body[8 : 8 + 16 * request.fields("I")[0]]):
            self._forget_one(*pair)

    def _forget_one(self, number, times):
        node = self.nodes.get(number)
        if node and number != 1:
            node.known -= times
            if node.known <= 0:
                os.close(node.descriptor)
                del self.nodes[number], self.numbers[node.inode]

    def _interrupt(self, request):
        """It is answered as any other: no request waits here but in a frozen server."""

    def _getattr(self, request):
        return struct.pack("=QII", 0, 0, 0) + attributes(os.fstat(self._node(request).descriptor))

    def _setattr(self, request):
        given, _, handle, size, _, atime, mtime, _, atime_ns, mtime_ns, _, mode, _, uid, gid, _ = request.fields("2I3Q3q8I")
        node = self._node(request)
        if given & 6:
            os.chown(node.path, uid if given & 2 else -1, gid if given & 4 else -1)
        if given & 1:
            os.chmod(node.path, stat.S_IMODE(mode))
        if given & SIZE_GIVEN:
            os.truncate(handle if given & HANDLE_GIVEN else node.path, size)
        if given & ATIME_NOW and given & MTIME_NOW:
            os.utime(node.path)
        elif given & (ATIME_GIVEN | MTIME_GIVEN):
            now, info = time.time_ns(), os.fstat(node.descriptor)
            times = [
                now if given & is_now else seconds * 10**9 + rest if given & is_given else before
                for is_now, is_given, seconds, rest, before in (
                    (ATIME_NOW, ATIME_GIVEN, atime, atime_ns, info.st_atime_ns),
                    (MTIME_NOW, MTIME_GIVEN, mtime, mtime_ns, info.st_mtime_ns),
                )
            ]
            os.utime(node.path, ns=tuple(times))
        return self._getattr(request)

    # -- names ------------------------------------------------------------------------------------

    def _made(self, request, name):
        """A new entry belongs to the caller, or to its folder's group."""
        folder, (uid, gid) = self._node(request), request.ids
        info = os.fstat(folder.descriptor)
        gid = info.st_gid if info.st_mode & stat.S_ISGID else gid
        if (uid, gid) != (os.getuid(), os.getgid()):
            mode = os.lstat(name, dir_fd=folder.descriptor).st_mode
            os.chown(name, uid, gid, dir_fd=folder.descriptor, follow_symlinks=False)
            if mode & (stat.S_ISUID | stat.S_ISGID) and not stat.S_ISLNK(mode):
                os.chmod(name, stat.S_IMODE(mode), dir_fd=folder.descriptor)  # which chown has taken away
        return self._entry(folder, name)

    def _mknod(self, request):
        mode, device = request.fields("2I")
        (name,) = request.names(16)
        os.mknod(name, mode, device, dir_fd=self._node(request).descriptor)
        return self._made(request, name)

    def _mkdir(self, request):
        (name,) = request.names(8)
        os.mkdir(name, request.fields("I")[0], dir_fd=self._node(request).descriptor)
        return self._made(request, name)

    def _symlink(self, request):
        name, target = request.names(0, 2)
        os.symlink(target, name, dir_fd=self._node(request).descriptor)
        return self._made(request, name)

    def _readlink(self, request):
        return os.fsencode(os.readlink("", dir_fd=self._node(request).descriptor))

    def _link(self, request):
        (name,) = request.names(8)
        folder, old = self._node(request), self.nodes[request.fields("Q")[0]]
        os.link(old.path, name, dst_dir_fd=folder.descriptor, follow_symlinks=True)
        return self._entry(folder, name)

    def _unlink(self, request):
        os.unlink(request.names(0)[0], dir_fd=self._node(request).descriptor)

    def _rmdir(self, request):
        os.rmdir(request.names(0)[0], dir_fd=self._node(request).descriptor)

    def _rename(self, request):
        self._renamed(request, 0, request.names(8, 2))

    def _rename2(self, request):
        self._renamed(request, request.fields("QI")[1], request.names(16, 2))

    def _renamed(self, request, flags, names):
        old, new = self._node(request).descriptor, self.nodes[request.fields("Q")[0]].descriptor
        if _libc.renameat2(old, names[0], new, names[1], flags):
            raise OSError(ctypes.get_errno(), "")

    # -- what is open -----------------------------------------------------------------------------

    def _open(self, request):
        flags = request.fields("I")[0] & ~(os.O_NOFOLLOW | os.O_CREAT | os.O_EXCL | os.O_NOCTTY)
        return struct.pack("=QII", os.open(self._node(request).path, flags), 0, 0)

    def _create(self, request):
        flags, mode = request.fields("2I")
        (name,) = request.names(16)
        folder = self._node(request).descriptor
        existed = _exists(name, folder)
        handle = os.open(name, flags | os.O_CREAT | os.O_NOFOLLOW, stat.S_IMODE(mode), dir_fd=folder)
        try:
            entry = self._entry(self._node(request), name) if existed else self._made(request, name)
        except OSError:
            os.close(handle)
            raise
        return entry + struct.pack("=QII", handle, 0, 0)

    def _read(self, request):
        handle, offset, size = request.fields("2QI")
        return os.pread(handle, size, offset)

    def _write(self, request):
        handle, offset, size = request.fields("2QI")
        return struct.pack("=II", os.pwrite(handle, request.body[40 : 40 + size], offset), 0)

    def _release(self, request):
        os.close(request.fields("Q")[0])

    def _fsync(self, request):
        handle, only_data = request.fields("QI")
        (os.fdatasync if only_data & 1 else os.fsync)(handle)

    def _fsyncdir(self, _request):
        """A tmpfs has nothing behind it."""

    def _opendir(self, request):
        handle = next(self.next)
        self.listings[handle] = []
        return struct.pack("=QII", handle, 0, 0)

    def _readdir(self, request):
        handle, offset, room = request.fields("2QI")
        if offset == 0:
            self.listings[handle] = _listing(self._node(request))
        found = b""
        for place, (inode, kind, name) in enumerate(self.listings[handle][offset:], offset + 1):
            entry = struct.pack("=QQII", inode, place, len(name), kind) + name
            entry += b"\0" * (-len(entry) % 8)
            if len(found) + len(entry) > room:
                break
            found += entry
        return found

    def _releasedir(self, request):
        del self.listings[request.fields("Q")[0]]

    def _statfs(self, request):
        info = os.statvfs(self._node(request).path)
        counts = info.f_blocks, info.f_bfree, info.f_bavail, info.f_files, info.f_ffree
        return struct.pack("=5Q10I", *counts, info.f_bsize, info.f_namemax, info.f_frsize, *[0] * 7)

    # -- extended attributes ----------------------------------------------------------------------

    def _setxattr(self, request):
        size, flags = request.fields("2I")
        (name,) = request.names(8)
        start = 8 + len(name) + 1
        os.setxattr(self._node(request).path, name, request.body[start : start + size], flags)

    def _getxattr(self, request):
        return _or_its_size(os.getxattr(self._node(request).path, request.names(8)[0]), *request.fields("I"))

    def _listxattr(self, request):
        names = [os.fsencode(name) + b"\0" for name in os.listxattr(self._node(request).path)]
        return _or_its_size(b"".join(names), *request.fields("I"))

    def _removexattr(self, request):
        os.removexattr(self._node(request).path, request.names(0)[0])


def attributes(info):
    """struct fuse_attr."""
    times = info.st_atime_ns, info.st_mtime_ns, info.st_ctime_ns
    whole, rest = [at // 10**9 & 2**64 - 1 for at in times], [at % 10**9 for at in times]
    rights = info.st_mode, info.st_nlink, info.st_uid, info.st_gid, info.st_rdev, info.st_blksize
    return struct.pack("=6Q10I", info.st_ino, info.st_size, info.st_blocks, *whole, *rest, *rights, 0)


def _exists(name, folder):
    try:
        os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


def _listing(node):
    """[(inode, type, name)] of a folder; the two entries that scandir leaves out are in their place."""
    found = [(node.inode, stat.S_IFDIR >> 12, name) for name in (b".", b"..")]
    with os.scandir(node.path) as entries:
        found += [(e.inode(), e.stat(follow_symlinks=False).st_mode >> 12, os.fsencode(e.name)) for e in entries]
    return found


def _or_its_size(data, room):
    if not room:
        return struct.pack("=II", len(data), 0)
    if len(data) > room:
        raise OSError(errno.ERANGE, "")
    return data
