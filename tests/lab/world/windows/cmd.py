"""cmd.exe: one line (`/c`), or a batch file that somebody double-clicks. A subset: no blocks, pipes or carets; of `for` one plain name, of `goto` labels of the batch file.
What is not understood stops the whole and is told: it must never look like success."""
import os
import re
import time

from ..filesystem import ROOT, read
from . import files, native
from .expressions import NotUnderstood
from .files import split_command_line

JOINTS = re.compile(r'((?:"[^"]*"?|>&|[^"&|])+)(&&|\|\||&|\||$)')
TO_NOWHERE = re.compile(r"\s*([12]?)>>?\s*(nul\b|&1)\s*", re.I)
IF = re.compile(
    r'if\s+(?:/i\s+)?(not\s+)?(?:exist\s+(?P<path>"[^"]+"|\S+)|errorlevel\s+(?P<level>\d+)|defined\s+(?P<name>\w+)|'
    r'(?P<left>"[^"]*"|[^\s="]+)\s*==\s*(?P<right>"[^"]*"|\S+))\s+(?P<command>.+)',
    re.I,
)


FOR = re.compile(r"for\s+%(\w)\s+in\s+\(([\w.-]+)\)\s+do\s+(.+)", re.I)


class _Leave(Exception):
    pass


class _Goto(Exception):
    pass


def run(console):
    args = list(console.args)
    folder, unc = console.windows_folder()
    if unc:
        console.say(console.word("unc").format(folder))
    while args and args[0].lower() in ("/d", "/s", "/q", "/u", "/a", "/v:on"):
        args.pop(0)
    if not args or args[0].lower()[:2] not in ("/c", "/k"):
        _ver(Cmd(console), "")
        return 0
    line = " ".join([args[0][2:], *args[1:]] if args[0][2:] else args[1:]).strip()
    if line.startswith('"') and line.count('"') == 2 and line.endswith('"'):
        line = line[1:-1]
    cmd = Cmd(console)
    try:
        cmd.line(line)
    except _Leave:
        pass
    except NotUnderstood as refusal:
        console.say(f"{refusal}\n", 2)
        return 1
    return 1 if cmd.code == 9009 else cmd.code


