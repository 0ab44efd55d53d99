"""The PowerShell commands and .NET methods about files and processes: what a helper script on the Windows side needs.

Text without -Encoding is ANSI in PowerShell 5.1; only ASCII is modelled there, and the rest refused."""
import datetime
import os
import shutil
import signal
import time

from ..filesystem import ROOT, read
from . import files, native
from .cmdlets import piped, registers_in
from .expressions import NotUnderstood
from .files import guest_path, split_command_line
from .values import Date, Failure, Object, as_list, as_text

COMMANDS = {}
command = registers_in(COMMANDS)
MARKS = {"utf8": ("utf-8", b"\xef\xbb\xbf"), "unicode": ("utf-16-le", b"\xff\xfe"), "ascii": ("ascii", b"")}
PATHS = ("path", "literalpath")


def _path(parameters, rest, place=0, name="path"):
    given = parameters.get("literalpath", parameters.get(name, rest[place] if len(rest) > place else None))
    if given is None or "literalpath" not in parameters and any(mark in as_text(given) for mark in "*?["):
        raise NotUnderstood(f"powershell: the lab's Windows wants one path here, not {as_text(given)!r}")
    return as_text(given), guest_path(as_text(given))


def _missing(path, name):
    return Failure(
        f"Cannot find path '{path}' because it does not exist.",
        identity=f"PathNotFound,Microsoft.PowerShell.Commands.{name}Command",
        category="ObjectNotFound",
        target=path,
        exception="ItemNotFoundException",
    )


def _io_error(path, name, error):
    return Failure(
        f"{error.strerror} : '{path}'.",
        identity=f"{name}IOError,Microsoft.PowerShell.Commands.{name}Command",
        category="WriteError",
        target=path,
        exception="IOException",
    )


def _encoded(text, encoding, append=False):
    if encoding is None and not text.isascii():
        raise NotUnderstood("powershell: the lab's Windows writes letters beyond ASCII only with -Encoding")
    codec, mark = MARKS.get(as_text(encoding or "ascii").lower(), (None, b""))
    if codec is None:
        raise NotUnderstood(f"powershell: the lab's Windows does not know -Encoding {as_text(encoding)}")
    return (b"" if append else mark) + text.encode(codec, "replace")


def decoded(data, encoding=None):
    for codec, mark in (("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe")):
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    if encoding is None and not data.isascii():
        raise NotUnderstood("powershell: the lab's Windows reads letters beyond ASCII only with -Encoding")
    return data.decode(MARKS[as_text(encoding or "ascii").lower()][0], "replace")


@command("Test-Path", takes=(*PATHS, "pathtype"))
def test_path(_shell, parameters, rest, _values):
    path = files.located(_path(parameters, rest)[0])
    kind = as_text(parameters.get("pathtype", "any")).lower()
    check = {"any": os.path.exists, "leaf": os.path.isfile, "container": os.path.isdir}[kind]
    return [path is not None and check(path)]


@command("Get-Content", "gc", "cat", "type", takes=(*PATHS, "raw", "encoding"))
def get_content(_shell, parameters, rest, _values):
    given, path = _path(parameters, rest)
    if not os.path.isfile(path):
        raise _missing(given, "GetContent")
    if as_text(parameters.get("encoding")).lower() == "byte":
        return [read(path)] if "raw" in parameters else list(read(path))
    text = decoded(read(path), parameters.get("encoding"))
    return [text] if "raw" in parameters else text.splitlines()


@command("Set-Content", "sc", takes=(*PATHS, "value", "encoding", "nonewline", "force"))
def set_content(_shell, parameters, rest, values):
    return _written(parameters, rest, values, "wb")


@command("Add-Content", "ac", takes=(*PATHS, "value", "encoding", "nonewline", "force"))
def add_content(_shell, parameters, rest, values):
    return _written(parameters, rest, values, "ab")


def _written(parameters, rest, values, mode):
    given, path = _path(parameters, rest)
    value = values if values is not None else parameters.get("value", rest[1] if len(rest) > 1 else None)
    encoding = parameters.get("encoding")
    if as_text(encoding).lower() == "byte":
        data = (
            value
            if isinstance(value, bytes)
            else b"".join(v if isinstance(v, bytes) else bytes([v]) for v in as_list(value))
        )
    else:
        end = "" if "nonewline" in parameters else "\r\n"
        data = _encoded(
            "".join(as_text(v) + end for v in as_list(value)), encoding, mode == "ab" and os.path.exists(path)
        )
    try:
        with open(path, mode) as file:
            file.write(data)
    except OSError as error:
        raise _io_error(given, "SetContent", error) from None
    return []


@command("Copy-Item", "copy", "cp", "cpi", takes=(*PATHS, "destination", "force"))
def copy_item(_shell, parameters, rest, _values):
    return _transferred(parameters, rest, "CopyItem", files.copy, True)


