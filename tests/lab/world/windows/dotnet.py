"""The .NET types and methods that PowerShell scripts touch."""
import base64
import datetime
import re
import time

from . import filecmdlets
from .expressions import NotUnderstood
from .values import Date, Failure, Hash, Object, as_list, as_text, get_member, truth

ENCODINGS = {"utf8": "utf-8", "utf8encoding": "utf-8", "unicode": "utf-16-le", "ascii": "ascii", "default": "ansi"}


class Encoding:
    def __init__(self, codec):
        self.codec = codec


def static(shell, kind, name):
    """[Type]::Name"""
    if kind in ("text.encoding",) and name in ENCODINGS:
        codec = ENCODINGS[name]
        return Encoding(shell.codec if codec == "ansi" else codec)
    if kind == "console" and name in ("out", "error"):
        return Object({}, text="console." + name)
    if kind == "console" and name == "outputencoding":
        return Encoding(shell.output_codec)
    if kind == "environment":
        return {
            "machinename": shell.world.windows.hostname,
            "username": shell.world.windows.user,
            "newline": "\r\n",
            "is64bitoperatingsystem": True,
            "osversion": Object({"Version": shell.world.windows.version}, text="Microsoft Windows NT"),
        }[name]
    if kind == "security.principal.windowsbuiltinrole":
        return name
    if kind in ("string",) and name == "empty":
        return ""
    if kind == "datetime" and name in ("now", "utcnow"):
        zone = datetime.timezone.utc if name == "utcnow" else None
        return Date(datetime.datetime.now(zone).replace(tzinfo=None))
    if kind == "netsecurity.action" or kind.startswith("microsoft."):
        return name
    raise NotUnderstood(f"powershell: the lab's Windows does not know [{kind}]::{name}")


def set_static(shell, kind, name, value):
    if kind == "console" and name in ("outputencoding", "inputencoding"):
        if name == "outputencoding":
            shell.output_codec = value.codec
        return
    if kind == "environment" and name == "currentdirectory":
        return
    raise NotUnderstood(f"powershell: the lab's Windows cannot set [{kind}]::{name}")


def static_method(shell, kind, name, arguments):
    """[Type]::Name(…)"""
    found = _METHODS.get((kind, name))
    if found:
        return found(shell, *arguments)
    if kind in ("text.utf8encoding",) and name == "new":
        return Encoding("utf-8-sig" if arguments and truth(arguments[0]) else "utf-8")
    if name == "new" and kind in ("security.principal.windowsprincipal",):
        return Object({}, text="principal")
    if name == "new" and kind in ("pscustomobject", "collections.arraylist"):
        return []
    raise NotUnderstood(f"powershell: the lab's Windows does not know [{kind}]::{name}()")


def _folder(shell, name):
    folders = {
        "userprofile": "",
        "applicationdata": "\\AppData\\Roaming",
        "localapplicationdata": "\\AppData\\Local",
        "desktop": "\\Desktop",
    }
    word = as_text(name).lower()
    if word in folders:
        return shell.world.windows.profile + folders[word]
    if word in ("system", "windows"):
        return "C:\\Windows" + ("\\System32" if word == "system" else "")
    raise NotUnderstood(f"powershell: the lab's Windows has no folder '{as_text(name)}'")


def _write(shell, text="", newline=True):
    shell.write(as_text(text) + ("\r\n" if newline else ""))


_METHODS = {
    **filecmdlets.METHODS,
    ("threading.thread", "sleep"): lambda _shell, milliseconds: time.sleep(milliseconds / 1000),
    ("environment", "getfolderpath"): _folder,
    ("environment", "getenvironmentvariable"): lambda shell, name, *_: shell.environment.get(as_text(name).upper()),
    ("environment", "exit"): lambda shell, code=0: shell.leave(int(code)),
    ("convert", "tobase64string"): lambda _shell, data: base64.b64encode(data).decode(),
    ("convert", "frombase64string"): lambda _shell, text: base64.b64decode(as_text(text)),
    ("security.principal.windowsidentity", "getcurrent"): lambda shell: Object(
        {"Name": f"{shell.world.windows.hostname}\\{shell.world.windows.user}"}, text="identity"
    ),
    ("console", "write"): lambda shell, text="": _write(shell, text, newline=False),
    ("console", "writeline"): _write,
    ("string", "join"): lambda _shell, separator, *values: as_text(separator).join(
        as_text(v) for v in (as_list(values[0]) if len(values) == 1 else values)
    ),
    ("string", "isnullorempty"): lambda _shell, text: not as_text(text),
    ("string", "isnullorwhitespace"): lambda _shell, text: not as_text(text).strip(),
    ("string", "format"): lambda _shell, template, *values: re.sub(
        r"\{(\d+)\}", lambda m: as_text(values[int(m[1])]), template
    ),
    ("text.encoding", "getencoding"): lambda _shell, name: Encoding(
        "utf-8" if as_text(name).lower() in ("utf-8", "65001") else f"cp{as_text(name)}"
    ),
    ("math", "max"): lambda _shell, first, second: max(first, second),
    ("math", "min"): lambda _shell, first, second: min(first, second),
}


