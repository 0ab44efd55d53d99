"""The PowerShell commands that say nothing about the network: the plumbing of pipelines."""
import time

from .expressions import Block
from .values import Failure, Hash, Object, as_list, as_text, compare, get_member, iterate, json, like, truth, unroll

COMMANDS = {}


def registers_in(table):
    """A decorator for function(shell, parameters, positional values, pipeline input): `@command(names, takes=…)`."""

    def command(*names, takes=()):
        def register(function):
            function.parameters = tuple(takes)
            table.update((name.lower(), function) for name in names)
            return function

        return register

    return command


command = registers_in(COMMANDS)


def piped(values, parameters, rest):
    """The input of a command: the pipeline, else -InputObject, else what stands there."""
    if values is not None:
        return values
    return iterate(parameters["inputobject"]) if "inputobject" in parameters else [v for r in rest for v in iterate(r)]


@command("Write-Output", "echo", "write", takes=("inputobject", "noenumerate"))
def write_output(_shell, parameters, rest, values):
    return list(piped(values, parameters, rest))


@command("Out-Null", takes=("inputobject",))
def out_null(*_):
    return []


@command(
    "Write-Host",
    "Write-Information",
    "Write-Verbose",
    "Write-Debug",
    "Write-Progress",
    "Write-Warning",
    takes=(
        "object",
        "foregroundcolor",
        "backgroundcolor",
        "nonewline",
        "separator",
        "message",
        "activity",
        "status",
        "percentcomplete",
        "completed",
    ),
)
def write_host(shell, _parameters, rest, values):
    shell.host(" ".join(as_text(v) for v in (values or []) + rest))
    return []


@command("Write-Error", takes=("message", "errorid", "category"))
def write_error(_shell, parameters, rest, _values):
    message = as_text(parameters.get("message", rest[0] if rest else ""))
    raise Failure(
        message, identity="Microsoft.PowerShell.Commands.WriteErrorException", exception="WriteErrorException"
    )


@command("Out-String", takes=("inputobject", "width", "stream"))
def out_string(shell, parameters, rest, values):
    return [shell.format(list(piped(values, parameters, rest)))]


@command(
    "Import-Module",
    "Set-StrictMode",
    "Remove-Module",
    "Set-ExecutionPolicy",
    takes=("name", "version", "disablenamechecking", "scope", "executionpolicy"),
)
def ignored(*_):
    return []


@command("Start-Sleep", "sleep", takes=("seconds", "milliseconds"))
def start_sleep(_shell, parameters, rest, _values):
    seconds = float(parameters.get("seconds", rest[0] if rest else 0)) + float(parameters.get("milliseconds", 0)) / 1000
    time.sleep(seconds)
    return []


@command("ForEach-Object", "foreach", "%", takes=("process", "begin", "end", "membername"))
def for_each(shell, parameters, rest, values):
    blocks = [b for b in rest if isinstance(b, Block)]
    process = parameters.get("process") or (blocks[0] if blocks else None)
    out = list(parameters["begin"].body(shell)) if "begin" in parameters else []
    for item in values or []:
        if process:
            out += shell.with_item(item, process)
        else:
            out += iterate(get_member(item, as_text(parameters.get("membername", rest[0]))))
    return out + (list(parameters["end"].body(shell)) if "end" in parameters else [])


COMPARING = (
    "eq",
    "ne",
    "gt",
    "ge",
    "lt",
    "le",
    "like",
    "notlike",
    "match",
    "notmatch",
    "in",
    "notin",
    "contains",
    "notcontains",
)


@command("Where-Object", "where", "?", takes=("filterscript", "property", "value", "not", *COMPARING))
def where_object(shell, parameters, rest, values):
    block = parameters.get("filterscript") or (rest[0] if rest and isinstance(rest[0], Block) else None)
    if block:
        return [item for item in values or [] if truth(unroll(shell.with_item(item, block)))]
    name = as_text(parameters.get("property", rest[0]))
    word = next((w for w in COMPARING if w in parameters), None)
    if not word:
        return [item for item in values or [] if truth(get_member(item, name)) != ("not" in parameters)]
    return [
        item
        for item in values or []
        if truth(compare(word, get_member(item, name), parameters.get("value", parameters[word]), False, shell))
    ]


@command(
    "Select-Object",
    "select",
    takes=("property", "expandproperty", "excludeproperty", "first", "last", "skip", "unique", "index", "inputobject"),
)
def select_object(shell, parameters, rest, values):
    items = list(piped(values, parameters, []))
    if "skip" in parameters:
        items = items[int(parameters["skip"]) :]
    if "first" in parameters:
        items = items[: int(parameters["first"])]
    if "last" in parameters:
        items = items[-int(parameters["last"]) :]
    if "expandproperty" in parameters:
        return [v for item in items for v in iterate(get_member(item, as_text(parameters["expandproperty"])))]
    wanted = as_list(parameters.get("property", rest[0] if rest else None))
    if wanted:
        items = [_selected(shell, item, wanted) for item in items]
    return _unique(items) if "unique" in parameters else items


