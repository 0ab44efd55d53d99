"""Gives the guest its network of one networking mode, and takes it away again at the next start."""
import collections
import contextlib
import ipaddress
import os
import signal

from . import loopback, wire
from .description import is_ipv6, version_numbers as version
from .network import Plan, V6, replace_connected
from .kernel import Network
from .tools import all_sysctls, ip, nft, sysctl
from .traffic import route_mtu
from .windows import relay

Adapter = collections.namedtuple("Adapter", "name address gateway address6 gateway6 default networks")
GUEST_TABLE = 100  # Windows' routing tables for what it steers to the guest: 100 + number of the adapter
# `rule flush` spares those of preference 0, of which mirrored mode makes several.
DEFAULT_RULES = [
    f"-{family} rule {what}"
    for family in (4, 6)
    for what in (
        "flush",
        *["del pref 0"] * 8,
        "add pref 0 lookup local",
        "add pref 32766 lookup main",
        *(["add pref 32767 lookup default"] if family == 4 else []),
    )
]
NAMES_ASKED = "169.254.253.53"  # where Windows answers what a consomme guest asks the gateway for
LOOPBACK0_IN_CONSOMME = (2, 5, 10)  # the first version that has it there too
CONSOMME = """
    chain inward {{
        type nat hook prerouting priority dstnat;
        {inward}
    }}
    chain outward {{
        type nat hook postrouting priority srcnat;
        {outward}
    }}
    chain answers {{
        type route hook output priority mangle;
        ct direction reply ct mark 1 meta mark set 1
    }}"""
NO_LINKS = {"all", "default", "lo", "tunl0", "sit0", "ip6tnl0"}
QUIET = {"net.ipv6.conf.default.accept_dad": 0, "net.ipv6.conf.all.accept_dad": 0}


