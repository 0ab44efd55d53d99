"""The keys of a world file, their types and defaults: the README's tables, as code."""
import ipaddress
import re

from .drives import STATES
from .schema import (
    NOTHING,
    Wrong,
    address,
    boolean,
    duration,
    interface,
    listof,
    load,
    mapping,
    network,
    number,
    scalar,
    size,
    table,
    text,
    word,
)

LANGUAGES = {
    "en": 437,
    "ja": 932,
    "zh-cn": 936,
    "zh-tw": 950,
    "ko": 949,
    "de": 850,
    "fr": 850,
    "es": 850,
    "ru": 866,
    "pt-br": 850,
    "it": 850,
    "pl": 852,
}

NAMES = {
    "www.msftconnecttest.com": ["13.107.4.52", "2620:1ec:c11::52"],
    "ipv6.msftconnecttest.com": ["2620:1ec:c11::52"],
    "google.com": ["142.250.74.46", "2a00:1450:400f::200e"],
    "www.google.com": ["142.250.74.36", "2a00:1450:400f::2004"],
    "example.com": ["93.184.215.14", "2606:2800:21f::14"],
    "www.example.com": ["93.184.215.14", "2606:2800:21f::14"],
    "github.com": ["140.82.121.4"],
    "deb.debian.org": ["151.101.86.132", "2a04:4e42:14::644"],
    "dns.google": ["8.8.8.8", "8.8.4.4", "2001:4860:4860::8888"],
    "one.one.one.one": ["1.1.1.1", "2606:4700:4700::1111"],
}
RESOLVERS = ["8.8.8.8", "8.8.4.4", "1.1.1.1", "9.9.9.9", "2001:4860:4860::8888", "2606:4700:4700::1111"]
# Between the router and the internet, the DNS tunnel; in IPv6 the networks of LAN, NAT, VPN and provider.
WAYS = ["100.64.0.0/30", "10.255.255.254", *(f"2001:db8:{net}::/64" for net in ("1", "2", "8", "ffff"))]

DNS_ANSWERS = (
    "ok",
    "drop",
    "closed",
    "refused",
    "servfail",
    "nxdomain",
    "nodata",
    "formerr",
    "notimp",
    "truncate",
    "wrong-id",
    "wrong-question",
    "no-question",
    "flood",
    "blocked",
    "edns-drop",
    "edns-formerr",
    "edns-notimp",
    "edns-malformed",
    "edns-badvers",
    "wrong-port",
    "wrong-address",
    "malformed",
    "empty",
)
SERVER_ANSWERS = ("web", "accept", "echo", "stall", "reset", "refuse", "drop", "reject")


def ports(node):
    """`80`, `8000-8010`."""
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", scalar(node))
    if not match or not 0 < int(match[1]) <= int(match[2] or match[1]) < 65536:
        raise Wrong(node, f"expected a port or a range such as 8000-8010, not '{node.value}'")
    return node.value


def percent(node):
    return number(0, 100)(node) if not scalar(node).endswith("%") else _percent_sign(node)


def _percent_sign(node):
    digits = node.value[:-1].strip()
    if not digits.isdigit() or int(digits) > 100:
        raise Wrong(node, f"expected a percentage, not '{node.value}'")
    return int(digits)


def dotted_key(node):
    value = scalar(node)
    if not re.fullmatch(r"[a-z][\w./-]+", value):
        raise Wrong(node, f"expected the name of a sysctl, not '{value}'")
    return value


def absolute(node):
    if not scalar(node).startswith("/"):
        raise Wrong(node, f"expected an absolute path, not '{node.value}'")
    return node.value


def networking_mode(node):
    value = word("nat", "mirrored", "none", "bridged", "consomme", "virtioproxy")(node)
    return "consomme" if value == "virtioproxy" else value


def octal(node):
    if not re.fullmatch(r"0?[0-7]{3,4}", scalar(node)):
        raise Wrong(node, f"expected a mode such as 0644, not '{node.value}'")
    return int(node.value, 8)


