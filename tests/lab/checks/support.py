"""Runs a script in a world and compares what it said."""
import os
import subprocess
import tempfile

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LAB = os.path.join(HERE, "lab")
WORLDS = os.path.join(HERE, "worlds")
MIRRORED = "wslconfig: |\n  [wsl2]\n  networkingMode=mirrored\n"
RULE = "New-NetFirewallHyperVRule -Name t -DisplayName t -VMCreatorId '{40E0AC32-46A5-438A-A0B2-2B479E8F2E90}' -Direction Inbound -Protocol TCP "
ASK = r"""
import socket, struct, sys
server, name, kind, transport = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\0" + struct.pack("!HH", kind, 1)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM)
s.settimeout(0.7)
s.setsockopt(socket.IPPROTO_IP, 11, 1)
try:
    if transport == "udp":
        s.sendto(query, (server, 53)); data, sender = s.recvfrom(4096)
    else:
        s.connect((server, 53)); s.sendall(struct.pack("!H", len(query)) + query); data, sender = s.recv(4096)[2:], (server, 53)
except socket.timeout: sys.exit("timeout")
except ConnectionRefusedError: sys.exit("refused")
if not data: sys.exit("empty")
print("id", data[:2].hex(), "rcode", data[3] & 15, "tc", data[2] >> 1 & 1, "answers", struct.unpack("!H", data[6:8])[0],
      "same-question", query[12:] in data, "port", sender[1], "from", sender[0])
"""


def lab(world, script, *args, **options):
    """Runs a shell script in a world: a file's name or a world's text."""
    if "\n" in world or ":" in world:
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write(world)
            file.flush()
            return _run(file.name, script, *args, **options)
    return _run(os.path.join(WORLDS, world + ".yml"), script, *args, **options)


def _run(world, script, *args, binary=False):
    done = subprocess.run(
        [LAB, world, "bash", "-c", script, "-", *args], stdin=subprocess.DEVNULL, capture_output=True, timeout=120
    )
    if not binary:
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    if b"cannot be built" in done.stderr if binary else "cannot be built" in done.stderr:
        raise AssertionError(done.stderr)
    return done


def lines(world, script, *args):
    return lab(world, script, *args).stdout.splitlines()


def expect(found, wanted):
    assert found == wanted, f"\n  expected {wanted!r}\n  found    {found!r}"


def phone(port, address="192.168.1.10"):
    return f"on phone curl -sm0.7 -o /dev/null http://{address}:{port}/; echo {port} $?\n"


def powershell(script):
    return f'powershell.exe -NoProfile -NonInteractive -Command "{script}"\n'


class Skip(Exception):
    pass


def need(given, reason):
    if not given:
        raise Skip(reason)
