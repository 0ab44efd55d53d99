"""A slow wire: copies frames between two links and holds back those that the world delays.

Frames pass with their virtio header, so offloaded checksums and segments stay as they are."""
import heapq
import ipaddress
import select
import socket
import struct
import time

from .tools import child

PACKET_VNET_HDR, VNET_HEADER, SOL_PACKET = 15, 10, 263
PROTOCOLS = {1: "icmp", 58: "icmp", 6: "tcp", 17: "udp"}


def start(network, near, far, slow):
    with network.inside():
        sockets = [_open(near), _open(far)]
    return child(network, lambda: _copy(*sockets, slow), "wire")


def _open(link):
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    raw.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    raw.bind((link, 3))
    raw.setblocking(False)
    return raw


def _copy(guest, other, slow):
    waiting, order = [], 0
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        ready, _, _ = select.select([guest, other], [], [], timeout)
        for source in ready:
            for frame in _frames(source):
                order += 1
                after = _delay(frame[VNET_HEADER:], slow) if source is guest else 0
                heapq.heappush(waiting, (time.monotonic() + after, order, frame, other if source is guest else guest))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, frame, target = heapq.heappop(waiting)
            try:
                target.send(frame)
            except OSError:
                pass  # a full queue or a link that is down: a wire loses what it cannot carry


def _frames(source):
    for _ in range(256):
        try:
            data, address = source.recvfrom(VNET_HEADER + 65536 + 14)
        except OSError:
            return
        if address[2] != socket.PACKET_OUTGOING:
            yield data


def _delay(frame, slow):
    """Seconds by which the world holds this frame back: those of the first entry that fits."""
    (kind,) = struct.unpack_from("!H", frame, 12)
    if kind == 0x0800:
        protocol, to, rest = frame[23], ipaddress.ip_address(frame[30:34]), frame[14 + 4 * (frame[14] & 15) :]
    elif kind == 0x86DD:
        protocol, to, rest = frame[20], ipaddress.ip_address(frame[38:54]), frame[54:]
    else:
        return 0
    name = PROTOCOLS.get(protocol, "")
    port = struct.unpack_from("!H", rest, 2)[0] if name in ("tcp", "udp") else 0
    for entry in slow:
        if (
            entry.protocol in ("any", name)
            and (not entry.to or any(to in ipaddress.ip_network(n) for n in entry.to))
            and (not entry.port or any(_within(port, span) for span in entry.port))
        ):
            return entry.delay
    return 0


def _within(port, span):
    low, _, high = span.partition("-")
    return int(low) <= port <= int(high or low)
