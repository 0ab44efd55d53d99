"""The world as such: what is read, what passes through, what is left behind."""
import contextlib
import glob
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time

from .support import LAB, WORLDS, expect, lab


def test_every_example_is_valid():
    done = subprocess.run([LAB, "--check", *glob.glob(WORLDS + "/*.yml")], capture_output=True, text=True)
    expect((done.returncode, done.stderr), (0, ""))


def test_wrong_worlds_are_told_with_their_line():
    for text, place in (
        ("guest: {}\npaht: 3\n", ":2:1: error: unknown key 'paht'; did you mean 'path'?"),
        ("path:\n  mtu: small\n", ":2:8: error: expected a number, not 'small'"),
        ("dns:\n  servers: { 8.8.8.8: sleepy }\n", ":2:23: error: expected ok | drop"),
        ("guest: {}\nguest: {}\n", ":2:1: error: 'guest' stands twice"),
        ("a: [\n", ":2:1: error:"),
    ):
        done = lab(text, "true")
        assert done.returncode == 2 and place in done.stderr, done.stderr


def test_exit_codes_and_output_pass_through():
    expect(lab("title: x\n", "echo out; echo err >&2; exit 7").returncode, 7)
    expect(lab("title: x\n", "kill -TERM $$").returncode, 143)
    done = subprocess.run([LAB, WORLDS + "/linux-healthy.yml", "/no/such/program"], capture_output=True, text=True)
    expect((done.returncode, "No such file" in done.stderr), (127, True))


def test_signals_to_the_lab_reach_the_command():
    process = subprocess.Popen(
        [LAB, WORLDS + "/linux-healthy.yml", "bash", "-c", "trap 'exit 9' TERM; echo up; while :; do sleep 0.1; done"],
        stdout=subprocess.PIPE,
    )
    process.stdout.readline()
    process.terminate()
    expect(process.wait(10), 9)


def test_files_of_the_tester_stay_and_others_vanish():
    with tempfile.TemporaryDirectory() as folder:
        lab(
            "linux-healthy", f"echo kept > {folder}/kept; echo gone > /etc/lab-was-here; echo gone > /root/lab-was-here"
        )
        expect(os.listdir(folder), ["kept"])
    expect([p for p in ("/etc/lab-was-here", "/root/lab-was-here") if os.path.exists(p)], [])


def test_killed_at_any_moment_leaves_nothing():
    choice, spaces = random.Random(8), Spaces()
    with tempfile.TemporaryDirectory() as folder, spaces:
        world = shutil.copy(WORLDS + "/lan-hyperv-block.yml", folder)
        before = machine()
        for _ in range(20):
            process = subprocess.Popen(
                [LAB, world, "sh", "-c", "sleep 0.3; wsl.exe --shutdown; sleep 30"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(choice.uniform(0, 1.6))
            spaces.add(processes(lambda pid: world in words(pid) and pid != str(process.pid)))
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        left = survivors(world, spaces.names)
        end = time.monotonic() + 5
        while left and time.monotonic() < end:  # the kernel takes a moment to end a namespace
            time.sleep(0.05)
            left = survivors(world, spaces.names)
        assert spaces.names, "no kill met a world"
        expect((left, machine(), os.listdir(folder)), ({}, before, ["lan-hyperv-block.yml"]))


class Spaces(contextlib.ExitStack):
    """PID namespaces, by name. They are held, since the kernel gives the name of one that is gone to the next, which may
    be of a world that somebody else builds meanwhile."""

    names = frozenset()

    def add(self, pids):
        for pid in pids:
            with contextlib.suppress(OSError):
                held = os.open(f"/proc/{pid}/ns/pid", os.O_RDONLY)
                self.callback(os.close, held)
                self.names |= {os.readlink(f"/proc/self/fd/{held}")} - {os.readlink("/proc/self/ns/pid")}


def survivors(world, spaces):
    """Processes of the killed worlds: named after the world's file, or in one of their PID namespaces."""
    return processes(lambda pid: world in words(pid) or os.readlink(f"/proc/{pid}/ns/pid") in spaces)


def processes(wanted):
    """{pid: PID namespace} of what can be seen from here. The dead that their parent has not asked for do not count:
    a container's first process may never ask."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if pid != str(os.getpid()) and wanted(pid) and not is_dead(pid):
                found[pid] = os.readlink(f"/proc/{pid}/ns/pid")
        except OSError:
            continue
    return found


def is_dead(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] == "Z"


def words(pid):
    with open(f"/proc/{pid}/cmdline") as file:
        return file.read()


def machine():
    """Mounts, named namespaces, links and the lab's folder as this process sees them."""
    with open("/proc/self/mountinfo") as file:
        mounts = file.read()
    named = os.listdir("/run/netns") if os.path.isdir("/run/netns") else []
    return mounts, named, sorted(os.listdir("/sys/class/net")), os.listdir("/media")
