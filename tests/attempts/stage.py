"""Inside a world: what there is to attack, the attempts, and what of the machine is different afterwards.

    stage.py FOLDER              FOLDER/commands.json: [commands before it, command, commands after it], played one after the other

In a command the word ATTEMPTS stands for the words that start `attempts`, argv=ATTEMPTS for the same as a list of
YAML. The playbooks beside this file, whose checks they are, lie in the folder where the commands run. Writes
FOLDER/results.json: what the attempts reported, what the commands said, and what was different afterwards."""
import json
import os
import pathlib
import pty
import resource
import socket
import subprocess
import sys
import termios
import time

TARGET = pathlib.Path("/srv/escape")
SERVICE = "/run/escape-service"
VICTIM = pathlib.Path("/run/escape-victim")
LATER = 1.5  # what goes on after its program does so a second later: seen with the last command


def listen(family, kind, address):
    door = socket.socket(family, kind)
    door.bind(address)
    if kind == socket.SOCK_STREAM:
        door.listen()
    door.setblocking(False)
    return door


def called(door):
    try:
        door.recv(16) if door.type == socket.SOCK_DGRAM else door.accept()
    except BlockingIOError:
        return False
    return True


def received(connection):
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except BlockingIOError:
        pass
    return b"".join(parts)


def make_files():
    for name in ("empty", "hollow"):
        (TARGET / name).mkdir(parents=True)
    for name in ("file", "other", "spare"):
        (TARGET / name).write_text("as before\n")
    for name in ("kept", "kept2", "kept3"):
        os.setxattr(TARGET / "file", f"trusted.{name}", b"1")


def process_state(pid):
    """What others could change of a process."""
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return {"state": words[0] in "SR", "nice": words[16], "policy": words[38], "cpus": sorted(os.sched_getaffinity(pid)),
            "limit": resource.prlimit(pid, resource.RLIMIT_NOFILE), "memory": pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text(),
            "traced": [line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("TracerPid")]}


def left_behind():
    """What outlives a process and is no file of the hash."""
    tables = {name: pathlib.Path(f"/proc/sysvipc/{name}") for name in ("shm", "msg", "sem")}
    found = {name: [line.split()[:2] for line in table.read_text().splitlines()] for name, table in tables.items() if table.exists()}
    found["/dev/shm"] = sorted(os.listdir("/dev/shm"))
    keys = pathlib.Path("/proc/keys")
    found["keys"] = [line for line in keys.read_text().splitlines() if "escape" in line] if keys.exists() else []
    found["names"] = os.uname().nodename, pathlib.Path("/proc/sys/kernel/domainname").read_text()
    found["mounts"] = pathlib.Path("/proc/self/mountinfo").read_text().count("\n")
    return found


def files():
    """And links, rules, settings; but for the journal of what was changed with consent."""
    listed = subprocess.run(["world", "hash", "--list"], capture_output=True, text=True, check=True).stdout.splitlines()
    return {line for line in listed if " /var/lib/playbook" not in line}


class Stage:
    def __init__(self):
        make_files()
        self.network = listen(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        self.ours, self.theirs = pty.openpty()
        self.terminal = os.ttyname(self.theirs)
        os.set_blocking(self.ours, False)
        self.doors = []
        self.victim = None

    def set(self):
        """What a restart of the guest takes away."""
        if self.victim and self.victim.poll() is None:
            return
        self.victim = subprocess.Popen(["sleep", "1000"], start_new_session=True)
        VICTIM.write_text(str(self.victim.pid))
        for door in self.doors:
            door.close()
        self.doors = [listen(socket.AF_UNIX, socket.SOCK_STREAM, SERVICE), listen(socket.AF_UNIX, socket.SOCK_DGRAM, SERVICE + ".datagram"),
                      listen(socket.AF_UNIX, socket.SOCK_STREAM, "\0playbook-escape")]
        time.sleep(0.1)

    def reports(self):
        """What `attempts` sent. It also makes a connection that says nothing, and leaves a process that keeps its own."""
        while True:
            try:
                connection, _ = self.network.accept()
            except BlockingIOError:
                return
            with connection:
                connection.setblocking(False)
                place, *attempts = received(connection).decode().splitlines() or [""]
                if place:
                    yield place, attempts

    def arguments(self):
        return [str(TARGET), self.terminal, SERVICE, str(VICTIM), str(self.network.getsockname()[1])]

    def look(self):
        return {"victim": process_state(self.victim.pid), "left": left_behind(), "files": files(), "terminal": termios.tcgetattr(self.theirs)}

    def problems(self, before):
        after = self.look()
        for item in sorted(before["files"] ^ after["files"]):
            yield f"changed: {item}"
        for part in ("victim", "left"):
            yield from (f"{part}: {name} was {value}, is {after[part][name]}" for name, value in before[part].items() if after[part][name] != value)
        if before["terminal"] != after["terminal"]:
            yield "the terminal's mode changed"
        if any([called(door) for door in self.doors]):
            yield "a local service was asked"


class Show:
    def __init__(self, folder):
        self.folder = folder
        self.stage = Stage()
        self.program = [os.path.abspath("build/release/attempts"), *self.stage.arguments()]
        for playbook in pathlib.Path("tests/attempts/playbooks").iterdir():
            (folder / playbook.name).write_text(playbook.read_text().replace("ATTEMPTS", json.dumps(self.program)[1:-1]))

    def words(self, command):
        for word in command:
            if word == "ATTEMPTS":
                yield from [*self.program, "alone"]
            else:
                yield {"argv=ATTEMPTS": "argv=" + json.dumps([*self.program, "alone"])}.get(word, word)

    def run(self, command, **options):
        return subprocess.run(list(self.words(command)), cwd=self.folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)

    def play(self, before, command, after, wait):
        self.stage.set()
        said = [self.run(step, start_new_session=True) for step in before]
        self.stage.set()
        list(self.stage.reports())
        earlier = self.stage.look()
        with open(TARGET / "file", "r+") as left_open:
            said.append(self.run(command, pass_fds=[left_open.fileno()]))
        reports = dict(self.stage.reports())
        said += [self.run(step) for step in after]
        time.sleep(wait)
        return {"reports": reports, "said": "".join(step.stdout + step.stderr for step in said), "problems": list(self.stage.problems(earlier))}


def main(folder):
    show = Show(folder)
    *commands, last = json.loads((folder / "commands.json").read_text())
    results = [show.play(*command, 0) for command in commands] + [show.play(*last, LATER)]
    (folder / "results.json").write_text(json.dumps(results))
    show.stage.victim.kill()


main(pathlib.Path(sys.argv[1]))
