"""Windows' command line programs, and WSL's two in the guest. Each is a function of its console that gives the exit code."""
import os
import re
import time

from .. import attach, loopback
from ..filesystem import ROOT
from ..tools import nft
from . import cabinet, cmd, netcmdlets, powershell_exe, relay, state


# -- wsl.exe -------------------------------------------------------------------------------------


def wsl(console):
    args = console.args
    first = args[0] if args else ""
    if first in ("--version", "-v") and console.world.wsl.version:
        return _version(console)
    if first == "--status":
        console.say_wsl(
            f"{console.word('default-distro')}{console.world.wsl.distro}\n{console.word('default-version')}{_generation(console)}\n"
        )
        return 0
    if first in ("-l", "--list"):
        return _list(console, args[1:])
    if first == "--shutdown":
        time.sleep(0 if console.world.wsl.shutdown == "ok" else 3600)
        return _bring_down(console, None)
    if first in ("--terminate", "-t"):
        if len(args) < 2 or args[1] not in _distros(console):
            return _no_such_distro(console, "Wsl/Service")
        return _bring_down(console, args[1])
    if not first or first in RUN_OPTIONS or not first.startswith("-"):
        return _run_in_guest(console, args)
    return _invalid(console, first)


RUN_OPTIONS = ("--exec", "-e", "--", "-d", "--distribution", "-u", "--user", "--cd")


def _invalid(console, word):
    console.say_wsl(
        f"Invalid command line argument: {word}\nPlease use 'wsl.exe --help' to get a list of supported arguments.\n"
    )
    return -1


def _no_such_distro(console, where):
    console.say_wsl(f"{console.word('no-such-distro')}\nError code: {where}/WSL_E_DISTRO_NOT_FOUND\n")
    return -1


def _version(console):
    wsl_, machine = console.world.wsl, console.world.windows
    part = console.word("part-version")
    lines = [
        console.word("wsl-version") + wsl_.version,
        console.word("kernel-version") + wsl_.kernel,
        part.format("WSLg") + "1.0.71",
        part.format("MSRDC") + "1.2.6353",
        part.format("Direct3D") + "1.611.1-81528511",
        part.format("DXCore") + "10.0.26100.1-240331-1435.ge-release",
        console.word("windows-version") + machine.version,
    ]
    console.say_wsl("\n".join(lines) + "\n")
    return 0


def _distros(console):
    now = "running" if console.stage.guest.running else "stopped"
    return {console.world.wsl.distro: now, **console.stage.others}


def _list(console, options):
    found = _distros(console)
    if "--running" in options:
        found = {name: now for name, now in found.items() if now == "running"}
        if not found:
            console.say_wsl(console.word("none-running") + "\n")
            return -1
    if "-q" in options or "--quiet" in options:
        console.say_wsl("".join(name + "\n" for name in found))
        return 0
    if "-v" not in options and "--verbose" not in options:
        lines = [name + (" (Default)" if name == console.world.wsl.distro else "") for name in found]
        console.say_wsl("\n".join([console.word("running-heading"), *lines]) + "\n")
        return 0
    width = max(len(name) for name in found) + 4
    lines = [f"  {'NAME':<{width}}{'STATE':<16}VERSION"]
    lines += [
        f"{'*' if name == console.world.wsl.distro else ' '} {name:<{width}}{now.title():<16}{_generation(console)}"
        for name, now in found.items()
    ]
    console.say_wsl("\n".join(lines) + "\n")
    return 0


def _generation(console):
    return 1 if console.world.wsl.wsl1 else 2


def _bring_down(console, name):
    """Whoever asked from the guest dies with it."""
    console.stage.orders.ask({"order": "stop", "name": name})
    return 0


