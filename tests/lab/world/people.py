"""The door between the guest and the rest of the world.

Every command that the lab adds to the guest (Windows' programs, `wslinfo`, `on`, `world`) is the
same small client; it hands its arguments and its three descriptors over a socket to a child of the
stage, which does the work on its behalf."""
import contextlib
import json
import os
import select
import signal
import socket
import struct

from . import fingerprint, kernel, tools, windows
from .drives import STATES
from .filesystem import COMMANDS, ROOT, SOCKET, write

CLIENT = os.path.join(os.path.dirname(__file__), "client")


def listen(world, root):
    """The socket and the commands in the guest."""
    with open(CLIENT) as file:
        client = file.read()
    for name in ("on", "world"):
        write(f"{ROOT}{COMMANDS}/{name}", client, 0o755)
    if world.platform == "wsl":
        windows.furnish(world, root, client)
    os.makedirs(ROOT + "/run/lab", exist_ok=True)
    control = socket.socket(socket.AF_UNIX)
    control.bind(ROOT + SOCKET)
    os.chmod(ROOT + SOCKET, 0o666)
    control.listen(64)
    return control


def serve(stage, connection):
    """One request, in a process of its own, which waits for another that does the work. The client's end is that one's
    end too, as a relay's is of its program (grandchildren live on); but not where Windows itself is the client."""
    if os.fork():
        connection.close()
        return
    request, descriptors = _receive(connection)
    machine = request["args"][0] if request["name"] == "on" and request["args"] else None
    at_windows = windows.at_windows(stage, request)
    if at_windows:
        client = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        stage.orders.ask({"order": "enlist", "pid": os.getpid(), "client": client if machine else None})
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        for target, descriptor in enumerate(descriptors):
            os.dup2(descriptor, target)
            os.close(descriptor)
        os.write(writer, struct.pack("!i", _work(stage, at_windows or request)))
        os._exit(0)
    for descriptor in (writer, *descriptors):
        os.close(descriptor)
    code = wait(pid, connection, whole_session=machine and not at_windows, always="windows" in request)
    with os.fdopen(reader, "rb") as told:
        send(connection, told.read() or struct.pack("!i", code))
    os._exit(0)


def _receive(connection):
    data, descriptors, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    while not data.endswith(b"\0"):
        more = connection.recv(1 << 20)
        if not more:  # killed before it had said what it wants
            os._exit(0)
        data += more
    return json.loads(data[:-1]), descriptors


def alone(stage, request):
    """Becomes a process of Windows that nobody waits for and nobody hears, but for how it failed."""
    os.setsid()
    heard = os.dup(2)
    nothing = os.open("/dev/null", os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)
    code = _work(stage, request, heard) & 0xFF
    if code:
        os.write(heard, f"lab: {request['name']} ended with {code}, and nobody waited for it\n".encode())
    os._exit(code)


def send(connection, data):
    """To somebody who may have gone meanwhile."""
    with contextlib.suppress(OSError):
        connection.sendall(data)


def _work(stage, request, heard=2):
    name = request["name"]
    try:
        if name == "on":
            return _on(stage, request)
        if name == "world":
            return _world(stage, request["args"])
        return windows.run(stage, name, request)
    except BaseException as error:
        os.write(heard, f"lab: {error!r}\n".encode())
        return 1


def _world(stage, args):
    """What the person knows and does as nobody of the world: `world hash`, `guest`, `drive`."""
    if args == ["guest"]:
        os.write(1, b"running\n" if stage.guest.running else b"stopped\n")
        return 0 if stage.guest.running else 1
    if len(args) == 2 and args[0] == "drive" and args[1] in STATES:
        return 0 if stage.orders.ask({"order": "drive", "state": args[1]})["served"] else 1
    code = fingerprint.command(stage, args)
    if code is None:
        os.write(2, f"usage: world hash [--list] | state | guest | drive {'|'.join(STATES)}\n".encode())
    return 2 if code is None else code


def _on(stage, request):
    """`on phone CMD…`: becomes the command in that machine's network, with the lab's own files."""
    usage = f"usage: on {' | '.join(sorted(set(stage.nets.by_name) - {'wire', 'guest'}))} COMMAND [ARGUMENT…]\n"
    machine, *command = request["args"] or [""]
    if machine not in stage.nets.by_name or not command:
        os.write(2, usage.encode())
        return 2
    kernel.setns(stage.nets.by_name[machine].descriptor, kernel.CLONE_NEWNET)
    for number in range(1, 32):
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
    try:
        os.chdir(request["cwd"])
    except OSError:
        os.chdir("/")
    try:
        os.execvpe(command[0], command, {**tools.ENVIRONMENT, **request["env"]})
    except OSError as error:
        os.write(2, f"on {machine}: {command[0]}: {error.strerror}\n".encode())
    return 127


def wait(pid, asker, whole_session=False, always=False):
    """The exit code of a child; it is killed when the one who asked has gone, but for those that run `always`."""
    done = os.pidfd_open(pid)
    ready, _, _ = select.select([done] if always else [done, asker], [], [])
    if done not in ready:
        (os.killpg if whole_session else os.kill)(pid, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code if code >= 0 else 128 - code