def cast(shell, kind, value):
    """[kind]value"""
    if kind in ("pscustomobject", "psobject"):
        return Object(value.properties) if isinstance(value, Hash) else value
    if kind in ("ordered", "hashtable"):
        return value
    if kind == "char" and isinstance(value, int):
        return chr(value)
    if kind in ("string", "char"):
        return as_text(value)
    if kind in ("bool", "boolean", "switch"):
        return truth(value)
    if kind.endswith("[]") or kind == "array":
        items = as_list(value)
        return (
            [as_text(item) for item in items]
            if kind == "string[]"
            else list(items)
            if kind != "byte[]"
            else bytes(items)
        )
    if kind in ("int", "int32", "int64", "long", "uint32", "uint16", "uint64", "byte", "double"):
        return _number(value, kind)
    if kind == "void":
        return None
    if kind == "security.principal.windowsprincipal":
        return Object({"Identity": value}, text="principal")
    if kind in ("version", "guid", "ipaddress", "net.ipaddress", "security.principal.windowsbuiltinrole", "regex"):
        return as_text(value)
    raise NotUnderstood(f"powershell: the lab's Windows does not know the type [{kind}]")


def _number(value, kind):
    if hasattr(value, "number"):
        return value.number
    try:
        return (
            float(value)
            if kind == "double"
            else int(value or 0)
            if not isinstance(value, str)
            else int(value.strip() or "0", 0)
        )
    except ValueError:
        raise Failure(
            f'Cannot convert value "{value}" to type "System.Int32".',
            identity="InvalidCastFromStringToInteger",
            category="InvalidArgument",
            ends="statement",
        ) from None


def method(shell, value, name, arguments):
    """value.name(…)"""
    if isinstance(value, Encoding):
        if name == "getbytes":
            return as_text(arguments[0]).encode(value.codec.replace("-sig", ""), "replace")
        if name == "getstring":
            return bytes(arguments[0]).decode(value.codec.replace("-sig", ""), "replace")
    if isinstance(value, Object) and value.text == "principal" and name == "isinrole":
        return shell.world.windows.elevated
    if isinstance(value, Object) and value.text == "console.out" and name in ("write", "writeline", "flush"):
        if name != "flush":
            _write(shell, *arguments, newline=name == "writeline")
        return None
    if isinstance(value, Object) and value.text == "console.error" and name in ("write", "writeline", "flush"):
        if name != "flush":
            shell.complain(as_text(arguments[0] if arguments else "") + ("\r\n" if name == "writeline" else ""))
        return None
    if isinstance(value, Date):
        return _of_date(value, name, arguments)
    if name == "tostring":
        return as_text(value)
    if name == "gettype":
        return Object({"Name": type(value).__name__}, text=type(value).__name__)
    if isinstance(value, str):
        return _of_string(value, name, arguments)
    if isinstance(value, list):
        return _of_list(value, name, arguments)
    if isinstance(value, Hash):
        return _of_hash(value, name, arguments)
    if value is None:
        raise Failure(
            "You cannot call a method on a null-valued expression.",
            identity="InvokeMethodOnNull",
            category="InvalidOperation",
            ends="statement",
            exception="RuntimeException",
        )
    raise NotUnderstood(f"powershell: the lab's Windows does not know the method {name}() of {as_text(value)!r}")


def _of_date(value, name, arguments):
    unit = {"addseconds": "seconds", "addminutes": "minutes", "addmilliseconds": "milliseconds"}.get(name)
    text = value.formatted(*map(as_text, arguments)) if name == "tostring" else None
    if unit is None and text is None:
        raise NotUnderstood(f"powershell: the lab's Windows does not know the method {name}() of a date so")
    return value.plus(**{unit: float(arguments[0])}) if unit else text


def _of_string(text, name, arguments):
    words = [as_text(argument) for argument in arguments]
    found = {
        "trim": lambda: text.strip(words[0] if words else None),
        "trimend": lambda: text.rstrip(words[0] if words else None),
        "trimstart": lambda: text.lstrip(words[0] if words else None),
        "toupper": text.upper,
        "tolower": text.lower,
        "toupperinvariant": text.upper,
        "tolowerinvariant": text.lower,
        "startswith": lambda: text.startswith(words[0]),
        "endswith": lambda: text.endswith(words[0]),
        "contains": lambda: words[0] in text,
        "replace": lambda: text.replace(words[0], words[1]),
        "split": lambda: re.split("[" + re.escape("".join(words)) + "]", text) if words else text.split(),
        "indexof": lambda: text.find(words[0]),
        "padleft": lambda: text.rjust(int(words[0])),
        "padright": lambda: text.ljust(int(words[0])),
        "substring": lambda: text[int(words[0]) :]
        if len(words) == 1
        else text[int(words[0]) : int(words[0]) + int(words[1])],
        "equals": lambda: text == words[0],
    }.get(name)
    if not found:
        raise NotUnderstood(f"powershell: the lab's Windows does not know the method {name}() of a string")
    return found()


def _of_list(values, name, arguments):
    if name == "add":
        values.append(arguments[0])
        return None
    if name == "toarray":
        return values
    if name == "contains":
        return any(as_text(v) == as_text(arguments[0]) for v in values)
    raise NotUnderstood(f"powershell: the lab's Windows does not know the method {name}() of a list")


def _of_hash(value, name, arguments):
    if name in ("containskey", "contains"):
        return value.find(as_text(arguments[0])) is not None
    if name == "add":
        value.put(as_text(arguments[0]), arguments[1])
        return None
    raise NotUnderstood(f"powershell: the lab's Windows does not know the method {name}() of a hashtable")


TABLE = {
    "static": static,
    "set_static": set_static,
    "static_method": static_method,
    "cast": cast,
    "method": method,
    "member": get_member,
}
