"""The PowerShell commands of the Hyper-V firewall, on the rule table of state.py."""
import re

from ..kernel import new_uuid
from . import hyperv, state
from .cmdlets import registers_in
from .netcmdlets import need_right, not_found
from .values import Enum, Failure, Object, as_list, as_text, like

COMMANDS = {}
command = registers_in(COMMANDS)
NUMBERS = {
    "Direction": {"Inbound": 1, "Outbound": 2},
    "Action": {"NotConfigured": 0, "Allow": 2, "Block": 4},
    "Enabled": {"True": 1, "False": 2},
    "EnforcementStatus": {"OK": 1, "ProfileInactive": 5, "NotApplicable": 0},
    "PolicyStoreSourceType": {"Local": 1, "GroupPolicy": 2},
}
PROFILES = {"any": 0, "domain": 1, "private": 2, "public": 4}
SETTING_NUMBERS = {"NotConfigured": 0, "True": 1, "False": 0, "Allow": 2, "Block": 4}
RULE, SETTING = "MSFT_NetFirewallHyperVRule", "MSFT_NetFirewallHyperVVMSetting"
RULE_PARAMETERS = (
    "displayname",
    "name",
    "direction",
    "vmcreatorid",
    "protocol",
    "localports",
    "localaddresses",
    "remoteaddresses",
    "remoteports",
    "action",
    "enabled",
    "profiles",
    "rulepriority",
    "policystore",
    "enforcementstatus",
    "policystoresourcetype",
    "inputobject",
    "passthru",
    "all",
    "newdisplayname",
)


def invalid(name, message, kind=RULE):
    return Failure(
        message, identity=f"HRESULT 0x80070057,{name}", category="InvalidArgument", target=kind, command=name
    )


def need_hyperv(shell, name):
    """A Windows without the Hyper-V firewall lacks the commands themselves."""
    if not shell.world.windows.hyperv.supported:
        raise Failure(
            f"The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable program.",
            identity="CommandNotFoundException",
            category="ObjectNotFound",
            target=name,
            ends="statement",
            exception="CommandNotFoundException",
        )


def as_object(rule):
    found = {
        "Name": rule["Name"],
        "InstanceID": rule["Name"],
        "DisplayName": rule["DisplayName"],
        "ElementName": rule["DisplayName"],
    }
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
    """From the PersistentStore where no other is named: what this computer has saved, whether in force or not."""
    need_hyperv(shell, "Get-NetFirewallHyperVRule")
    rules = _chosen(shell, "Get-NetFirewallHyperVRule", parameters, rest, values)
    active = as_text(parameters.get("policystore", "")).lower() == "activestore"
    return [as_object(_as_stored(shell, rule, active)) for rule in rules if active or rule["PolicyStoreSourceType"] == "Local"]


def _as_stored(shell, rule, active):
    if not active:
        return {**rule, "EnforcementStatus": "NotApplicable"}
    return rule if hyperv.is_active(shell.world, rule) else {**rule, "EnforcementStatus": "ProfileInactive"}


def _chosen(shell, name, parameters, rest, values):
    """The rules that -Name, -DisplayName, … or the pipeline name."""
    rules = state.load()["rules"]
    given = values if values is not None else as_list(parameters.get("inputobject"))
    if given:
        names = [as_text(item.take("Name")) if isinstance(item, Object) else as_text(item) for item in given]
        return [rule for rule in rules if rule["Name"] in names]
    filters = {
        key: as_list(parameters[key])
        for key in parameters
        if key not in ("policystore", "all", "passthru", "inputobject")
    }
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
        raise Failure(
            "Cannot process command because of one or more missing mandatory parameters: DisplayName.",
            identity=f"MissingMandatoryParameter,{name}",
            category="InvalidArgument",
            ends="statement",
        )
    need_right(shell, name, RULE)
    with state.change() as now:
        rule = state.new_rule(as_text(parameters.get("name", "{" + new_uuid().upper() + "}")), display)
        if any(old["Name"].lower() == rule["Name"].lower() for old in now["rules"]):
            raise Failure(
                "Cannot create a file when that file already exists.",
                identity=f"Windows System Error 183,{name}",
                category="ResourceExists",
                target=f"{RULE}:",
                command=name,
            )
        rule.update(checked(name, parameters))
        now["rules"].append(rule)
        hyperv.apply(shell.nets, shell.mode, now)
    return [as_object(rule)]


