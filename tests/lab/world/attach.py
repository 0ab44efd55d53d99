"""Gives the guest its network of one networking mode, and takes it away again at the next start."""
import ipaddress
import os
import signal

from . import wire
from .description import is_ipv6
from .network import V6
from .tools import ip, nft, sysctl

GUEST_SUBNET_TABLE = 100    # Windows' routing tables for what it steers to the guest: 100 + number of the adapter
DEFAULT_RULES = ["rule flush", "rule add pref 0 lookup local", "rule add pref 32766 lookup main",
                 "rule add pref 32767 lookup default", "-6 rule flush", "-6 rule add pref 0 lookup local",
                 "-6 rule add pref 32766 lookup main"]
QUIET = {"net.ipv6.conf.default.accept_dad": 0, "net.ipv6.conf.all.accept_dad": 0}


class Attachment:
    """The guest's links of one start."""

    def __init__(self, nets, mode):
        self.nets, self.world, self.mode = nets, nets.world, mode
        self.ipv6 = self.world.ipv6 if self.world.ipv6 is not None else mode in ("mirrored", "lan", "bridged")
        self.wires = []
        sysctl(nets.guest, QUIET)
        {"nat": self._nat, "consomme": self._nat, "mirrored": self._mirrored, "bridged": self._lan, "lan": self._lan,
         "none": lambda: None}[mode]()

    def remove(self):
        """A guest that is down has no link and no rule, and Windows none for it."""
        for pid in self.wires:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        guest = self.nets.guest
        with guest.inside():
            links = [name for name in os.listdir("/proc/sys/net/ipv4/conf") if name not in ("all", "default", "lo")]
        ip(guest, *[f"link del {name}" for name in links if name not in ("tunl0", "sit0", "ip6tnl0")], force=True)
        ip(guest, "route flush table main", "-6 route flush table main", "addr flush dev lo", "addr add 127.0.0.1/8 dev lo",
           "-6 addr flush dev lo", "-6 addr add ::1/128 dev lo", *DEFAULT_RULES, force=True)
        nft(guest, "flush ruleset")
        if "windows" in self.nets.by_name:
            ip(self.nets.windows, *DEFAULT_RULES, force=True)
            nft(self.nets.windows, "table inet guest\ndelete table inet guest")

    def _cable(self, link, owner, peer, mtu):
        """A link of the guest and its other end; through the slow wire where the world has delays."""
        slow = [entry for entry in self.world.traffic if entry.delay]
        far = max(1500, mtu)
        if not slow:
            ip(owner, f"link add {peer} mtu {far} type veth peer name {link} mtu {mtu} netns {self.nets.guest.path}",
               f"link set {peer} up")
        else:
            near = f"{peer}-guest"
            ip(self.nets.wire, f"link add {near} mtu {far} type veth peer name {link} mtu {mtu} netns {self.nets.guest.path}",
               f"link add {peer} mtu {far} type veth peer name {peer} mtu {far} netns {owner.path}",
               f"link set {near} up", f"link set {peer} up")
            ip(owner, f"link set {peer} up")
            self.wires.append(wire.start(self.nets.wire, near, peer, slow))
        ip(self.nets.guest, f"link set {link} address {hardware_address(link)}", f"link set {link} up")

    def _nat(self):
        """Behind Windows, which translates: the guest's subnet is known to nobody else."""
        world, nets = self.world, self.nets
        guest = ipaddress.ip_interface(world.nat.guest)
        self._cable("eth0", nets.windows, "vethernet", world.guest.mtu)
        back = self._back_mtu
        ip(nets.windows, f"addr add {world.nat.gateway}/{guest.network.prefixlen} dev vethernet",
           f"-6 addr add {V6['nat-gateway']}/64 dev vethernet",
           f"route replace {guest.network} dev vethernet {back(4)}" if back(4) else "",
           f"-6 route replace {ipaddress.ip_interface(V6['nat'] + '/64').network} dev vethernet {back(6)}" if back(6) else "")
        ip(nets.guest, f"addr add {guest} dev eth0", f"route add default via {world.nat.gateway} dev eth0 proto kernel")
        if self.ipv6:
            ip(nets.guest, f"-6 addr add {V6['nat']}/64 dev eth0", f"-6 route add default via {V6['nat-gateway']} dev eth0")
        nft(nets.windows, """table inet guest {
    chain translate {
        type nat hook postrouting priority srcnat;
        iifname "vethernet" oifname != "vethernet" masquerade
    }
}""")

    def _back_mtu(self, family):
        from .traffic import route_mtu
        return route_mtu(self.world, family, "in", "windows")

    def _lan(self):
        """A machine of its own in the home network."""
        world, nets = self.world, self.nets
        self._cable("eth0", nets.router, "lan-guest", world.guest.mtu)
        ip(nets.router, "link set lan-guest master br-lan")
        ip(nets.guest, f"addr add {world.lan.guest}/{nets.prefix} dev eth0",
           f"route add default via {world.lan.router} dev eth0")
        if self.ipv6:
            ip(nets.guest, f"-6 addr add {V6['guest']}/64 dev eth0", f"-6 route add default via {V6['router']} dev eth0")

    def _mirrored(self):
        """The guest has Windows' own addresses, one link for each adapter.

        What the guest sends leaves as it is; Windows marks those connections, and new ones from
        outside to ports that it does not use itself, and routes what is marked into the guest."""
        world, windows, guest = self.world, self.nets.windows, self.nets.guest
        vpn = world.vpn
        adapters = [("lan0", f"{world.lan.windows}/{self.nets.prefix}", world.lan.router, f"{V6['windows']}/64", V6["router"],
                     not (vpn and vpn.full), [])]
        if vpn:
            adapters.append(("vpn0", f"{vpn.address}/24", vpn.gateway, f"{V6['vpn']}/64" if vpn.mtu >= 1280 else None,
                             V6["gateway"], vpn.full, vpn.networks))
        ip(windows, "rule add pref 32000 lookup local", "rule del pref 0", "-6 rule add pref 32000 lookup local", "-6 rule del pref 0")
        for number, (adapter, address, gateway, address6, gateway6, default, networks) in enumerate(adapters):
            self._mirror(number, address, gateway, address6 if self.ipv6 else None, gateway6, default, networks)
        ip(windows, f"link add loop-guest type veth peer name loopback0 netns {guest.path}", "link set loop-guest up")
        ip(guest, "link set loopback0 up", "rule add pref 1 ipproto tcp lookup 127", "rule add pref 1 ipproto udp lookup 127",
           "rule add pref 1 ipproto tcp lookup 128", "rule add pref 1 ipproto udp lookup 128",
           "rule add pref 2 lookup local", "rule del pref 0")
        sysctl(guest, {"net.ipv4.conf.all.rp_filter": 0, "net.ipv4.conf.loopback0.rp_filter": 0,
                       "net.ipv4.conf.all.arp_filter": 1})
        nft(windows, _steering([adapter[0] for adapter in adapters], world.windows.listeners))

    def _mirror(self, number, address, gateway, address6, gateway6, default, networks):
        windows, guest, link, peer = self.nets.windows, self.nets.guest, f"eth{number}", f"mir{number}"
        self._cable(link, windows, peer, self.world.guest.mtu if default or number else 1500)
        sysctl(windows, {f"net/ipv4/conf/{peer}/proxy_arp": 1, f"net/ipv4/conf/{peer}/accept_local": 1,
                         f"net/ipv4/conf/{peer}/rp_filter": 0, f"net/ipv4/neigh/{peer}/proxy_delay": 0,
                         f"net/ipv6/conf/{peer}/proxy_ndp": 1, f"net/ipv6/neigh/{peer}/proxy_delay": 0})
        table, mark = GUEST_SUBNET_TABLE + number, number + 1
        ip(windows, f"rule add pref 0 fwmark {mark} lookup {table}", f"route add default dev {peer} table {table} {self._back_mtu(4)}")
        # Windows cannot ask for the guest's address by ARP: it is Windows' own address too.
        known = f"lladdr {hardware_address(link)} dev {peer} nud permanent"
        ip(windows, f"neigh replace {address.split('/')[0]} {known}", f"-6 neigh replace {address6.split('/')[0]} {known}" if address6 else "")
        local = [net for net in networks if not is_ipv6(net)]
        ip(guest, f"addr add {address} dev {link}",
           f"route add default via {gateway} dev {link} metric {25 + number}" if default else "",
           *[f"route add {net} via {gateway} dev {link}" for net in local])
        if address6:
            ip(windows, f"-6 rule add pref 0 fwmark {mark} lookup {table}",
               f"-6 route add default dev {peer} table {table} {self._back_mtu(6)}",
               *[f"-6 neigh add proxy {neighbour} dev {peer}" for neighbour in (gateway6, V6["phone"])])
            ip(guest, f"-6 addr add {address6} dev {link}",
               f"-6 route add default via {gateway6} dev {link} metric {25 + number}" if default else "",
               *[f"-6 route add {net} via {gateway6} dev {link}" for net in networks if is_ipv6(net)])


def hardware_address(link):
    """Always the same, and one that Hyper-V would give."""
    return f"00:15:5d:4c:ab:{int(link[3:]):02x}"


def _steering(adapters, listeners):
    """Which packets Windows hands to the guest in mirrored mode."""
    own = {kind: [str(entry.port) for entry in listeners if entry.protocol == kind] for kind in ("tcp", "udp")}
    mine = "\n".join(f"        {kind} dport {{ {', '.join(ports)} }} return" for kind, ports in own.items() if ports)
    lines = []
    for number, adapter in enumerate(adapters):
        lines += [f'iifname "mir{number}" ct mark set {number + 1}', f'iifname "{adapter}" jump inbound{number}']
    chains = "\n".join(f"""    chain inbound{number} {{
        ct mark {number + 1} meta mark set {number + 1} return
        ct state != new return
        fib daddr type != local return
{mine}
        meta l4proto {{ tcp, udp }} ct mark set {number + 1} meta mark set {number + 1}
    }}""" for number in range(len(adapters)))
    body = "\n".join(f"        {line}" for line in lines)
    return f"""table inet guest {{
{chains}
    chain steer {{
        type filter hook prerouting priority mangle;
{body}
    }}
}}"""