def _run_in_guest(console, args):
    """`wsl.exe [-d NAME] [-u USER] [--cd FOLDER] [--exec] COMMAND…`; without a command a shell."""
    options = {"-d": None, "-u": None, "--cd": console.cwd}
    while args and args[0] in RUN_OPTIONS[3:]:
        if len(args) < 2:
            return _invalid(console, args[0])
        options[{"--distribution": "-d", "--user": "-u"}.get(args[0], args[0])], args = args[1], args[2:]
    if options["-d"] not in (None, *_distros(console)):
        return _no_such_distro(console, "Wsl/Service/CreateInstance")
    if options["-d"] not in (None, console.world.wsl.distro):
        console.say(f"The lab's {options['-d']} runs no programs.\n", 2)
        return 1
    if args[:1] and args[0] in ("--exec", "-e"):
        command = args[1:]
    else:
        words = args[1:] if args[:1] == ["--"] else args
        command = ["/bin/sh", "-c", " ".join(words)] if words else ["/bin/sh"]
    if not command:
        return _invalid(console, args[0])
    folder = options["--cd"] if options["--cd"].startswith("/") else _to_linux(console, options["--cd"]) or "/"
    done = console.stage.orders.ask({"order": "start"})
    if console.environment.get("WSL_DISABLE_WARNINGS") != "1":
        console.say_wsl(done.get("warned", ""), 2)
    if "code" not in done:
        order = {"order": "run", "command": command, "user": options["-u"], "cwd": folder}
        done = console.stage.orders.ask(order, (0, 1, 2))
    console.say_wsl(done.get("said", ""))
    return done["code"]


# -- small programs -------------------------------------------------------------------------------


def chcp(console):
    if console.args:
        console.codepage = "utf-8" if console.args[0] == "65001" else f"cp{console.args[0]}"
    console.say(console.word("codepage").format(console.args[0] if console.args else console.world.windows.codepage))
    return 0


def where(console):
    found = [
        path
        for path in ("wsl.exe", "cmd.exe", "netsh.exe", "ipconfig.exe", "reg.exe")
        if console.args and path.startswith(console.args[-1].lower())
    ]
    console.say(
        "".join(f"C:\\Windows\\System32\\{path}\n" for path in found)
        or "INFO: Could not find files for the given pattern(s).\n"
    )
    return 0 if found else 1


def tasklist(console):
    console.say(
        "\nImage Name                     PID Session Name        Session#    Mem Usage\n"
        "========================= ======== ================ =========== ============\nSystem                           4 Services                   0        144 K\n"
    )
    return 0


def net(console):
    """`net session`: the old test for an administrator."""
    if console.args[:1] == ["session"]:
        if console.world.windows.elevated:
            console.say("There are no entries in the list.\n\n")
            return 0
        console.say(f"System error 5 has occurred.\n\n{console.word('access-denied')}\n\n", 2)
        return 2
    console.say("The syntax of this command is:\n\nNET [ SESSION ]\n", 2)
    return 1


def ipconfig(console):
    world = console.world
    lines = [
        "",
        "Windows IP Configuration",
        "",
        "",
        "Ethernet adapter Ethernet:",
        "",
        f"   IPv4 Address. . . . . . . . . . . : {world.lan.windows}",
        "   Subnet Mask . . . . . . . . . . . : 255.255.255.0",
        f"   Default Gateway . . . . . . . . . : {world.lan.router}",
    ]
    if world.vpn:
        lines += ["", "PPP adapter VPN:", "", f"   IPv4 Address. . . . . . . . . . . : {world.vpn.address}"]
    if console.mode == "nat":
        lines += [
            "",
            "Ethernet adapter vEthernet (WSL (Hyper-V firewall)):",
            "",
            f"   IPv4 Address. . . . . . . . . . . : {world.nat.gateway}",
        ]
    console.say("\n".join(lines) + "\n")
    return 0


def reg(console):
    """`reg query` of the two places that tools look at."""
    args = [arg.lower() for arg in console.args]
    path = args[1] if len(args) > 1 else ""
    if args[:1] == ["query"] and path.endswith("portproxy\\v4tov4\\tcp"):
        rows = "".join(
            f"    {p['address']}/{p['listen']}    REG_SZ    {p['connect']}/{p['port']}\n"
            for p in state.load()["portproxy"]
        )
        console.say(f"\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\PortProxy\\v4tov4\\tcp\n{rows}\n")
        return 0
    if args[:1] == ["query"] and path.endswith("user shell folders"):
        console.say(f"\n{console.args[1]}\n    Desktop    REG_EXPAND_SZ    %USERPROFILE%\\Desktop\n\n")
        return 0
    console.say("ERROR: The system was unable to find the specified registry key or value.\n", 2)
    return 1


