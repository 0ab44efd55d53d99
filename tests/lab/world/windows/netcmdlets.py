"""The PowerShell commands about the network: the Hyper-V firewall, adapters, addresses, services."""
import ipaddress
import re

from . import hyperv, state
from .cmdlets import command
from .values import Enum, Failure, Object, as_list, as_text, like

NUMBERS = {"Direction": {"Inbound": 1, "Outbound": 2}, "Action": {"NotConfigured": 0, "Allow": 2, "Block": 4},
           "Enabled": {"True": 1, "False": 2}, "EnforcementStatus": {"OK": 1}, "PolicyStoreSourceType": {"Local": 1, "GroupPolicy": 2}}
PROFILES = {"any": 0, "domain": 1, "private": 2, "public": 4}
SETTING_NUMBERS = {"NotConfigured": 0, "True": 1, "False": 0, "Allow": 2, "Block": 4}
RULE, SETTING = "MSFT_NetFirewallHyperVRule", "MSFT_NetFirewallHyperVVMSetting"
RULE_PARAMETERS = ("displayname", "name", "direction", "vmcreatorid", "protocol", "localports", "localaddresses",
                   "remoteaddresses", "remoteports", "action", "enabled", "profiles", "rulepriority", "policystore",
                   "enforcementstatus", "policystoresourcetype", "inputobject", "passthru", "all", "newdisplayname")


def denied(name, kind):
    return Failure("Access is denied.", identity=f"Windows System Error 5,{name}", category="PermissionDenied",
                   target=f"{kind}:", command=name)


def not_found(name, kind, key, value):
    return Failure(f"No {kind} objects found with property '{key}' equal to '{value}'.  Verify the value of the property and retry.",
                   identity=f"CmdletizationQuery_NotFound_{key},{name}", category="ObjectNotFound",
                   exception="CimJobException", target=value, command=name)


def invalid(name, message, kind=RULE):
    return Failure(message, identity=f"HRESULT 0x80070057,{name}", category="InvalidArgument", target=kind, command=name)


def need_right(shell, name, kind):
    if not shell.world.windows.elevated:
        raise denied(name, kind)


def need_hyperv(shell, name):
    """A Windows without the Hyper-V firewall lacks the commands themselves."""
    if not shell.world.windows.hyperv.supported:
        raise Failure(f"The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable program.",
                      identity="CommandNotFoundException", category="ObjectNotFound", target=name, ends="statement",
                      exception="CommandNotFoundException")


def as_object(rule):
    found = {"Name": rule["Name"], "InstanceID": rule["Name"], "DisplayName": rule["DisplayName"], "ElementName": rule["DisplayName"]}
    for key, value in rule.items():
        if key in NUMBERS:
            found[key] = Enum(value, NUMBERS[key].get(value, 0))
        elif key == "Profiles":
            found[key] = Enum(value, sum(PROFILES.get(p.strip().lower(), 0) for p in value.split(",")))
        elif isinstance(value, list):
            found[key] = list(value) if len(value) != 1 else value[0]
        else:
            found.setdefault(key, value)
    return Object(found, cim=RULE)


@command("Get-NetFirewallHyperVRule", takes=RULE_PARAMETERS)
def get_rule(shell, parameters, rest, values):
    need_hyperv(shell, "Get-NetFirewallHyperVRule")
    return [as_object(rule) for rule in _chosen(shell, "Get-NetFirewallHyperVRule", parameters, rest, values)]


def _chosen(shell, name, parameters, rest, values):
    """The rules that -Name, -DisplayName, … or the pipeline name."""
    rules = state.load()["rules"]
    given = values if values is not None else as_list(parameters.get("inputobject"))
    if given:
        names = [as_text(item.take("Name")) if isinstance(item, Object) else as_text(item) for item in given]
        return [rule for rule in rules if rule["Name"] in names]
    filters = {key: as_list(parameters[key]) for key in parameters if key not in ("policystore", "all", "passthru", "inputobject")}
    if rest and "name" not in filters:
        filters["name"] = as_list(rest[0])
    for key, wanted in filters.items():
        field = {field.lower(): field for field in state.new_rule("", "")}.get(key)
        if field is None:
            continue
        found = [rule for rule in rules if any(like(as_text(rule[field]), as_text(word)) for word in wanted)]
        if not found and key in ("name", "displayname") and not any(mark in as_text(wanted) for mark in "*?"):
            raise not_found(name, RULE, field if key == "displayname" else "InstanceID", as_text(wanted))
        rules = found
    return rules


