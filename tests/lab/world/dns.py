"""The world's name servers: dnsmasq where all is well, a small server of our own where it is not,
and the two relays of Windows (the DNS tunnel inside the guest, the proxy on the NAT gateway)."""
import asyncio
import ipaddress
import os
import socket
import struct

from . import kernel, tools
from .description import DNS_SERVER, NOTHING, is_ipv6, owner

RCODES = {"formerr": 1, "servfail": 2, "nxdomain": 3, "notimp": 4, "refused": 5}
IP_FREEBIND = 15
FLOOD = 3000
A, NS, PTR, AAAA, ANY = 1, 2, 12, 28, 255
TYPES = {"A": A, "NS": NS, "PTR": PTR, "AAAA": AAAA, "TXT": 16, "MX": 15, "CNAME": 5, "SOA": 6, "SRV": 33, "ANY": ANY}


def start(nets):
    """All name servers but the guest's own. Returns the addresses to wait for."""
    world, plain, odd = nets.world, {}, {}
    for machine in ("router", "phone", "windows"):
        sockets = _listen_on(nets, machine) if machine in nets.by_name else []
        if sockets:
            tools.child(nets.by_name[machine], lambda: serve(sockets, []), "dns")
        for entry in sockets:
            entry[0].close()
    for address, server in world.dns.servers.items():
        if owner(world, address) != "internet":
            continue
        names = known(world, server)
        healthy = kinds(server) == ("ok", "ok") and not server.delay and not server.per_name and not server.per_type
        if healthy:
            plain.setdefault(repr(sorted(names.items())), (names, []))[1].append(address)
        else:
            odd[address] = (server, names)
    for names, addresses in plain.values():
        _dnsmasq(nets.internet, names, addresses)
    sockets = []
    with nets.internet.inside():
        for address, (server, names) in odd.items():
            sockets += listen(address, server, Names(names))
        stranger = [socket.socket(family, socket.SOCK_DGRAM) for family in (socket.AF_INET, socket.AF_INET6)]
        for strange, source in zip(stranger, ("100.64.0.2", "2001:db8:ffff::2")):
            strange.bind((source, 5353))
    if sockets:
        tools.child(nets.internet, lambda: serve(sockets, stranger), "dns")
    return [addresses[0] for _, addresses in plain.values()]


def _listen_on(nets, machine):
    world, found = nets.world, []
    with nets.by_name[machine].inside():
        for address, server in world.dns.servers.items():
            if owner(world, address) == machine:
                found += listen(address, server, Names(known(world, server)))
    return found


def start_in_guest(guest):
    """The guest's own name servers, processes of the guest."""
    sockets = _listen_on(guest.nets, "guest")

    def work():
        kernel.name_process("named")
        serve(sockets, [])

    if sockets:
        guest.inside(work, wait=False)
    for entry in sockets:
        entry[0].close()


def known(world, server):
    return server.names if server.only else {**world.dns.names, **server.names}


def kinds(server):
    return server.udp or server.answers, server.tcp or server.answers


def _dnsmasq(network, names, addresses):
    argv = [
        "dnsmasq",
        "--no-daemon",
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
        "--bind-interfaces",
        "--pid-file=",
        "--local=/#/",
        *[f"--host-record={name},{address}" for name, found in names.items() for address in found],
        *[f"--listen-address={address}" for address in addresses],
    ]

    def work():
        os.dup2(
            os.open("/dev/null", os.O_WRONLY), 2
        )  # it tells its life story; a failed start is noticed by its silence
        os.execvpe("dnsmasq", argv, tools.ENVIRONMENT)

    tools.child(network, work, "dnsmasq")