@command("Move-Item", "move", "mv", "mi", takes=(*PATHS, "destination", "force"))
def move_item(_shell, parameters, rest, _values):
    return _transferred(parameters, rest, "MoveItem", files.move, "force" in parameters)


def _transferred(parameters, rest, name, work, overwrites):
    given, source = _path(parameters, rest)
    named = len(rest) if any(key in parameters for key in PATHS) else len(rest) - 1
    target = as_text(parameters.get("destination", rest[-1] if named > 0 else ""))
    if not os.path.exists(source):
        raise _missing(given, name)
    if os.path.isdir(source):
        raise NotUnderstood("powershell: the lab's Windows copies and moves files, not folders")
    place = guest_path(target)
    if os.path.isfile(place) and not overwrites:
        raise _io_error(target, name, FileExistsError(17, "Cannot create a file when that file already exists"))
    try:
        work(source, place)
    except OSError as error:
        raise _io_error(target, name, error) from None
    return []


@command("Remove-Item", "del", "rm", "ri", "erase", takes=(*PATHS, "force", "recurse"))
def remove_item(_shell, parameters, rest, _values):
    given, path = _path(parameters, rest)
    if not os.path.lexists(path):
        raise _missing(given, "RemoveItem")
    if os.path.isdir(path) and os.listdir(path) and "recurse" not in parameters:
        raise NotUnderstood("powershell: Remove-Item would ask about a folder that is not empty")
    shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
    return []


@command("New-Item", "ni", takes=("path", "name", "itemtype", "value", "force"))
def new_item(_shell, parameters, rest, _values):
    given, path = _path(parameters, rest)
    kind = as_text(parameters.get("itemtype", "file")).lower()
    if kind not in ("file", "directory") or "name" in parameters:
        raise NotUnderstood("powershell: the lab's Windows makes files and directories by their -Path")
    if os.path.lexists(path) and "force" not in parameters:
        raise _io_error(given, "NewItem", FileExistsError(17, "The file already exists"))
    try:
        if kind == "directory":
            os.makedirs(path, exist_ok=True)
        else:
            if "force" in parameters:
                os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(_encoded(as_text(parameters.get("value")), None))
    except OSError as error:
        raise _io_error(given, "NewItem", error) from None
    return [Object({"FullName": given}, text=given)]


@command("Join-Path", takes=("path", "childpath"))
def join_path(_shell, parameters, rest, _values):
    parts = [as_text(p) for p in (parameters.get("path"), parameters.get("childpath")) if p is not None]
    first, second = [*parts, *map(as_text, rest)]
    return [first.rstrip("\\/") + "\\" + second.lstrip("\\/")]


@command("Split-Path", takes=("path", "parent", "leaf"))
def split_path(_shell, parameters, rest, values):
    text = as_text(parameters.get("path", rest[0] if rest else piped(values, parameters, rest)[0]))
    head, _, tail = text.rstrip("\\").rpartition("\\")
    return [tail if "leaf" in parameters else head]


@command("Set-Location", "cd", takes=PATHS)
def set_location(shell, parameters, rest, _values):
    given, path = _path(parameters, rest)
    if not os.path.isdir(path):
        raise _missing(given, "SetLocation")
    files.Here.folder, shell.console.cwd = given, path.removeprefix(ROOT)
    return []


@command("Get-Date", takes=("format", "uformat"))
def get_date(_shell, parameters, _rest, _values):
    now = Date(datetime.datetime.now())
    if "uformat" in parameters:
        if as_text(parameters["uformat"]) != "%s":
            raise NotUnderstood("powershell: the lab's Windows knows -UFormat %s only")
        return [str(int(now.moment.timestamp()))]
    if "format" not in parameters:
        return [now]
    text = now.formatted(as_text(parameters["format"]))
    if text is None:
        raise NotUnderstood(f"powershell: the lab's Windows does not know the date format '{parameters['format']}'")
    return [text]


@command(
    "Start-Process",
    "saps",
    "start",
    takes=("filepath", "argumentlist", "windowstyle", "nonewwindow", "wait", "passthru", "workingdirectory"),
)
def start_process(shell, parameters, rest, _values):
    """The process lives on by itself. Windows PowerShell joins the arguments with blanks and quotes nothing."""
    name = as_text(parameters.get("filepath", rest[0] if rest else ""))
    program = native.known(name)
    if not program:
        raise NotUnderstood(f"powershell: the lab's Windows cannot start '{name}'")
    line = " ".join(as_text(v) for v in as_list(parameters.get("argumentlist", rest[1] if len(rest) > 1 else None)))
    args = split_command_line(line)
    if "wait" in parameters:
        number = native.call(shell.console, program, args, None, None)
        found = Object({"ExitCode": number, "HasExited": True})
    else:
        found = Object({"Id": native.detach(shell.console, program, args), "HasExited": False})
    return [found] if "passthru" in parameters else []