@command("New-NetFirewallHyperVRule", takes=RULE_PARAMETERS)
def new_rule(shell, parameters, rest, _values):
    name = "New-NetFirewallHyperVRule"
    need_hyperv(shell, name)
    display = as_text(parameters.get("displayname", rest[0] if rest else ""))
    if not display:
        raise Failure("Cannot process command because of one or more missing mandatory parameters: DisplayName.",
                      identity=f"MissingMandatoryParameter,{name}", category="InvalidArgument", ends="statement")
    need_right(shell, name, RULE)
    with state.change() as now:
        import uuid
        rule = state.new_rule(as_text(parameters.get("name", "{" + str(uuid.uuid4()).upper() + "}")), display)
        if any(old["Name"].lower() == rule["Name"].lower() for old in now["rules"]):
            raise Failure("Cannot create a file when that file already exists.", identity=f"Windows System Error 183,{name}",
                          category="ResourceExists", target=f"{RULE}:", command=name)
        rule.update(checked(name, parameters))
        now["rules"].append(rule)
        hyperv.apply(shell.nets, shell.mode, now)
    return [as_object(rule)]


def checked(name, parameters):
    """The properties that the parameters set, refused where Windows would refuse them."""
    found = {}
    choices = {"direction": ("Inbound", "Outbound"), "action": ("Allow", "Block", "NotConfigured"), "enabled": ("True", "False")}
    for key, words in choices.items():
        if key in parameters:
            given = as_text(parameters[key])
            match = next((word for word in words if word.lower() == given.lower()), None)
            if match is None:
                raise Failure(f"Cannot process argument transformation on parameter '{key.title()}'. Cannot convert value \"{given}\".",
                              identity=f"ParameterArgumentTransformationError,{name}", category="InvalidData", ends="statement")
            found[{"direction": "Direction", "action": "Action", "enabled": "Enabled"}[key]] = match
    if "protocol" in parameters:
        found["Protocol"] = as_text(parameters["protocol"]).upper() if as_text(parameters["protocol"]).lower() != "any" else "Any"
        if found["Protocol"] not in ("Any", "TCP", "UDP", "ICMPV4", "ICMPV6") and not found["Protocol"].isdigit():
            raise invalid(name, "The protocol is invalid.")
    for key, field in (("localports", "LocalPorts"), ("remoteports", "RemotePorts")):
        if key in parameters:
            found[field] = [part for value in as_list(parameters[key]) for part in as_text(value).split(",")]
            if not all(re.fullmatch(r"(?i)any|\d{1,5}(-\d{1,5})?", port) for port in found[field]):
                raise invalid(name, "The port is invalid.")
    for key, field in (("localaddresses", "LocalAddresses"), ("remoteaddresses", "RemoteAddresses")):
        if key in parameters:
            found[field] = [as_text(value) for value in as_list(parameters[key])]
            if not all(hyperv.is_address(value) for value in found[field]):
                raise invalid(name, "The address is invalid. Addresses may be specified as IP addresses, ranges, or subnets.")
    if "profiles" in parameters:
        words = [word.strip() for value in as_list(parameters["profiles"]) for word in as_text(value).split(",")]
        if not all(word.lower() in PROFILES for word in words):
            raise invalid(name, "The profile is invalid.")
        found["Profiles"] = ", ".join(word.title() for word in words)
    if "vmcreatorid" in parameters:
        found["VMCreatorId"] = as_text(parameters["vmcreatorid"])
        if not re.fullmatch(r"\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}", found["VMCreatorId"]):
            raise invalid(name, "The VM creator ID is invalid.")
    if "rulepriority" in parameters:
        found["RulePriority"] = int(parameters["rulepriority"])
    return found


@command("Set-NetFirewallHyperVRule", "Enable-NetFirewallHyperVRule", "Disable-NetFirewallHyperVRule", takes=RULE_PARAMETERS)
def set_rule(shell, parameters, rest, values):
    name = "Set-NetFirewallHyperVRule"
    need_hyperv(shell, name)
    selecting = {key: parameters[key] for key in ("name", "displayname") if key in parameters}
    chosen = [rule["Name"] for rule in _chosen(shell, name, selecting, rest, values)]
    need_right(shell, name, RULE)
    changes = checked(name, {key: value for key, value in parameters.items() if key not in selecting})
    if "newdisplayname" in parameters:
        changes["DisplayName"] = as_text(parameters["newdisplayname"])
    with state.change() as now:
        for rule in now["rules"]:
            if rule["Name"] in chosen:
                rule.update(changes)
        hyperv.apply(shell.nets, shell.mode, now)
    return []


