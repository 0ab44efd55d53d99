"""Reads .wslconfig and wsl.conf as WSL does (git-config-like, with its oddities kept).

Written from the description of WSL's parser and not from the product under test, so that the
two can disagree."""
import ipaddress
import re

ESCAPES = {"\\": "\\", '"': '"', "b": "\b", "n": "\n", "t": "\t"}
BLANKS = " \t"


class _Bad(Exception):
    """A line that is no setting: where it was noticed, what was wrong, and the section's name that is left of a header."""

    def __init__(self, place, problem, section=None):
        super().__init__(problem)
        self.place, self.section = place, section


class Settings:
    """The values of one file. The first occurrence of a key decides, also when it is invalid."""

    def __init__(self, text, stops_at_bad_line):
        self.values, self.problems = {}, []  # problems: (line, what is wrong with it)
        self.entries = []  # (line, name, value) of every line that is a setting
        for line, name, value in _entries(text, stops_at_bad_line, self.problems):
            self.values.setdefault(name.lower(), value)
            self.entries.append((line, name, value))
        self.order = list(self.values)

    def _first(self, names):
        present = [name.lower() for name in names if name.lower() in self.values]
        return self.values[min(present, key=self.order.index)] if present else None

    def boolean(self, default, *names):
        value = (self._first(names) or "").lower()
        return True if value in ("true", "1") else False if value in ("false", "0") else default

    def text(self, default, *names):
        value = self._first(names)
        return default if value is None else value

    def milliseconds(self, default, name):
        """As seconds; C's strtol, of which decimals are what people write."""
        value = self._first([name]) or ""
        return (int(value) if re.fullmatch(r"[1-9]\d*", value) else default) / 1000

    def has(self, *names):
        return self._first(names) is not None


class WslConfig:
    """What .wslconfig asks for, as far as the network and the start are concerned."""

    def __init__(self, data):
        settings = self.settings = Settings(_windows_text(data), stops_at_bad_line=False)
        mode = settings.text("", "wsl2.networkingMode", "experimental.networkingMode").lower()
        mode = "consomme" if mode == "virtioproxy" else mode
        safe = self.safe = settings.boolean(False, "wsl2.safeMode")
        known = ("none", "nat", "bridged", "mirrored", "consomme")
        self.mode = "none" if safe else mode if mode in known else "nat"
        self.firewall = settings.boolean(True, "wsl2.firewall", "experimental.firewall")
        self.localhost_written = settings.has("wsl2.localhostForwarding")
        self.localhost = settings.boolean(True, "wsl2.localhostForwarding")
        self.dns_proxy = settings.boolean(True, "wsl2.dnsProxy")
        tunnel_names = ("wsl2.dnsTunneling", "experimental.dnsTunneling")
        self.tunneling_written = settings.has(*tunnel_names)
        self.tunneling = settings.boolean(True, *tunnel_names) and not safe
        self._tunnel_address(settings, tunnel_names)
        self.mac_address = settings.text(None, "wsl2.macAddress")
        self.kernel = settings.text("", "wsl2.kernel") if not safe else ""
        self.modules = settings.text("", "wsl2.kernelModules") if not safe else ""
        self.kernel_timeout = settings.milliseconds(30000, "wsl2.kernelBootTimeout")

    def _tunnel_address(self, settings, tunnel_names):
        """A bad address switches tunnelling off, unless a valid dnsTunneling line stands below it."""
        self.tunnel_address = "10.255.255.254"
        given = settings.text(None, "experimental.dnsTunnelingIpAddress")
        if given is None:
            return
        try:
            self.tunnel_address = str(ipaddress.IPv4Address(given))
        except ValueError:
            place = settings.order.index("experimental.dnstunnelingipaddress")
            below = [name for name in settings.order[place:] if name in [n.lower() for n in tunnel_names]]
            valid = below and settings.values[below[0]].lower() in ("true", "1", "false", "0")
            self.tunneling = self.tunneling and bool(valid)