# -- netsh ----------------------------------------------------------------------------------------


def netsh(console):
    words = [word.lower() for word in console.args]
    if words[:1] == ["int"] or words[:1] == ["interface"]:
        rest = words[1:]
        if rest[:1] == ["portproxy"]:
            return _portproxy(console, rest[1:])
        if rest[:3] in (
            ["ipv4", "show", "subinterfaces"],
            ["ipv4", "show", "subinterface"],
            ["ipv4", "show", "interfaces"],
        ):
            return _subinterfaces(console)
        if len(rest) > 2 and rest[1:3] == ["show", "excludedportrange"]:
            console.say(
                f"\n{console.word('excluded-title').format('tcp')}\n\n{console.word('excluded-columns')}\n----------    ----------\n"
                f"     50000       50059     *\n\n{console.word('excluded-note')}\n\n"
            )
            return 0
        if len(rest) > 2 and rest[1:3] == ["show", "dynamicport"]:
            title = console.word("dynamic-title").format("tcp")
            console.say(f"\n{title}\n{'-' * 33}\n{console.word('start-port').format(49152, 16384)}\n")
            return 0
    console.say(f"The following command was not found: {' '.join(console.args)}.\n")
    return 1


class _Adapters:
    """What adapters() wants of a shell."""

    def __init__(self, console):
        self.world, self.mode = console.world, console.mode


def _subinterfaces(console):
    rows = "".join(
        f"{mtu:>6}  {1:>16}  {1048576:>9}  {524288:>9}  {alias}\n"
        for _, alias, mtu, *_ in netcmdlets.adapters(_Adapters(console))
    )
    console.say(
        f"\n   MTU  MediaSenseState   Bytes In  Bytes Out  Interface\n------  ---------------  ---------  ---------  -------------\n{rows}\n"
    )
    return 0


def _portproxy(console, words):
    given = dict(word.split("=", 1) for word in words if "=" in word)
    if words[:1] == ["show"]:
        rows = "".join(
            f"{p['address']:<15} {p['listen']:<10}  {p['connect']:<15} {p['port']}\n" for p in state.load()["portproxy"]
        )
        heading = f"{console.word('portproxy-title')}\n\nAddress         Port        Address         Port\n--------------- ----------  --------------- ----------\n"
        console.say(f"\n{heading}{rows}\n" if rows else "\n")
        return 0
    if words[:1] not in (["add"], ["delete"], ["reset"]):
        console.say(f"The following command was not found: {' '.join(console.args)}.\n")
        return 1
    if not console.world.windows.elevated:
        console.say(console.word("elevation"))
        return 1
    with state.change() as now:
        address, port = given.get("listenaddress", "*"), int(given.get("listenport", 0))
        left = [p for p in now["portproxy"] if words[0] != "reset" and (p["address"], p["listen"]) != (address, port)]
        if words[0] == "delete" and len(left) == len(now["portproxy"]):
            console.say("The system cannot find the file specified.\n\n")
            return 1
        if words[0] == "add":
            left.append(
                {
                    "address": address,
                    "listen": port,
                    "connect": given.get("connectaddress", address),
                    "port": int(given.get("connectport", port)),
                }
            )
        now["portproxy"] = left
        forward(console.nets, now)
    console.say("\n")
    return 0


def forward(nets, now):
    """What is meant for a port proxy goes to the relay; its connections are marked, so that no rule gives them to the guest."""
    lan, marked, redirected = nets.world.lan.windows, [], []
    for p in now["portproxy"]:
        at = "fib daddr type local" if p["address"] in relay.EVERYWHERE else f"ip daddr {p['address']}"
        meant = f"meta nfproto ipv4 {at} tcp dport {p['listen']}"
        marked.append(f"ct state new {meant} ct mark set {loopback.PROXIED}")
        redirected.append(f"{meant} dnat ip to {lan}:{relay.PROXY}")
    inside = [f'ct state new iifname "loop-guest" ct mark {loopback.PROXIED} ct mark set {loopback.TO_WINDOWS}']
    chains = "".join(
        f"    chain {hook}_{kind} {{\n        type {kind} hook {hook} priority {priority};\n        {body}\n    }}\n"
        for kind, hook, priority, lines in (
            ("filter", "prerouting", -155, marked + inside),
            ("filter", "output", -155, marked),
            ("nat", "prerouting", -101, redirected),
            ("nat", "output", -101, redirected),
        )
        for body in ["\n        ".join(lines)]
    )
    nft(nets.windows, f"table inet portproxy\ndelete table inet portproxy\ntable inet portproxy {{\n{chains}\n}}\n")


