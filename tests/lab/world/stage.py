"""The life of one world: built, entered by COMMAND, restarted on request, gone.

Three processes hold it together. The *outer* one (`lab`) stays in the caller's namespaces, passes
signals on and returns COMMAND's exit code. The *stage* is process 1 of a PID namespace around
everything; it builds, serves requests and dies with the outer one, and the kernel then kills the
rest. The *guest's init* is process 1 of a second PID namespace inside the first: the guest sees
only its own processes.
"""
import os
import select
import signal
import sys

from . import dns, filesystem, fuse, guest, kernel, people, tools, tunnel, web, windows
from .drives import Drives
from .network import Nets
from .orders import Orders
from .schema import NOTHING
from .description import SERVER

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
GUEST_SPACES = {
    "pid": kernel.CLONE_NEWPID,
    "net": kernel.CLONE_NEWNET,
    "uts": kernel.CLONE_NEWUTS,
    "ipc": kernel.CLONE_NEWIPC,
    "mnt": kernel.CLONE_NEWNS,
}
REFUSED = 125
TICK = 0.05  # seconds, while COMMAND waits for the guest's next start


def refusal():
    """Why worlds cannot be built here, or None. Asked in a child, which the question costs its namespaces."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _leave()
            inner = os.fork()  # only a process inside the PID namespace can mount its /proc
            if inner == 0:
                filesystem.claim()
                os._exit(0)
            os._exit(os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1]))
        except OSError as error:
            os.write(writer, str(error).encode())
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader) as reason:
        text = reason.read()
    return text or "refused" if os.waitpid(pid, 0)[1] else None


def _leave():
    """Into namespaces of our own; a user namespace first where we are not root."""
    uid, gid = os.getuid(), os.getgid()
    if uid != 0:
        kernel.unshare(kernel.CLONE_NEWUSER)
        for name, value in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(value)
    kernel.unshare(
        kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWNET | kernel.CLONE_NEWUTS | kernel.CLONE_NEWIPC
    )


def run(world, command):
    """Builds the world, runs COMMAND in its guest; the exit code."""
    terminal = sys.stdin.isatty() and os.tcgetpgrp(0) == os.getpgrp()
    caller = os.getcwd()
    alive, kept = os.pipe()
    signals, orders = os.pipe()
    try:
        _leave()
    except OSError as error:
        print(f"lab: namespaces are refused here: {error}", file=sys.stderr)
        return REFUSED
    pid = os.fork()
    if pid == 0:
        os.close(kept)
        os.close(orders)
        os._exit(_stage(world, command, caller, terminal, alive, signals))
    os.close(alive)
    for number in FORWARDED:
        signal.signal(number, lambda number, _: os.write(orders, bytes([number])))
    _, status = os.waitpid(pid, 0)
    if terminal:
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(0, os.getpgrp())
    return os.waitstatus_to_exitcode(status)


def _stage(world, command, caller, terminal, alive, signals):
    kernel.die_with_parent()
    if select.select([alive], [], [], 0)[0]:
        return 1  # the outer process was gone before we asked to die with it
    for number in (*FORWARDED, signal.SIGTTOU, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    try:
        filesystem.claim()
    except OSError as error:
        print(f"lab: namespaces are refused here: {error}", file=sys.stderr, flush=True)
        return REFUSED
    try:
        return Stage(world, command, caller, terminal, signals).play()
    except (tools.Failed, OSError) as error:
        print(f"lab: the world cannot be built: {error}", file=sys.stderr, flush=True)
        return REFUSED


class Stage:
    def __init__(self, world, command, caller, terminal, signals):
        self.world, self.command, self.caller, self.terminal, self.signals = world, command, caller, terminal, signals
        self.orders, self.others = Orders(self), dict(world.wsl.others)
        self.init = self.command_pid = None

    def play(self):
        copying = filesystem.prepare()
        self.nets = Nets(self.world)
        self.nets.build()
        ready = dns.start(self.nets)
        tunnel.prepare(self.nets)
        self._web()
        if self.world.platform == "wsl":
            windows.start(self.nets)
        filesystem.finish(copying)
        self.guest = guest.Guest(self.world, self.nets, self)
        self.drives = Drives(windows.drives(self.world) if self.guest.wsl else (), self.guest.root)
        self.control = people.listen(self.world, self.guest.root)
        self.guest.furnish()
        self.init, self.go, self.result = self._guest_init()
        for address in ready:
            tools.wait_for_tcp(self.nets.internet, address, 53)
        self.guest.first_start()
        if not self.drives.become(self.world.windows.drive):
            raise tools.Failed(f"windows.drive: {self.world.windows.drive}: {fuse.closed() or 'FUSE is refused here'}")
        self._start_command()
        return self._serve()

    def show_drives(self, shown):
        self.drives.show(shown, self._in_guest_pids)

    def _web(self):
        """HTTP on every address of the internet, and the servers that the world describes."""
        default = SERVER(NOTHING)
        special = [server for server in self.world.servers if server.answers not in ("refuse", "drop", "reject")]
        replaced = {
            port for server in special if server.protocol == "tcp" and not server.address for port in server.port
        }
        default.address, default.port, default.shared = ["0.0.0.0", "::"], sorted({80, 443} - replaced), True
        for server in special:
            server.address, server.shared = server.address or ["0.0.0.0", "::"], True
        with self.nets.internet.inside():
            sockets = web.bind([default, *special])
        tools.child(self.nets.internet, lambda: web.serve(sockets), "web")
        for bound, _ in sockets:
            bound.close()

    # -- the guest's processes ----------------------------------------------------------------

    def _guest_init(self):
        """(pid of the guest's process 1 as seen here, pipe that starts COMMAND, pipe of its result)."""
        told, telling = os.pipe()
        waiting, go = os.pipe()
        result, report = os.pipe()
        middle = os.fork()
        if middle == 0:
            kernel.setns(self.nets.guest.descriptor, kernel.CLONE_NEWNET)
            kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWUTS | kernel.CLONE_NEWIPC)
            kernel.set_hostname(self.world.windows.hostname if self.world.platform == "wsl" else "linux")
            child = os.fork()
            if child == 0:
                self._be_init(telling, waiting, report)
            os.write(telling, f"{child}\n".encode())
            os.waitpid(child, 0)
            os._exit(0)
        for unused in (telling, waiting, report):
            os.close(unused)
        lines = os.fdopen(told)
        first, second = sorted((lines.readline(), lines.readline()))  # two processes write them, in any order
        if second != "ready\n":
            raise tools.Failed("the guest's file system could not be mounted")
        return int(first), go, result

    def _be_init(self, telling, waiting, report):
        """Process 1 of the guest: starts COMMAND when told, reaps, ends with COMMAND."""
        try:
            os.close(self.signals)
            kernel.name_process("init")
            self.drives.enter()
            flags = ("P" if self.guest.wsl1 else "PF") if self.guest.wsl else None
            filesystem.enter(flags)
            os.write(telling, b"ready\n")
            if not os.read(waiting, 1):
                os._exit(1)
            command = os.fork()
            if command == 0:
                self._be_command()
            os.write(report, f"{command}\n".encode())
            while True:
                pid, status = os.wait()
                if pid == command:
                    os.write(report, f"{os.waitstatus_to_exitcode(status)}\n".encode())
                    os._exit(0)
        except BaseException as error:
            os.write(2, f"lab: the guest's first process: {error!r}\n".encode())
            os._exit(1)

    def _be_command(self):
        os.setpgid(0, 0)
        if self.terminal:
            os.tcsetpgrp(0, os.getpgrp())
        self._as_guest_user(self.guest.command_user, self.caller)
        os.closerange(3, 1024)
        self._become_program(self.command)

    @staticmethod
    def _become_program(command):
        try:
            os.execvpe(command[0], command, os.environ)
        except OSError as error:
            print(f"lab: {command[0]}: {error.strerror}", file=sys.stderr, flush=True)
            os._exit(126 if isinstance(error, PermissionError) else 127)

    def _as_guest_user(self, account, folder):
        """Default signals, the folder, the environment of a guest's login."""
        for number in (*FORWARDED, signal.SIGTTOU, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        try:
            os.chdir(folder)
        except OSError:
            os.chdir("/")
        os.environ.update(windows.environment(self.guest, account))
        uid, gid = account.ids
        if os.getuid() != uid:
            os.setgroups([gid])
            os.setgid(gid)
            os.setuid(uid)

    def inside(self, work, wait=True, captured=True):
        """Runs a program (a list) or a function as a root process of the guest. What it says is
        kept for the report of its failure, or goes where ours goes."""
        reader, writer = os.pipe()
        middle = os.fork()
        if middle == 0:
            os.setsid()
            os.close(reader)
            self._enter_guest()
            inner = os.fork()
            if inner:
                os._exit(os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1]) & 0xFF if wait else 0)
            self._become(work, writer if wait else None, captured)
        os.close(writer)
        with os.fdopen(reader) as output:
            said = output.read() if wait else ""
        code = os.waitstatus_to_exitcode(os.waitpid(middle, 0)[1])
        if code:
            raise tools.Failed(f"in the guest: {work if callable(work) else ' '.join(work)}: exit {code}\n{said}")

    def _enter_guest(self):
        spaces = [(os.open(f"/proc/{self.init}/ns/{name}", os.O_RDONLY), kind) for name, kind in GUEST_SPACES.items()]
        for descriptor, kind in spaces:
            kernel.setns(descriptor, kind)
            os.close(descriptor)

    def _become(self, work, output, captured):
        try:
            nothing = os.open("/dev/null", os.O_RDWR)
            os.dup2(nothing, 0)
            for descriptor in (1, 2) if captured else ():
                os.dup2(output if output is not None else nothing, descriptor)
            os.chdir("/")
            if callable(work):
                work()
            else:
                os.closerange(3, 1024)
                os.execvpe(work[0], work, tools.ENVIRONMENT)
        except BaseException as error:
            os.write(2, f"{error!r}\n".encode())
        os._exit(1)

    def run_in_guest(self, asker, descriptors, command, user, cwd):
        """A command that wsl.exe was given, with its three descriptors: its "code", and what wsl.exe "said". It ends with
        the guest, or with whoever asked."""
        self._enter_guest()
        try:
            account, complaint = self.guest.account(user)
        except KeyError:
            os.write(descriptors[2], guest.no_such_user(user))
            return {"said": "User not found.\nError code: Wsl/WSL_E_USER_NOT_FOUND\n", "code": -1}
        os.write(descriptors[2], complaint)
        pid = os.fork()
        if pid == 0:
            os.setsid()
            for target, descriptor in enumerate(descriptors):
                os.dup2(descriptor, target)
            os.closerange(3, 1024)
            os.environ.clear()
            self._as_guest_user(account, cwd)
            self._become_program(command)
        return {"code": people.wait(pid, asker)}

    def _start_command(self):
        os.write(self.go, b"g")
        self.reader = os.fdopen(self.result)
        self.command_pid = int(self.reader.readline() or 0)

    # -- while COMMAND runs -------------------------------------------------------------------

    def _serve(self):
        """Requests, restarts and signals, until COMMAND ends."""
        while True:
            wait = TICK if self.orders.waiting else None
            ready, _, _ = select.select([self.reader, self.control, self.orders.inbox, self.signals], [], [], wait)
            if self.reader in ready:
                code = int(self.reader.readline() or REFUSED)
                return code if code >= 0 else 128 - code
            if self.control in ready:
                people.serve(self, self.control.accept()[0])
            if self.orders.inbox in ready:
                self.orders.obey()
            if self.signals in ready:
                self._pass_on(os.read(self.signals, 1))
            self._reap()
            self.orders.settle()

    def _reap(self):
        try:
            while pid := os.waitpid(-1, os.WNOHANG)[0]:
                self.orders.alive.pop(pid, None)
        except ChildProcessError:
            pass

    def _pass_on(self, order):
        """A signal that somebody sent to the lab is meant for COMMAND, whose patience ends with it."""
        if order:
            self.orders.end_of_patience = 0.0
            self.signal_command(order[0])

    def signal_command(self, number):
        self._in_guest_pids(lambda: os.kill(self.command_pid, number))

    def _in_guest_pids(self, work):
        middle = os.fork()
        if middle == 0:
            kernel.setns(os.open(f"/proc/{self.init}/ns/pid", os.O_RDONLY), kernel.CLONE_NEWPID)
            kernel.setns(os.open(f"/proc/{self.init}/ns/mnt", os.O_RDONLY), kernel.CLONE_NEWNS)
            inner = os.fork()
            if inner == 0:
                try:
                    work()
                except OSError as error:
                    os.write(2, f"lab: in the guest: {error}\n".encode())
                finally:
                    os._exit(0)
            os.waitpid(inner, 0)
            os._exit(0)
        os.waitpid(middle, 0)

    def kill_guest(self, spared):
        """Everything in the guest but COMMAND, which stands still until the next start, and `spared`."""
        with self.drives.failing():
            self._in_guest_pids(lambda: self._kill_all_but({1, self.command_pid, *spared}))

    def _kill_all_but(self, spared):
        os.kill(self.command_pid, signal.SIGSTOP)
        spared.add(os.getpid())
        while doomed := [
            int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in spared and _alive(name)
        ]:
            for pid in doomed:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass


def _alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
