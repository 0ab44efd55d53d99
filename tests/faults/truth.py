"""One playbook in one world, whose fix is taken back, and one call of that failing after the other: what a run says of the
machine is what stands there. Runs inside the lab.

The copy that is played never verifies, or, where only a restart would show whether it helps, keeps a check that the change loses.
That check also tries to make a file, which its sandbox refuses: in a trace, the rollback begins at the last attempt before it."""
import itertools
import json
import os
import pathlib
import re
import stat
import subprocess
import time

from matrix import ERRORS, JOURNAL, Play, Watch, driven, met, run, spread, told, trace

MARK = "/playbook-taking-back"
CHECK = f'{{ command: {{ argv: [sh, -c, "touch {MARK}; $HOLDS"] }} }}'
RESTARTS = {"wslconf.": "/etc/wsl.conf", "wslconfig.": "/mnt/c/Users/me/.wslconfig"}  # what these change
ROLLED_BACK, RESTART_PENDING, ROLLBACK_FAILED = 4, 5, 6
OWN = 12  # points of the journal and of scratch files; each change writes it in the same way
SAMPLE = ("hyperv-allow", "link-mtu", "rolled-back", "ufw-allow", "wslconf-set", "wslconfig-unset")  # one of each kind of change
PLACE = "/usr/local/sbin"  # the first in PATH
REFUSING = {  # world of actions: {name of the stand-in: words that it refuses}, from refusing one to refusing all
    "ufw-allow": [{"ufw": "delete"}, {"ufw": "delete", "iptables-restore": ""}, {"ufw": "delete", "ip6tables-restore": ""},
                  {"ufw": "delete", "iptables-restore": "", "ip6tables-restore": ""}],
    "hyperv-allow": [{"powershell.exe": "Remove-NetFirewallHyperVRule"}],
}


def restarted(text):
    """The file whose change is in force only after a restart; None: it is at once, or there is no WSL here."""
    found = [path for action, path in RESTARTS.items() if re.search(rf"\b{re.escape(action)}", text.split("persist:")[0])]
    return found[0] if found and os.path.exists("/mnt/c") else None


def losing(text, wait=""):
    """The playbook that is taken back."""
    path = restarted(text)
    was = os.stat(path).st_size if path and os.path.exists(path) else ""
    same = f"[ x$$(stat -c %s {path}) = x{was} ]" if path else "false"
    check = CHECK.replace("$HOLDS", wait + same)
    text = re.sub(r"^checks: \{", f"checks: {{ untouched: {check},", text, flags=re.M)
    text = re.sub(r"^checks:\n", f"checks:\n  untouched: {check}\n", text, flags=re.M)
    if path:
        return re.sub(r"^symptom:", "keep: [untouched]\nsymptom:", text, flags=re.M)
    text = re.sub(r"\{ id: (\w+),", r"{ id: \1, verify: untouched,", text)
    return re.sub(r"^  - id: (\w+)\n", r"  - id: \1\n    verify: untouched\n", text, flags=re.M)


def things(before, now):
    """What differs: paths, links, and what holds rules."""
    found = set()
    for line in set(before) ^ set(now):
        link = re.match(r"(\S+) mtu \d+$", line)
        found.add(line.split(" ")[0] if line.startswith("/") else link[1] if link else "firewall")
    return {thing for thing in found if thing != "probe1"}  # the other end of probe0


def section(points, keeps):
    """The points of the rollback; what a run keeps is looked at once more after it."""
    marks = [at for at, point in enumerate(points) if MARK in point.what]
    return [] if len(marks) < 1 + keeps else points[marks[-2] + 1 : marks[-1]] if keeps else points[marks[-1] + 1 :]


class Said:
    """What a run ended with."""

    def __init__(self, code, text):
        self.code, self.text, self.result = code, text, {}
        at = re.search(r"^\{$", text, re.M)
        if at:
            self.result = json.JSONDecoder().raw_decode(text[at.start() :])[0]

    def named(self):
        return " ".join([self.result.get("reason") or "", *self.result.get("differences", [])])

    def lines(self):
        return self.result.get("by_hand", [])