def version(node):
    if not re.fullmatch(r"\d+(\.\d+){1,3}", scalar(node)):
        raise Wrong(node, f"expected a version such as 2.6.3.0, not '{node.value}'")
    return node.value


def inbox_or_version(node):
    return None if scalar(node).lower() in ("inbox", "none", "false") else version(node)


EDITED = word("before-boot", "after-boot")
ENCODING = word("utf-8", "utf-8-bom", "utf-16", "cp932")

SETTINGS_FILE = mapping(
    {
        "text": (text, None),
        "before": (text, None),
        "edited": (EDITED, "before-boot"),
        "encoding": (ENCODING, "utf-8"),
        "crlf": (boolean, False),
    },
    shorthand="text",
)

FILE = mapping(
    {
        "text": (text, ""),
        "link": (text, None),
        "mode": (octal, 0o644),
        "owner": (text, "root"),
        "edited": (EDITED, "before-boot"),
        "encoding": (ENCODING, "utf-8"),
        "crlf": (boolean, False),
    },
    shorthand="text",
)

RESOLVCONF_FILE = mapping(
    {"text": (text, None), "link": (text, None), "missing": (boolean, False), "edited": (EDITED, "before-boot")}
)


def resolvconf(node):
    """A word, a text, or a map."""
    value = getattr(node, "value", None)
    given = RESOLVCONF_FILE(node) if isinstance(value, list) else RESOLVCONF_FILE(NOTHING)
    if value == "missing":
        given.missing = True
    elif isinstance(value, str) and value != "auto":
        given.text = value
    return given


WSL = mapping(
    {
        "version": (inbox_or_version, "2.6.3.0"),
        "kernel": (text, "6.6.87.2-1"),
        "release": (text, None),
        "distro": (text, "Ubuntu"),
        "others": (table(text, word("running", "stopped")), dict),
        "booted": (duration, 3600.0),
        "interop": (word("ok", "off", "missing", "hang"), "ok"),
        "wslinfo": (boolean, True),
        "systemd": (word("ok", "broken", "missing"), "ok"),
        "shutdown": (word("ok", "hang"), "ok"),
        "wsl1": (boolean, False),
    }
)

HYPERV_RULE = mapping(
    {
        "name": (text, None),
        "display": (text, None),
        "direction": (word("inbound", "outbound"), "inbound"),
        "protocol": (text, "TCP"),
        "ports": (listof(text), lambda: ["Any"]),
        "remote": (listof(text), lambda: ["Any"]),
        "action": (word("allow", "block"), "allow"),
        "profiles": (listof(word("any", "domain", "private", "public")), lambda: ["any"]),
        "enabled": (boolean, True),
        "priority": (number(0, 65535), 0),
    }
)

HYPERV = mapping(
    {
        "enabled": (boolean, True),
        "supported": (boolean, True),
        "default_in": (word("allow", "block"), "block"),
        "default_out": (word("allow", "block"), "allow"),
        "loopback": (boolean, True),
        "rules": (listof(HYPERV_RULE), list),
    }
)

PORTPROXY = mapping(
    {
        "listen": (number(1, 65535), None),
        "address": (text, "*"),
        "connect": (text, None),
        "port": (number(1, 65535), None),
    },
    required=("listen", "connect"),
)

LISTENER = mapping(
    {
        "port": (number(1, 65535), None),
        "address": (address, "0.0.0.0"),
        "protocol": (word("tcp", "udp"), "tcp"),
        "v6only": (boolean, False),
        "process": (text, "server"),
        "answers": (word("web", "accept", "echo", "stall", "reset"), "web"),
        "body": (size, 1000),
    },
    shorthand="port",
    required=("port",),
)

FIREWALL = mapping(
    {"default_in": (word("allow", "block"), "allow"), "ports": (listof(ports), list)}, shorthand="default_in"
)

