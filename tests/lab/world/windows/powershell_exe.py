"""powershell.exe: its command line, its console, and the world's Windows behind the commands."""
import fnmatch
import os
import re

from ..filesystem import read
from . import cmdlets, dotnet, filecmdlets, files, hypervcmdlets, native, netcmdlets, powershell
from .expressions import Exit, NotUnderstood
from .values import Object, as_text

COMMANDS = {**cmdlets.COMMANDS, **filecmdlets.COMMANDS, **netcmdlets.COMMANDS, **hypervcmdlets.COMMANDS}


class Shell(powershell.Shell):
    """PowerShell with this world's Windows behind it."""

    def __init__(self, console):
        super().__init__(COMMANDS, dotnet.TABLE, console.environment, self._tell)
        self.console, self.world, self.nets = console, console.world, console.nets
        self.codec = self.output_codec = console.codepage
        self.marked = False
        self.constrained = console.world.windows.language_mode == "constrained"
        mode = Object({"LanguageMode": "ConstrainedLanguage" if self.constrained else "FullLanguage"})
        self.variables["executioncontext"] = Object({"SessionState": mode})
        files.Here.folder = console.windows_folder()[0]
        self.variables["home"] = console.world.windows.profile

    @property
    def mode(self):
        return self.console.mode

    def command(self, name, arguments, values, streams=None):
        """A command of PowerShell's, or a program. What a program writes comes as lines, decoded by the console's code
        page: wsl.exe's UTF-16 has a NUL between any two letters then, and after each end of line."""
        if self.world.windows.dies and fnmatch.fnmatch(_said(name, arguments), self.world.windows.dies):
            os._exit(137)
        program = name.lower() not in COMMANDS and native.known(name)
        if not program:
            return super().command(name, arguments, values)
        if values is not None:
            raise NotUnderstood(f"powershell: the lab's Windows gives '{name}' nothing to read")
        words = [word for parameter, value in arguments for word in _words(parameter, value)]
        streams = streams or {}
        chosen = None if 1 in streams else True, streams.get(2, False)
        written, code = native.captured(self.console, program, words, chosen)
        self.variables["lastexitcode"] = code
        self.failed = code != 0
        lines = re.split("\r\n|\r|\n", written.decode(self.output_codec.replace("-sig", ""), "replace"))
        return lines if lines[-1] else lines[:-1]

    def write(self, text):
        if self.output_codec == "utf-8-sig" and not self.marked:
            self.marked = True
            os.write(1, b"\xef\xbb\xbf")
        self.console.say(text, 1, self.output_codec.replace("-sig", ""))

    def host(self, text):
        self.write(text + "\n")

    def complain(self, text):
        self.console.say(text, 2, self.output_codec.replace("-sig", ""))

    def leave(self, code):
        raise Exit(code)

    def emit(self, values):
        text = self.format(values)
        if text:
            self.write(text)

    def format(self, values):
        """Strings as they are, objects as a list of their properties."""
        out = ""
        for value in values:
            if isinstance(value, Object):
                width = max((len(name) for name in value.properties), default=0)
                out += (
                    "\n"
                    + "".join(f"{name:<{width}} : {self.shown(item)}\n" for name, item in value.properties.items())
                    + "\n"
                )
            else:
                out += as_text(value, "\n") + "\n"
        return out

    @staticmethod
    def shown(value):
        return "{" + as_text(value, ", ") + "}" if isinstance(value, list) else as_text(value)

    def _tell(self, failure):
        """An error record as the console prints it; the sentence is translated, the identity is not."""
        message = failure.message
        if failure.identity.startswith("Windows System Error 5,"):
            message = self.console.word("access-denied")
        name = failure.command or failure.identity.rpartition(",")[2] or "powershell"
        self.complain(
            f"{name} : {message}\nAt line:1 char:1\n    + CategoryInfo          : {failure.category}: ({failure.target}) [{name}], "
            f"{failure.exception}\n    + FullyQualifiedErrorId : {failure.identity}\n \n"
        )


def _said(name, arguments):
    """A command and the words of its arguments."""
    return " ".join([name, *(word for parameter, value in arguments for word in _words(parameter, value))])


def _words(parameter, value):
    """A program's arguments as PowerShell passes them on."""
    values = [as_text(item) for item in (value if isinstance(value, list) else [] if value is None else [value])]
    if parameter is None:
        return values
    return [f"-{parameter}" + (":" + values[0] if values else "")]


WITH_VALUE = (
    "executionpolicy",
    "ex",
    "ep",
    "windowstyle",
    "w",
    "inputformat",
    "outputformat",
    "of",
    "if",
    "version",
    "psconsolefile",
    "configurationname",
    "workingdirectory",
)


def run(console):
    args, script = list(console.args), None
    while args and script is None:
        option = args.pop(0)
        name = option.lstrip("-/").lower()
        if not option.startswith(("-", "/")):
            script = " ".join([option, *args])
        elif (
            "encodedcommand".startswith(name)
            and name.startswith("e")
            and name not in ("ex", "ep")
            or name in ("ec", "enc")
        ):
            script = powershell.encoded_command(args.pop(0))
        elif name and "command".startswith(name):
            script = " ".join(args)
        elif name == "file":
            script = read(files.guest_path(args.pop(0))).decode("utf-8-sig")
        elif name in WITH_VALUE or any(known.startswith(name) for known in WITH_VALUE[:1]) and name.startswith("ex"):
            args = args[1:]
        elif name not in ("noprofile", "nop", "noninteractive", "noni", "nologo", "nol", "mta", "sta", "noexit"):
            console.say(f"The lab's powershell.exe does not know the option {option}\n", 2)
            return 1
    if script is None or script.strip() == "-":
        with os.fdopen(0, "r", encoding=console.codepage) as given:
            script = given.read()
    shell = Shell(console)
    try:
        return shell.run(script, shell.emit)
    except NotUnderstood as refusal:
        console.say(f"{refusal}\n", 2)
        return 1
