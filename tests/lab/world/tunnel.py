"""A tunnel that runs in the guest itself: what enters its link travels in datagrams over the outer one.

As with WireGuard or Tailscale, a packet that no longer fits the outer link with the tunnel's own
header is lost, and nobody is told."""
import fcntl
import os
import select
import socket
import struct

from .kernel import name_process
from .tools import Failed, child, ip

TUNSETIFF, IFF_TUN, IFF_TAP, IFF_NO_PI = 0x400454CA, 1, 2, 0x1000
IP_MTU_DISCOVER, IP_PMTUDISC_PROBE = 10, 3
OUTER, PORT = "203.0.113.51", 51820
UDP_HEADERS = 28


def prepare(nets):
    """The far ends of all tunnels of the world, in the internet."""
    for number, entry in enumerate(tunnels(nets.world)):
        with nets.internet.inside():
            device, outer = _open(f"far{number}", (OUTER, PORT + number))
        ip(
            nets.internet,
            f"link set far{number} mtu 65535 up",
            f"addr add {entry.peer}/32 dev far{number}",
            f"route add {_inner(entry)} dev far{number}",
        )
        child(nets.internet, lambda d=device, o=outer, e=entry: _copy(d, o, None, e.overhead), "tunnel")
        os.close(device)
        outer.close()


def start(nets, entry):
    """The guest's end. Returns the link's file and the outer socket, for a process of the guest."""
    with nets.guest.inside():
        device, outer = _open(entry.name, ("0.0.0.0", 0))
    return device, outer, (OUTER, PORT + tunnels(nets.world).index(entry))


def tunnels(world):
    return [entry for entry in world.guest.links if entry.tunnel]


def run(name, device, outer, far, overhead):
    name_process(name)
    _copy(device, outer, far, overhead)


def _inner(entry):
    return entry.address[0].split("/")[0] + "/32"


def hold(name, device):
    """A device without a far end: somebody holds it, so it has a carrier, and swallows what it is given."""
    name_process(name)
    while True:
        os.read(device, 65536)


def open_device(name, kind=IFF_TUN):
    try:
        device = os.open("/dev/net/tun", os.O_RDWR)
    except OSError as error:
        raise Failed(f"guest.links: {name}: /dev/net/tun: {error.strerror}") from None
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), kind | IFF_NO_PI))
    return device


def _open(name, bound):
    device = open_device(name)
    outer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    outer.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)  # whole, or not at all
    outer.bind(bound)
    return device, outer


def _copy(device, outer, peer, overhead):
    filling = b"\0" * (overhead - UDP_HEADERS)
    while True:
        ready, _, _ = select.select([device, outer], [], [])
        try:
            if device in ready:
                packet = os.read(device, 65536)
                if peer:
                    outer.sendto(filling + packet, peer)
            if outer in ready:
                data, sender = outer.recvfrom(65536)
                peer = sender
                os.write(device, data[len(filling) :])
        except OSError:
            continue  # too big for the link below: lost without a word