def forward_localhost(nets, forwarded):
    """What a program of Windows sends to 127.0.0.1 where Windows does not listen goes to the guest (`localhostForwarding`)."""
    own = ", ".join(attach.own_ports(nets.world)["tcp"])
    rule = f"ip daddr 127.0.0.1 tcp dport != {{ {own} }} redirect to :{relay.LOCALHOST}" if forwarded else ""
    chain = f"chain localhost {{\n type nat hook output priority -100;\n {rule}\n}}"
    nft(nets.windows, f"table inet localhost\ndelete table inet localhost\ntable inet localhost {{\n{chain}\n}}\n")


# -- in the guest ---------------------------------------------------------------------------------


def wslinfo(console):
    args = [arg for arg in console.args if arg != "-n"]
    end = "" if "-n" in console.args else "\n"
    old = tuple(int(part) for part in (console.world.wsl.version or "2.0.0").split(".")[:2]) < (2, 9)
    answers = {
        "--networking-mode": "virtioproxy" if console.mode == "consomme" and old else console.mode,
        "--version": console.world.wsl.version,
        "--wsl-version": console.world.wsl.version,
        "--vm-id": "{0C1D3A5E-7B52-4C7E-9D1F-2A3B4C5D6E7F}",
        "--msal-proxy-path": "/mnt/c/Program Files/WSL/msal.wsl.proxy.exe",
    }
    if len(args) == 1 and args[0] in answers:
        os.write(1, (answers[args[0]] + end).encode())
        return 0
    os.write(2, b"Usage: wslinfo [--networking-mode | --version | --vm-id] [-n]\n")
    return 1


def wslpath(console):
    options = [arg for arg in console.args if re.fullmatch(r"-[auwm]+", arg)]
    paths = [arg for arg in console.args if arg not in options]
    if len(paths) != 1:
        os.write(2, b"wslpath usage: -a -u -w -m PATH\n")
        return 1
    flags = "".join(options)
    found = _to_windows(console, paths[0]) if "w" in flags or "m" in flags else _to_linux(console, paths[0])
    if found is None:
        os.write(2, f"wslpath: {paths[0]}: Invalid argument\n".encode())
        return 1
    os.write(1, ((found.replace("\\", "/") if "m" in flags else found) + "\n").encode())
    return 0


def _to_linux(console, path):
    root = console.stage.guest.root
    drive = re.match(r"([A-Za-z]):[\\/]*(.*)", path)
    if drive:
        if not os.path.isdir(f"{ROOT}{root}{drive[1].lower()}"):
            return None
        return f"{root}{drive[1].lower()}" + ("/" + drive[2].replace("\\", "/").rstrip("/") if drive[2] else "/")
    unc = re.match(r"\\\\wsl(?:\.localhost|\$)\\[^\\]+(.*)", path)
    return unc[1].replace("\\", "/") or "/" if unc else path.replace("\\", "/")


def _to_windows(console, path):
    root = console.stage.guest.root
    full = os.path.normpath(os.path.join(console.cwd, path))
    drive = re.match(re.escape(root) + r"([a-z])(?:/(.*))?$", full)
    if drive:
        return f"{drive[1].upper()}:\\" + (drive[2] or "").replace("/", "\\")
    if not os.path.lexists(ROOT + full):
        return None
    return f"\\\\wsl.localhost\\{console.world.wsl.distro}" + full.replace("/", "\\")


PROGRAMS = {
    "wsl.exe": wsl,
    "cmd.exe": cmd.run,
    "expand.exe": cabinet.run,
    "netsh.exe": netsh,
    "ipconfig.exe": ipconfig,
    "reg.exe": reg,
    "chcp.com": chcp,
    "where.exe": where,
    "tasklist.exe": tasklist,
    "net.exe": net,
    "powershell.exe": powershell_exe.run,
    "wslinfo": wslinfo,
    "wslpath": wslpath,
}