class WslConf:
    """What /etc/wsl.conf says."""

    def __init__(self, data):
        settings = Settings(data.decode("utf-8", "surrogateescape"), stops_at_bad_line=True)
        self.systemd = settings.boolean(False, "boot.systemd")
        self.init_timeout = settings.milliseconds(10000, "boot.initTimeout")
        self.command = settings.text("", "boot.command")
        self.user = settings.text("", "user.default")
        self.generate_resolvconf = settings.boolean(True, "network.generateResolvConf")
        self.generate_hosts = settings.boolean(True, "network.generateHosts")
        self.hostname = settings.text("", "network.hostname")
        self.interop = settings.boolean(True, "interop.enabled")
        self.append_path = settings.boolean(True, "interop.appendWindowsPath")
        self.automount = settings.boolean(True, "automount.enabled")
        root = settings.text("/mnt/", "automount.root")
        self.root = root if root.endswith("/") else root + "/"


def _windows_text(data):
    """The bytes as the C runtime's text mode reads them: BOM, CRLF, Ctrl-Z."""
    if data.startswith(b"\xff\xfe"):
        text = data[2:].decode("utf-16-le", "replace")
    else:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    return text.replace("\r\n", "\n").partition("\x1a")[0]


def _entries(text, stops_at_bad_line, problems):
    """(line, section.key, value) in the order of the file."""
    section, length, place = "", 0, 0
    while place < len(text):
        if text[place] in BLANKS + "\r\n":
            place += 1
        elif text[place] == "#":
            place = _line_end(text, place)
        else:
            try:
                if text[place] == "[":
                    section, length, place = _header(text, place + 1, section, length)
                else:
                    line = _line(text, place)
                    name, value, place = _key(text, place)
                    yield line, _full_name(section, length, name), value
            except _Bad as bad:
                problems.append((_line(text, bad.place), str(bad)))
                if stops_at_bad_line:
                    return
                if bad.section is not None:
                    section = bad.section
                place = _line_end(text, bad.place)


def _line(text, place):
    return text.count("\n", 0, place) + 1


def _full_name(section, length, key):
    """WSL keeps a spoiled header's letters with the length of the header before it."""
    if length == 0:
        return key
    return section if len(section) < length else f"{section[:length]}.{key}"


def _line_end(text, place):
    end = text.find("\n", place)
    return len(text) if end < 0 else end


def _word(text, place):
    match = re.compile(r"[A-Za-z][A-Za-z0-9]*").match(text, place)
    return match[0] if match else ""


def _skip_blanks(text, place):
    while place < len(text) and text[place] in BLANKS:
        place += 1
    return place


def _header(text, place, section, length):
    name = _word(text, place)
    if not name:
        raise _Bad(place, "Invalid section name")
    place += len(name)
    if text[place : place + 1] != "]":
        raise _Bad(place, "Expected ']'", name)
    end = _skip_blanks(text, place + 1)
    if text[end : end + 1] not in ("", "#", "\n", "\r", "\0"):
        raise _Bad(end, "Expected '\\n'", name)
    return name, len(name), end


def _key(text, place):
    name = _word(text, place)
    place = _skip_blanks(text, place + len(name))
    if not name:
        raise _Bad(place, "Invalid key name")
    if text[place : place + 1] != "=":
        raise _Bad(place, "Expected '='")
    value, end = _value(text, _skip_blanks(text, place + 1))
    return name, value, end


def _value(text, place):
    out, kept, quoted = "", 0, False
    while place < len(text) and text[place] not in "\n\r\0":
        char = text[place]
        if char == "\\":
            place += 1
            escaped = text[place : place + 1]
            if escaped in ESCAPES and escaped:
                out += ESCAPES[escaped]
                kept = len(out)
            elif escaped not in ("\n", "\r"):
                raise _Bad(place, f"Invalid escaped character: '{escaped}'")
        elif char == '"':
            quoted, kept = not quoted, len(out)
        elif char == "#" and not quoted:
            break
        else:
            out += char
            kept = len(out) if quoted or char not in BLANKS else kept
        place += 1
    if quoted:
        raise _Bad(place, "Expected '\"'")
    return out[:kept], place