@command("Remove-NetFirewallHyperVRule", takes=RULE_PARAMETERS)
def remove_rule(shell, parameters, rest, values):
    name = "Remove-NetFirewallHyperVRule"
    need_hyperv(shell, name)
    if not parameters and not rest and values is None:
        raise Failure("Cannot process command because of one or more missing mandatory parameters: Name.",
                      identity=f"MissingMandatoryParameter,{name}", category="InvalidArgument", ends="statement")
    chosen = [rule["Name"] for rule in _chosen(shell, name, parameters, rest, values)]
    need_right(shell, name, RULE)
    with state.change() as now:
        now["rules"] = [rule for rule in now["rules"] if rule["Name"] not in chosen]
        hyperv.apply(shell.nets, shell.mode, now)
    return []


SETTING_PARAMETERS = ("name", "policystore", "enabled", "defaultinboundaction", "defaultoutboundaction", "loopbackenabled",
                      "allowhostpolicymerge", "vmcreatorid")


@command("Get-NetFirewallHyperVVMSetting", takes=SETTING_PARAMETERS)
def get_setting(shell, parameters, rest, _values):
    need_hyperv(shell, "Get-NetFirewallHyperVVMSetting")
    name = as_text(parameters.get("name", rest[0] if rest else state.WSL_CREATOR))
    if name.upper() != state.WSL_CREATOR:
        raise not_found("Get-NetFirewallHyperVVMSetting", SETTING, "Name", name)
    active = as_text(parameters.get("policystore", "")).lower() == "activestore"
    values = state.load()["settings" if active else "local_settings"]
    return [Object({"Name": state.WSL_CREATOR, **{key: Enum(word, SETTING_NUMBERS[word]) for key, word in values.items()}}, cim=SETTING)]


@command("Set-NetFirewallHyperVVMSetting", takes=SETTING_PARAMETERS)
def set_setting(shell, parameters, rest, _values):
    name = "Set-NetFirewallHyperVVMSetting"
    need_hyperv(shell, name)
    target = as_text(parameters.pop("name", rest[0] if rest else ""))
    if target.upper() != state.WSL_CREATOR:
        raise not_found(name, SETTING, "Name", target)
    need_right(shell, name, SETTING)
    with state.change() as now:
        for field in now["settings"]:
            if field.lower() in parameters:
                word = as_text(parameters[field.lower()]).title().replace("Notconfigured", "NotConfigured")
                now["local_settings"][field] = word
                now["settings"][field] = word if word != "NotConfigured" else {
                    "DefaultInboundAction": "Block", "DefaultOutboundAction": "Allow"}.get(field, "True")
        hyperv.apply(shell.nets, shell.mode, now)
    return []


@command("Get-NetFirewallHyperVVMCreator", takes=("vmcreatorid",))
def get_creator(shell, *_):
    need_hyperv(shell, "Get-NetFirewallHyperVVMCreator")
    return [Object({"VMCreatorId": state.WSL_CREATOR, "FriendlyName": "WSL"}, cim="MSFT_NetFirewallHyperVVMCreator")]


@command("Get-NetFirewallHyperVProfile", takes=("name", "profile", "policystore"))
def get_profile(shell, parameters, rest, _values):
    need_hyperv(shell, "Get-NetFirewallHyperVProfile")
    settings = state.load()["settings"]
    wanted = [as_text(word).lower() for word in as_list(parameters.get("profile", parameters.get("name", rest[0] if rest else None)))]
    return [Object({"Name": profile, "Profile": profile, "Enabled": Enum(settings["Enabled"], SETTING_NUMBERS[settings["Enabled"]]),
                    "DefaultInboundAction": Enum(settings["DefaultInboundAction"], 4), "AllowLocalFirewallRules": Enum("True", 1)})
            for profile in ("Domain", "Private", "Public") if not wanted or profile.lower() in wanted]


# -- adapters ------------------------------------------------------------------------------------