def _lives(parameters):
    """The process, or None: one that has ended may not have been waited for yet."""
    try:
        with open(f"/proc/{int(parameters['id'])}/stat") as file:
            return int(parameters["id"]) if file.read().rpartition(")")[2].split()[0] != "Z" else None
    except OSError:
        return None


def _no_process(parameters, name):
    return Failure(
        f"Cannot find a process with the process identifier {int(parameters['id'])}.",
        identity=f"NoProcessFoundForGivenId,Microsoft.PowerShell.Commands.{name}Command",
        category="ObjectNotFound",
        target=str(int(parameters["id"])),
        exception="ProcessCommandException",
    )


@command("Get-Process", "gps", "ps", takes=("id",))
def get_process(_shell, parameters, _rest, _values):
    if not _lives(parameters):
        raise _no_process(parameters, "GetProcess")
    return [Object({"Id": int(parameters["id"])})]


@command("Wait-Process", takes=("id", "timeout"))
def wait_process(_shell, parameters, _rest, _values):
    if not _lives(parameters):
        raise _no_process(parameters, "WaitProcess")
    end = time.monotonic() + float(parameters.get("timeout", 3600))
    while _lives(parameters) and time.monotonic() < end:
        time.sleep(0.1)
    if _lives(parameters):
        raise Failure("This command stopped operation because of the time-out.", identity="ProcessNotTerminated",
                      category="CloseError", exception="TimeoutException")  # fmt: skip
    return []


@command("Stop-Process", "kill", "spps", takes=("id", "force"))
def stop_process(_shell, parameters, _rest, _values):
    if not _lives(parameters):
        raise _no_process(parameters, "StopProcess")
    os.kill(int(parameters["id"]), signal.SIGKILL)
    return []


# -- .NET ------------------------------------------------------------------------------------------


def _guarded(name, work):
    """A static method of [IO.File]: what goes wrong is an exception of PowerShell."""

    def method(_shell, *arguments):
        try:
            return work(*arguments)
        except OSError as error:
            raise Failure(
                f'Exception calling "{name}" with "{len(arguments)}" argument(s): "{error.strerror}"',
                identity=type(error).__name__.replace("Error", "Exception"),
                category="NotSpecified",
                exception="MethodInvocationException",
                ends="statement",
            ) from None

    return method


def _place(path):
    return guest_path(as_text(path))


def _write_all(path, data):
    with open(_place(path), "wb") as file:
        file.write(data)


def _read_all(path):
    with open(_place(path), "rb") as file:
        return file.read()


def _codec(encoding):
    return encoding.codec if encoding else "utf-8"


def _write_text(path, text, encoding=None):
    codec = _codec(encoding)
    mark = b"\xff\xfe" if codec == "utf-16-le" else b""
    _write_all(path, mark + as_text(text).encode(codec, "replace"))


def _delete(path):
    if os.path.isfile(_place(path)):
        os.unlink(_place(path))


def _move_file(source, target):
    if os.path.exists(_place(target)):
        raise FileExistsError(17, "Cannot create a file when that file already exists.\r\n")
    os.stat(_place(source))
    os.rename(_place(source), _place(target))


def _copy_file(source, target, overwrite=False):
    if os.path.exists(_place(target)) and not overwrite:
        raise FileExistsError(17, f"The file '{as_text(target)}' already exists.")
    files.copy(_place(source), _place(target))


def _replace(source, target, backup=None):
    """The target must be there, as Windows wants it."""
    os.stat(_place(source))
    os.stat(_place(target))
    if as_text(backup):
        os.replace(_place(target), _place(backup))
    os.replace(_place(source), _place(target))


METHODS = {
    ("io.file", name.lower()): _guarded(name, work)
    for name, work in {
        "Exists": lambda path: os.path.isfile(files.located(as_text(path)) or ""),
        "ReadAllBytes": _read_all,
        "WriteAllBytes": _write_all,
        "ReadAllText": lambda path, encoding=None: decoded(_read_all(path), None if encoding is None else "utf8"),
        "WriteAllText": _write_text,
        "Delete": _delete,
        "Move": _move_file,
        "Copy": _copy_file,
        "Replace": _replace,
    }.items()
}
METHODS["io.directory", "exists"] = lambda _shell, path: os.path.isdir(files.located(as_text(path)) or "")
METHODS["io.directory", "createdirectory"] = _guarded(
    "CreateDirectory", lambda path: os.makedirs(_place(path), exist_ok=True)
)
METHODS["io.path", "combine"] = lambda _shell, *parts: "\\".join(as_text(part).rstrip("\\") for part in parts)
