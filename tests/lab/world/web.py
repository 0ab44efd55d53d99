"""The world's TCP and UDP servers: HTTP with bodies of any size, and servers that stall, reset or say nothing."""
import asyncio
import socket
import struct
import time

SMALL = {"/connecttest.txt": b"Microsoft Connect Test", "/ncsi.txt": b"Microsoft NCSI"}
CHUNK = bytes(range(32, 127)) * 690


def bind(entries):
    """[(socket, entry)] for entries with .protocol, .address (a list), .port (a list), in this namespace."""
    return [
        (_bind(entry, address, port), entry) for entry in entries for port in entry.port for address in entry.address
    ]


def _bind(entry, address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM if entry.protocol == "tcp" else socket.SOCK_DGRAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if getattr(entry, "shared", False):
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(getattr(entry, "v6only", True)))
    bound.bind((address, port))
    if entry.protocol == "tcp":
        bound.listen(128)
    bound.setblocking(False)
    return bound


def serve(sockets):
    async def forever():
        loop = asyncio.get_running_loop()
        for bound, entry in sockets:
            if entry.protocol == "udp":
                loop.create_task(_udp(bound, entry))
            else:
                await asyncio.start_server(_talker(entry), sock=bound)
        await asyncio.Event().wait()

    asyncio.run(forever())


async def _udp(bound, entry):
    loop = asyncio.get_running_loop()
    while True:
        data, client = await loop.sock_recvfrom(bound, 65535)
        if entry.answers in ("echo", "web"):
            await loop.sock_sendto(bound, data, client)


def _talker(entry):
    async def talk(reader, writer):
        try:
            await asyncio.sleep(getattr(entry, "delay", 0))
            await {"web": _web, "stall": _web, "reset": _web, "accept": _silent, "echo": _echo}[entry.answers](
                entry, reader, writer
            )
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    return talk


async def _silent(_entry, reader, _writer):
    while await reader.read(65536):
        pass


async def _echo(_entry, reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def _web(entry, reader, writer):
    """One request after the other on a connection, until the client closes it."""
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path = (head[0].split(" ") + ["", ""])[:2]
        for line in head[1:]:
            if line.lower().startswith("content-length:"):
                await reader.readexactly(int(line.split(":")[1]))
        body = _body(entry, path)
        writer.write(
            (
                f"HTTP/1.1 {getattr(entry, 'status', 200)} lab\r\nServer: lab\r\nContent-Type: text/plain\r\n"
                f"Content-Length: {len(body) if isinstance(body, bytes) else body}\r\n\r\n"
            ).encode()
        )
        if method != "HEAD":
            await _send(entry, writer, body)


def _body(entry, path):
    """The bytes of a small page, or the size of a large one: /bytes/N has N, others the server's own."""
    path = (
        "/" + path.split("://", 1)[-1].partition("/")[2].partition("?")[0] if "://" in path else path.partition("?")[0]
    )
    if path in SMALL:
        return SMALL[path]
    last = path.rsplit("/", 1)[-1]
    return int(last) if path.startswith("/bytes/") and last.isdigit() else entry.body


async def _send(entry, writer, body):
    size = len(body) if isinstance(body, bytes) else body
    limit = (
        entry.after
        if getattr(entry, "after", None) is not None
        else (0 if entry.answers in ("stall", "reset") else size)
    )
    rate, sent, began = getattr(entry, "rate", None), 0, time.monotonic()
    while sent < min(size, limit):
        part = min(len(CHUNK), max(1, rate // 20) if rate else len(CHUNK), size - sent, limit - sent)
        writer.write(body[sent : sent + part] if isinstance(body, bytes) else CHUNK[:part])
        sent += part
        await writer.drain()
        if rate:
            await asyncio.sleep(max(0, began + sent / rate - time.monotonic()))
    await writer.drain()
    if sent < size or entry.answers in ("stall", "reset"):
        await _break_off(entry, writer)


async def _break_off(entry, writer):
    if entry.answers == "reset":
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        raise ConnectionError
    await asyncio.Event().wait()
