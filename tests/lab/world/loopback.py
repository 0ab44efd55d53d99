"""127.0.0.1 of mirrored mode, which Windows and the guest share: what goes there by TCP and UDP leaves the guest through
loopback0, and Windows keeps it where it listens itself, and hands it back else. The other way round the same.

Sources: microsoft/WSL, src/linux/init/NetworkManager.cpp (tables 127 and 128, the rules, the fixed gateway)."""

GATEWAY, BACK = "169.254.73.249", "169.254.73.248"  # the second has no part but to be a next hop
MARK = TABLE = 9  # of packets that Windows sends into the guest's loopback0
TO_WINDOWS, TO_ITSELF, TO_GUEST, PROXIED = 9, 10, 11, 50  # of connections; the last: a port proxy's, see windows/programs.py
PORTS = "57344 61439"  # the 4096 ports that Windows reserves for the guest
_MAC = {"loopback0": "00:15:5d:4c:ac:01", "loop-guest": "00:15:5d:4c:ac:02"}
_OPEN = {"route_localnet": 1, "accept_local": 1, "rp_filter": 0, "send_redirects": 0}


def connect(plan, guest, links):
    """The link, and on both sides the way into it. `links`: the guest's other mirrored links."""
    plan.add(
        "windows",
        f"link add loop-guest address {_MAC['loop-guest']} type veth peer name loopback0 "
        f"address {_MAC['loopback0']} netns {guest.path}",
        "link set loop-guest up",
        f"neigh replace {BACK} lladdr {_MAC['loopback0']} dev loop-guest nud permanent",
        f"-4 route add 127.0.0.1 via {BACK} dev loop-guest onlink table {TABLE}",
        f"-4 rule add pref 0 fwmark {MARK} lookup {TABLE}",
    )
    plan.add(
        "guest",
        "link set loopback0 up",
        f"neigh replace {GATEWAY} lladdr {_MAC['loop-guest']} dev loopback0 nud permanent",
        f"-4 route add 127.0.0.1 via {GATEWAY} dev loopback0 src 127.0.0.1 onlink table 127",
        "-4 rule add pref 2 lookup local",
        "-4 rule del pref 0",
        *[
            f"-4 rule add pref 0 iif {link} ipproto {kind} lookup local"
            for link in ("loopback0", *links)
            for kind in ("tcp", "udp")
        ],
        *[f"-4 rule add pref 1 ipproto {kind} lookup {table}" for table in (127, 128) for kind in ("tcp", "udp")],
    )


def sysctls(links):
    """(of the guest, of Windows)."""
    guest = {f"net/ipv4/conf/{link}/{name}": value for link in ("loopback0", *links) for name, value in _OPEN.items()}
    windows = {f"net/ipv4/conf/loop-guest/{name}": value for name, value in _OPEN.items()}
    quiet = {"net/ipv4/conf/all/send_redirects": 0}
    return {**guest, **quiet, "net.ipv4.conf.all.rp_filter": 0, "net.ipv4.ip_local_port_range": PORTS}, {**windows, **quiet}


def rules(own):
    """Who gets what comes to 127.0.0.1. `own`: {tcp, udp: the ports of Windows' own servers}. (What is invalid is half of a
    conversation with another address of 127/8: the other half stays inside.)"""
    mine = "\n".join(
        f"        {kind} dport {{ {', '.join(ports)} }} ct mark set {TO_WINDOWS} return"
        for kind, ports in own.items()
        if ports
    )
    not_mine = "\n".join(
        f"        oifname lo ip daddr 127.0.0.1 ct state new {kind} dport {excluded}ct mark set {TO_GUEST} meta mark set {MARK}"
        for kind, excluded in (
            (kind, f"!= {{ {', '.join(ports)} }} " if ports else "0-65535 ") for kind, ports in own.items()
        )
    )
    return f"""
    chain from_loopback0 {{
        type filter hook prerouting priority mangle;
        iifname != "loop-guest" return
        ct mark {{ {TO_WINDOWS}, {TO_GUEST} }} return
        ct mark {TO_ITSELF} meta mark set {MARK} return
        ct state invalid meta mark set {MARK} return
        ct state != new return
{mine}
        meta l4proto {{ tcp, udp }} ct mark set {TO_ITSELF} meta mark set {MARK}
    }}
    chain into_loopback0 {{
        type route hook output priority mangle;
        ct mark {PROXIED} return
        ct mark {TO_WINDOWS} ct direction reply meta mark set {MARK} return
        ct mark {TO_GUEST} meta mark set {MARK} return
{not_mine}
    }}"""