class Attachment:
    """The guest's links of one start."""

    def __init__(self, nets, mode):
        self.nets, self.world, self.mode = nets, nets.world, mode
        self.ipv6 = self.world.ipv6 if self.world.ipv6 is not None else mode in ("mirrored", "lan", "bridged")
        self.wires, self.slow_cables, self.mirrors, self.rules = [], [], [], ""
        self.own = own_ports(self.world)
        sysctl(nets.guest, QUIET)
        plan = Plan(nets)
        {
            "nat": self._nat,
            "consomme": self._consomme,
            "mirrored": self._mirrored,
            "wsl1": self._wsl1,
            "bridged": self._lan,
            "lan": self._lan,
            "none": lambda _: None,
        }[mode](plan)
        plan.add("guest")
        plan.carry_out()
        self._settle_mirrors()
        self.wires = [wire.start(nets.wire, *cable) for cable in self.slow_cables]
        if "windows" in nets.by_name:
            rules = self.rules + _windows_firewall(self.world.windows.firewall, mode)
            nft(nets.windows, f"table inet guest\ndelete table inet guest\ntable inet guest {{\n{rules}\n}}")

    def remove(self):
        """A guest that is down has no link and no rule, and Windows none for it."""
        for pid in self.wires:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        guest = self.nets.guest
        for network in (guest, self.nets.wire):
            with network.inside():
                links = set(os.listdir("/proc/sys/net/ipv4/conf")) - NO_LINKS
            ip(network, *[f"link del {name}" for name in sorted(links)], force=True)
        ip(
            guest,
            "route flush table main",
            "-6 route flush table main",
            "addr flush dev lo",
            "addr add 127.0.0.1/8 dev lo",
            "-6 addr flush dev lo",
            "-6 addr add ::1/128 dev lo",
            *DEFAULT_RULES,
            force=True,
        )
        nft(guest, "flush ruleset")
        _reset_sysctls(guest)
        if "windows" in self.nets.by_name:
            ip(self.nets.windows, *DEFAULT_RULES, force=True)

    def _cable(self, plan, link, owner, peer, mtu):
        """A link of the guest and its other end; through the slow wire where the world has delays."""
        slow = [entry for entry in self.world.traffic if entry.delay]
        near, to_guest = (peer, owner) if not slow else (f"{peer}-guest", "wire")
        plan.add(
            to_guest,
            f"link add {near} mtu {self.nets.mtu} type veth peer name {link} mtu {mtu} netns {self.nets.guest.path}",
            f"link set {near} up",
        )
        if slow:
            plan.add(
                "wire",
                f"link add {peer} mtu {self.nets.mtu} type veth peer name {peer} mtu {self.nets.mtu} "
                f"netns {self.nets.by_name[owner].path}",
                f"link set {peer} up",
            )
            plan.add(owner, f"link set {peer} up")
            self.slow_cables.append((near, peer, slow))
        plan.add("guest", f"link set {link} address {hardware_address(link)}", f"link set {link} up")

    def _nat(self, plan):
        """Behind Windows, which translates: the guest's subnet is known to nobody else."""
        world = self.world
        guest = ipaddress.ip_interface(world.nat.guest)
        self._cable(plan, "eth0", "windows", "vethernet", world.guest.mtu)
        back = self._back_mtu
        plan.add(
            "windows",
            f"addr add {world.nat.gateway}/{guest.network.prefixlen} dev vethernet",
            f"addr add {V6['nat-gateway']}/64 dev vethernet",
            replace_connected(4, guest.network, "vethernet", back(4)) if back(4) else "",
            replace_connected(6, ipaddress.ip_interface(V6["nat"] + "/64").network, "vethernet", back(6))
            if back(6)
            else "",
        )
        plan.add(
            "guest", f"addr add {guest} dev eth0", f"route add default via {world.nat.gateway} dev eth0 proto kernel"
        )
        if self.ipv6:
            plan.add(
                "guest", f"addr add {V6['nat']}/64 dev eth0", f"route add default via {V6['nat-gateway']} dev eth0"
            )
        self.rules = """    chain translate {
        type nat hook postrouting priority srcnat;
        iifname "vethernet" oifname != "vethernet" masquerade
    }"""

    def _back_mtu(self, family):
        return route_mtu(self.world, family, "in", "windows")

    def _lan(self, plan):
        """A machine of its own in the home network."""
        world = self.world
        self._cable(plan, "eth0", "router", "lan-guest", world.guest.mtu)
        plan.add("router", "link set lan-guest master br-lan")
        plan.add(
            "guest",
            f"addr add {world.lan.guest}/{self.nets.prefix} dev eth0",
            f"route add default via {world.lan.router} dev eth0",
        )
        if self.ipv6:
            plan.add("guest", f"addr add {V6['guest']}/64 dev eth0", f"route add default via {V6['router']} dev eth0")

    def _mirrored(self, plan):
        """The guest has Windows' own addresses, one link for each adapter, and shares 127.0.0.1."""
        self._wsl1(plan)
        loopback.connect(plan, self.nets.guest, self._links())
        self.rules += loopback.rules(self.own)

    def _wsl1(self, plan):
        """The same without a loopback of its own kind: Windows' very adapters."""
        adapters = self._adapters()
        self._reroute(plan)
        for number, adapter in enumerate(adapters):
            self._mirror(plan, number, adapter)
        self.rules = _steering([[adapter.name] for adapter in adapters], self.own)

    def _consomme(self, plan):
        """One link with the address and the gateway of the adapter that Windows prefers. Windows opens each connection
        anew, with its own address of the adapter that leads there, and what comes to any of its addresses may be the
        guest's. Whoever asks the gateway for names asks Windows."""
        adapters = sorted(self._adapters(), key=lambda adapter: not adapter.default)
        self._reroute(plan)
        self._mirror(plan, 0, adapters[0])
        guest = adapters[0].address.split("/")[0]
        plan.add("windows", f"addr add {NAMES_ASKED}/32 dev mir0")
        if version(self.world) >= LOOPBACK0_IN_CONSOMME:
            plan.add("windows", "link add loop-guest type veth peer name loopback0 netns " + self.nets.guest.path)
            plan.add("windows", "link set loop-guest up")
            plan.add("guest", "link set loopback0 up")
        others = [(adapter.name, adapter.address.split("/")[0]) for adapter in adapters[1:]]
        inward = [f'iifname "{name}" ct mark 1 ip daddr {address} dnat ip to {guest}' for name, address in others]
        outward = [f'oifname "{name}" ct mark 1 ip saddr {guest} masquerade' for name, _ in others]
        asked = f'iifname "mir0" ip daddr {adapters[0].gateway} meta l4proto {{ tcp, udp }} th dport 53'
        inward.append(f"{asked} dnat ip to {NAMES_ASKED}")
        self.rules = _steering([[adapter.name for adapter in adapters]], self.own) + CONSOMME.format(
            inward="\n        ".join(inward), outward="\n        ".join(outward)
        )

    def _reroute(self, plan):
        """What the guest sends leaves as it is; Windows marks those connections, and new ones from outside to ports that
        it does not use itself, and routes what is marked into the guest, before it asks whether it is its own."""
        plan.add(
            "windows",
            *[f"-{family} rule {what}" for family in (4, 6) for what in ("add pref 32000 lookup local", "del pref 0")],
        )

    def gateway(self):
        """Of the adapter that Windows prefers."""
        return next(adapter.gateway for adapter in self._adapters() if adapter.default)

    def _links(self):
        return [f"eth{number}" for number, _ in enumerate(self.mirrors)]

    def _adapters(self):
        world, vpn = self.world, self.world.vpn
        full = bool(vpn and vpn.full)
        adapters = [
            Adapter(
                "lan0",
                f"{world.lan.windows}/{self.nets.prefix}",
                world.lan.router,
                V6["windows"],
                V6["router"],
                not full,
                [],
            )
        ]
        if vpn:
            address6 = V6["vpn"] if vpn.mtu >= 1280 else None
            adapters.append(
                Adapter("vpn0", f"{vpn.address}/24", vpn.gateway, address6, V6["gateway"], full, vpn.networks)
            )
        return adapters

    def _mirror(self, plan, number, adapter):
        """One of Windows' adapters, seen in the guest as ethN."""
        link, peer, table, mark = f"eth{number}", f"mir{number}", GUEST_TABLE + number, number + 1
        self._cable(plan, link, "windows", peer, self.world.guest.mtu if adapter.default or number else 1500)
        self.mirrors.append(peer)
        # Windows cannot ask for the guest's address by ARP: it is Windows' own address too.
        known = f"lladdr {hardware_address(link)} dev {peer} nud permanent"
        metric = f"dev {link} metric {25 + number}"
        plan.add(
            "windows",
            f"-4 rule add pref 0 fwmark {mark} lookup {table}",
            f"neigh replace {adapter.address.split('/')[0]} {known}",
            f"-4 route add default dev {peer} table {table} {self._back_mtu(4)}",
        )
        plan.add(
            "guest",
            f"addr add {adapter.address} dev {link}",
            f"route add default via {adapter.gateway} {metric}" if adapter.default else "",
            *[f"route add {net} via {adapter.gateway} dev {link}" for net in adapter.networks if not is_ipv6(net)],
        )
        if adapter.address6 and self.ipv6:
            plan.add(
                "windows",
                f"-6 rule add pref 0 fwmark {mark} lookup {table}",
                f"neigh replace {adapter.address6} {known}",
                f"-6 route add default dev {peer} table {table} {self._back_mtu(6)}",
                *[f"neigh add proxy {neighbour} dev {peer}" for neighbour in (adapter.gateway6, V6["phone"])],
            )
            plan.add(
                "guest",
                f"addr add {adapter.address6}/64 dev {link}",
                f"route add default via {adapter.gateway6} {metric}" if adapter.default else "",
                *[f"route add {net} via {adapter.gateway6} dev {link}" for net in adapter.networks if is_ipv6(net)],
            )

    def _settle_mirrors(self):
        """The sysctls where the guest has Windows' addresses, on both sides."""
        for peer in self.mirrors:
            sysctl(
                self.nets.windows,
                {
                    f"net/ipv4/conf/{peer}/proxy_arp": 1,
                    f"net/ipv4/conf/{peer}/accept_local": 1,
                    f"net/ipv4/conf/{peer}/rp_filter": 0,
                    f"net/ipv4/neigh/{peer}/proxy_delay": 0,
                    f"net/ipv6/conf/{peer}/proxy_ndp": 1,
                    f"net/ipv6/neigh/{peer}/proxy_delay": 0,
                },
            )
        if self.mode == "mirrored":
            of_guest, of_windows = loopback.sysctls(self._links())
            sysctl(self.nets.guest, {**of_guest, "net.ipv4.conf.all.arp_filter": 1})
            sysctl(self.nets.windows, of_windows)


