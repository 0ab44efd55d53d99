"""The guest's file system: the machine's own, under an overlay that vanishes, with WSL's files laid over it."""
import os
import shutil
import subprocess

from . import kernel

STATE = "/media"  # a folder that every system has and nobody works in; a private tmpfs lies over it
ROOT, UPPER = STATE + "/root", STATE + "/upper"
DRIVES = STATE + "/drives"  # Windows' own view of them, which never waits for the guest's
FRESH = (
    "/root",
    "/home",
    "/mnt",
    "/run",
    "/media",
)  # the guest's own, empty at the start: nothing of the tester's leaks in
COMMANDS = "/usr/local/sbin"  # where the lab's own commands are: first on PATH, and empty on a machine as it comes
SOCKET = "/run/lab/socket"  # where those commands find the stage
NOT_LAID = ("/proc", "/sys", "/dev", "/tmp", *FRESH)
# What the guest has a copy of: packages that are installed on the machine meanwhile change names there.
COPIED, LOWER = "/etc", STATE + "/lower"
KERNEL_FILES = {
    "/proc/stat": "stat",
    "/proc/1/stat": "init-stat",
    "/proc/sys/kernel/osrelease": "osrelease",
    "/proc/sys/kernel/random/boot_id": "boot_id",
}
SYSTEM = (
    "/",
    "/etc",
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/var",
    "/mnt",
    "/run",
    "/dev",
    "/proc",
    "/sys",
    "/boot",
    "/root",
    "/home",
    "/opt",
)
# Folders in which the guest makes files. The overlay has them above from the start: in a user namespace it could not lift
# what the machine's root owns.
WRITTEN = ("/var/tmp", "/var/lib")
REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def prepare():
    """In the lab's own mount namespace, already claimed: the guest's root, but for what `finish` waits for."""
    passed = [(path, os.open(path, os.O_PATH)) for path in passed_through()]
    for folder in ("upper", "work", "root", "kernel"):
        os.mkdir(f"{STATE}/{folder}")
    kernel.mount("lab", ROOT, "tmpfs", options="mode=0755")
    os.mkdir(LOWER)
    owners = ",ownership" if os.stat(COPIED).st_uid == 0 else ""  # in a user namespace all becomes ours
    copying = subprocess.Popen(
        ["cp", "-dR", f"--preserve=mode,timestamps,links,xattr{owners}", COPIED, LOWER],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for entry in os.scandir("/"):
        _lay(entry)
    for folder in (*FRESH, COMMANDS):
        os.makedirs(ROOT + folder, exist_ok=True)
        kernel.mount("none", ROOT + folder, "tmpfs", options="mode=0755")
    kernel.bind("/dev", ROOT + "/dev")
    for path, descriptor in passed:
        os.makedirs(ROOT + path, exist_ok=True)
        kernel.bind(f"/proc/self/fd/{descriptor}", ROOT + path)
        os.close(descriptor)
    return copying


def finish(copying):
    """The copy may lack what only the machine's root may read, or what went away meanwhile."""
    copying.wait()
    _overlay(COPIED)


def below(name):
    """The lower layer's own path of this name."""
    return LOWER + name if (name + "/").startswith(COPIED + "/") else name


def claim():
    """The mounts that need the right to mount: where this fails, no world can be built."""
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("proc", "/proc", "proc")
    kernel.mount("lab", STATE, "tmpfs", options="mode=0755")


def _lay(entry):
    """One entry of the machine's root: a folder under an overlay of its own (the whole root cannot
    be one where a user namespace holds the mounts below it locked)."""
    if entry.is_symlink():
        os.symlink(os.readlink(entry.path), ROOT + entry.path)
    elif not entry.is_dir():
        return
    else:
        os.mkdir(ROOT + entry.path)
        if entry.path not in (COPIED, *NOT_LAID):
            _overlay(entry.path)


def passed_through():
    """Folders where what COMMAND writes stays: /tmp, the repository, the current directory."""
    wanted = ["/tmp", REPOSITORY, os.getcwd()]
    return sorted(
        {path for path in wanted if path not in SYSTEM and not path.startswith(("/etc/", "/usr/", "/proc/", "/sys/"))},
        key=len,
    )


def _overlay(folder):
    upper, work = UPPER + folder, STATE + "/work" + folder
    os.mkdir(upper)
    os.mkdir(work)
    shutil.copystat(below(folder), upper)
    for inner in WRITTEN:
        if inner.startswith(folder + "/"):
            os.makedirs(UPPER + inner)
            shutil.copystat(inner, UPPER + inner)
    options = f"lowerdir={below(folder)},upperdir={upper},workdir={work}"
    for more in ("", ",userxattr"):
        try:
            kernel.mount("overlay", ROOT + folder, "overlay", options=options + more)
            return
        except OSError:
            continue
    os.rmdir(upper)
    kernel.bind(below(folder), ROOT + folder)  # a folder that cannot lie under an overlay is shared with the machine


def enter(interop_flags):
    """In the guest's first process: its own /proc and /sys, WSL's kernel files (None for the flags: not on plain Linux), and
    the new root."""
    kernel_files = interop_flags is not None
    kernel.mount("proc", ROOT + "/proc", "proc")
    try:
        kernel.mount("sysfs", ROOT + "/sys", "sysfs")
    except OSError:
        kernel.bind("/sys", ROOT + "/sys")  # refused in some user namespaces; its class/net is then the machine's
    for path, name in KERNEL_FILES.items() if kernel_files else ():
        kernel.bind(f"{STATE}/kernel/{name}", ROOT + path)
    if kernel_files:
        kernel.mount("none", ROOT + "/proc/sys/fs/binfmt_misc", "tmpfs", options="mode=0755")
        write(
            ROOT + "/proc/sys/fs/binfmt_misc/WSLInterop",
            f"enabled\ninterpreter /init\nflags: {interop_flags}\noffset 0\nmagic 4d5a\n",
        )
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
