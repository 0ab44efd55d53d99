"""Windows at its edge: its files, its programs and its settings, as the guest meets them."""
import os

from ..filesystem import ROOT, write

SYSTEM32 = "/mnt/c/Windows/System32/"
PROGRAMS = [SYSTEM32 + name for name in ("wsl.exe", "cmd.exe", "netsh.exe", "ipconfig.exe", "reg.exe", "where.exe",
                                         "chcp.com", "tasklist.exe", "net.exe",
                                         "WindowsPowerShell/v1.0/powershell.exe")] + ["/mnt/c/Program Files/WSL/wsl.exe"]


def programs(world):
    return [] if world.platform != "wsl" else PROGRAMS + ["/usr/bin/wslinfo", "/usr/bin/wslpath", "/init"]


def profile(world):
    """The profile's folder as the guest names it."""
    drive, path = world.windows.profile[0].lower(), world.windows.profile[2:].replace("\\", "/")
    return f"/mnt/{drive}{path}"


def furnish(world):
    os.makedirs(ROOT + profile(world), exist_ok=True)


def connect(nets, mode):
    pass


def offer_interop(world, conf):
    os.makedirs(ROOT + "/run/WSL", exist_ok=True)


def environment(guest):
    """What a program started by WSL finds in its environment."""
    found = {"HOME": guest.home, "USER": guest.world.guest.user, "LOGNAME": guest.world.guest.user,
             "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    return {**found, **guest.world.guest.env}


def run(stage, name, request):
    os.write(2, f"{name}: not here yet\n".encode())
    return 1
