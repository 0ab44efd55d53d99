"""Why WSL does not start a guest, in its own words, and what it only warns of.

Sources: microsoft/WSL, WslCoreVm.cpp and WslCoreConfig.cpp (what is fatal: a kernel or modules that are not there, modules
without a kernel, a bad MAC address; `memory` is raised to 256 MB and never fatal), its issues 10210 (kernel), 12690, 9477,
11411 (no systemd), 13186 (systemd late), 9340, 9649 (the default user does not exist). The sentence about the modules and
the one about the address are worded after their neighbours."""
import os
import re
import time

from .description import version_numbers as version
from .filesystem import read
from .windows.files import located

MAC = re.compile(r"[0-9a-fA-F]{2}(?:(?::[0-9a-fA-F]{2}){5}|(?:-[0-9a-fA-F]{2}){5})")
NAMES = {"none": "None", "nat": "Nat", "bridged": "Bridged", "mirrored": "Mirrored", "lan": "Nat"}
FALLING_BACK = (2, 3, 25)  # the first version that starts without the network that it cannot make


class Refused(Exception):
    """The guest does not start. `text` is what wsl.exe says, `warned` what it said before."""

    def __init__(self, sentence, where, warned=""):
        super().__init__(sentence)
        self.text, self.warned = f"{sentence}\nError code: Wsl/Service/CreateInstance/{where}\n", warned


def check_vm(world, asked):
    """The warnings of this .wslconfig; raises Refused."""
    path = world.windows.profile + "\\.wslconfig"
    if asked.mac_address is not None and not MAC.fullmatch(asked.mac_address):
        raise Refused(
            f"Invalid MAC address '{asked.mac_address}' for key 'wsl2.macAddress' in {path}", "CreateVm/E_INVALIDARG"
        )
    for key, what in (("kernel", "kernel"), ("modules", "kernel modules VHD")):
        named = getattr(asked, key)
        if named and not os.path.isfile(located(named) or ""):
            raise Refused(
                f"The custom {what} specified in {path} was not found: '{named}'.",
                "CreateVm/WSL_E_CUSTOM_KERNEL_NOT_FOUND",
            )
    advice = "Please see https://aka.ms/wslcustomkernel for more information."
    if asked.modules and not asked.kernel:
        raise Refused(
            f"Custom kernel modules were specified without a custom kernel. {advice}",
            "CreateVm/WSL_E_CUSTOM_KERNEL_NOT_FOUND",
        )
    if asked.kernel and not read(located(asked.kernel)).startswith((b"\x7fELF", b"MZ")):
        time.sleep(asked.kernel_timeout)
        raise Refused(
            "The operation timed out because a response was not received from the virtual machine or container.",
            "CreateVm/HCS/HCS_E_CONNECTION_TIMEOUT",
        )
    lonely = asked.kernel and not asked.modules
    return f"wsl: A custom kernel was specified without kernel modules. {advice}\n" if lonely else ""


def network_without(world, mode):
    """(the mode that WSL falls back to where this one cannot be made, its warning); raises Refused in older versions."""
    if mode not in world.windows.broken_modes:
        return mode, ""
    sentence = f"Failed to configure network (networkingMode {NAMES.get(mode, 'Consomme')})"
    if version(world) < FALLING_BACK:
        raise Refused(
            f"{sentence}. To disable networking, set `wsl2.networkingMode=None` in {world.windows.profile}\\.wslconfig",
            "CreateVm/ConfigureNetworking/HNS/E_FAIL",
        )
    virtual = "Consomme" if version(world) >= (2, 9) else "VirtioProxy"
    virtual_works = mode == "nat" and "consomme" not in world.windows.broken_modes
    to, name = ("consomme", virtual) if virtual_works else ("none", "None")
    return to, f"wsl: {sentence}, falling back to networkingMode {name}.\n"


def check_distro(world, conf, warned, past):
    """The same for wsl.conf: systemd that cannot be executed, or does not come up in time (where the start is not `past`)."""
    if not conf.systemd or world.wsl.systemd == "ok":
        return ""
    if world.wsl.systemd == "missing":
        raise Refused("Catastrophic failure", "E_UNEXPECTED", warned)
    if past:
        return ""
    time.sleep(conf.init_timeout)
    user = conf.user or world.guest.user
    return f"wsl: Failed to start the systemd user session for '{user}'. See journalctl for more details.\n"