class Truth(Play):
    def __init__(self, path, all_points):
        text = path.read_text()
        super().__init__(path, all_points)
        self.name, self.run = path.stem, [*self.run, "--json"]
        self.text, self.slow, self.said = text, path.with_name("slow") / path.name, None
        self.slow.parent.mkdir(exist_ok=True)

    def is_named(self, thing):
        words = ("ufw", "Hyper-V") if thing == "firewall" else (thing,)
        return any(word in self.said.named() for word in words)

    def judge(self, where, said):
        """The exit code is 4 where all is as before; else 6, with every difference by name and a way to go on."""
        self.said = said
        differing = things(self.start, self.watch.state())
        self.counts[f"exit {said.code}"] += 1
        for left in self.watch.leftovers():
            if said.code == ROLLED_BACK:
                self.wrong(f"{where}: exit 4 left", left)
        if said.code == ROLLED_BACK and differing:
            self.wrong(f"{where}: exit 4, but not as before:", *sorted(differing))
        elif said.code not in (ROLLED_BACK, ROLLBACK_FAILED):
            self.wrong(f"{where}: exit {said.code}:", said.text.strip()[-400:])
        elif said.code == ROLLBACK_FAILED:
            self.judge_difference(where, said, differing)

    def judge_difference(self, where, said, differing):
        unnamed = sorted(thing for thing in differing if not self.is_named(thing))
        if unnamed:
            self.wrong(f"{where}: exit 6 does not name", *unnamed, "but says:", said.named())
        if not differing and not re.search("power cut|cannot be told|'/run/", said.named()):
            self.wrong(f"{where}: exit 6, but all is as before:", said.named())
        if not said.lines():
            self.wrong(f"{where}: exit 6 without a way to go on:", said.named())

    # Recoveries

    def by_hand(self):
        """The lines that were said, but for those of playbook itself; then undo, which has nothing left but attributes."""
        lines = [line for line in self.said.lines() if not line.startswith("playbook ")] if self.said else []
        for line in lines:
            run(["bash", "-c", line])
        plain = [re.sub(r" \S+=[0-9a-f]*\b", "", line) for line in (*self.start, *self.watch.state())]
        half = len(self.start)
        if lines and things(plain[:half], plain[half:]):
            self.wrong("by hand:", *lines, "left", *sorted(things(plain[:half], plain[half:])))
        self.counts["by hand"] += bool(lines)
        self.undone()

    def forced(self):
        code, said = run([*self.undo, "--force"])
        if code:
            self.wrong(f"undo --force ended with {code}:", said.strip()[-400:])

    # The variants

    def some(self, points, few):
        """All; or so many, or none where others of them are refused."""
        few = 0 if self.name in REFUSING else few
        return points if self.all_points else spread(points[len(points) // 2 :], few) if few else []

    def failing(self, *options):
        names = itertools.cycle(ERRORS)

        def act(number):
            name = next(names)
            code, text, report = driven(["fail", *options, str(number), name], self.run)
            point = met(report)
            if point:
                self.judge(f"{name} at {point.number} ({point.name} {point.call} {point.what})", Said(code, text))
            return point
        return act

    def refusing(self):
        """Stand-ins that refuse what takes the change back."""
        for refused in REFUSING.get(self.name, [])[0 if self.all_points else -1 :]:
            made = [stand_in(name, words) for name, words in refused.items()]
            code, text = run(self.run)
            self.judge(f"refused: {' '.join(refused)}", Said(code, text))
            for undo in made:
                undo()
            self.settle("refused", f"refused: {' '.join(refused)}", self.undone, 0)

    def meddled(self):
        """Somebody else changes what the fix has changed, before it is taken back."""
        slow = [self.run[0], "run", str(self.slow), *self.run[3:]]
        for meddle in (edit, replace_by_link, remove):
            began, process = time.monotonic(), subprocess.Popen(slow, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/")
            while process.poll() is None and time.monotonic() < began + 20 and not (
                    verifies() and things(self.start, self.watch.state())):
                time.sleep(0.02)
            now = meddle(sorted(thing for thing in things(self.start, self.watch.state()) if "playbook-undo" not in thing))
            text = process.communicate()[0].decode(errors="replace")
            where = f"somebody else: {meddle.__name__}"
            if not now or process.returncode == RESTART_PENDING:  # nothing to do so to, or done as the rollback would
                self.undone()
                continue
            self.judge(where, Said(process.returncode, text))
            if not now():
                self.wrong(f"{where}: what somebody else wrote is gone")
            self.settle("somebody else", where, self.forced, 0)
            if not self.all_points:
                return

    def play(self):
        self.prepare()
        self.path.write_text(losing(self.text))
        self.slow.write_text(losing(self.text, "sleep 0.6; "))
        first = trace(self.run)[2]
        self.watch = Watch([point for point in first if MARK not in point.what])
        self.undone()
        self.prepare()
        self.start = self.watch.state()
        code, text, points = trace(self.run)
        rollback = [point for point in section(points, restarted(self.text) is not None) if point.name.startswith("playbook") or point.kind != "open"]
        self.judge("an undisturbed run", Said(code, text))
        if code != ROLLED_BACK or not rollback or not self.compare("an undisturbed run", True):
            self.wrong(f"an undisturbed run ended with {code}:", text[-600:])
            return
        self.kinds.update(point.kind for point in rollback)
        self.counts["points"] = len(rollback)
        machine = [point for point in rollback if not point.lies_in(JOURNAL)]
        own = spread([point for point in rollback if point not in machine], OWN)
        self.each("once", self.some(machine, 1) + self.some(own, 0), self.failing(), self.undone)
        self.each("lasting", self.some(machine, 1) + self.some(own, 1), self.failing("--lasting"), self.by_hand)
        self.refusing()
        if self.all_points or self.name not in REFUSING:
            self.meddled()
        self.compare("at the end", True)


# -- what others do --------------------------------------------------------------------------------

def stand_in(name, words):
    """A program before the real one in PATH, or in its place, that refuses; what takes it away again."""
    real = pathlib.Path(run(["which", name])[1].strip())
    if name.endswith(".exe"):  # of the lab, in Python
        was, times = real.read_text(), (real.stat().st_atime_ns, real.stat().st_mtime_ns)
        real.write_text(was.replace("import sys\n", f"import sys\nif '{words}' in ' '.join(sys.argv):\n    sys.exit('refused')\n", 1))
        return lambda: (real.write_text(was), os.utime(real, ns=times))
    place = pathlib.Path(PLACE, name)
    place.write_text(f'#!/bin/sh\ncase "$*" in *{words}*) echo "{name} refuses" >&2; exit 1;; esac\nexec {real} "$@"\n')
    place.chmod(0o755)
    return place.unlink


def verifies():
    return run(["pgrep", "-f", "sleep 0.6"])[0] == 0


def edit(differing):
    """A line more, or another MTU."""
    for thing in differing:
        if thing.startswith("/") and os.path.isfile(thing) and not os.path.islink(thing) and "/run/" not in thing:
            with open(thing, "a") as file:
                file.write("# mine\n")
            return lambda: "# mine" in pathlib.Path(thing).read_text()
        if not thing.startswith("/") and thing != "firewall":
            run(["ip", "link", "set", thing, "mtu", "1333"])
            return lambda: pathlib.Path(f"/sys/class/net/{thing}/mtu").read_text() == "1333\n"
    return None


def file_of(differing):
    return next((thing for thing in differing if thing.startswith("/") and os.path.lexists(thing) and
                 not stat.S_ISDIR(os.lstat(thing).st_mode) and "/run/" not in thing), None)


def replace_by_link(differing):
    path = file_of(differing)
    if not path:
        return None
    os.unlink(path)
    os.symlink("/etc/hostname", path)
    return lambda: os.readlink(path) == "/etc/hostname"


def remove(differing):
    path = file_of(differing)
    if not path:
        return None
    os.unlink(path)
    return lambda: not os.path.lexists(path)


def play(path, all_points):
    """What `tests/crash --truth` prints of one playbook."""
    return told(Truth(path, all_points), by_hand="by hand")