def adapters(shell):
    """(index, alias, MTU, [addresses], [(destination, next hop)], connected) of Windows' adapters."""
    world, changed = shell.world, state.load()["mtu"]
    mirrored = world.guest.mtu if shell.mode == "mirrored" else 1500
    vpn = world.vpn
    found = [(1, "Loopback Pseudo-Interface 1", 4294967295, ["127.0.0.1/8", "::1/128"], []),
             (12, "Ethernet", mirrored if not (vpn and vpn.full) else 1500, [f"{world.lan.windows}/{ipaddress.ip_network(world.lan.network).prefixlen}"],
              [("0.0.0.0/0", world.lan.router)])]
    if vpn:
        routes = [("0.0.0.0/0", vpn.gateway)] if vpn.full else [(net, vpn.gateway) for net in vpn.networks]
        mtu = mirrored if shell.mode == "mirrored" and vpn.full and world.guest.mtu != 1500 else vpn.mtu
        found.append((21, "VPN", mtu, [f"{vpn.address}/24"], routes))
    if shell.mode in ("nat", "consomme"):
        length = ipaddress.ip_interface(world.nat.guest).network.prefixlen
        found.append((35, "vEthernet (WSL (Hyper-V firewall))", 1500, [f"{world.nat.gateway}/{length}"], []))
    return [(index, alias, changed.get(alias, mtu), addresses, routes) for index, alias, mtu, addresses, routes in found]


def _family(number):
    return Enum("IPv4", 2) if number == 4 else Enum("IPv6", 23)


def _filtered(objects, parameters, rest=(), first=None):
    for key in ("interfacealias", "interfaceindex", "addressfamily", "destinationprefix", "ipaddress", "name", "connectionstate"):
        if key in parameters or rest and key == first:
            wanted = as_list(parameters.get(key, rest[0] if rest else None))
            objects = [o for o in objects if any(like(as_text(o.take(key)), as_text(w)) for w in wanted)]
    return objects


@command("Get-NetIPInterface", takes=("interfacealias", "interfaceindex", "addressfamily", "connectionstate", "policystore"))
def ip_interface(shell, parameters, rest, _values):
    found = [Object({"InterfaceAlias": alias, "ifAlias": alias, "InterfaceIndex": index, "ifIndex": index, "AddressFamily": _family(number),
                     "NlMtu": mtu, "InterfaceMetric": 5 if alias == "VPN" else 25, "Dhcp": Enum("Enabled", 1),
                     "ConnectionState": Enum("Connected", 1), "Forwarding": Enum("Disabled", 2)}, cim="MSFT_NetIPInterface")
             for index, alias, mtu, *_ in adapters(shell) for number in (6, 4)]
    return _filtered(found, parameters, rest, "interfacealias")


@command("Set-NetIPInterface", takes=("interfacealias", "interfaceindex", "addressfamily", "nlmtu", "nlmtubytes", "interfacemetric"))
def set_ip_interface(shell, parameters, rest, _values):
    """A new MTU reaches the guest at once in mirrored mode, as WSL passes it on."""
    need_right(shell, "Set-NetIPInterface", "MSFT_NetIPInterface")
    alias = as_text(parameters.get("interfacealias", rest[0] if rest else ""))
    names = [name for index, name, *_ in adapters(shell) if like(name, alias) or index == parameters.get("interfaceindex")]
    if not names:
        raise not_found("Set-NetIPInterface", "MSFT_NetIPInterface", "InterfaceAlias", alias)
    mtu = parameters.get("nlmtubytes", parameters.get("nlmtu"))
    if mtu is None:
        return []
    with state.change() as now:
        now["mtu"].update(dict.fromkeys(names, int(mtu)))
    if shell.mode == "mirrored":
        from ..tools import ip
        links = {"Ethernet": "eth0", "VPN": "eth1"}
        ip(shell.nets.guest, *[f"link set {links[name]} mtu {int(mtu)}" for name in names if name in links])
    return []


@command("Get-NetAdapter", takes=("name", "interfaceindex", "includehidden"))
def net_adapter(shell, parameters, rest, _values):
    found = [Object({"Name": alias, "InterfaceAlias": alias, "InterfaceDescription": alias, "Status": "Up", "MtuSize": mtu, "ifIndex": index})
             for index, alias, mtu, *_ in adapters(shell)[1:]]
    return _filtered(found, parameters, rest, "name")