def _selected(shell, item, wanted):
    found = {}
    for property_ in wanted:
        if isinstance(property_, Hash):
            name = next((property_.take(key) for key in ("n", "name", "l", "label") if property_.find(key)), None)
            expression = next(property_.take(key) for key in ("e", "expression") if property_.find(key))
            value = (
                unroll(shell.with_item(item, expression))
                if isinstance(expression, Block)
                else get_member(item, as_text(expression))
            )
            found[as_text(name)] = value
        elif isinstance(item, Object) and any(mark in as_text(property_) for mark in "*?"):
            found.update({k: v for k, v in item.properties.items() if like(k, as_text(property_))})
        else:
            known = item.find(as_text(property_)) if isinstance(item, Object) else None
            found[known or as_text(property_)] = get_member(item, as_text(property_))
    return Object(found)


def _unique(items):
    seen = {}
    for item in items:
        seen.setdefault(as_text(item), item)
    return list(seen.values())


@command("Sort-Object", "sort", takes=("property", "descending", "unique"))
def sort_object(shell, parameters, rest, values):
    keys = as_list(parameters.get("property", rest[0] if rest else None))

    def key(item):
        found = [
            unroll(shell.with_item(item, k)) if isinstance(k, Block) else get_member(item, as_text(k)) for k in keys
        ] or [item]
        return [(0, v, "") if isinstance(v, (int, float)) else (1, 0, as_text(v).lower()) for v in found]

    items = sorted(values or [], key=key, reverse="descending" in parameters)
    return _unique(items) if "unique" in parameters else items


@command("Measure-Object", "measure", takes=("property", "sum", "minimum", "maximum", "average", "line"))
def measure_object(_shell, parameters, rest, values):
    name = parameters.get("property", rest[0] if rest else None)
    items = [get_member(v, as_text(name)) if name else v for v in values or []]
    numbers = [v for v in items if isinstance(v, (int, float)) and not isinstance(v, bool)]
    return [
        Object(
            {
                "Count": len(items),
                "Sum": sum(numbers) if numbers else None,
                "Minimum": min(numbers) if numbers else None,
                "Maximum": max(numbers) if numbers else None,
            }
        )
    ]


@command(
    "Group-Object",
    "Format-Table",
    "Format-List",
    "ft",
    "fl",
    "Out-Default",
    "Out-Host",
    takes=("property", "autosize", "wrap"),
)
def formatted(shell, _parameters, _rest, values):
    return [shell.format(list(values or []))]


@command("ConvertTo-Json", takes=("inputobject", "depth", "compress"))
def to_json(_shell, parameters, rest, values):
    depth, indent = int(parameters.get("depth", 2)), None if "compress" in parameters else "    "
    if values is None:
        given = parameters["inputobject"] if "inputobject" in parameters else rest[0]
        return [json(given, depth, indent)]
    return [json(unroll(values), depth, indent)] if values else []


@command("ConvertFrom-Json", takes=("inputobject",))
def from_json(_shell, parameters, rest, values):
    import json as standard

    text = "\n".join(as_text(v) for v in piped(values, parameters, rest))
    try:
        return iterate(_from_python(standard.loads(text)))
    except ValueError:
        raise Failure(
            "Invalid JSON primitive.", identity="System.ArgumentException", category="NotSpecified", ends="statement"
        ) from None


def _from_python(value):
    if isinstance(value, dict):
        return Object({key: _from_python(item) for key, item in value.items()})
    return [_from_python(item) for item in value] if isinstance(value, list) else value


@command("New-Object", takes=("typename", "argumentlist", "property", "comobject"))
def new_object(shell, parameters, rest, _values):
    name = as_text(parameters.get("typename", rest[0] if rest else ""))
    if name.lower() in ("psobject", "pscustomobject", "system.management.automation.psobject"):
        given = parameters.get("property")
        return [Object(given.properties if given else {})]
    return [shell.type(name).call("new", as_list(parameters.get("argumentlist", rest[1] if len(rest) > 1 else None)))]


@command(
    "Add-Member",
    takes=("notepropertyname", "notepropertyvalue", "membertype", "name", "value", "passthru", "inputobject", "force"),
)
def add_member(_shell, parameters, rest, values):
    name = parameters.get("notepropertyname", parameters.get("name", rest[0] if rest else None))
    value = parameters.get("notepropertyvalue", parameters.get("value", rest[1] if len(rest) > 1 else None))
    items = values if values is not None else as_list(parameters.get("inputobject"))
    for item in items:
        item.put(as_text(name), value)
    return items if "passthru" in parameters else []


@command("Get-Command", "gcm", takes=("name",))
def get_command(shell, parameters, rest, _values):
    found = []
    for name in as_list(parameters.get("name", rest[0] if rest else None)):
        known = next((real for real in NAMES if real.lower() == as_text(name).lower()), None)
        if not known or "HyperV" in known and not shell.world.windows.hyperv.supported:
            raise Failure(
                f"The term '{as_text(name)}' is not recognized as the name of a cmdlet, function, script file, or operable program.",
                identity="CommandNotFoundException,Microsoft.PowerShell.Commands.GetCommandCommand",
                category="ObjectNotFound",
            )
        found.append(Object({"CommandType": "Function", "Name": known}))
    return found


NAMES = (
    "Get-NetFirewallHyperVRule",
    "New-NetFirewallHyperVRule",
    "Set-NetFirewallHyperVRule",
    "Remove-NetFirewallHyperVRule",
    "Get-NetFirewallHyperVVMSetting",
    "Set-NetFirewallHyperVVMSetting",
    "Get-NetFirewallHyperVVMCreator",
    "Get-NetFirewallHyperVProfile",
    "Get-NetIPInterface",
    "Get-NetIPAddress",
    "Get-NetRoute",
    "ConvertTo-Json",
    "Select-Object",
)
