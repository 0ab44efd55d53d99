"""PowerShell's values: objects, enumerations, hashtables, and how they compare, print and become JSON."""
import datetime
import fnmatch
import re


class Unwinding(BaseException):
    """Leaves a block; `values` are what it had put out by then."""

    def __init__(self, values):
        super().__init__()
        self.values = values


class Failure(Unwinding):
    """An error. `ends`: None (the command goes on), "statement" or "script"."""

    def __init__(
        self,
        message,
        identity="",
        category="NotSpecified",
        target="",
        ends=None,
        exception="CimException",
        values=(),
        command="",
    ):
        super().__init__(list(values))
        self.message, self.identity, self.category, self.target = message, identity, category, target
        self.ends, self.exception, self.command = ends, exception, command

    def record(self):
        activity = self.identity.rpartition(",")[2] if "," in self.identity else ""
        category = Object(
            {
                "Category": Enum(self.category, 0),
                "Activity": activity,
                "Reason": self.exception,
                "TargetName": self.target,
            },
            text=f"{self.category}: ({self.target}) [{activity}], {self.exception}",
        )
        exception = Object({"Message": self.message, "HResult": -2147467259}, text=self.message)
        return Object(
            {
                "FullyQualifiedErrorId": self.identity,
                "CategoryInfo": category,
                "Exception": exception,
                "TargetObject": self.target,
            },
            text=self.message,
        )


class Object:
    """An object with properties in order; names in any case."""

    def __init__(self, properties, text=None, cim=None):
        self.properties, self.text, self.cim = dict(properties), text, cim

    def find(self, name):
        return next((key for key in self.properties if key.lower() == name.lower()), None)

    def take(self, name):
        key = self.find(name)
        return self.properties[key] if key is not None else None

    def put(self, name, value):
        self.properties[self.find(name) or name] = value


class Hash(Object):
    """A hashtable: like an object, but it prints and enumerates differently."""


class Enum:
    """A value of an enumeration: a word for people, a number in JSON."""

    def __init__(self, word, number):
        self.word, self.number = word, number


class Date:
    """A [datetime] of the world's one time zone."""

    def __init__(self, moment):
        self.moment = moment

    def plus(self, **span):
        return Date(self.moment + datetime.timedelta(**span))

    def formatted(self, pattern=None):
        if pattern in ("o", "s"):
            return self.moment.strftime("%Y-%m-%dT%H:%M:%S") + (
                f".{self.moment.microsecond:06}0" if pattern == "o" else ""
            )
        codes = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
        pattern = pattern or "MM/dd/yyyy HH:mm:ss"
        if re.search(r"[A-Za-z]", re.sub("|".join(codes), "", pattern)):
            return None
        return self.moment.strftime(re.sub("|".join(codes), lambda m: codes[m[0]], pattern))


def span(left, right):
    """[timespan]: the difference of two dates."""
    seconds = (left.moment - right.moment).total_seconds()
    found = {"TotalMinutes": seconds / 60, "TotalSeconds": seconds, "TotalMilliseconds": seconds * 1000}
    return Object(found, text=str(left.moment - right.moment))


def truth(value):
    if isinstance(value, list):
        return truth(value[0]) if len(value) == 1 else bool(value)
    return bool(value.number if isinstance(value, Enum) else value)


def unroll(values):
    """What a pipeline's output is when it is assigned: nothing, one value, or a list."""
    if not isinstance(values, list):
        return values
    return None if not values else values[0] if len(values) == 1 else values


def iterate(value):
    return value if isinstance(value, list) else [] if value is None else [value]


as_list = iterate


def as_text(value, separator=" "):
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, Enum):
        return value.word
    if isinstance(value, list):
        return separator.join(as_text(v) for v in value)
    if isinstance(value, Hash):
        return "System.Collections.Hashtable"
    if isinstance(value, Object):
        return (
            value.text
            if value.text is not None
            else "@{" + "; ".join(f"{name}={as_text(v)}" for name, v in value.properties.items()) + "}"
        )
    if isinstance(value, Date):
        return value.formatted()
    if isinstance(value, bytes):
        return separator.join(map(str, value))
    if hasattr(value, "source"):
        return value.source
    return str(value)


def get_member(value, name):
    low = name.lower()
    if isinstance(value, Object):
        if isinstance(value, Hash) and low in ("keys", "values", "count") and value.find(name) is None:
            return {
                "keys": list(value.properties),
                "values": list(value.properties.values()),
                "count": len(value.properties),
            }[low]
        return value.take(name)
    if low in ("count", "length") and isinstance(value, (list, str, bytes)):
        return len(value)
    if low == "count":
        return 0 if value is None else 1
    if isinstance(value, Enum) and low == "value__":
        return value.number
    if isinstance(value, list):
        found = [get_member(item, name) for item in value]
        return unroll([item for item in found if item is not None])
    return None


def like(text, pattern):
    return re.fullmatch(fnmatch.translate(pattern), text, re.I) is not None