def checked(name, parameters):
    """The properties that the parameters set, refused where Windows would refuse them."""
    found = {}
    choices = {
        "direction": ("Inbound", "Outbound"),
        "action": ("Allow", "Block", "NotConfigured"),
        "enabled": ("True", "False"),
    }
    for key, words in choices.items():
        if key in parameters:
            given = as_text(parameters[key])
            match = next((word for word in words if word.lower() == given.lower()), None)
            if match is None:
                raise Failure(
                    f"Cannot process argument transformation on parameter '{key.title()}'. Cannot convert value \"{given}\".",
                    identity=f"ParameterArgumentTransformationError,{name}",
                    category="InvalidData",
                    ends="statement",
                )
            found[{"direction": "Direction", "action": "Action", "enabled": "Enabled"}[key]] = match
    if "protocol" in parameters:
        found["Protocol"] = (
            as_text(parameters["protocol"]).upper() if as_text(parameters["protocol"]).lower() != "any" else "Any"
        )
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
                raise invalid(
                    name, "The address is invalid. Addresses may be specified as IP addresses, ranges, or subnets."
                )
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


@command(
    "Set-NetFirewallHyperVRule", "Enable-NetFirewallHyperVRule", "Disable-NetFirewallHyperVRule", takes=RULE_PARAMETERS
)
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
        raise Failure(
            "Cannot process command because of one or more missing mandatory parameters: Name.",
            identity=f"MissingMandatoryParameter,{name}",
            category="InvalidArgument",
            ends="statement",
        )
    chosen = [rule["Name"] for rule in _chosen(shell, name, parameters, rest, values)]
    need_right(shell, name, RULE)
    with state.change() as now:
        now["rules"] = [rule for rule in now["rules"] if rule["Name"] not in chosen]
        hyperv.apply(shell.nets, shell.mode, now)
    return []


SETTING_PARAMETERS = (
    "name",
    "policystore",
    "enabled",
    "defaultinboundaction",
    "defaultoutboundaction",
    "loopbackenabled",
    "allowhostpolicymerge",
    "vmcreatorid",
)


@command("Get-NetFirewallHyperVVMSetting", takes=SETTING_PARAMETERS)
def get_setting(shell, parameters, rest, _values):
    need_hyperv(shell, "Get-NetFirewallHyperVVMSetting")
    name = as_text(parameters.get("name", rest[0] if rest else state.WSL_CREATOR))
    if name.upper() != state.WSL_CREATOR:
        raise not_found("Get-NetFirewallHyperVVMSetting", SETTING, "Name", name)
    active = as_text(parameters.get("policystore", "")).lower() == "activestore"
    values = state.load()["settings" if active else "local_settings"]
    return [
        Object(
            {"Name": state.WSL_CREATOR, **{key: Enum(word, SETTING_NUMBERS[word]) for key, word in values.items()}},
            cim=SETTING,
        )
    ]


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
                now["settings"][field] = (
                    word
                    if word != "NotConfigured"
                    else {"DefaultInboundAction": "Block", "DefaultOutboundAction": "Allow"}.get(field, "True")
                )
        hyperv.apply(shell.nets, shell.mode, now)
    return []


@command("Get-NetFirewallHyperVVMCreator", takes=("vmcreatorid",))
def get_creator(shell, *_):
    need_hyperv(shell, "Get-NetFirewallHyperVVMCreator")
    return [Object({"VMCreatorId": state.WSL_CREATOR, "FriendlyName": "WSL"}, cim="MSFT_NetFirewallHyperVVMCreator")]


@command("Get-NetFirewallHyperVProfile", takes=("name", "profile", "policystore"))
def get_profile(shell, parameters, rest, _values):
    """What is in force; in the local store nobody has configured anything."""
    need_hyperv(shell, "Get-NetFirewallHyperVProfile")
    profiles = state.load()["profiles"]
    active = as_text(parameters.get("policystore", "")).lower() == "activestore"
    wanted = [
        as_text(word).lower()
        for word in as_list(parameters.get("profile", parameters.get("name", rest[0] if rest else None)))
    ]
    return [
        Object(
            {
                "Name": profile,
                "Profile": profile,
                **{
                    key: Enum(word, SETTING_NUMBERS[word])
                    for key, word in (values if active else dict.fromkeys(values, "NotConfigured")).items()
                },
            }
        )
        for profile, values in profiles.items()
        if not wanted or profile.lower() in wanted
    ]


@command("Set-NetFirewallHyperVProfile", takes=("name", "profile", "policystore", *[f.lower() for f in state.PROFILE_FIELDS]))
def set_profile(shell, parameters, rest, _values):
    name = "Set-NetFirewallHyperVProfile"
    need_hyperv(shell, name)
    need_right(shell, name, "MSFT_NetFirewallHyperVProfile")
    wanted = [as_text(word).lower() for word in as_list(parameters.get("profile", rest[0] if rest else None))]
    with state.change() as now:
        for profile, values in now["profiles"].items():
            if not wanted or profile.lower() in wanted:
                given = {field: as_text(parameters[field.lower()]).title() for field in values if field.lower() in parameters}
                values.update(given)
        hyperv.apply(shell.nets, shell.mode, now)
    return []
