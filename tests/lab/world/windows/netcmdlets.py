"""The PowerShell commands about adapters, addresses, routes and services."""
import ipaddress

from ..tools import ip
from . import state
from .cmdlets import registers_in
from .values import Enum, Failure, Object, as_list, as_text, like

COMMANDS = {}
command = registers_in(COMMANDS)


def denied(name, kind):
    return Failure(
        "Access is denied.",
        identity=f"Windows System Error 5,{name}",
        category="PermissionDenied",
        target=f"{kind}:",
        command=name,
    )


def not_found(name, kind, key, value):
    return Failure(
        f"No {kind} objects found with property '{key}' equal to '{value}'.  Verify the value of the property and retry.",
        identity=f"CmdletizationQuery_NotFound_{key},{name}",
        category="ObjectNotFound",
        exception="CimJobException",
        target=value,
        command=name,
    )


def need_right(shell, name, kind):
    if not shell.world.windows.elevated:
        raise denied(name, kind)


def adapters(shell):
    """(index, alias, MTU, [addresses], [(destination, next hop)], connected) of Windows' adapters."""
    world, changed = shell.world, state.load()["mtu"]
    mirrored = world.guest.mtu if shell.mode == "mirrored" else 1500
    vpn = world.vpn
    found = [
        (1, "Loopback Pseudo-Interface 1", 4294967295, ["127.0.0.1/8", "::1/128"], []),
        (
            12,
            "Ethernet",
            mirrored if not (vpn and vpn.full) else 1500,
            [f"{world.lan.windows}/{ipaddress.ip_network(world.lan.network).prefixlen}"],
            [("0.0.0.0/0", world.lan.router)],
        ),
    ]
    if vpn:
        routes = [("0.0.0.0/0", vpn.gateway)] if vpn.full else [(net, vpn.gateway) for net in vpn.networks]
        mtu = mirrored if shell.mode == "mirrored" and vpn.full and world.guest.mtu != 1500 else vpn.mtu
        found.append((21, "VPN", mtu, [f"{vpn.address}/24"], routes))
    if shell.mode == "nat":
        length = ipaddress.ip_interface(world.nat.guest).network.prefixlen
        found.append((35, "vEthernet (WSL (Hyper-V firewall))", 1500, [f"{world.nat.gateway}/{length}"], []))
    return [
        (index, alias, changed.get(alias, mtu), addresses, routes) for index, alias, mtu, addresses, routes in found
    ]


def _family(number):
    return Enum("IPv4", 2) if number == 4 else Enum("IPv6", 23)


def _filtered(objects, parameters, rest=(), first=None):
    for key in (
        "interfacealias",
        "interfaceindex",
        "addressfamily",
        "destinationprefix",
        "ipaddress",
        "name",
        "connectionstate",
    ):
        if key in parameters or rest and key == first:
            wanted = as_list(parameters.get(key, rest[0] if rest else None))
            objects = [o for o in objects if any(like(as_text(o.take(key)), as_text(w)) for w in wanted)]
    return objects


@command(
    "Get-NetIPInterface", takes=("interfacealias", "interfaceindex", "addressfamily", "connectionstate", "policystore")
)
def ip_interface(shell, parameters, rest, _values):
    found = [
        Object(
            {
                "InterfaceAlias": alias,
                "ifAlias": alias,
                "InterfaceIndex": index,
                "ifIndex": index,
                "AddressFamily": _family(number),
                "NlMtu": mtu,
                "InterfaceMetric": 5 if alias == "VPN" else 25,
                "Dhcp": Enum("Enabled", 1),
                "ConnectionState": Enum("Connected", 1),
                "Forwarding": Enum("Disabled", 2),
            },
            cim="MSFT_NetIPInterface",
        )
        for index, alias, mtu, *_ in adapters(shell)
        for number in (6, 4)
    ]
    return _filtered(found, parameters, rest, "interfacealias")


@command(
    "Set-NetIPInterface",
    takes=("interfacealias", "interfaceindex", "addressfamily", "nlmtu", "nlmtubytes", "interfacemetric"),
)
def set_ip_interface(shell, parameters, rest, _values):
    """A new MTU reaches the guest at once in mirrored mode, as WSL passes it on."""
    need_right(shell, "Set-NetIPInterface", "MSFT_NetIPInterface")
    alias = as_text(parameters.get("interfacealias", rest[0] if rest else ""))
    names = [
        name for index, name, *_ in adapters(shell) if like(name, alias) or index == parameters.get("interfaceindex")
    ]
    if not names:
        raise not_found("Set-NetIPInterface", "MSFT_NetIPInterface", "InterfaceAlias", alias)
    mtu = parameters.get("nlmtubytes", parameters.get("nlmtu"))
    if mtu is None:
        return []
    with state.change() as now:
        now["mtu"].update(dict.fromkeys(names, int(mtu)))
        push_mtu(shell.nets, shell.mode, now)
    return []


def push_mtu(nets, mode, now):
    """What somebody set on Windows' adapters, passed on to their twins in the guest."""
    links = {"Ethernet": "eth0", "VPN": "eth1"} if mode == "mirrored" else {}
    ip(nets.guest, *[f"link set {links[name]} mtu {mtu}" for name, mtu in now["mtu"].items() if name in links])


