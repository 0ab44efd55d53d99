"""Windows at its edge: its files, its programs and its settings, as the guest meets them."""
import os
import time

from ..filesystem import COMMANDS, ROOT, remove, write
from . import hyperv, native, netcmdlets, programs, relay, state
from .console import Console

PROGRAMS = [
    "Windows/System32/" + name
    for name in (
        "wsl.exe",
        "cmd.exe",
        "expand.exe",
        "netsh.exe",
        "ipconfig.exe",
        "reg.exe",
        "where.exe",
        "chcp.com",
        "tasklist.exe",
        "net.exe",
        "WindowsPowerShell/v1.0/powershell.exe",
    )
]
PROGRAMS.append("Program Files/WSL/wsl.exe")
NO_INTEROP = "<3>WSL (1) ERROR: UtilConnectToInteropServer:307: connect failed 2\n"


def furnish(world, root, client):
    """Windows' drives, the profile and the programs."""
    os.makedirs(ROOT + profile(world, root), exist_ok=True)
    for path in PROGRAMS:
        write(f"{ROOT}{root}c/{path}", "MZ\0\0 no Linux program" if world.wsl.interop == "missing" else client, 0o755)
    for name in ("wslinfo", "wslpath"):
        if name == "wslpath" or world.wsl.version and world.wsl.wslinfo:
            folder = "/usr/bin" if os.access(ROOT + "/usr/bin", os.W_OK) else COMMANDS
            write(f"{ROOT}{folder}/{name}", client, 0o755)
    write(ROOT + "/init", client, 0o755)
    state.first(world)


def profile(world, root):
    """The profile's folder as the guest names it."""
    drive, path = world.windows.profile[0].lower(), world.windows.profile[2:].replace("\\", "/")
    return f"{root}{drive}{path}"


def drives(world):
    return sorted({"C", world.windows.profile[0].upper()})


def start(nets):
    """What runs in Windows from the world's start to its end."""
    relay.start(nets)


def connect(nets, mode, localhost):
    """The firewall and the port proxies, which stand between the adapters and this start's guest."""
    now = state.load()
    hyperv.apply(nets, mode, now)
    programs.forward(nets, now)
    programs.forward_localhost(nets, localhost and mode in ("nat", "consomme", "bridged", "wsl1"))
    netcmdlets.push_mtu(nets, mode, now)


def offer_interop(guest):
    """/run/WSL with the sockets that WSL's own programs use."""
    import socket

    os.makedirs(ROOT + "/run/WSL", exist_ok=True)
    path = ROOT + "/run/WSL/1_interop"
    remove(path)
    with socket.socket(socket.AF_UNIX) as shown:
        shown.bind(path)
    os.chmod(path, 0o777)


def environment(guest, account):
    """What a program started by WSL finds in its environment."""
    found = {
        "HOME": account.home,
        "USER": account.name,
        "LOGNAME": account.name,
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    }
    if guest.wsl:
        found["WSL_DISTRO_NAME"] = guest.world.wsl.distro
        if guest.interop():
            found["WSL_INTEROP"] = "/run/WSL/1_interop"
        if guest.conf.append_path:
            found["PATH"] += f":{guest.root}c/Windows/System32:{guest.root}c/Windows/System32/WindowsPowerShell/v1.0"
    return {**found, **guest.world.guest.env}


def at_windows(stage, request):
    """The request as one of Windows itself: where a program of Windows made it, or the person does (`on windows PROGRAM`,
    or a double click on a batch file). Else None."""
    if request["name"] != "on":
        return request if "windows" in request else None
    machine, program, *args = [*request["args"], "", ""]
    if machine != "windows" or stage.world.platform != "wsl":
        return None
    args = request["args"][2:]
    if program.lower().endswith(native.BATCH):
        program, args = "cmd.exe", ["/c", program, *args]
    if not program.lower().endswith((".exe", ".com")) or not native.known(program):
        return None
    return native.request(native.known(program), args, {}, profile(stage.world, stage.guest.root))


def run(stage, name, request):
    """One call of a program; its exit code, of which Linux sees 8 bits."""
    program = programs.PROGRAMS.get(name.lower())
    if not program:
        os.write(2, f"{name}: not a program of the lab's Windows\n".encode())
        return 1
    if not name.endswith((".exe", ".com")):
        if not stage.guest.running:
            os.write(2, f"{name}: the guest is stopped\n".encode())
            return 1
    elif "windows" not in request and stage.guest.running:
        if stage.world.wsl.interop == "hang":
            time.sleep(3600)
        if not stage.guest.interop():
            os.write(2, NO_INTEROP.encode())
            return 1
    if name.endswith((".exe", ".com")):
        time.sleep(stage.world.windows.slow)
    return program(Console(stage, request))
