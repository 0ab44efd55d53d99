"""The Hyper-V firewall as nftables rules in Windows' namespace, made from the rule table.

It stands between Windows' adapters and the guest in mirrored mode. Behind the NAT nothing comes in
by itself, so there only the outgoing half applies."""
import ipaddress

from ..description import is_ipv6
from ..network import LAN_V6
from ..tools import nft

PROTOCOLS = {
    "TCP": "tcp",
    "UDP": "udp",
    "ICMPV4": "icmp",
    "ICMPV6": "ipv6-icmp",
    "6": "tcp",
    "17": "udp",
    "1": "icmp",
    "58": "ipv6-icmp",
}


def in_force(world, state):
    """The machine's settings, and over them those of the connected network's profile where it has any."""
    profile = state["profiles"][world.windows.category.title()]
    said = {key: word for key, word in profile.items() if word != "NotConfigured"}
    found = {**state["settings"], "AllowLocalFirewallRules": "True", **said}
    return {**found, "Enabled": "False"} if state["settings"]["Enabled"] == "False" else found


def apply(nets, mode, state):
    """Puts the table in force; the earlier one goes in the same transaction. What a guest in mode consomme sends is
    Windows' own."""
    chains = ""
    if mode in ("mirrored", "nat") and in_force(nets.world, state)["Enabled"] == "True":
        inbound = _chain(nets.world, state, "Inbound") if mode == "mirrored" else ""
        chains = f"""
    chain inbound {{
{inbound}
    }}
    chain outbound {{
{_chain(nets.world, state, "Outbound")}
    }}
    chain forward {{
        type filter hook forward priority 0;
        ct state {{ established, related }} accept
        oifname "mir*" jump inbound
        iifname {{ "mir*", "vethernet" }} jump outbound
    }}"""
    nft(nets.windows, f"table inet hyperv\ndelete table inet hyperv\ntable inet hyperv {{{chains}\n}}\n")


def _chain(world, state, direction):
    lines = []
    settings = in_force(world, state)
    local = settings["AllowLocalFirewallRules"] == "True"
    rules = [rule for rule in state["rules"] if local or rule["PolicyStoreSourceType"] != "Local"]
    for rule in sorted((rule for rule in rules if _applies(world, rule, direction)), key=_priority):
        verdict = "drop" if rule["Action"] == "Block" else "accept"
        lines += [f"        {match}{verdict}" for match in _matches(world, rule)]
    if settings[f"Default{direction}Action"] == "Block":
        lines.append("        drop")
    return "\n".join(lines)


def is_active(world, rule):
    """Whether the rule's profiles are those of the connected network."""
    profiles = [profile.strip().lower() for profile in rule["Profiles"].split(",")]
    return "any" in profiles or world.windows.category in profiles


def _applies(world, rule, direction):
    return rule["Enabled"] == "True" and rule["Direction"] == direction and is_active(world, rule)


def _priority(rule):
    """Lower goes first; 0 is unset: block before allow."""
    return rule["RulePriority"] or (1 if rule["Action"] == "Block" else 2)


def _matches(world, rule):
    """One nft match for each combination of families that the rule speaks of."""
    protocol = PROTOCOLS.get(str(rule["Protocol"]).upper())
    ports = ""
    for key, word in (
        ("LocalPorts", "dport" if rule["Direction"] == "Inbound" else "sport"),
        ("RemotePorts", "sport" if rule["Direction"] == "Inbound" else "dport"),
    ):
        listed = [port for port in rule[key] if port.lower() != "any"]
        if listed and protocol in ("tcp", "udp"):
            ports += f"{protocol} {word} {{ {', '.join(listed)} }} "
    if protocol and not ports:
        ports = f"meta l4proto {protocol} "
    side = "saddr" if rule["Direction"] == "Inbound" else "daddr"
    remotes = _addresses(world, rule["RemoteAddresses"])
    if not remotes:
        return [ports]
    families = {"ip": [a for a in remotes if not is_ipv6(a)], "ip6": [a for a in remotes if is_ipv6(a)]}
    return [f"{family} {side} {{ {', '.join(found)} }} {ports}" for family, found in families.items() if found]


def _addresses(world, given):
    if any(entry.lower() == "any" for entry in given):
        return []
    found = []
    for entry in given:
        found += [world.lan.network, LAN_V6, "fe80::/10"] if entry.lower() == "localsubnet" else [entry]
    return found


def is_address(text):
    """What -RemoteAddresses takes: a keyword, an address, a network, a range."""
    if text.lower() in ("any", "localsubnet", "dns", "dhcp", "wins", "defaultgateway", "internet", "intranet"):
        return True
    try:
        for part in text.split("-"):
            ipaddress.ip_network(part, strict=False)
    except ValueError:
        return False
    return True