WINDOWS = mapping(
    {
        "version": (version, "10.0.26100.4949"),
        "language": (word(*LANGUAGES), "en"),
        "codepage": (number(1, 65535), None),
        "user": (text, "me"),
        "profile": (text, None),
        "hostname": (text, "DESKTOP"),
        "elevated": (boolean, True),
        "gsa": (boolean, False),
        "networking": (networking_mode, None),
        "broken_modes": (listof(networking_mode), list),
        "mirrored": (boolean, None),
        "tunneling": (boolean, None),
        "category": (word("private", "public", "domain"), "private"),
        "hyperv": (HYPERV, lambda: HYPERV(NOTHING)),
        "firewall": (FIREWALL, lambda: FIREWALL(NOTHING)),
        "hosts": (table(text, listof(address)), dict),
        "portproxy": (listof(PORTPROXY), list),
        "listeners": (listof(LISTENER), list),
        "services": (table(text, word("running", "stopped")), dict),
        "drive": (word(*STATES), "ok"),
        "slow": (duration, 0.0),
        "language_mode": (word("full", "constrained"), "full"),
        "dies": (text, None),
    }
)

UFW = mapping(
    {
        "installed": (boolean, True),
        "active": (boolean, True),
        "default": (word("deny", "allow", "reject"), "deny"),
        "rules": (listof(text), list),
    },
    shorthand="active",
)

LINK = mapping(
    {
        "name": (text, None),
        "kind": (word("tun", "tap", "veth", "bridge"), "tun"),
        "mtu": (number(68, 65535), 1500),
        "address": (listof(interface), list),
        "up": (boolean, True),
        "tunnel": (boolean, False),
        "peer": (address, "100.100.0.1"),
        "overhead": (number(0, 1000), 80),
    },
    required=("name",),
)

MACHINES = ("guest", "windows", "router", "phone", "internet")
COMMAND = mapping({"run": (text, None), "on": (word(*MACHINES), "guest")}, shorthand="run", required=("run",))

GUEST = mapping(
    {
        "user": (text, "root"),
        "mtu": (number(68, 65535), 1500),
        "listeners": (listof(LISTENER), list),
        "ufw": (UFW, None),
        "nft": (text, None),
        "links": (listof(LINK), list),
        "routes": (listof(text), list),
        "sysctl": (table(dotted_key, text), dict),
        "commands": (listof(COMMAND), list),
        "env": (table(text, text), dict),
        "patience": (duration, 60.0),
    }
)

LAN = mapping(
    {
        "network": (network, "192.168.1.0/24"),
        "router": (address, "192.168.1.1"),
        "windows": (address, "192.168.1.10"),
        "guest": (address, "192.168.1.20"),
        "phone": (address, "192.168.1.50"),
    }
)

NAT = mapping({"guest": (interface, "172.28.72.28/20"), "gateway": (address, "172.28.64.1")})

VPN = mapping(
    {
        "up": (boolean, True),
        "full": (boolean, True),
        "mtu": (number(576, 65535), 1500),
        "address": (address, "10.8.0.2"),
        "gateway": (address, "10.8.0.1"),
        "networks": (listof(network), lambda: ["10.20.0.0/16"]),
        "dns": (listof(address), list),
        "names": (table(text, listof(address)), dict),
        "suffixes": (listof(text), list),
    },
    shorthand="up",
)

PATH = mapping(
    {
        "mtu": (number(68, 65535), None),
        "icmp": (word("ok", "drop", "wrong"), "ok"),
        "reports": (number(0, 65535), None),
        "where": (word("vpn", "uplink", "windows"), None),
        "direction": (word("both", "out", "in"), "both"),
        "family": (word("any", "ipv4", "ipv6"), "any"),
    },
    shorthand="mtu",
    required=("mtu",),
)

TRAFFIC = mapping(
    {
        "at": (word(*MACHINES, "vpn"), None),
        "on": (word(*MACHINES), None),
        "to": (listof(network), list),
        "port": (listof(ports), list),
        "protocol": (word("tcp", "udp", "icmp", "any"), "any"),
        "direction": (word("out", "in"), "out"),
        "do": (word("drop", "reject", "reset", "prohibited", "unreachable"), None),
        "loss": (percent, None),
        "delay": (duration, None),
    }
)