class Cmd:
    """One cmd.exe: its variables are its console's, its error level the last command's."""

    def __init__(self, console):
        self.console, self.code, self.script, self.echoes, self.pushed = console, 0, None, False, []
        folder, unc = console.windows_folder()
        self.folder = "C:\\Windows" if unc else folder

    def batch(self, path, args):
        """A batch file; its last error level is ours."""
        before = self.script, self.echoes
        self.script, self.echoes = [path, *args], True
        try:
            lines, at = read(self.path(path)).decode(self.console.codepage, "replace").splitlines(), 0
            while at < len(lines):
                try:
                    self.line(lines[at])
                    at += 1
                except _Goto as jump:
                    at = self.label(lines, str(jump))
        except _Leave:
            pass
        finally:
            self.script, self.echoes = before

    def label(self, lines, name):
        found = [at for at, line in enumerate(lines) if line.strip().lower() == ":" + name.lower()]
        if not found:
            self.console.say(f"The system cannot find the batch label specified - {name}\n", 2)
            raise _Leave
        return found[0] + 1

    def line(self, line):
        line = self.expanded(line.strip())
        quiet = line.startswith("@")
        line = line.lstrip("@ \t")
        if self.echoes and line and not quiet and not line.startswith(":"):
            self.console.say(f"\n{self.folder}>{line}\n")
        if line.startswith(":") or re.match(r"rem\b", line, re.I):
            return
        self.joined(line)

    def expanded(self, text):
        """Variables, and in a batch file its arguments. What nobody has set is nothing there, and stays itself in `/c`."""

        def value(match):
            name = match[1]
            if name.upper() == "ERRORLEVEL":
                return str(self.code)
            return self.console.environment.get(name.upper(), "" if self.script else match[0])

        if not self.script:
            return re.sub(r"%(\w+(?:\(x86\))?)%", value, text)
        parts = re.split(r"(%%)", text)
        return "".join("%" if part == "%%" else self._of_script(part, value) for part in parts)

    def _of_script(self, text, value):
        path = self.script[0]
        folder = path[: path.rindex("\\") + 1]
        text = text.replace("%~dp0", folder).replace("%~sdp0", folder).replace("%~f0", path)
        text = re.sub(r"%(~?)(\d)", lambda m: "".join(self.script[int(m[2]) : int(m[2]) + 1]), text)
        if re.search(r"%~", text):
            raise NotUnderstood(f"the lab's cmd.exe does not know '{text}'")
        return re.sub(r"%(\w+(?:\(x86\))?)%", value, text)

    def joined(self, line):
        """Commands joined by &, && and ||. What follows an `if` on its line belongs to it."""
        joint, at = "&", 0
        while at < len(line):
            rest = line[at:].strip()
            condition = re.match(r"(if|for)\b", rest, re.I)
            found = JOINTS.match(line, at)
            if not found or found[2] == "|":
                raise NotUnderstood(f"the lab's cmd.exe has no pipes: '{line}'")
            if joint == "&" or (joint == "&&") == (self.code == 0):
                if condition:
                    self.loop(rest) if condition[1].lower() == "for" else self.condition(rest)
                else:
                    self.simple(found[1].strip())
            if condition:
                return
            joint, at = found[2], found.end()

    def loop(self, line):
        """`for %%F in (NAME) do …`, with %%F and %%~zF."""
        found = FOR.fullmatch(line)
        if not found or re.match(r"[()]", found[3]):
            raise NotUnderstood(f"the lab's cmd.exe does not understand '{line}'")
        path = self.path(found[2])
        size = str(os.path.getsize(path)) if os.path.exists(path) else ""
        self.joined(found[3].replace(f"%~z{found[1]}", size).replace(f"%{found[1]}", found[2]))

    def condition(self, line):
        found = IF.fullmatch(line)
        if not found or re.match(r"[()]", found["command"]) or re.search(r"\belse\b", line, re.I):
            raise NotUnderstood(f"the lab's cmd.exe does not understand '{line}'")
        if found["path"]:
            holds = os.path.exists(self.path(found["path"]))
        elif found["level"]:
            holds = self.code >= int(found["level"])
        elif found["name"]:
            holds = found["name"].upper() in self.console.environment
        else:
            fold = str.lower if re.match(r"if\s+/i", line, re.I) else str
            holds = fold(found["left"]) == fold(found["right"])
        if holds != bool(found[1]):
            self.joined(found["command"])

    def simple(self, command):
        """One command with its redirections, which lead to nowhere only."""
        bare = re.sub(r'"[^"]*"', "", command)
        kept = [os.dup(1), os.dup(2)]
        try:
            if ">" in bare or "<" in bare:
                command = TO_NOWHERE.sub(_redirect, command).strip()
                bare = re.sub(r'"[^"]*"', "", command)
            text = re.match(r"(?:echo|rem|set|title)\b", bare, re.I)
            if re.search(r"[<>^]" if text else r"[<>^()]", bare):
                raise NotUnderstood(f"the lab's cmd.exe does not understand '{command}'")
            code = self.command(command)
            self.code = self.code if code is None else code
        finally:
            for target, descriptor in enumerate(kept, 1):
                os.dup2(descriptor, target)
                os.close(descriptor)

    def command(self, line):
        """Its error level; None leaves the one before."""
        word = re.match(r'"[^"]*"|[^\s/.]*(?:[.\\/:][^\s/"]*)*', line)[0]
        echo = re.match(r"echo(?=[.\s]|$)", line, re.I)
        name, rest = (echo[0], line[4:]) if echo else (word.strip('"'), line[len(word) :].strip())
        builtin = BUILTINS.get(name.lower())
        if builtin:
            return builtin(self, rest)
        if name.lower().endswith(native.BATCH):
            if not os.path.isfile(self.path(name)):
                return self.unknown(name)
            if self.script:
                raise NotUnderstood("the lab's cmd.exe runs no batch file from another")
            return self.batch(self.absolute(name), split_command_line(rest))
        program = native.known(name)
        if not program:
            return self.unknown(name)
        if program == "chcp.com" and rest:
            self.console.codepage = "utf-8" if rest == "65001" else f"cp{rest}"
        return native.call(self.console, program, split_command_line(rest))

    def unknown(self, name):
        self.console.say(self.console.word("not-recognized").format(name), 2)
        return 9009

    def absolute(self, text):
        text = text.strip('"')
        if re.search(r"[*?]", text) or re.match(r"[\\/]|[A-Za-z]:(?![\\/])", text):
            raise NotUnderstood(f"the lab's cmd.exe does not know the path '{text}'")
        return text if re.match(r"[A-Za-z]:[\\/]", text) else f"{self.folder}\\{text}"

    def path(self, text):
        return files.guest_path(self.absolute(text))

    def options(self, rest, known):
        """([paths], {options in lower case})."""
        words = [(word or bare, not word) for word, bare in re.findall(r'"([^"]*)"|(\S+)', rest)]
        given = {word.lower() for word, bare in words if bare and word.startswith("/")}
        if given - set(known):
            raise NotUnderstood(f"the lab's cmd.exe does not know the option {' '.join(given - set(known))}")
        return [word for word, bare in words if not (bare and word.startswith("/"))], given


def _redirect(match):
    target = int(match[1] or 1)
    if match[2] == "&1":
        os.dup2(1, target)
    else:
        nothing = os.open("/dev/null", os.O_WRONLY)
        os.dup2(nothing, target)
        os.close(nothing)
    return " "


def _echo(cmd, rest):
    if rest.strip().lower() in ("on", "off"):
        cmd.echoes = rest.strip().lower() == "on" and cmd.script is not None
    elif rest.strip() == "":
        cmd.console.say(f"ECHO is {'on' if cmd.echoes or not cmd.script else 'off'}.\n")
    else:
        cmd.console.say(rest[1:] + "\n")


