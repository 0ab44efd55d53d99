"""What Windows remembers: the Hyper-V firewall's rules and settings, and the port proxies.

Kept as one JSON file on the world's own tmpfs, because each request is served by a process of its own."""
import contextlib
import fcntl
import json

from ..filesystem import STATE

PATH = STATE + "/windows.json"
PROFILE_FIELDS = ("Enabled", "DefaultInboundAction", "DefaultOutboundAction", "AllowLocalFirewallRules")
WSL_CREATOR = "{40E0AC32-46A5-438A-A0B2-2B479E8F2E90}"


def first(world):
    """The state at the world's start."""
    hyperv = world.windows.hyperv
    store(
        {
            "settings": {
                "Enabled": str(hyperv.enabled),
                "DefaultInboundAction": hyperv.default_in.title(),
                "DefaultOutboundAction": hyperv.default_out.title(),
                "LoopbackEnabled": str(hyperv.loopback),
                "AllowHostPolicyMerge": "True",
            },
            "local_settings": dict.fromkeys(
                ("Enabled", "DefaultInboundAction", "DefaultOutboundAction", "LoopbackEnabled", "AllowHostPolicyMerge"),
                "NotConfigured",
            ),
            # What a profile does not say is as the machine's own setting is; rules of this computer count.
            "profiles": {
                profile: {**dict.fromkeys(PROFILE_FIELDS, "NotConfigured"), "AllowLocalFirewallRules": "True"}
                for profile in ("Domain", "Private", "Public")
            },
            "rules": [_given(rule, number) for number, rule in enumerate(hyperv.rules)],
            "mtu": {},
            "portproxy": [
                {"address": p.address, "listen": p.listen, "connect": p.connect, "port": p.port or p.listen}
                for p in world.windows.portproxy
            ],
        }
    )


def _given(rule, number):
    name = rule.name or f"world-rule-{number + 1}"
    return {
        **new_rule(name, rule.display or name),
        "Direction": rule.direction.title(),
        "Protocol": rule.protocol.upper(),
        "LocalPorts": rule.ports,
        "RemoteAddresses": rule.remote,
        "Action": rule.action.title(),
        "Profiles": ", ".join(profile.title() for profile in rule.profiles),
        "Enabled": str(rule.enabled),
        "RulePriority": rule.priority,
    }


def new_rule(name, display):
    return {
        "Name": name,
        "DisplayName": display,
        "Direction": "Inbound",
        "VMCreatorId": WSL_CREATOR,
        "Protocol": "Any",
        "LocalAddresses": ["Any"],
        "LocalPorts": ["Any"],
        "RemoteAddresses": ["Any"],
        "RemotePorts": ["Any"],
        "Action": "Allow",
        "Profiles": "Any",
        "Enabled": "True",
        "RulePriority": 0,
        "EnforcementStatus": "OK",
        "PolicyStoreSourceType": "Local",
    }


def load():
    with open(PATH) as file:
        return json.load(file)


def store(state):
    with open(PATH, "w") as file:
        json.dump(state, file)


@contextlib.contextmanager
def change():
    """The state, to be changed in the block; two requests at once wait for each other."""
    with open(PATH + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = load()
        yield state
        store(state)
