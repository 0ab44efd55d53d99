"""What happens to packets on their way: narrow links, lost or refused packets, as routes and nft rules."""
import ipaddress

from .description import is_ipv6

VERDICTS = {
    "drop": "drop",
    "reject": "reject",
    "reset": "reject with tcp reset",
    "prohibited": "reject with icmpx type admin-prohibited",
    "unreachable": "reject with icmpx type host-unreachable",
}

FROM_GUEST = 'iifname { "vethernet", "mir0", "mir1" } '


def route_mtu(world, family, direction, *places):
    """The route attribute that makes a router refuse larger packets, as a narrow link behind it would.

    A locked route MTU and not a link's MTU: it holds in one direction and for one family, and the
    kernel applies a route's MTU to forwarded packets only where it is locked."""
    sizes = [
        hop.mtu
        for hop in world.path
        if hop.where in places and hop.direction in ("both", direction) and hop.family in ("any", f"ipv{family}")
    ]
    return f"mtu lock {max(min(sizes), 1280 if family == 6 else 68)}" if sizes else ""


def fixed_rules(nets):
    """(namespace, nft text) of every rule that holds from the world's start to its end."""
    world = nets.world
    for name in ("router", "windows", "internet"):
        chains = (_error_rules(world, name), _way_rules(world, name), _back_rules(world, name))
        errors, way, back = ("\n".join(f"        {rule}" for rule in chain) for chain in chains)
        if name in nets.by_name and errors + way + back:
            yield nets.by_name[name], _table(name, errors, way, back)


    yield nets.phone, own_rules(world, "phone")


def own_rules(world, name):
    """What a machine at the end of the way does to what it sends, and to what it hears."""
    chains = []
    for direction, hook in (("out", "output"), ("in", "input")):
        entries = [entry for entry in world.traffic if entry.at == name and entry.direction == direction]
        lines = "\n".join(rule for entry in entries for rule in rules(entry))
        if lines:
            chains.append(f"chain {direction} {{ type filter hook {hook} priority 0;\n{lines}\n}}")
    return "table inet local {\n" + "\n".join(chains) + "\n}" if chains else ""


def _table(name, errors, way, back):
    # What leaves the guest meets Windows before Windows asks whether it is meant for itself.
    hook = {"internet": "input", "windows": "prerouting"}.get(name, "forward")
    return f"""
table inet world {{
    chain errors {{
        type filter hook output priority 0;
{errors}
    }}
    chain way {{
        type filter hook {hook} priority -10;
{way}
    }}
    chain back {{
        type filter hook {'output' if name == 'internet' else 'forward'} priority -9;
{back}
    }}
}}
"""


def _way_rules(world, name):
    if name == "router" and world.vpn:
        for net in world.vpn.networks:
            yield f'iifname != "vpn" {"ip6" if is_ipv6(net) else "ip"} daddr {net} drop'
    if name == "router" and world.internet == "down":
        yield 'iifname { "br-lan", "vpn" } drop'
    if name == "internet":
        yield from (rule for server in world.servers for rule in _refusals(server))
    for entry in world.traffic:
        if entry.at == name and entry.direction == "out":
            yield from (f"{FROM_GUEST if name == 'windows' else ''}{rule}" for rule in rules(entry))


def _back_rules(world, name):
    """What comes back; and what goes into the VPN, which only the routing decides."""
    for entry in world.traffic:
        if entry.at == name and entry.direction == "in":
            yield from rules(entry)
        elif entry.at == "vpn" and name == "windows":
            yield from (f'{"o" if entry.direction == "out" else "i"}ifname "vpn0" {rule}' for rule in rules(entry))


def _refusals(server):
    verdict = {
        "refuse": "reject with tcp reset" if server.protocol == "tcp" else "reject",
        "drop": "drop",
        "reject": VERDICTS["prohibited"],
    }.get(server.answers)
    if verdict:
        for port in server.port:
            for address in server.address or [""]:
                yield f"{_address('daddr', address)}{server.protocol} dport {port} {verdict}"


def rules(entry):
    """The nft rules of one entry of `traffic`, without the name of the chain."""
    side, port = ("daddr", "dport") if entry.direction == "out" else ("saddr", "sport")
    loss = {0: "", 100: "drop"}.get(entry.loss, f"numgen random mod 100 < {entry.loss} drop")
    verdict = VERDICTS[entry.do] if entry.do else loss
    if not verdict or entry.loss is None and not entry.do:
        return
    for network in entry.to or [""]:
        for match in _protocols(entry, port):
            yield f"{_address(side, network)}{match}{verdict}"


def _address(side, value):
    if not value:
        return ""
    return f"{'ip6' if is_ipv6(value) else 'ip'} {side} {ipaddress.ip_network(value)} "


def _protocols(entry, port):
    if entry.protocol == "icmp":
        return ["meta l4proto { icmp, ipv6-icmp } "]
    if entry.port:
        kinds = ["tcp", "udp"] if entry.protocol == "any" else [entry.protocol]
        return [f"{kind} {port} {{ {', '.join(entry.port)} }} " for kind in kinds]
    if entry.do == "reset":
        return ["meta l4proto tcp "]
    return ["" if entry.protocol == "any" else f"meta l4proto {entry.protocol} "]


def _error_rules(world, name):
    """The router's "packet too big": kept back, or with a wrong size in it."""
    reporters = {
        "vpn": {"out": "windows", "in": "router"},
        "uplink": {"out": "router", "in": "router"},
        "windows": {"out": "windows", "in": "windows"},
    }
    for hop in world.path:
        speaks = any(reporters[hop.where][way] == name for way in ("out", "in") if hop.direction in ("both", way))
        if not speaks or hop.icmp == "ok":
            continue
        for family, big in (
            (4, "icmp type destination-unreachable icmp code frag-needed"),
            (6, "icmpv6 type packet-too-big"),
        ):
            if hop.family in ("any", f"ipv{family}"):
                field = "icmp mtu" if family == 4 else "icmpv6 mtu"
                wrong = f"{field} set {hop.reports if hop.reports is not None else 1492}"
                yield f"{big} {'drop' if hop.icmp == 'drop' else wrong}"