def same(left, right, case=False):
    if isinstance(left, bool) or isinstance(right, bool):
        return truth(left) == (
            right.lower() == "true" if isinstance(right, str) and isinstance(left, bool) else truth(right)
        )
    if left is None or right is None:
        return left is right
    if isinstance(left, Date) and isinstance(right, Date):
        return left.moment == right.moment
    if isinstance(left, Enum) and isinstance(right, (int, Enum)):
        return left.number == (right.number if isinstance(right, Enum) else right)
    if isinstance(left, (int, float)) and not isinstance(right, Enum):
        try:
            return left == float(as_text(right))
        except ValueError:
            return False
    left, right = as_text(left), as_text(right)
    return left == right if case else left.lower() == right.lower()


def compare(word, left, right, case, shell):
    """The comparison operators. With a list on the left the filtering ones filter."""
    if word in ("in", "notin"):
        return any(same(left, item, case) for item in as_list(right)) == (word == "in")
    if word in ("contains", "notcontains"):
        return any(same(item, right, case) for item in as_list(left)) == (word == "contains")
    if word in ("replace", "split", "join"):
        return _textual(word, left, as_list(right), case)
    if word in ("is", "isnot", "as"):
        return _typed(word, left, right, shell)
    if isinstance(left, list):
        return [item for item in left if _one(word, item, right, case, shell)]
    return _one(word, left, right, case, shell)


def _one(word, left, right, case, shell):
    if word in ("eq", "ne"):
        return same(left, right, case) == (word == "eq")
    if word in ("like", "notlike"):
        return like(as_text(left), as_text(right)) == (word == "like")
    if word in ("match", "notmatch"):
        found = re.search(as_text(right).replace("(?<", "(?P<"), as_text(left), 0 if case else re.I)
        if found and word == "match":
            groups = {str(number): text for number, text in enumerate((found[0], *found.groups()))}
            shell.variables["matches"] = Hash({**groups, **found.groupdict()})
        return (found is not None) == (word == "match")
    first, second = _ordered(left), _ordered(right)
    if isinstance(first, str) != isinstance(second, str):
        first, second = as_text(left).lower(), as_text(right).lower()
    return {"gt": first > second, "ge": first >= second, "lt": first < second, "le": first <= second}[word]


def _ordered(value):
    if isinstance(value, (Enum, Date)):
        return value.number if isinstance(value, Enum) else value.moment.timestamp()
    if isinstance(value, (int, float)):
        return value
    try:
        return float(as_text(value))
    except ValueError:
        return as_text(value).lower()


def _textual(word, left, right, case):
    flags = 0 if case else re.I
    if word == "join":
        return as_text(right[0] if right else "").join(as_text(item) for item in as_list(left))
    if word == "split":
        return [part for item in as_list(left) for part in re.split(as_text(right[0]), as_text(item), flags=flags)]
    pattern, new = as_text(right[0]), as_text(right[1]) if len(right) > 1 else ""
    new = re.sub(r"\$(\d+)", r"\\\1", new.replace("\\", "\\\\"))
    replaced = [re.sub(pattern, new, as_text(item), flags=flags) for item in as_list(left)]
    return replaced if isinstance(left, list) else replaced[0] if replaced else ""


def _typed(word, value, kind, shell):
    name = kind.name if hasattr(kind, "name") else as_text(kind).lower()
    if word == "as":
        return shell.cast(name, value)
    kinds = {"string": str, "int": int, "int32": int, "bool": bool, "array": list, "object[]": list, "hashtable": Hash}
    return isinstance(value, kinds.get(name, ())) == (word == "is")


def json(value, depth, indent=None, level=0):
    """ConvertTo-Json of version 5.1: numbers for enumerations, no escapes but its own."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Enum):
        return str(value.number)
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, Date):
        return f'"\\/Date({int(value.moment.timestamp() * 1000)})\\/"'
    if isinstance(value, str):
        return _quoted(value)
    if level > depth:
        return _quoted(as_text(value))
    pad, end = ("", "") if indent is None else ("\n" + indent * (level + 1), "\n" + indent * level)
    if isinstance(value, (list, bytes)):
        return (
            "[" + ",".join(pad + json(item, depth, indent, level + 1) for item in value) + (end if value else "") + "]"
        )
    if not isinstance(value, Object):
        return _quoted(as_text(value))
    shown = dict(value.properties)
    if value.cim:
        shown.update(
            {
                "PSComputerName": None,
                "CimClass": Object({"CimClassName": value.cim}),
                "CimInstanceProperties": [as_text(v) for v in shown.values()],
                "CimSystemProperties": Object({"ClassName": value.cim}),
            }
        )
    colon = ":" if indent is None else ":  "
    body = ",".join(pad + _quoted(name) + colon + json(item, depth, indent, level + 1) for name, item in shown.items())
    return "{" + body + (end if shown else "") + "}"


def _quoted(text):
    out = ""
    for char in text:
        if char in '"\\':
            out += "\\" + char
        elif char in "<>&'" or ord(char) < 32:
            out += {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}.get(char, f"\\u{ord(char):04x}")
        else:
            out += char
    return f'"{out}"'
