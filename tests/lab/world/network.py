"""The namespaces of a world and the links between them.

    guest ── windows ──┬── router ── internet        nat, consomme, mirrored
                (VPN) ─┘      │
                            phone                    the guest itself is on the LAN when bridged or plain Linux

The router is the home router, the provider and the VPN's far end in one. Every public and
corporate address is on the loopback link of the internet's namespace.
"""
import ipaddress

from . import traffic
from .description import all_addresses, is_ipv6
from .kernel import Network
from .tools import ip, nft, sysctl

V6 = {
    "router": "2001:db8:1::1",
    "windows": "2001:db8:1::10",
    "guest": "2001:db8:1::20",
    "phone": "2001:db8:1::50",
    "vpn": "2001:db8:8::2",
    "gateway": "2001:db8:8::1",
    "nat": "2001:db8:2::72",
    "nat-gateway": "2001:db8:2::1",
}
LAN_V6, VPN_V6 = "2001:db8:1::/64", "2001:db8:8::/64"
WAN = {"router": ("100.64.0.1", "2001:db8:ffff::1"), "internet": ("100.64.0.2", "2001:db8:ffff::2")}

ROUTER = {
    "net.ipv4.ip_forward": 1,
    "net.ipv6.conf.all.forwarding": 1,
    "net.ipv4.icmp_ratelimit": 0,
    "net.ipv6.icmp.ratelimit": 0,
    "net.ipv4.conf.all.rp_filter": 0,
    "net.ipv4.conf.default.rp_filter": 0,
    "net.ipv6.conf.default.accept_dad": 0,
    "net.ipv6.conf.all.accept_dad": 0,
}
QUIET = {
    "net.ipv6.conf.default.accept_dad": 0,
    "net.ipv6.conf.all.accept_dad": 0,
    "net.ipv4.icmp_ratelimit": 0,
    "net.ipv6.icmp.ratelimit": 0,
}


