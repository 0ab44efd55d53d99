"""One playbook in one world, killed and failing at one point after the other. Runs inside the lab.

State is carried from point to point: after each recovery everything must be as it was before the
first, so that the next can start there. What a point could have touched is compared every time, the
whole world now and then and at the end."""
import collections
import errno
import hashlib
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CRASH = str(ROOT / "build/release/crash")
PLAYBOOK = os.environ.get("PLAYBOOK", str(ROOT / "build/playbook"))
LOCK = "/var/tmp/playbook.lock"
JOURNAL = ("/var/lib/playbook", LOCK)  # the tool's own memory, which no undo takes back
SCRATCH = ("/tmp/", "/var/tmp/", "/run/", "/dev/", "/proc/")
NOTHING = "nothing to undo"
ERRORS = ("ENOSPC", "EIO", "EROFS", "EACCES")
LOOKS = {"firewall": ["nft", "--stateless", "list", "ruleset"],
         "windows": ["powershell.exe", "-NoProfile", "-Command", "Get-NetFirewallHyperVRule | ConvertTo-Json"]}
POINTS, FULL_EVERY, TOO_MANY = 16, 25, 5
TIMEOUT_S = 120
ROLLED_BACK, REFUSED, FINISHED = 4, 7, (0, 4, 5)  # exit codes of a run


class Point(collections.namedtuple("Point", "number pid name kind call what")):
    """A line of `crash trace`."""

    def paths(self):
        if self.kind in ("netlink", "firewall", "windows", "device"):
            return []
        paths = re.sub(r" \((\d+ bytes|creating|truncating)\)$", "", self.what).split(" -> ")
        return paths[:1] if self.call.startswith("symlink") else paths

    def lies_in(self, places):
        """Below the places, or a folder above the journal that was to be there."""
        return bool(self.paths()) and all(path.startswith(places) or JOURNAL[0].startswith(path + "/") for path in self.paths())