class Names:
    """Answers from a table, as a server that knows all there is to know."""

    def __init__(self, names):
        self.names = {name.lower().rstrip("."): addresses for name, addresses in names.items()}

    async def answer(self, query, _transport):
        name, kind, _ = question(query)
        return reply(query, *self.records(name, kind))

    def records(self, name, kind):
        """(rcode, [(type, data)])."""
        if kind == PTR:
            owners = [
                owner
                for owner, found in self.names.items()
                if any(ipaddress.ip_address(a).reverse_pointer == name for a in found)
            ]
            return (0, [(PTR, encode(owners[0]))]) if owners else (3, [])
        if name not in self.names:
            return 3, []
        packed = [(AAAA if is_ipv6(a) else A, ipaddress.ip_address(a).packed) for a in self.names[name]]
        return 0, [record for record in packed if kind in (record[0], ANY)]


class Relay:
    """Asks other servers, in order, from another network namespace; Windows' hosts file comes first."""

    def __init__(self, network, servers, hosts):
        self.network, self.servers = network, servers
        self.hosts = Names({"localhost": ["127.0.0.1", "::1"], **hosts})  # Windows asks nobody for localhost

    async def answer(self, query, transport):
        name, kind, _ = question(query)
        if name in self.hosts.names:
            return reply(query, *self.hosts.records(name, kind))
        for server in self.servers:
            try:
                return await asyncio.wait_for(self._ask(server, query, transport), 4)
            except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
                continue
        return None

    async def _ask(self, server, query, transport):
        family = socket.AF_INET6 if is_ipv6(server) else socket.AF_INET
        with self.network.inside():
            asking = socket.socket(family, socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM)
        asking.setblocking(False)
        loop = asyncio.get_running_loop()
        with asking:
            await loop.sock_connect(asking, (server, 53))
            if transport == "udp":
                await loop.sock_sendall(asking, query)
                return await loop.sock_recv(asking, 65535)
            reader, writer = await asyncio.open_connection(sock=asking)
            writer.write(struct.pack("!H", len(query)) + query)
            return await reader.readexactly(struct.unpack("!H", await reader.readexactly(2))[0])


def listen(address, server, source):
    """(socket, behaviour) of one server, bound in the present namespace. `closed` binds nothing."""
    found = []
    family = socket.AF_INET6 if is_ipv6(address) else socket.AF_INET
    for transport, answers in zip(("udp", "tcp"), kinds(server)):
        if answers == "closed":
            continue
        bound = socket.socket(family, socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)  # the address may come later, with a link
        bound.bind((address, 53))
        if transport == "tcp":
            bound.listen(64)
        bound.setblocking(False)
        found.append((bound, transport, answers, server, source))
    return found


def serve(sockets, stranger):
    async def forever():
        for entry in sockets:
            worker = _serve_udp if entry[1] == "udp" else _serve_tcp
            asyncio.get_running_loop().create_task(worker(*entry, stranger))
        await asyncio.Event().wait()

    asyncio.run(forever())


async def _serve_udp(bound, _, answers, server, source, stranger):
    loop = asyncio.get_running_loop()
    while True:
        query, client = await loop.sock_recvfrom(bound, 65535)
        loop.create_task(_answer_udp(bound, query, client, answers, server, source, stranger))


async def _answer_udp(bound, query, client, answers, server, source, stranger):
    answers = _behaviour(query, answers, server)
    data = await _reply(query, answers, server, source, "udp")
    if data is None:
        return
    if answers == "flood":
        for _ in range(FLOOD):
            bound.sendto(data, client)
    sender = bound
    if answers == "wrong-address" and stranger:
        sender = stranger[bound.family == socket.AF_INET6]
    elif answers == "wrong-port":
        sender = socket.socket(bound.family, socket.SOCK_DGRAM)
        sender.bind((bound.getsockname()[0], 0))
    sender.sendto(data, client)


async def _serve_tcp(bound, _, answers, server, source, _stranger):
    async def talk(reader, writer):
        try:
            while True:
                query = await reader.readexactly(struct.unpack("!H", await reader.readexactly(2))[0])
                data = await _reply(query, _behaviour(query, answers, server), server, source, "tcp")
                if data is not None:
                    writer.write(struct.pack("!H", len(data)) + data)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    await asyncio.start_server(talk, sock=bound)


