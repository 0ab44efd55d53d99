"""Checks a YAML tree against a description and says where it is wrong.

A checker is a function from a YAML node to a value; `mapping` and `listof` build larger ones.
Scalars are read by what is expected of them, so `off` is a boolean where one is wanted and a
word where a word is wanted.
"""
import difflib
import ipaddress
import re
from types import SimpleNamespace

import yaml


class Wrong(Exception):
    """Something in the world file that is not as the README says, and where."""

    def __init__(self, node, message):
        super().__init__(message)
        self.mark = node.start_mark


NOTHING = yaml.ScalarNode("tag:yaml.org,2002:null", "")  # what a key without a value is, and so all defaults


def load(path, checker):
    """The checked world, or a ValueError whose text is `file:line:column: error: …`."""
    try:
        with open(path, encoding="utf-8") as file:
            node = yaml.compose(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return checker(node or NOTHING)
    except Wrong as wrong:
        place = f"{path}:{wrong.mark.line + 1}:{wrong.mark.column + 1}" if wrong.mark else path
        raise ValueError(f"{place}: error: {wrong}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise ValueError(f"{path}:{mark.line + 1}:{mark.column + 1}: error: {error.problem}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: error: {error}") from None


def is_null(node):
    return isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")


def scalar(node):
    if not isinstance(node, yaml.ScalarNode):
        raise Wrong(node, "expected a single value")
    return node.value


def text(node):
    return scalar(node)


def boolean(node):
    value = scalar(node).lower()
    if value in ("true", "yes", "on"):
        return True
    if value in ("false", "no", "off"):
        return False
    raise Wrong(node, f"expected true or false, not '{node.value}'")


def number(low=0, high=2**31):
    def check(node):
        try:
            value = int(scalar(node), 0)
        except ValueError:
            raise Wrong(node, f"expected a number, not '{node.value}'") from None
        if not low <= value <= high:
            raise Wrong(node, f"expected a number from {low} to {high}, not {value}")
        return value

    return check


def size(node):
    """Bytes: `1000000`, `1MB`, `64KiB`."""
    units = {
        "": 1,
        "B": 1,
        "kB": 1000,
        "KB": 1000,
        "MB": 10**6,
        "GB": 10**9,
        "KiB": 1024,
        "MiB": 1024**2,
        "GiB": 1024**3,
    }
    match = re.fullmatch(r"(\d+)\s*([A-Za-z]*)", scalar(node))
    if not match or match[2] not in units:
        raise Wrong(node, f"expected a size such as 500000, 64KiB or 1MB, not '{node.value}'")
    return int(match[1]) * units[match[2]]


def duration(node):
    """Seconds as a float: `300ms`, `2s`."""
    units = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(us|ms|s|m|h|d)", scalar(node))
    if not match:
        raise Wrong(node, f"expected a duration such as 300ms or 2s, not '{node.value}'")
    return float(match[1]) * units[match[2]]


def address(node):
    try:
        return str(ipaddress.ip_address(scalar(node)))
    except ValueError:
        raise Wrong(node, f"expected an IPv4 or IPv6 address, not '{node.value}'") from None


def interface(node):
    """An address with the length of its network, as `ip` takes it."""
    try:
        return str(ipaddress.ip_interface(scalar(node)))
    except ValueError:
        raise Wrong(node, f"expected an address with its length such as 10.1.0.2/24, not '{node.value}'") from None


def network(node):
    try:
        return str(ipaddress.ip_network(scalar(node), strict=False))
    except ValueError:
        raise Wrong(node, f"expected an address or a network, not '{node.value}'") from None


def word(*words):
    def check(node):
        value = scalar(node).lower()
        if value not in words:
            raise Wrong(node, f"expected {' | '.join(words)}, not '{node.value}'" + near(value, words))
        return value

    return check


def near(name, names):
    close = difflib.get_close_matches(name, names, 1)
    return f"; did you mean '{close[0]}'?" if close else ""


def listof(item):
    """A list; a single value counts as a list of one."""

    def check(node):
        if isinstance(node, yaml.SequenceNode):
            return [item(child) for child in node.value]
        return [] if is_null(node) else [item(node)]

    return check


def table(key, value):
    """A map whose keys are data (addresses, names) and not words of the format."""

    def check(node):
        if is_null(node):
            return {}
        return {key(name): value(child) for name, child in pairs(node)}

    return check


def pairs(node):
    if not isinstance(node, yaml.MappingNode):
        raise Wrong(node, "expected `key: value` lines")
    seen = set()
    for name, child in node.value:
        if scalar(name) in seen:
            raise Wrong(name, f"'{name.value}' stands twice")
        seen.add(name.value)
        yield name, child


def mapping(fields, shorthand=None, required=()):
    """A map with the keys of `fields` (name → checker and default, a callable default is
    called). `shorthand` names the key that a bare value stands for."""

    def check(node):
        if shorthand and isinstance(node, (yaml.ScalarNode, yaml.SequenceNode)) and not is_null(node):
            given = {shorthand: fields[shorthand][0](node)}
        else:
            given = {} if is_null(node) else dict(_known(node, fields))
        for name in required:
            if name not in given:
                raise Wrong(node, f"'{name}' is missing")
        defaults = {name: default() if callable(default) else default for name, (_, default) in fields.items()}
        return SimpleNamespace(**{**defaults, **given}, line=node.start_mark.line + 1 if node.start_mark else 1)

    return check


def _known(node, fields):
    for name, child in pairs(node):
        if name.value not in fields:
            raise Wrong(name, f"unknown key '{name.value}'{near(name.value, fields)} (known here: {', '.join(fields)})")
        if not is_null(child):
            yield name.value, fields[name.value][0](child)
