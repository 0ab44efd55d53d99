"""Windows' paths and files: names in any case, one drive for each letter that the world has. Shared by PowerShell and cmd."""
import os
import re
import shutil

from ..filesystem import DRIVES
from .expressions import NotUnderstood


class Here:
    """The folder that plain names lie in: this process's own, for it is one program."""

    folder = "C:\\Windows"


def located(text):
    """The lab's own path of `C:\\…`, or None where there is no such drive. What exists is found in any case."""
    text = text if re.match(r"[A-Za-z]:|[\\/]", text) else f"{Here.folder}\\{text}"
    drive = re.fullmatch(r"([A-Za-z]):[\\/]+(.*)", text, re.S)
    path = f"{DRIVES}/{drive[1].lower()}" if drive else ""
    if not os.path.isdir(path):
        return None
    for name in filter(None, re.split(r"[\\/]+", drive[2])):
        path = os.path.join(path, name if os.path.lexists(f"{path}/{name}") else _in_any_case(path, name))
    return os.path.normpath(path)


def _in_any_case(folder, name):
    known = os.listdir(folder) if os.path.isdir(folder) else []
    return next((entry for entry in known if entry.lower() == name.lower()), name)


def guest_path(text):
    path = located(text)
    if path is None:
        raise NotUnderstood(f"the lab's Windows has no path {text!r}")
    return path


def copy(source, target):
    """With the time of change, as Windows copies; into a folder under the old name."""
    shutil.copy2(source, _inside(source, target))


def move(source, target):
    """Takes the place of a file that is there: callers ask first where Windows would refuse."""
    os.replace(source, _inside(source, target))


def _inside(source, target):
    return os.path.join(target, os.path.basename(source)) if os.path.isdir(target) else target


def split_command_line(text):
    """A command line's words as Windows' C runtime finds them: backslashes count only before a quote."""
    words, word, quoted, at = [], None, False, 0
    while at < len(text):
        slashes = len(text) - at - len(text[at:].lstrip("\\"))
        following = text[at + slashes : at + slashes + 1]
        if slashes and following == '"':
            word, at = (word or "") + "\\" * (slashes // 2), at + slashes
            if slashes % 2:
                word, at = word + '"', at + 1
        elif slashes:
            word, at = (word or "") + "\\" * slashes, at + slashes
        elif following == '"':
            word, quoted, at = word or "", not quoted, at + 1
        elif following in " \t" and not quoted:
            words, word, at = words + ([word] if word is not None else []), None, at + 1
        else:
            word, at = (word or "") + following, at + 1
    return words + ([word] if word is not None else [])
