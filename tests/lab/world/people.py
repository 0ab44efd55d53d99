"""The door between the guest and the rest of the world.

Every command that the lab adds to the guest (Windows' programs, `wslinfo`, `on`, `world`) is the
same small client; it hands its arguments and its three descriptors over a socket to a child of the
stage, which does the work on its behalf."""
import json
import os
import select
import signal
import socket
import struct

from . import fingerprint, kernel, tools, windows
from .filesystem import COMMANDS, ROOT, write

SOCKET = "/run/lab/socket"
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
    """One request, in a process of its own."""
    if os.fork():
        connection.close()
        return
    code = 1
    try:
        os.setsid()
        data, descriptors, _, _ = socket.recv_fds(connection, 1 << 20, 3)
        while not data.endswith(b"\0"):
            data += connection.recv(1 << 20)
        for target, descriptor in enumerate(descriptors):
            os.dup2(descriptor, target)
            os.close(descriptor)
        request = json.loads(data[:-1])
        code = _work(stage, connection, request)
    except BaseException as error:
        os.write(2, f"lab: {error!r}\n".encode())
    connection.sendall(struct.pack("!i", code))
    os._exit(0)


def _work(stage, connection, request):
    name = request["name"]
    if name == "on":
        return _on(stage, connection, request)
    if name == "world":
        return fingerprint.command(stage, request["args"])
    return windows.run(stage, name, request)


def _on(stage, connection, request):
    """`on phone CMD…`: the command in that machine's network, with the lab's own files."""
    usage = f"usage: on {' | '.join(sorted(set(stage.nets.by_name) - {'wire', 'guest'}))} COMMAND [ARGUMENT…]\n"
    machine, *command = request["args"] or [""]
    if machine not in stage.nets.by_name or not command:
        os.write(2, usage.encode())
        return 2
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        kernel.setns(stage.nets.by_name[machine].descriptor, kernel.CLONE_NEWNET)
        for number in range(1, 32):
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(number, signal.SIG_DFL)
        try:
            os.chdir(request["cwd"])
        except OSError:
            os.chdir("/")
        os.closerange(3, 1024)
        try:
            os.execvpe(command[0], command, {**tools.ENVIRONMENT, **request["env"]})
        except OSError as error:
            os.write(2, f"on {machine}: {command[0]}: {error.strerror}\n".encode())
            os._exit(127)
    return _wait(pid, connection)


def _wait(pid, connection):
    """The exit code; the command is killed when the one who asked has gone."""
    done = os.pidfd_open(pid)
    ready, _, _ = select.select([done, connection], [], [])
    if done not in ready:
        os.killpg(pid, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code if code >= 0 else 128 - code