def _behaviour(query, answers, server):
    """A name's or a type's own behaviour goes before the server's."""
    name, kind, _ = question(query)
    per_type = {TYPES.get(word.upper(), 0): how for word, how in server.per_type.items()}
    return server.per_name.get(name, per_type.get(kind, answers))


def _of_edns(query, answers):
    """What a server that stumbles over EDNS does with this query; the others, and any without EDNS, are served well."""
    if not answers.startswith("edns-"):
        return answers
    return answers.removeprefix("edns-") if struct.unpack_from("!H", query, 10)[0] else "ok"


def _opt(data, version_refused=b"\0", options=b""):
    """The message with an EDNS record, which says 1232 bytes."""
    opt = struct.pack("!BHHcBHH", 0, 41, 1232, version_refused, 0, 0, len(options)) + options
    return data[:10] + struct.pack("!H", 1) + data[12:] + opt


async def _reply(query, answers, server, source, transport):
    if server.delay:
        await asyncio.sleep(server.delay)
    answers = _of_edns(query, answers)
    if answers == "drop":
        return None
    if answers in RCODES:
        return reply(query, RCODES[answers], [])
    if answers == "badvers":
        return _opt(reply(query, 0, []), b"\1")
    if answers == "blocked":
        text = "ordered by the firm".encode()
        return _opt(reply(query, RCODES["refused"], []), options=struct.pack("!HHH", 15, 2 + len(text), 15) + text)
    if answers == "nodata":
        return reply(query, 0, [])
    if answers == "malformed":
        return query[:2] + b"\x81\x80" + query[4:6] + b"\x00\x05\x00\x00\x00\x00" + query[12:] + b"\xc0"
    if answers == "empty":
        return b""
    data = await source.answer(query, transport)
    if data is None:
        return None
    if answers == "truncate" and transport == "udp":
        return data[:2] + bytes([data[2] | 2]) + data[3:]
    if answers == "wrong-id":
        return bytes([data[0] ^ 0x55, data[1]]) + data[2:]
    if answers == "no-question":
        return data[:4] + b"\0\0" + data[6:12] + data[question(data)[2] :]
    if answers in ("wrong-question", "flood"):
        _, _, end = question(data)
        return data[:12] + encode("wrong.example") + data[end - 4 :]
    return data


def question(message):
    """(name in lower case, type, where the question ends)."""
    labels, place = [], 12
    while place < len(message) and message[place]:
        labels.append(message[place + 1 : place + 1 + message[place]].decode("latin-1"))
        place += 1 + message[place]
    kind = struct.unpack_from("!H", message, place + 1)[0] if len(message) >= place + 5 else 0
    return ".".join(labels).lower(), kind, place + 5


def encode(name):
    return b"".join(bytes([len(label)]) + label.encode("latin-1") for label in name.split(".") if label) + b"\0"


def reply(query, rcode, records):
    _, _, end = question(query)
    body = b"".join(struct.pack("!HHHIH", 0xC00C, kind, 1, 60, len(data)) + data for kind, data in records)
    flags = 0x8080 | (struct.unpack_from("!H", query, 2)[0] & 0x0100) | rcode
    return query[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0) + query[12:end] + body


def relay(nets, listener, address, server, process, enter=None):
    """One of Windows' relays: bound in `listener`, asking from Windows' own namespace."""
    source = Relay(nets.windows, nets.world.dns.windows, nets.world.windows.hosts)
    with listener.inside():
        sockets = listen(address, server, source)
    pid = tools.child(listener, lambda: serve(sockets, []), process) if sockets else None
    for entry in sockets:
        entry[0].close()
    return pid


def plain_server():
    return DNS_SERVER(NOTHING)