@command("Get-NetIPAddress", takes=("interfacealias", "interfaceindex", "addressfamily", "ipaddress", "addressstate"))
def ip_address(shell, parameters, rest, _values):
    found = []
    for index, alias, _mtu, addresses, _routes in adapters(shell):
        for text in addresses:
            parsed = ipaddress.ip_interface(text)
            found.append(Object({"IPAddress": str(parsed.ip), "InterfaceAlias": alias, "InterfaceIndex": index,
                                 "AddressFamily": _family(parsed.version), "PrefixLength": parsed.network.prefixlen,
                                 "PrefixOrigin": Enum("Dhcp", 3), "AddressState": Enum("Preferred", 4)}, cim="MSFT_NetIPAddress"))
    return _filtered(found, parameters, rest, "ipaddress")


@command("Get-NetRoute", takes=("destinationprefix", "interfacealias", "interfaceindex", "addressfamily"))
def net_route(shell, parameters, rest, _values):
    found = [Object({"DestinationPrefix": to, "NextHop": hop, "InterfaceAlias": alias, "InterfaceIndex": index, "ifIndex": index,
                     "RouteMetric": 0, "InterfaceMetric": 5 if alias == "VPN" else 25, "AddressFamily": _family(4)}, cim="MSFT_NetRoute")
             for index, alias, _mtu, _addresses, routes in adapters(shell) for to, hop in routes]
    return _filtered(found, parameters, rest, "destinationprefix")


@command("Get-DnsClientServerAddress", takes=("interfacealias", "interfaceindex", "addressfamily"))
def dns_servers(shell, parameters, rest, _values):
    alias = "VPN" if shell.world.vpn and shell.world.vpn.dns else "Ethernet"
    found = [Object({"InterfaceAlias": name, "InterfaceIndex": index, "AddressFamily": _family(4),
                     "ServerAddresses": list(shell.world.dns.windows) if name == alias else []})
             for index, name, *_ in adapters(shell)]
    return _filtered(found, parameters, rest, "interfacealias")


@command("Get-DnsClientNrptPolicy", "Get-DnsClientNrptRule", takes=("effective", "name"))
def nrpt(*_):
    return []


@command("Get-NetConnectionProfile", takes=("interfacealias", "name"))
def connection_profile(shell, parameters, rest, _values):
    word = {"private": "Private", "public": "Public", "domain": "DomainAuthenticated"}[shell.world.windows.category]
    number = {"Public": 0, "Private": 1, "DomainAuthenticated": 2}[word]
    found = [Object({"Name": "Network", "InterfaceAlias": alias, "InterfaceIndex": index, "NetworkCategory": Enum(word, number),
                     "IPv4Connectivity": Enum("Internet", 4)}) for index, alias, *_ in adapters(shell)[1:] if not alias.startswith("vEth")]
    return _filtered(found, parameters, rest, "name")


@command("Get-Service", takes=("name", "displayname"))
def get_service(shell, parameters, rest, _values):
    services = {"iphlpsvc": "running", "SharedAccess": "running", "hns": "running", "vmcompute": "running", "FSE": "running",
                **({"GlobalSecureAccessTunnelingService": "running"} if shell.world.windows.gsa else {}), **shell.world.windows.services}
    wanted = [as_text(word) for word in as_list(parameters.get("name", rest[0] if rest else "*"))]
    found = []
    for pattern in wanted:
        matching = [name for name in services if like(name, pattern)]
        if not matching and not any(mark in pattern for mark in "*?"):
            raise Failure(f"Cannot find any service with service name '{pattern}'.", values=found,
                          identity="NoServiceFoundForGivenName,Microsoft.PowerShell.Commands.GetServiceCommand", category="ObjectNotFound")
        found += [Object({"Name": name, "Status": Enum("Running", 4) if services[name] == "running" else Enum("Stopped", 1),
                          "StartType": Enum("Automatic", 2)}) for name in matching]
    return found


@command("Get-NetTCPConnection", "Get-NetUDPEndpoint", takes=("state", "localport", "localaddress", "owningprocess"))
def tcp_connections(shell, parameters, _rest, _values):
    found = [Object({"LocalAddress": entry.address, "LocalPort": entry.port, "State": Enum("Listen", 2), "OwningProcess": 1000 + entry.port % 9000})
             for entry in shell.world.windows.listeners if entry.protocol == "tcp"]
    if "localport" in parameters:
        ports = [int(port) for port in as_list(parameters["localport"])]
        found = [o for o in found if o.take("LocalPort") in ports]
    if not found:
        raise not_found("Get-NetTCPConnection", "MSFT_NetTCPConnection", "LocalPort", as_text(parameters.get("localport", "")))
    return found