def run(argv):
    """(exit code, everything said, on both streams)."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_S,
                          env=environment, cwd="/")
    return done.returncode, done.stdout.decode(errors="replace")


def driven(orders, argv):
    """(exit code, what was said, the driver's report)."""
    with tempfile.NamedTemporaryFile("r", errors="replace") as report:
        code, said = run([CRASH, "-o", report.name, *orders, "--", *argv])
        return code, said, report.read().splitlines()


def met(report):
    """The point at which the driver did what it was told; None: it was not reached."""
    fields = report[0].split("\t") if report else []
    return Point(int(fields[1]), *fields[2:]) if len(fields) == 7 else None


def trace(argv):
    code, said, lines = driven(["trace"], argv)
    return code, said, [Point(int(line.split("\t")[0]), *line.split("\t")[1:]) for line in lines]


def spread(items, count):
    """So many of them, the first and the last among them, evenly."""
    if len(items) <= count:
        return list(items)
    return [items[i * (len(items) - 1) // (count - 1)] for i in range(count)] if count > 1 else [items[0]]


# -- what must be as before ------------------------------------------------------------------------

def describe(path):
    """All that can be restored of one path."""
    try:
        info = os.lstat(path)
    except OSError as error:
        return f"{path} {errno.errorcode[error.errno]}"
    parts = [path, f"{info.st_mode:o}", f"{info.st_uid}:{info.st_gid}"]
    if os.path.islink(path):
        parts.append("-> " + os.readlink(path))
    elif os.path.isfile(path):
        parts += [str(info.st_mtime_ns), hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()]
    if not os.path.islink(path):
        parts += [f"{name}={os.getxattr(path, name).hex()}" for name in sorted(os.listxattr(path))]
    return " ".join(parts)


def links():
    return [f"{link} mtu {pathlib.Path('/sys/class/net', link, 'mtu').read_text().strip()}" for link in sorted(os.listdir("/sys/class/net"))]


def whole_world():
    return [line for line in run(["world", "hash", "--list"])[1].splitlines() if not line.startswith(f"file {JOURNAL[0]}")]


class Watch:
    """The state that the points of a run can touch."""

    def __init__(self, points):
        paths = {path for point in points for path in point.paths()
                 if not point.lies_in(JOURNAL + SCRATCH) and path.startswith("/")}
        folders = {os.path.dirname(path) for path in paths}
        # Names of temporary files differ from run to run: what is left of them shows in their folder.
        self.paths = sorted(folders | {path for path in paths if os.path.lexists(path)})
        self.looks = {point.kind for point in points if point.kind == "firewall" or "powershell" in point.what}

    def state(self):
        rules = []
        for kind, look in LOOKS.items():
            rules += run(look)[1].splitlines() if kind in self.looks else []
        inside = [f"{path}/{name}" for path in self.paths if os.path.isdir(path) for name in sorted(os.listdir(path))]
        return [describe(path) for path in self.paths] + inside + links() + rules

    def leftovers(self):
        """Temporary files of the tool itself."""
        return [str(path) for folder in self.paths for path in pathlib.Path(folder).glob("*.playbook-*")]


def marker():
    try:
        return pathlib.Path(LOCK).read_text()
    except FileNotFoundError:
        return ""


def forget_all():
    shutil.rmtree(JOURNAL[0], ignore_errors=True)
    pathlib.Path(LOCK).unlink(missing_ok=True)


# -- one playbook ----------------------------------------------------------------------------------

class Play:
    def __init__(self, path, all_points):
        self.path, self.all_points = path, all_points
        given = re.findall(r"^# ([a-z]+): ?(.*)", path.read_text(), re.M)
        self.points = int(dict(given).get("points", POINTS))
        self.before = "\n".join(text for word, text in given if word == "before")
        self.run, self.undo = ([PLAYBOOK, *words, "--yes"] for words in (("run", str(path)), ("undo",)))
        self.problems, self.counts = [], collections.Counter()
        self.code = None  # of a run that nothing disturbs
        self.kinds = collections.Counter()

    def share(self, part):
        return 1 << 30 if self.all_points else max(2, int(self.points * part))

    def chosen(self, points, part=1.0):
        """All where few; else all that change the machine itself, and of the journal's and of scratch files a spread."""
        own = [point for point in points if point.lies_in(JOURNAL + SCRATCH)]
        others = [point for point in points if point not in own]
        count = self.share(part)
        kept = spread(others, max(count * 3 // 4, count - len(own)))
        return sorted(kept + spread(own, count - len(kept)))

    def wrong(self, what, *details):
        self.problems.append(" ".join([what, *map(str, details)]))

    # Recoveries

    def undone(self):
        code, said = run(self.undo)
        if code and NOTHING not in said:
            self.wrong(f"undo ended with {code}:", said.strip()[-600:])
        return NOTHING not in said and not code

    def rerun(self):
        """The next run finds the unfinished one and takes it back first; what it does then is undone here, and the first
        one too where it was finished. One that waits for a restart stands in its way."""
        code, said = run(self.run)
        if code not in FINISHED and not (code == REFUSED and "pending" in marker()):
            self.wrong(f"the next run ended with {code}:", said.strip()[-600:])
        if self.undone():
            self.undone()

    def left_to_the_guard(self):
        """The guard has done its work when the driver returns; a run that had settled is undone here."""
        if self.watch.state() != self.start and re.search(r"\bopen\b", marker()):
            self.wrong("the guard left an open run as it was:", marker().strip().replace("\n", ", "))
        self.undone()

    # The state

    def prepare(self):
        run(["umount", "-q", "/etc/wsl.conf"])  # what the playbook before this one may have mounted
        code, said = run(["bash", "-ec", self.before])
        if code:
            raise RuntimeError(f"'before' ended with {code}: {said}")
        self.world = whole_world()

    def compare(self, where, whole=False, settled=True):
        """True where everything is as before. `settled`: after a recovery, when no run may be marked as unfinished and a
        difference will not go away."""
        now, then = (whole_world(), self.world) if whole else (self.watch.state(), self.start)
        lines = [f"  {sign} {line}" for sign, some, other in (("-", then, now), ("+", now, then))
                 for line in some if line not in set(other)]
        if settled and marker():
            lines.append("  the marker says: " + marker().strip().replace("\n", ", "))
        if lines:
            self.wrong(f"{where}: not as before", *("\n    " + line[:300] for line in lines[:8]))
        if lines and settled:
            for left in self.watch.leftovers():
                os.unlink(left)
            self.prepare()
            self.start = self.watch.state()
        return not lines

    def settle(self, variant, where, recover, number):
        """Recovers from what happened at one point, and says whether that went well."""
        known = len(self.problems)
        recover()
        whole = number % FULL_EVERY == FULL_EVERY - 1
        good = self.compare(where) and (not whole or self.compare(where + " or some points before", True))
        self.problems[known:] = [f"{where}: {problem}" if not problem.startswith(where) else problem
                                 for problem in self.problems[known:]]
        good = good and len(self.problems) == known
        self.counts[variant, "points"] += 1
        self.counts[variant, "recovered"] += good
        if not good:
            forget_all()  # an undo that was refused would be refused at every later point too

    def each(self, variant, points, act, recover):
        known = len(self.problems)
        for number, planned in enumerate(points):
            if len(self.problems) >= known + TOO_MANY:
                self.wrong(f"{variant}: given up")
                return
            point = act(planned.number)
            where = f"{variant} {point.number} ({point.name} {point.call} {point.what})" if point else f"{variant} {planned.number}"
            self.settle(variant, where, recover, number)

    def undisturbed(self, judged=False):
        """A run and its undo, traced: exit code, points, points of the undo. The first run makes the journal: its points are
        not counted as those of the others."""
        code, said, points = trace(self.run)
        if code not in FINISHED:
            self.wrong(f"an undisturbed run ended with {code}:", said.strip()[-600:])
        undo_code, said, undo_points = trace(self.undo)
        if undo_code and NOTHING not in said:
            self.wrong(f"undo ended with {undo_code}:", said.strip()[-600:])
        if judged:
            for problem in [*durability(points), *("undo: " + problem for problem in durability(undo_points, False))]:
                self.wrong(problem)
        return code, points, undo_points

    # The variants

    def kill(self, argv, *options):
        def act(number):
            point = met(driven(["kill", *options, str(number)], argv)[2])
            self.counts["mid-change"] += self.watch.state() != self.start
            if point and point.kind == "windows":
                time.sleep(0.3)  # Windows goes on with what it was asked
            return point
        return act

    def kill_first_run(self, number):
        """The first ever: the journal is only being made."""
        forget_all()
        return self.kill(self.run)(number)

    def kill_undo(self, number):
        run(self.run)
        return met(driven(["kill", str(number)], self.undo)[2])

    def explained(self, point, name, said):
        """The journal's library has words of its own for what the system said, and does without an owner."""
        if point.lies_in(JOURNAL[:1]) and point.call == "fchown":
            return True
        words = "the journal '" if point.lies_in(JOURNAL[:1]) else os.strerror(getattr(errno, name))
        return words in said

    def fail(self):
        names = itertools.cycle(ERRORS)

        def act(number):
            name = next(names)
            code, said, report = driven(["fail", str(number), name], self.run)
            point = met(report)
            if not point:
                return None
            where = f"{name} at {point.number} ({point.name} {point.call} {point.what})"
            self.counts[f"exit {code}"] += 1
            for left in self.watch.leftovers():
                self.wrong(f"{where}: exit {code} left", left)
            if code in (0, 5) or code == 1 and "verified: it helped" in said:
                return point  # the call was not needed: the change is whole, and undone below
            if code in (1, 3) and point.kind == "windows":
                self.compare(f"{where}: exit {code}", settled=False)  # it failed to look
            elif code not in (4, 6, 7):
                self.wrong(f"{where}: exit {code}:", said.strip()[-400:])
            elif (code, self.code) == (ROLLED_BACK, ROLLED_BACK):
                pass  # its rollback may have come to the end at the second try, which needs no word
            elif point.name.startswith("playbook") and not self.explained(point, name, said):
                self.wrong(f"{where}: no word of it:", said.strip()[-400:])
            if code in (4, 7):
                self.compare(f"{where}: exit {code}", settled=False)
            return point
        return act

    def play(self):
        self.prepare()
        code, first, _ = self.undisturbed()
        self.code = code
        self.watch = Watch(first)
        self.start = self.watch.state()
        if not self.compare("an undisturbed run and its undo", True):
            return
        _, points, undo_points = self.undisturbed(True)
        self.kinds.update(point.kind for point in points)
        self.counts["points"] = len(points)
        new = [point for point in first if point.lies_in(JOURNAL)][: max(2, len(first) - len(points))]
        outside = [point for point in points if point.kind in ("windows", "netlink")]
        self.each("killed before", self.chosen(points), self.kill(self.run), self.undone)
        self.each("killed after", self.chosen(outside, 0.25), self.kill(self.run, "--after"), self.undone)
        self.each("first run killed before", self.chosen(new, 0.2), self.kill_first_run, self.undone)
        self.each("next run after", self.chosen(points, 0.2), self.kill(self.run), self.rerun)
        self.each("guard after", self.chosen(points, 0.25), self.kill(self.run, "--only-root"), self.left_to_the_guard)
        if code != ROLLED_BACK:
            self.each("undo killed before", self.chosen(undo_points, 0.25), self.kill_undo, self.undone)
        self.each("error", self.chosen(points, 0.5), self.fail(), self.undone)
        self.compare("at the end", True)


# -- the order of writing --------------------------------------------------------------------------

def durability(points, journalled=True):
    """write -> fsync -> rename -> fsync of the folder, and the journal before everything: of what the tool does itself."""
    mine = [point for point in points if point.name.startswith("playbook")]
    changing = [point for point in mine if not point.lies_in(JOURNAL + SCRATCH) and point.kind not in ("windows", "sync")]
    if journalled and changing and not any(point.kind == "sync" and point.lies_in(JOURNAL) for point in mine[: mine.index(changing[0])]):
        yield f"the journal was not synced before the first change: {changing[0].call} {changing[0].what}"
    for at, point in enumerate(mine):
        if not point.lies_in(JOURNAL + SCRATCH) and point.kind == "rename":
            yield from renamed(mine[:at], point, mine[at + 1 :])


def renamed(before, point, after):
    """What must be on the disk before a file takes its name, and what after it."""
    temporary, target = point.paths()
    touching = [other for other in before if temporary in other.paths()]
    if not any(other.call.startswith("symlink") for other in touching) and (not touching or touching[-1].kind != "sync"):
        yield f"not synced before it took its name: {point.what}"
    if not any(other.kind == "sync" and other.paths() == [os.path.dirname(target)] for other in after):
        yield f"the folder was not synced after: {point.what}"
    touching = [other for other in after if target in other.paths() and os.path.isfile(target) and not os.path.islink(target)]
    if touching and touching[-1].kind in ("mode", "owner", "times", "attribute", "write"):
        yield f"not synced after its last change: {touching[-1].call} {target}"


def told(play, **more):
    """Plays it: {problems, kinds, variants, points, seconds, exits}, and `more`: other counts by their names here."""
    started = time.monotonic()
    try:
        play.play()
    except (OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
        play.wrong(repr(error))
    variants = {}
    for key, number in play.counts.items():
        if isinstance(key, tuple):
            variants.setdefault(key[0], {})[key[1]] = number
    return {"problems": play.problems, "kinds": dict(play.kinds), "variants": variants, "points": play.counts["points"],
            **{name: play.counts[key] for name, key in more.items()}, "seconds": time.monotonic() - started,
            "exits": {key: number for key, number in play.counts.items() if isinstance(key, str) and key.startswith("exit")}}


def play(path, all_points):
    """What `tests/crash` prints of one playbook."""
    return told(Play(path, all_points), mid_change="mid-change")
