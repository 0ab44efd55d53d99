"""One run of a Windows program: its arguments, and its output in the bytes that Windows would write."""
import os

from ..filesystem import DRIVES
from . import words


class Console:
    def __init__(self, stage, request):
        self.stage, self.world, self.nets = stage, stage.world, stage.nets
        self.args, self.cwd, self.given = request["args"], request["cwd"], request["env"]
        self.inherited = request.get("windows")  # the environment of the program of Windows that starts this one
        default = f"cp{self.world.windows.codepage}" if self.world.windows.codepage != 65001 else "utf-8"
        self.codepage = request.get("codepage", default)
        self.environment = self._environment()

    @property
    def mode(self):
        """The networking mode of now: this process may be older than the guest's last start."""
        return self.stage.orders.ask({"order": "mode"})["mode"]

    def _environment(self):
        """Windows' own variables, and those of the guest that WSLENV lists."""
        machine = self.world.windows
        found = {
            "USERPROFILE": machine.profile,
            "USERNAME": machine.user,
            "COMPUTERNAME": machine.hostname,
            "SYSTEMROOT": "C:\\Windows",
            "WINDIR": "C:\\Windows",
            "SYSTEMDRIVE": "C:",
            "HOMEDRIVE": "C:",
            "HOMEPATH": machine.profile[2:],
            "OS": "Windows_NT",
            "COMSPEC": "C:\\Windows\\system32\\cmd.exe",
            "APPDATA": machine.profile + "\\AppData\\Roaming",
            "LOCALAPPDATA": machine.profile + "\\AppData\\Local",
            "TEMP": machine.profile + "\\AppData\\Local\\Temp",
            "PROGRAMFILES": "C:\\Program Files",
            "PATH": "C:\\Windows\\system32;C:\\Windows",
        }
        for entry in self.given.get("WSLENV", "").split(":"):
            name = entry.partition("/")[0]
            if name in self.given:
                found[name.upper()] = self.given[name]
        return {**found, **(self.inherited or {})}

    def say(self, text, stream=1, codec=None):
        """Text with LF line ends, written with CRLF in the OEM code page."""
        data = text.replace("\r\n", "\n").replace("\n", "\r\n").encode(codec or self.codepage, "replace")
        while data:
            data = data[os.write(stream, data) :]

    def say_wsl(self, text, stream=1):
        """wsl.exe's own messages: UTF-16LE without a mark, or UTF-8 where WSL_UTF8=1 reaches it."""
        self.say(text, stream, "utf-8" if self.environment.get("WSL_UTF8") == "1" else "utf-16-le")

    def word(self, key):
        table = words.TEXTS[key]
        return table.get(self.world.windows.language, table["en"])

    def windows_folder(self):
        """The current folder as Windows names it, and whether it is a guest's (a UNC path)."""
        # The guest sees the drives where it mounts them, programs of Windows in the folder behind that.
        for root in (self.stage.guest.root, f"{DRIVES}/"):
            drive, *below = self.cwd.removeprefix(root).split("/")
            if self.cwd.startswith(root) and len(drive) == 1:
                return drive.upper() + ":\\" + "\\".join(below), False
        return f"\\\\wsl.localhost\\{self.world.wsl.distro}" + self.cwd.replace("/", "\\"), True
