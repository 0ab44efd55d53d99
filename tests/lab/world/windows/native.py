"""Programs of Windows that programs of Windows start: a new process of the stage each, which sees the world as it is now."""
import json
import os
import re
import socket
import struct

from ..filesystem import ROOT, SOCKET

NAMES = "wsl.exe cmd.exe expand.exe netsh.exe ipconfig.exe reg.exe where.exe chcp.com tasklist.exe net.exe powershell.exe".split()
BATCH = (".cmd", ".bat")


def known(word):
    """The program that a command's first word means, or None."""
    name = re.split(r"[\\/]", word)[-1].lower()
    return next((known for known in NAMES if name in (known, known.partition(".")[0])), None)


def request(name, args, environment, folder, codepage=None):
    given = {"name": name, "args": list(args), "env": {}, "windows": environment, "cwd": folder}
    return {**given, "codepage": codepage} if codepage else given


def begin(console, name, args, stdout=1, stderr=2):
    """Starts it; `finish` waits for its exit code. A stream that is None goes nowhere."""
    data = json.dumps(request(name, args, console.environment, console.cwd, console.codepage)).encode() + b"\0"
    door = socket.socket(socket.AF_UNIX)
    door.connect(ROOT + SOCKET)
    nothing = os.open("/dev/null", os.O_RDWR)
    streams = [nothing if stream is None else stream for stream in (None, stdout, stderr)]
    sent = socket.send_fds(door, [data], streams)
    if sent < len(data):  # to send nothing to one that has answered and gone is an error
        door.sendall(data[sent:])
    os.close(nothing)
    return door


def finish(door):
    with door:
        answer = door.recv(4)
    return struct.unpack("!i", answer)[0] if len(answer) == 4 else 1


def call(console, name, args, stdout=1, stderr=2):
    """Runs it to its end; its exit code."""
    return finish(begin(console, name, args, stdout, stderr))


def captured(console, name, args, streams=(True, False)):
    """(what it wrote to those of its two streams that are True, its exit code); False: ours, None: nowhere."""
    reader, writer = os.pipe()
    chosen = [writer if stream else stream if stream is None else own for stream, own in zip(streams, (1, 2))]
    door = begin(console, name, args, *chosen)
    os.close(writer)
    with os.fdopen(reader, "rb") as output:
        written = output.read()
    return written, finish(door)


def detach(console, name, args):
    """Starts it for good: nobody waits for it, and it ends neither with its caller nor with the guest."""
    given = request(name, args, console.environment, console.cwd, console.codepage)
    return console.stage.orders.ask({"order": "detach", "request": given})["pid"]