@command("Get-NetAdapter", takes=("name", "interfaceindex", "includehidden"))
def net_adapter(shell, parameters, rest, _values):
    found = [
        Object(
            {
                "Name": alias,
                "InterfaceAlias": alias,
                "InterfaceDescription": alias,
                "Status": "Up",
                "MtuSize": mtu,
                "ifIndex": index,
            }
        )
        for index, alias, mtu, *_ in adapters(shell)[1:]
    ]
    return _filtered(found, parameters, rest, "name")


@command("Get-NetIPAddress", takes=("interfacealias", "interfaceindex", "addressfamily", "ipaddress", "addressstate"))
def ip_address(shell, parameters, rest, _values):
    found = []
    for index, alias, _mtu, addresses, _routes in adapters(shell):
        for text in addresses:
            parsed = ipaddress.ip_interface(text)
            found.append(
                Object(
                    {
                        "IPAddress": str(parsed.ip),
                        "InterfaceAlias": alias,
                        "InterfaceIndex": index,
                        "AddressFamily": _family(parsed.version),
                        "PrefixLength": parsed.network.prefixlen,
                        "PrefixOrigin": Enum("Dhcp", 3),
                        "AddressState": Enum("Preferred", 4),
                    },
                    cim="MSFT_NetIPAddress",
                )
            )
    return _filtered(found, parameters, rest, "ipaddress")


@command("Get-NetRoute", takes=("destinationprefix", "interfacealias", "interfaceindex", "addressfamily"))
def net_route(shell, parameters, rest, _values):
    found = [
        Object(
            {
                "DestinationPrefix": to,
                "NextHop": hop,
                "InterfaceAlias": alias,
                "InterfaceIndex": index,
                "ifIndex": index,
                "RouteMetric": 0,
                "InterfaceMetric": 5 if alias == "VPN" else 25,
                "AddressFamily": _family(4),
            },
            cim="MSFT_NetRoute",
        )
        for index, alias, _mtu, _addresses, routes in adapters(shell)
        for to, hop in routes
    ]
    return _filtered(found, parameters, rest, "destinationprefix")


@command("Get-DnsClientServerAddress", takes=("interfacealias", "interfaceindex", "addressfamily"))
def dns_servers(shell, parameters, rest, _values):
    alias = "VPN" if shell.world.vpn and shell.world.vpn.dns else "Ethernet"
    found = [
        Object(
            {
                "InterfaceAlias": name,
                "InterfaceIndex": index,
                "AddressFamily": _family(4),
                "ServerAddresses": list(shell.world.dns.windows) if name == alias else [],
            }
        )
        for index, name, *_ in adapters(shell)
    ]
    return _filtered(found, parameters, rest, "interfacealias")


@command("Get-DnsClientNrptPolicy", "Get-DnsClientNrptRule", takes=("effective", "name"))
def nrpt(*_):
    return []


@command("Get-NetConnectionProfile", takes=("interfacealias", "name"))
def connection_profile(shell, parameters, rest, _values):
    word = {"private": "Private", "public": "Public", "domain": "DomainAuthenticated"}[shell.world.windows.category]
    number = {"Public": 0, "Private": 1, "DomainAuthenticated": 2}[word]
    found = [
        Object(
            {
                "Name": "Network",
                "InterfaceAlias": alias,
                "InterfaceIndex": index,
                "NetworkCategory": Enum(word, number),
                "IPv4Connectivity": Enum("Internet", 4),
            }
        )
        for index, alias, *_ in adapters(shell)[1:]
        if not alias.startswith("vEth")
    ]
    return _filtered(found, parameters, rest, "name")


@command("Get-Service", takes=("name", "displayname"))
def get_service(shell, parameters, rest, _values):
    services = {
        "iphlpsvc": "running",
        "SharedAccess": "running",
        "hns": "running",
        "vmcompute": "running",
        "FSE": "running",
        **({"GlobalSecureAccessTunnelingService": "running"} if shell.world.windows.gsa else {}),
        **shell.world.windows.services,
    }
    wanted = [as_text(word) for word in as_list(parameters.get("name", rest[0] if rest else "*"))]
    found = []
    for pattern in wanted:
        matching = [name for name in services if like(name, pattern)]
        if not matching and not any(mark in pattern for mark in "*?"):
            raise Failure(
                f"Cannot find any service with service name '{pattern}'.",
                values=found,
                identity="NoServiceFoundForGivenName,Microsoft.PowerShell.Commands.GetServiceCommand",
                category="ObjectNotFound",
            )
        found += [
            Object(
                {
                    "Name": name,
                    "Status": Enum("Running", 4) if services[name] == "running" else Enum("Stopped", 1),
                    "StartType": Enum("Automatic", 2),
                }
            )
            for name in matching
        ]
    return found


@command("Get-NetTCPConnection", "Get-NetUDPEndpoint", takes=("state", "localport", "localaddress", "owningprocess"))
def tcp_connections(shell, parameters, _rest, _values):
    found = [
        Object(
            {
                "LocalAddress": entry.address,
                "LocalPort": entry.port,
                "State": Enum("Listen", 2),
                "OwningProcess": 1000 + entry.port % 9000,
            }
        )
        for entry in shell.world.windows.listeners
        if entry.protocol == "tcp"
    ]
    if "localport" in parameters:
        ports = [int(port) for port in as_list(parameters["localport"])]
        found = [o for o in found if o.take("LocalPort") in ports]
    if not found:
        raise not_found(
            "Get-NetTCPConnection", "MSFT_NetTCPConnection", "LocalPort", as_text(parameters.get("localport", ""))
        )
    return found