def _reset_sysctls(network):
    """Back to what a new namespace has."""
    new = Network()
    with new.inside():
        fresh = dict(all_sysctls())
    os.close(new.descriptor)
    with network.inside():
        for path, value in all_sysctls():
            if fresh.get(path, value) != value:
                with contextlib.suppress(OSError), open(path, "w") as file:
                    file.write(fresh[path])


def hardware_address(link):
    """Always the same, and one that Hyper-V would give."""
    return f"00:15:5d:4c:ab:{int(link[3:]):02x}"


def own_ports(world):
    """{tcp, udp: the ports where Windows itself listens}."""
    listeners = world.windows.listeners
    own = {kind: [str(entry.port) for entry in listeners if entry.protocol == kind] for kind in ("tcp", "udp")}
    return {**own, "tcp": own["tcp"] + [str(relay.PROXY), str(relay.LOCALHOST)]}


def _windows_firewall(wanted, mode):
    """What Windows' own firewall lets in. What a mirrored guest gets is the Hyper-V firewall's, and marked by now; what a
    consomme guest gets comes to a port of Windows."""
    if wanted.default_in == "allow":
        return ""
    but = f"th dport != {{ {', '.join(wanted.ports)} }} " if wanted.ports else ""
    unmarked = "" if mode == "consomme" else "meta mark 0 "
    return f"""
    chain own_firewall {{
        type filter hook prerouting priority -140;
        iifname {{ "lan0", "vpn0" }} {unmarked}fib daddr type local ct state new meta l4proto {{ tcp, udp }} {but}drop
    }}"""


def _steering(ways, own):
    """Which packets Windows hands to the guest. `ways`: for each link of the guest the adapters whose packets go there."""
    mine = "\n".join(f"        {kind} dport {{ {', '.join(ports)} }} return" for kind, ports in own.items() if ports)
    lines = []
    for number, adapters in enumerate(ways):
        lines.append(f'iifname "mir{number}" ct mark set {number + 1}')
        lines += [f'iifname "{adapter}" jump inbound{number}' for adapter in adapters]
    chains = "\n".join(
        f"""    chain inbound{number} {{
        ct mark {loopback.PROXIED} return
        ct mark {number + 1} meta mark set {number + 1} return
        ct state != new return
        fib daddr type != local return
{mine}
        meta l4proto {{ tcp, udp }} ct mark set {number + 1} meta mark set {number + 1}
    }}"""
        for number in range(len(ways))
    )
    body = "\n".join(f"        {line}" for line in lines)
    return f"""{chains}
    chain steer {{
        type filter hook prerouting priority mangle;
{body}
    }}"""