DNS_SERVER = mapping(
    {
        "answers": (word(*DNS_ANSWERS), "ok"),
        "udp": (word(*DNS_ANSWERS), None),
        "tcp": (word(*DNS_ANSWERS), None),
        "delay": (duration, 0.0),
        "names": (table(text, listof(address)), dict),
        "only": (boolean, False),
        "per_name": (table(text, word(*DNS_ANSWERS)), dict),
        "per_type": (table(text, word(*DNS_ANSWERS)), dict),
        "until_restart": (boolean, False),
    },
    shorthand="answers",
)

DNS = mapping(
    {
        "names": (table(text, listof(address)), dict),
        "servers": (table(address, DNS_SERVER), dict),
        "windows": (listof(address), None),
        "tunnel": (DNS_SERVER, lambda: DNS_SERVER(NOTHING)),
        "proxy": (DNS_SERVER, lambda: DNS_SERVER(NOTHING)),
    }
)

SERVER = mapping(
    {
        "address": (listof(address), list),
        "port": (listof(number(1, 65535)), lambda: [80]),
        "protocol": (word("tcp", "udp"), "tcp"),
        "answers": (word(*SERVER_ANSWERS), "web"),
        "status": (number(100, 599), 200),
        "body": (size, 1000000),
        "after": (size, None),
        "rate": (size, None),
        "delay": (duration, 0.0),
    }
)

WORLD = mapping(
    {
        "title": (text, ""),
        "platform": (word("wsl", "linux"), "wsl"),
        "wsl": (WSL, lambda: WSL(NOTHING)),
        "windows": (WINDOWS, lambda: WINDOWS(NOTHING)),
        "wslconfig": (SETTINGS_FILE, lambda: SETTINGS_FILE(NOTHING)),
        "wslconf": (SETTINGS_FILE, lambda: SETTINGS_FILE(NOTHING)),
        "resolvconf": (resolvconf, lambda: RESOLVCONF_FILE(NOTHING)),
        "files": (table(absolute, FILE), dict),
        "guest": (GUEST, lambda: GUEST(NOTHING)),
        "ipv6": (boolean, None),
        "internet": (word("up", "down", "unreachable"), "up"),
        "lan": (LAN, lambda: LAN(NOTHING)),
        "nat": (NAT, lambda: NAT(NOTHING)),
        "vpn": (VPN, None),
        "path": (listof(PATH), list),
        "traffic": (listof(TRAFFIC), list),
        "dns": (DNS, lambda: DNS(NOTHING)),
        "servers": (listof(SERVER), list),
    }
)


def read(path):
    """The world that the file describes, with everything that follows from it filled in."""
    world = load(path, WORLD)
    windows, vpn, dns = world.windows, world.vpn, world.dns
    if vpn and not vpn.up:
        world.vpn = vpn = None
    windows.codepage = windows.codepage or LANGUAGES[windows.language]
    windows.profile = windows.profile or "C:\\Users\\" + windows.user
    if world.wsl.wsl1:
        world.wsl.release = world.wsl.release or f"4.4.0-{windows.version.split('.')[2]}-Microsoft"
    world.wsl.release = world.wsl.release or f"{world.wsl.kernel.split('-')[0]}-microsoft-standard-WSL2"
    dns.names = {**NAMES, **dns.names}
    for resolver in RESOLVERS + (vpn.dns if vpn else []) + (dns.windows or []):
        dns.servers.setdefault(resolver, DNS_SERVER(NOTHING))
    for server in vpn.dns if vpn else []:
        dns.servers[server].names = {**vpn.names, **dns.servers[server].names}
    if dns.windows is None:
        dns.windows = vpn.dns if vpn and vpn.dns else ["8.8.8.8"]
    for entry in world.traffic:
        if entry.at and entry.on:
            raise ValueError(f"{path}:{entry.line}: error: 'on' says what 'at' says; one of them is enough")
        entry.at = entry.on or entry.at or "router"
    for hop in world.path:
        hop.where = hop.where or ("vpn" if vpn and vpn.full else "uplink")
    for line, problem in _contradictions(world):
        raise ValueError(f"{path}:{line}: error: {problem}")
    return world


