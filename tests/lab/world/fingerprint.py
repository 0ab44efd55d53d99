"""One hash of everything in a world that a person or a program could change, and the items that it is made of.

Files count where they differ from the machine's own (the overlay's upper layer) or lie in a place
of the guest's own (its homes, Windows' drives, /mnt). What moves by itself is left out: counters,
handles, lifetimes, neighbours, /run, /tmp, logs, caches, folders' times."""
import hashlib
import json
import os
import re
import socket
import stat
import struct

from . import filesystem, tools
from .filesystem import ROOT, UPPER
from .windows import state

UNSTEADY = ("/run", "/tmp", "/dev", "/proc", "/sys", "/var/log", "/var/cache", "/var/tmp", "/var/lib/ufw")
# Settings of the kernel that it or another process writes by itself, or that only the machine's root may read.
MOVING_SYSCTLS = re.compile(
    r"/(nf_conntrack_count|tcp_mem|udp_mem|stable_secret|flush|tcp_fastopen_key|ip_local_port_range_usage|"
    r"nf_conntrack_(max|buckets|expect_max|generic.*)|random|temp_\w+|mc_forwarding|tcp_available_\w+|"
    r"base_reachable_time(_ms)?|delay_first_probe_time)$"
)


def command(stage, args):
    """`world hash [--list]`, `world state`; None for any other."""
    if args not in (["hash"], ["hash", "--list"], ["state"]):
        return None
    found = items(stage)
    if args == ["hash"]:
        text = hashlib.sha256("\n".join(found).encode("utf-8", "surrogateescape")).hexdigest()
    else:
        text = "\n".join(found)
    data = (text + "\n").encode("utf-8", "surrogateescape")
    while data:
        data = data[os.write(1, data) :]
    return 0


def items(stage):
    found = [f"file {line}" for line in sorted(Files(filesystem.passed_through()).lines())]
    for name, network in sorted(stage.nets.by_name.items()):
        found += [f"{name} {line}" for line in _network(network)] if name != "wire" else []
    if stage.guest.wsl:
        found += [
            f"windows-state {json.dumps({key: value}, sort_keys=True)}" for key, value in sorted(state.load().items())
        ]
    return found


# -- files -----------------------------------------------------------------------------------------


class Files:
    def __init__(self, passed):
        self.skipped = [*UNSTEADY, *passed]

    def lines(self):
        """The guest's own places, and what the overlays hold. (Their upper layers: what differs from the machine.)"""
        for entry in os.scandir(ROOT):
            name = entry.path[len(ROOT) :]
            if entry.is_dir(follow_symlinks=False) and os.path.isdir(UPPER + name):
                yield from self._laid(name)
            elif name in filesystem.FRESH or not os.path.lexists(name):
                yield from (describe(ROOT + path, path) for path in self._walk(ROOT, name))

    def _laid(self, top):
        for name in self._walk(UPPER, top):
            line = describe(ROOT + name, name) if os.path.lexists(ROOT + name) else f"{name} removed"
            lower = filesystem.below(name)
            if line != (describe(lower, name) if os.path.lexists(lower) else None):
                yield line

    def _walk(self, base, name):
        if any(name == place or name.startswith(place + "/") for place in self.skipped) or name.endswith(
            ("/__pycache__", ".pyc")
        ):
            return
        yield name
        if os.path.isdir(base + name) and not os.path.islink(base + name):
            for child in sorted(os.listdir(base + name)):
                yield from self._walk(base, f"{name}/{child}")


def describe(path, name):
    """Type, mode, owner, size, time, extended attributes, content of one path."""
    info = os.lstat(path)
    parts = [name, stat.filemode(info.st_mode), f"{info.st_uid}:{info.st_gid}"]
    if stat.S_ISLNK(info.st_mode):
        parts.append("-> " + os.readlink(path))
    elif stat.S_ISREG(info.st_mode):
        with open(path, "rb") as file:
            parts += [str(info.st_size), str(info.st_mtime_ns), hashlib.sha256(file.read()).hexdigest()[:16]]
    elif stat.S_ISCHR(info.st_mode):
        parts.append(str(info.st_rdev))
    if not stat.S_ISLNK(info.st_mode):
        parts += [
            f"{key}={os.getxattr(path, key).hex()}"
            for key in sorted(os.listxattr(path))
            if not key.startswith(("trusted.overlay", "user.overlay"))
        ]
    return " ".join(parts)


# -- networks --------------------------------------------------------------------------------------


def _network(network):
    """Links, addresses, routes, rules and the firewall of one namespace."""
    for what, given in (("network", ["-batch", "-"]), ("rule6", ["-6", "rule"])):
        text = tools.run(
            ["ip", "-o", *given], network, "link\naddr\nroute show table all\nrule\nneigh show nud permanent\n"
        )
        yield from sorted(f"{what}: {_steady(line)}" for line in text.splitlines())
    for line in _firewall(network):
        yield "nft: " + line
    with network.inside():
        for path, value in tools.all_sysctls():
            if not MOVING_SYSCTLS.search(path):
                yield f"sysctl: {path[len('/proc/sys/'):]} = {value}"


def _steady(line):
    """Without what the kernel counts up and down, numbers as it likes, or finds out by and by (whether the other end of
    a link is up): UP and DOWN as they were asked for stay."""
    line = re.sub(r"^\d+: ", "", line)
    line = re.sub(r"\bstate \w+ |\blinkdown ?|,?(LOWER_UP|NO-CARRIER)\b,?", "", line)
    line = re.sub(r"@if\d+|@\w+|link-netnsid \d+|expires \d+sec|(valid|preferred)_lft \w+|qlen \d+|\\\s*", "", line)
    line = re.sub(r"cache.*|(error|rtt|rttvar|ssthresh|cwnd) -?\w+|iif \d+", "", line)
    return re.sub(r"\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b|fe80::[0-9a-f:]+", "*", line) if "00:15:5d" not in line else line


def _has_tables(network):
    """Whether nft would list anything, asked as nft asks (linux/netfilter/nf_tables.h) but without its long start: an
    empty answer begins with its end."""
    get_table, dump, end, netfilter = 10 << 8 | 1, 0x301, 3, 12
    with network.inside(), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, netfilter) as asking:
        asking.send(struct.pack("=IHHIIBBH", 20, get_table, dump, 1, 0, 0, 0, 0))
        return struct.unpack_from("=H", asking.recv(65536), 4)[0] != end


def _firewall(network):
    """The rule set without handles and counters; the old tables of iptables too where there are any."""
    text = tools.run(["nft", "--stateless", "list", "ruleset"], network) if _has_tables(network) else ""
    for family in ("ip", "ip6"):
        with network.inside():
            names = filesystem.read(f"/proc/net/{family}_tables_names")
        if names:
            text += tools.run([f"{family}tables-legacy-save"], network)
    for line in text.splitlines():
        line = re.sub(r"counter packets \d+ bytes \d+", "counter", line).strip()
        if line and not line.startswith("#"):
            yield line
