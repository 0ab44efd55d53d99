"""The guest's file system: the machine's own, under an overlay that vanishes, with WSL's files laid over it."""
import os
import shutil

from . import kernel

STATE = "/media"                        # a folder that every system has and nobody works in; a private tmpfs lies over it
ROOT, UPPER = STATE + "/root", STATE + "/upper"
FRESH = ("/root", "/home", "/mnt", "/run", "/media")      # the guest's own, empty at the start: nothing of the tester's leaks in
KERNEL_FILES = {"/proc/stat": "stat", "/proc/1/stat": "init-stat", "/proc/sys/kernel/osrelease": "osrelease",
                "/proc/sys/kernel/random/boot_id": "boot_id"}
SYSTEM = ("/", "/etc", "/usr", "/bin", "/sbin", "/lib", "/var", "/mnt", "/run", "/dev", "/proc", "/sys", "/boot", "/root", "/home", "/opt")
REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def prepare():
    """In the lab's own mount namespace: a private tmpfs, and on it the guest's root."""
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    passed = [(path, os.open(path, os.O_PATH)) for path in passed_through()]
    kernel.mount("proc", "/proc", "proc")
    kernel.mount("lab", STATE, "tmpfs", options="mode=0755")
    for folder in ("upper", "work", "root", "kernel", "submounts"):
        os.mkdir(f"{STATE}/{folder}")
    _overlay("/", ROOT, UPPER, STATE + "/work")
    for number, folder in enumerate(_other_mounts()):
        _submount(folder, f"{STATE}/submounts/{number}")
    for folder in FRESH:
        os.makedirs(ROOT + folder, exist_ok=True)
        kernel.mount("none", ROOT + folder, "tmpfs", options="mode=0755")
    kernel.bind("/dev", ROOT + "/dev")
    for path, descriptor in passed:
        os.makedirs(ROOT + path, exist_ok=True)
        kernel.bind(f"/proc/self/fd/{descriptor}", ROOT + path)
        os.close(descriptor)


def passed_through():
    """Folders where what COMMAND writes stays: /tmp, the repository, the current directory."""
    wanted = ["/tmp", REPOSITORY, os.getcwd()]
    return sorted({path for path in wanted if path not in SYSTEM and not path.startswith(("/etc/", "/usr/", "/proc/", "/sys/"))},
                  key=len)


def _overlay(lower, target, upper, work):
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    try:
        kernel.mount("overlay", target, "overlay", options=options)
    except OSError:
        kernel.mount("overlay", target, "overlay", options=options + ",userxattr")


def _other_mounts():
    """Folders of the machine that are file systems of their own and belong into the guest's view."""
    skipped = ("/proc", "/sys", "/dev", "/run", "/tmp", *FRESH)
    with open("/proc/self/mountinfo") as file:
        found = {line.split()[4] for line in file}
    return sorted(path for path in found if path != "/" and os.path.isdir(path)
                  and not any(path == s or path.startswith(s + "/") for s in skipped))


def _submount(folder, state):
    os.makedirs(ROOT + folder, exist_ok=True)
    os.makedirs(state + "/upper")
    os.mkdir(state + "/work")
    try:
        _overlay(folder, ROOT + folder, state + "/upper", state + "/work")
    except OSError:
        kernel.bind(folder, ROOT + folder)


def enter(kernel_files):
    """In the guest's first process: its own /proc and /sys, WSL's kernel files, and the new root."""
    kernel.mount("proc", ROOT + "/proc", "proc")
    kernel.mount("sysfs", ROOT + "/sys", "sysfs")
    for path, name in KERNEL_FILES.items() if kernel_files else ():
        kernel.bind(f"{STATE}/kernel/{name}", ROOT + path)
    if kernel_files:
        kernel.mount("none", ROOT + "/proc/sys/fs/binfmt_misc", "tmpfs", options="mode=0755")
        write(ROOT + "/proc/sys/fs/binfmt_misc/WSLInterop",
              "enabled\ninterpreter /init\nflags: PF\noffset 0\nmagic 4d5a\n")
    os.chdir(ROOT)
    kernel.pivot_root(".", ".")
    kernel.unmount(".")
    os.chdir("/")


def write(path, data, mode=0o644, when=None):
    """A file with just this content, whatever stood there before; missing folders are made."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    remove(path)
    with open(path, "wb") as file:
        file.write(data.encode() if isinstance(data, str) else data)
    os.chmod(path, mode)
    if when is not None:
        os.utime(path, (when, when))


def link(path, target):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    remove(path)
    os.symlink(target, path)


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