def _contradictions(world):
    """(line, what) of entries that cannot be meant, because the world has no such place."""
    windows = world.platform == "wsl"
    if world.vpn and not windows:
        yield world.vpn.line, "'vpn' is Windows' VPN, which plain Linux does not have; use 'path', 'traffic' and 'dns'"
    for key, entries, places in (("where", world.path, ("vpn", "windows")), ("at", world.traffic, ("vpn", "windows"))):
        for entry in entries:
            place = getattr(entry, key)
            if place in places and (not windows or place == "vpn" and not world.vpn):
                yield entry.line, f"'{key}: {place}', but this world has no {'VPN' if place == 'vpn' else 'Windows'}"
    for entry in world.guest.commands:
        if entry.on == "windows" and not windows:
            yield entry.line, "'on: windows', but this world has no Windows"
    for address in world.dns.servers:
        if owner(world, address) is None:
            yield world.dns.line, f"'{address}' is the address of none of this world's machines"
    for entry in world.traffic:
        if entry.do is None and entry.loss is None and entry.delay is None:
            yield entry.line, "an entry of 'traffic' needs 'do', 'loss' or 'delay'"
    for entry in world.guest.links:
        if entry.tunnel and not entry.address:
            yield entry.line, "a tunnel needs its own 'address' inside"


def owner(world, address):
    """The machine that has this address of a name server; None: nobody on the LAN has."""
    lan, vpn, wsl = world.lan, world.vpn, world.platform == "wsl"
    links = [str(ipaddress.ip_interface(given).ip) for link in world.guest.links for given in link.address]
    if ipaddress.ip_address(address).is_loopback or address in [*links, lan.guest, world.nat.guest.split("/")[0]]:
        return "guest"
    if address in (lan.router, vpn and vpn.gateway):
        return "router"
    if address == lan.phone:
        return "phone"
    if wsl and address in (lan.windows, vpn and vpn.address):
        return "windows"
    return None if ipaddress.ip_address(address) in ipaddress.ip_network(lan.network) else "internet"


def version_numbers(world):
    """WSL's version; nothing for the old built-in one."""
    return tuple(int(part) for part in (world.wsl.version or "0").split("."))


def is_ipv6(value):
    return ":" in str(value)


def all_addresses(world):
    """Every address that the internet's servers answer on, the firm's included."""
    found = set(world.dns.servers)
    tables = [world.dns.names, world.vpn.names if world.vpn else {}, *[s.names for s in world.dns.servers.values()]]
    for names in tables:
        found.update(a for addresses in names.values() for a in addresses)
    for server in world.servers:
        found.update(server.address)
    targets = [ipaddress.ip_network(target) for entry in world.traffic for target in entry.to]
    named = [str(target[0]) for target in targets if target.num_addresses == 1]
    found.update(address for address in named if not in_between(world, address))
    if any(link.tunnel for link in world.guest.links):
        found.add("203.0.113.51")
    return sorted(a for a in found if owner(world, a) == "internet" and not in_lan(world, a))


def in_lan(world, value):
    """Addresses of the home network belong to its own machines, not to the internet."""
    parsed = ipaddress.ip_address(value)
    nets = [ipaddress.ip_network(world.lan.network), ipaddress.ip_interface(world.nat.guest).network]
    return any(parsed in net for net in nets)


def in_between(world, value):
    """Addresses of Windows' links and of the ways between the world's machines."""
    nets = [*WAYS, *[f"{end}/24" for end in (world.vpn.address, world.vpn.gateway)]] if world.vpn else WAYS
    return any(ipaddress.ip_address(value) in ipaddress.ip_network(net, strict=False) for net in nets)