class Nets:
    """All namespaces of one world, by name."""

    def __init__(self, world):
        self.world = world
        self.on_lan = world.platform == "linux"
        names = ["guest", "router", "internet", "phone", "wire"] + ([] if self.on_lan else ["windows"])
        self.by_name = {name: Network() for name in names}
        self.mtu = max(1500, world.guest.mtu)  # where the guest's link is larger, every other link is too
        self.prefix = ipaddress.ip_network(world.lan.network).prefixlen

    def __getattr__(self, name):
        return self.by_name[name]

    def build(self):
        """Everything but the guest's own links, which come and go with its starts."""
        plan = Plan(self)
        for name, network in self.by_name.items():
            plan.add(name, "link set lo up")
            if name not in ("guest", "wire"):
                sysctl(network, ROUTER if name in ("windows", "router") else QUIET)
        self._internet(plan)
        self._lan_member(plan, "phone", self.world.lan.phone, V6["phone"], "eth0")
        if not self.on_lan:
            self._lan_member(plan, "windows", self.world.lan.windows, V6["windows"], "lan0")
            if self.world.vpn:
                self._vpn(plan)
            self._windows_routes(plan)
        self._router_routes(plan)
        plan.carry_out()
        for network, text in traffic.fixed_rules(self):
            nft(network, text)

    def _internet(self, plan):
        (here4, here6), (far4, far6) = WAN["internet"], WAN["router"]
        plan.add(
            "router",
            f"link add br-lan mtu {self.mtu} type bridge",
            f"link add wan mtu {self.mtu} type veth peer name eth0 mtu {self.mtu} netns {self.internet.path}",
            f"addr add {self.world.lan.router}/{self.prefix} dev br-lan",
            f"addr add {V6['router']}/64 dev br-lan",
            f"addr add {far4}/30 dev wan",
            f"addr add {far6}/64 dev wan",
            "link set br-lan up",
            "link set wan up",
        )
        plan.add(
            "internet",
            f"addr add {here4}/30 dev eth0",
            f"addr add {here6}/64 dev eth0",
            "link set eth0 up",
            *[f"addr add {address}/{128 if is_ipv6(address) else 32} dev lo" for address in all_addresses(self.world)],
            f"route add default via {far4}",
            f"route add default via {far6}",
        )

    def _lan_member(self, plan, name, address, address6, link):
        """A machine with a cable into the home router; Windows' own routes come later."""
        plan.add(
            "router",
            f"link add lan-{name} mtu {self.mtu} type veth peer name {link} mtu {self.mtu} "
            f"netns {self.by_name[name].path}",
            f"link set lan-{name} master br-lan",
            f"link set lan-{name} up",
        )
        plan.add(
            name,
            f"addr add {address}/{self.prefix} dev {link}",
            f"addr add {address6}/64 dev {link}",
            f"link set {link} up",
        )
        if name != "windows":
            plan.add(name, f"route add default via {self.world.lan.router}", f"route add default via {V6['router']}")

    def _vpn(self, plan):
        vpn, has_ipv6 = self.world.vpn, self.world.vpn.mtu >= 1280
        plan.add(
            "router",
            f"link add vpn mtu {vpn.mtu} type veth peer name vpn0 mtu {vpn.mtu} netns {self.windows.path}",
            f"addr add {vpn.gateway}/24 dev vpn",
            f"addr add {V6['gateway']}/64 dev vpn" if has_ipv6 else "",
            "link set vpn up",
        )
        plan.add(
            "windows",
            f"addr add {vpn.address}/24 dev vpn0",
            f"addr add {V6['vpn']}/64 dev vpn0" if has_ipv6 else "",
            "link set vpn0 up",
        )

    def _windows_routes(self, plan):
        """Windows sends everything into a full tunnel, and only the firm's networks into a split one."""
        vpn, lan = self.world.vpn, self.world.lan
        for family, router, gateway in ((4, lan.router, vpn and vpn.gateway), (6, V6["router"], V6["gateway"])):
            by_lan = f"via {router} dev lan0 {traffic.route_mtu(self.world, family, 'out', 'windows')}"
            by_vpn = f"via {gateway} dev vpn0 {traffic.route_mtu(self.world, family, 'out', 'windows', 'vpn')}"
            tunnel = vpn and (family == 4 or vpn.mtu >= 1280)
            plan.add("windows", f"route add default {by_vpn if tunnel and vpn.full else by_lan}")
            if tunnel:
                plan.add(
                    "windows", *[f"route add {net} {by_vpn}" for net in vpn.networks if is_ipv6(net) == (family == 6)]
                )

    def _router_routes(self, plan):
        """The way out, and the way back with what the narrow links carry in that direction."""
        world = self.world
        for family, far, lan, vpn in (
            (4, WAN["internet"][0], world.lan.network, world.vpn and world.vpn.gateway),
            (6, WAN["internet"][1], LAN_V6, V6["gateway"]),
        ):
            if world.internet != "unreachable":
                plan.add("router", f"route add default via {far} {traffic.route_mtu(world, family, 'out', 'uplink')}")
            back = traffic.route_mtu(world, family, "in", "uplink")
            if back:
                plan.add("router", replace_connected(family, lan, "br-lan", back))
            back = traffic.route_mtu(world, family, "in", "uplink", "vpn")
            if back and world.vpn and (family == 4 or world.vpn.mtu >= 1280):
                net = ipaddress.ip_interface(f"{vpn}/{24 if family == 4 else 64}").network
                plan.add("router", replace_connected(family, net, "vpn", back))


class Plan:
    """Lines for `ip`, gathered so that each namespace needs one run of it. They are carried out in
    the order in which the namespaces were first named."""

    def __init__(self, nets):
        self.nets, self.lines = nets, {"wire": [], "router": []}

    def add(self, name, *lines):
        self.lines.setdefault(name, []).extend(lines)

    def carry_out(self):
        for name, lines in self.lines.items():
            ip(self.nets.by_name[name], *lines)


def replace_connected(family, network, link, attributes):
    """A network's own route with another attribute. (For IPv6 the metric decides which route is replaced.)"""
    return f"route replace {network} dev {link} {'metric 256 ' if family == 6 else ''}{attributes}"
