"""Small scripts under the driver: it counts right, kills at the right moment, lets the right call fail."""
import pathlib
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CRASH = ROOT / "build/release/crash"

STEPS = "echo one >a; mv a b; ln -s b c; mkdir d; chmod 600 b; rm c; rmdir d"
CALLS = ["open", "write", "rename", "link", "folder", "mode", "unlink", "folder"]
QUIET = """
import os, socket, subprocess
memory = os.memfd_create("quiet"); os.write(memory, b"x"); os.ftruncate(memory, 0)
reader, writer = os.pipe(); os.write(writer, b"x")
left, right = socket.socketpair(); left.send(b"x")
open("/dev/null", "w").write("x"); open("/etc/passwd").read()
route = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
route.send(b"\\x14\\0\\0\\0" + b"\\x12\\0" + b"\\x01\\x03" + bytes(12))  # RTM_GETLINK, a dump
"""
THREADS = """
import os, threading
def work(name):
    for _ in range(20):
        open(name, "w").close(); os.unlink(name)
threads = [threading.Thread(target=work, args=(str(i),)) for i in range(4)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
"""
DETACHED = "(setsid sh -c 'sleep 0.4; echo >guard' </dev/null >/dev/null 2>&1 &) ; sleep 0.1; echo >own; sleep 5"


class Result:
    """What one run under the driver came to."""

    def __init__(self, *words, folder=None):
        started = time.monotonic()
        with tempfile.NamedTemporaryFile("r") as report:
            done = subprocess.run([CRASH, "-o", report.name, *words], cwd=folder, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=60, errors="replace")
            self.report = report.read().splitlines()
        self.code, self.out, self.err, self.seconds = done.returncode, done.stdout, done.stderr, time.monotonic() - started

    def kinds(self):
        """Of `count`: {kind: number}."""
        return {kind: int(number) for number, kind in (line.split() for line in self.report[1:])}


def names(folder):
    return sorted(path.name for path in pathlib.Path(folder).iterdir())


def counts_what_changes(folder):
    found = Result("count", "--", "sh", "-c", STEPS, folder=folder)
    wanted = {kind: CALLS.count(kind) for kind in CALLS}
    assert found.kinds() == wanted and found.report[0] == f"{len(CALLS)} points", found.report


def counts_no_pipe_device_memory_or_question(folder):
    found = Result("count", "--", "python3", "-c", QUIET, folder=folder)
    assert found.code == 0 and found.report == ["0 points"], (found.report, found.err)


def counts_threads_and_grandchildren(folder):
    found = Result("count", "--", "sh", "-c", 'python3 -c "$0" & wait', THREADS, folder=folder)
    assert found.kinds() == {"open": 80, "unlink": 80}, found.report


def counts_behind_no_new_privs(folder):
    found = Result("count", "--", "setpriv", "--no-new-privs", "sh", "-c", "echo >a", folder=folder)
    assert found.kinds() == {"open": 1, "write": 1}, found.report


def traces_in_order_with_paths(folder):
    lines = [line.split("\t") for line in Result("trace", "--", "sh", "-c", STEPS, folder=folder).report]
    assert [line[0] for line in lines] == [str(i + 1) for i in range(len(CALLS))] and [line[3] for line in lines] == CALLS, lines
    assert lines[0][2] == "sh" and lines[2][2] == "mv" and lines[2][5] == f"{folder}/a -> {folder}/b", lines
    assert lines[3][5] == f"{folder}/c -> b", lines


def kills_before_the_point(folder):
    left = [[], ["a"], ["a"], ["b"], ["b", "c"], ["b", "c", "d"], ["b", "c", "d"], ["b", "d"]]
    for number, wanted in enumerate(left, 1):
        subprocess.run("rm -rf a b c d", shell=True, cwd=folder, check=True)
        found = Result("kill", str(number), "--", "sh", "-c", STEPS, folder=folder)
        assert found.code == 137 and names(folder) == wanted, (number, found.report, names(folder))
        assert found.report[0].startswith(f"killed before\t{number}\t"), found.report


def kills_after_the_point(folder):
    found = Result("kill", "--after", "3", "--", "sh", "-c", STEPS, folder=folder)
    assert found.code == 137 and names(folder) == ["b"], (found.report, names(folder))


def kills_the_detached_too(folder):
    found = Result("kill", "--after", "2", "--", "sh", "-c", DETACHED, folder=folder)
    time.sleep(0.5)
    assert found.code == 137 and names(folder) == ["own"], (found.report, names(folder))


def spares_the_detached(folder):
    found = Result("kill", "--only-root", "2", "--", "sh", "-c", DETACHED, folder=folder)
    assert found.code == 137 and names(folder) == ["guard", "own"] and found.seconds < 4, (found.report, names(folder))


def says_when_the_point_is_not_reached(folder):
    found = Result("kill", "99", "--", "sh", "-c", STEPS + "; exit 3", folder=folder)
    assert found.code == 3 and found.report == [f"not reached\t{len(CALLS)} points"], found.report


def lets_one_call_fail(folder):
    for name, words in (("ENOSPC", "No space left"), ("EIO", "Input/output"), ("EROFS", "Read-only"), ("EACCES", "denied")):
        subprocess.run("rm -rf a b c d", shell=True, cwd=folder, check=True)
        found = Result("fail", "3", name, "--", "sh", "-c", STEPS, folder=folder)
        assert words in found.err and names(folder) == ["a"], (name, found.err, names(folder))
        assert found.report[0].startswith("failed\t3\t"), found.report


def lets_all_calls_on_one_path_fail(folder):
    found = Result("fail", "--lasting", "1", "EROFS", "--", "sh", "-c", "echo >a; echo >b; echo >a; mkdir a || mv b c", folder=folder)
    assert names(folder) == ["c"] and found.report[0].startswith("failed\t1\t"), (found.report, found.err, names(folder))


def lets_a_write_fail(folder):
    found = Result("fail", "2", "ENOSPC", "--", "sh", "-c", "printf hello >a && echo done", folder=folder)
    assert found.code and not found.out and (pathlib.Path(folder) / "a").read_text() == "", (found.code, found.out, found.err)


def holds_while_a_script_runs(folder):
    found = Result("hold", "3", "ls >seen", "--", "sh", "-c", STEPS, folder=folder)
    seen = (pathlib.Path(folder) / "seen").read_text().split()
    assert found.code == 0 and seen == ["a", "seen"] and names(folder) == ["b", "seen"], (found.report, found.err, seen, names(folder))


def holds_one_that_is_killed(folder):
    found = Result("hold", "3", "kill -9 $CRASH_ROOT", "--", "sh", "-c", "echo >a; echo >b; echo >c", folder=folder)
    assert found.code == 137 and names(folder) == ["a"], (found.report, found.err, names(folder))


TESTS = [counts_what_changes, counts_no_pipe_device_memory_or_question, counts_threads_and_grandchildren,
         counts_behind_no_new_privs, traces_in_order_with_paths, kills_before_the_point, kills_after_the_point,
         kills_the_detached_too, spares_the_detached, says_when_the_point_is_not_reached, lets_one_call_fail,
         lets_all_calls_on_one_path_fail, lets_a_write_fail,
         holds_while_a_script_runs, holds_one_that_is_killed]


def run():
    """(name, problems) for each."""
    for test in TESTS:
        with tempfile.TemporaryDirectory(prefix="playbook-crash-") as folder:
            try:
                test(folder)
                yield test.__name__, []
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                yield test.__name__, [repr(error)]


if __name__ == "__main__":
    for name, problems in run():
        print("not ok" if problems else "ok", name, *problems)