def _set(cmd, rest):
    assignment = re.fullmatch(r'"?(\w+)=(.*?)"?', rest)
    if rest.startswith("/"):
        raise NotUnderstood(f"the lab's cmd.exe does not know 'set {rest}'")
    if assignment:
        cmd.console.environment[assignment[1].upper()] = assignment[2]
        if not assignment[2]:
            del cmd.console.environment[assignment[1].upper()]
        return None
    shown = {k: v for k, v in cmd.console.environment.items() if k.startswith(rest.upper())}
    cmd.console.say("".join(f"{k}={v}\n" for k, v in sorted(shown.items())))
    return 0 if shown else 1


def _exit(cmd, rest):
    number = rest.split()[-1] if rest.split() else ""
    if re.fullmatch(r"-?\d+", number):
        cmd.code = int(number)
    raise _Leave


def _copy(cmd, rest):
    return _transfer(cmd, rest, ("/y", "/b", "/v"), files.copy, "copied")


def _move(cmd, rest):
    return _transfer(cmd, rest, ("/y",), files.move, "moved")


def _transfer(cmd, rest, known, work, done):
    paths, given = cmd.options(rest, known)
    if len(paths) != 2 or "+" in rest:
        raise NotUnderstood(f"the lab's cmd.exe wants one file and its new place: '{rest}'")
    target = cmd.path(paths[1])
    source = "/dev/null" if paths[0].lower() == "nul" else cmd.path(paths[0])
    if os.path.exists(target) and not cmd.script and "/y" not in given:
        raise NotUnderstood(f"cmd.exe would ask whether to overwrite '{paths[1]}'")
    if source != "/dev/null" and not os.path.isfile(source):
        cmd.console.say("The system cannot find the file specified.\n", 2)
        return 1
    try:
        work(source, target)
    except OSError:
        cmd.console.say(f"The system cannot find the path specified.\n        0 file(s) {done}.\n", 2)
        return 1
    cmd.console.say(f"        1 file(s) {done}.\n")
    return 0


def _del(cmd, rest):
    for given in cmd.options(rest, ("/q", "/f"))[0]:
        if os.path.isfile(cmd.path(given)):
            os.unlink(cmd.path(given))
        else:
            cmd.console.say(f"Could Not Find {cmd.absolute(given)}\n", 2)
    return 0


def _type(cmd, rest):
    if not os.path.isfile(cmd.path(rest)):
        cmd.console.say("The system cannot find the file specified.\n", 2)
        return 1
    os.write(1, read(cmd.path(rest)))
    return 0


def _ver(cmd, _rest):
    cmd.console.say(f"\nMicrosoft Windows [Version {cmd.console.world.windows.version}]\n")


def _cd(cmd, rest):
    if rest:
        raise NotUnderstood(f"the lab's cmd.exe does not know 'cd {rest}'")
    cmd.console.say(cmd.folder + "\n")


def _pushd(cmd, rest):
    path = cmd.path(rest.strip('"').rstrip("\\"))
    if not os.path.isdir(path):
        cmd.console.say("The system cannot find the path specified.\n", 2)
        return 1
    cmd.pushed.append((cmd.folder, cmd.console.cwd))
    cmd.folder, cmd.console.cwd = cmd.absolute(rest.strip('"').rstrip("\\")), path.removeprefix(ROOT)
    return 0


def _popd(cmd, _rest):
    if cmd.pushed:
        cmd.folder, cmd.console.cwd = cmd.pushed.pop()


def _goto(_cmd, rest):
    raise _Goto(rest.strip().lstrip(":"))


def _pause(cmd, _rest):
    cmd.console.say("Press any key to continue . . . \n")


def _timeout(cmd, rest):
    time.sleep(int(re.search(r"\d+", rest)[0]))
    return 0


def _start(cmd, rest):
    """`start "" /b PROGRAM …`: PROGRAM lives on by itself."""
    found = re.fullmatch(r'("[^"]*"\s+)?((?:/(?:b|min|wait)\s+)*)("[^"]+"|[^\s"/]\S*)(.*)', rest, re.I)
    program = found and native.known(found[3].strip('"'))
    if not program:
        raise NotUnderstood(f"the lab's cmd.exe cannot start '{rest}'")
    args = split_command_line(found[4])
    if "/wait" in found[2].lower():
        return native.call(cmd.console, program, args)
    native.detach(cmd.console, program, args)
    return 0


def _nothing(_cmd, _rest):
    pass


BUILTINS = {
    "echo": _echo,
    "set": _set,
    "exit": _exit,
    "copy": _copy,
    "move": _move,
    "del": _del,
    "type": _type,
    "ver": _ver,
    "cd": _cd,
    "pause": _pause,
    "pushd": _pushd,
    "popd": _popd,
    "goto": _goto,
    "timeout": _timeout,
    "start": _start,
    "setlocal": _nothing,
    "endlocal": _nothing,
    "title": _nothing,
    "rem": _nothing,
}
