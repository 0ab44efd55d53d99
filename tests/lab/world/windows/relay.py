"""Windows' two relays of TCP: port proxies (`iphlpsvc`), and 127.0.0.1 that leads to the guest's (`wslrelay.exe`).

Both are one process in Windows' namespace. Rules redirect to it what is meant for them; it asks the kernel where a
connection was going, and for a port proxy Windows' state of that moment where it shall go. As with Windows' own, the
connection stands before it is known whether anybody listens behind it; where nobody does, it is closed."""
import asyncio
import contextlib
import ipaddress
import socket
import struct

from .. import tools
from . import state

PROXY, LOCALHOST = 65530, 65531  # the ports where it listens
SO_ORIGINAL_DST = 80
EVERYWHERE = ("*", "0.0.0.0")


def start(nets):
    with nets.windows.inside():
        listening = [_listen(address, port) for address, port in (("0.0.0.0", PROXY), ("127.0.0.1", LOCALHOST))]
    tools.child(nets.windows, lambda: asyncio.run(_serve(nets, *listening)), "iphlpsvc")
    for bound in listening:
        bound.close()


def _listen(address, port):
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((address, port))
    bound.listen(64)
    bound.setblocking(False)
    return bound


async def _serve(nets, proxies, localhost):
    async def proxied(reader, writer):
        await _relay(nets.windows, _target(*_meant_for(writer)), reader, writer)

    async def forwarded(reader, writer):
        await _relay(nets.guest, ("127.0.0.1", _meant_for(writer)[1]), reader, writer)

    await asyncio.start_server(proxied, sock=proxies)
    await asyncio.start_server(forwarded, sock=localhost)
    await asyncio.Event().wait()


def _meant_for(writer):
    """Where the client wanted to go (linux/netfilter_ipv4.h)."""
    data = writer.get_extra_info("socket").getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16)
    port, packed = struct.unpack_from("!2xH4s", data)
    return str(ipaddress.IPv4Address(packed)), port


def _target(address, port):
    for proxy in state.load()["portproxy"]:
        if proxy["listen"] == port and proxy["address"] in (*EVERYWHERE, address):
            return "127.0.0.1" if proxy["connect"] == "localhost" else proxy["connect"], proxy["port"]
    return None


async def _relay(network, target, reader, writer):
    """Until both have ended, or one of them breaks off."""
    with contextlib.ExitStack() as ends, contextlib.suppress(OSError, ValueError):
        ends.callback(writer.transport.abort)
        if target:
            with network.inside():
                asking = socket.socket()
            asking.setblocking(False)
            await asyncio.get_running_loop().sock_connect(asking, (str(ipaddress.IPv4Address(target[0])), target[1]))
            there, back = await asyncio.open_connection(sock=asking)
            ends.callback(back.transport.abort)
            await asyncio.gather(_pump(reader, back), _pump(there, writer))


async def _pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()
