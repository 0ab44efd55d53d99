"""Runs ip, nft and other programs inside a namespace, and sets sysctls there."""
import contextlib
import os
import signal
import socket
import subprocess
import time

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root"}


class Failed(Exception):
    """The world could not be built; the text says what was tried."""


def run(argv, network=None, given=None):
    with network.inside() if network else _Nowhere():
        process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENVIRONMENT, text=True
        )
    output, _ = process.communicate(given)
    if process.returncode:
        raise Failed(f"{' '.join(argv)}: {output.strip()}" + (f"\n--- given:\n{given}" if given else ""))
    return output


class _Nowhere:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def ip(network, *lines, force=False):
    """One `ip -batch` for all lines; empty ones are left out. `-6` may lead a line; those run last.
    With `force` a line that does not apply is passed over."""
    for family in ("", "-4", "-6"):
        chosen = [
            _usable_at_once(line[len(family) :].strip() if family else line)
            for line in lines
            if line and (line[:2] == family or not family and line[0] != "-")
        ]
        if chosen:
            with contextlib.suppress(*[Failed] if force else []):
                run(
                    ["ip", *([family] if family else []), *(["-force"] if force else []), "-batch", "-"],
                    network,
                    "\n".join(chosen) + "\n",
                )


def _usable_at_once(line):
    """Without `nodad` an IPv6 address stays tentative until a worker of the kernel has looked at it, even where duplicates
    are not looked for: a `bind` before that fails with EADDRNOTAVAIL."""
    return f"{line} nodad" if line.startswith("addr add ") and ":" in line else line


def nft(network, text):
    if text:
        run(["nft", "-f", "-"], network, text)


def sysctl(network, values):
    with network.inside():
        for name, value in values.items():
            path = "/proc/sys/" + (name if "/" in name else name.replace(".", "/"))
            try:
                with open(path, "w") as file:
                    file.write(str(value))
            except OSError as error:
                raise Failed(f"sysctl {name} = {value}: {error.strerror}") from None


def all_sysctls():
    """(path, value) of everything under net that can be read in this namespace."""
    for folder, _, names in sorted(os.walk("/proc/sys/net")):
        for name in sorted(names):
            path = os.path.join(folder, name)
            try:
                file = os.open(path, os.O_RDONLY)  # thousands of them: no Python file object for each
                yield path, b" ".join(os.read(file, 4096).split()).decode("utf-8", "surrogateescape")
                os.close(file)
            except OSError:
                continue


def wait_for_tcp(network, address, port, seconds=5.0):
    """Readiness is asked for, never slept for."""
    end = time.monotonic() + seconds
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with network.inside():
        while True:
            with socket.socket(family) as attempt:
                attempt.settimeout(1)
                if attempt.connect_ex((address, port)) == 0:
                    return
            if time.monotonic() > end:
                raise Failed(f"the server on {address} port {port} did not start")
            time.sleep(0.003)


def child(network, work, name):
    """A process of the world that runs `work` inside a namespace, in a session of its own."""
    pid = os.fork()
    if pid:
        return pid
    from . import kernel

    try:
        os.setsid()
        kernel.name_process(name)
        if network:
            kernel.setns(network.descriptor, kernel.CLONE_NEWNET)
        work()
        os._exit(0)
    except BaseException as error:  # whatever it was, this process must not return into the caller's code
        os.write(2, f"lab: {name}: {error!r}\n".encode())
        os._exit(1)


def stop(pid):
    """Ends one process of ours and everything in its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)
