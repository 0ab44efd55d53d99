"""Windows' drives: what the guest sees of them, and what it is to wait for one."""
import tempfile

from .support import expect, lab, lines, need

# What a file system does, as one program sees it: run on a drive and on a tmpfs, it says the same.
FAITHFUL = r"""
import ctypes, errno, os, sys
os.chdir(sys.argv[1]); libc = ctypes.CDLL(None, use_errno=True)
def put(name, data=b"x"):
    with open(name, "wb") as file: file.write(data); file.flush(); os.fsync(file.fileno())
def rename2(old, new, flags): return libc.renameat2(-100, old, -100, new, flags), errno.errorcode.get(ctypes.get_errno())
def handle(name, flags, work):
    opened = os.open(name, flags, 0o400)
    try: return work(opened)
    finally: os.close(opened)
large = bytes(range(256)) * 4000
for step in (
    lambda: [put("a", b"one"), put("b", b"two")],
    lambda: [os.rename("a", "b"), open("b").read(), os.path.exists("a")],
    lambda: [put("c"), rename2(b"c", b"b", 1), rename2(b"c", b"b", 2)[0], open("b").read()],
    lambda: [os.link("b", "l"), os.stat("l").st_nlink, os.stat("b").st_ino == os.stat("l").st_ino],
    lambda: [os.symlink("no where", "s"), os.readlink("s"), os.lstat("s").st_mode],
    lambda: [os.utime("b", ns=(123456789012345678, -1234567891)), os.stat("b").st_mtime_ns],
    lambda: [os.utime("s", ns=(5, 7), follow_symlinks=False), os.lstat("s").st_mtime_ns],
    lambda: [os.chmod("b", 0o4751), os.stat("b").st_mode, open("b", "ab").write(b"q"), os.stat("b").st_mode],
    lambda: [os.setxattr("c", "user.x", b"v"), os.listxattr("c"), os.getxattr("c", "user.x"), os.removexattr("c", "user.x")],
    lambda: os.getxattr("c", "user.x"),
    lambda: [os.truncate("c", 5), handle("c", os.O_RDWR, lambda f: [os.pwrite(f, b"z", 8), os.ftruncate(f, 12), os.pread(f, 99, 0)])],
    lambda: [handle("c", os.O_WRONLY | os.O_APPEND, lambda f: os.write(f, b"end")), os.stat("c").st_size],
    lambda: handle("r", os.O_CREAT | os.O_EXCL | os.O_WRONLY, lambda f: [os.write(f, b"k"), os.fstat(f).st_mode]),
    lambda: handle("r", os.O_CREAT | os.O_EXCL | os.O_WRONLY, os.fstat),
    lambda: handle("r", os.O_RDONLY, lambda f: [os.unlink("r"), os.pread(f, 9, 0), os.fstat(f).st_nlink]),
    lambda: [os.mkdir("d", 0o777), os.mkfifo("d/p"), os.mkdir("d/e"), os.stat("d").st_mode, os.stat("d/..").st_ino == os.stat(".").st_ino],
    lambda: [[put(f"d/{n:0200}") for n in range(300)][:0], len(os.listdir("d"))],
    lambda: os.rmdir("d"),
    lambda: os.rename("d", "d/e/x"),
    lambda: put("x" * 300),
    lambda: [put("big", large), open("big", "rb").read() == large],
    lambda: handle(".", os.O_RDONLY | os.O_DIRECTORY, os.fsync),
    lambda: [sorted(os.listdir(".")), os.statvfs(".").f_namemax],
):
    try: print(step())
    except OSError as error: print(errno.errorcode[error.errno])
"""


def served():
    from world import fuse

    need(not fuse.closed(), f"Windows' drives cannot be served over FUSE: {fuse.closed()}")


def test_a_drive_is_a_mount_that_can_hang_and_does_what_a_tmpfs_does():
    served()
    script = (
        "grep -o ' / /mnt/c .*' /proc/self/mountinfo | cut -d' ' -f3,6,7; mkdir /mnt/plain\n"
        'for f in /mnt/c/Users/me /mnt/plain; do python3 -c "$1" $f > ${f##*/} 2>&1; done; grep -c . me; diff me plain'
    )
    with tempfile.TemporaryDirectory() as folder:
        expect(
            lines("title: x\n", f"cd {folder}; {script}", FAITHFUL),
            ["/mnt/c fuse.drvfs C:\\134", str(FAITHFUL.count("    lambda:"))],
        )


def test_windows_and_the_guest_see_each_others_files_at_once():
    script = (
        "cd /mnt/c/Users/me; exec 3<> f; echo one >&3; powershell.exe -Command \"Get-Content C:\\Users\\me\\f; Set-Content C:\\Users\\me\\f 'three'\"\n"
        "stat -c %s f; cat f; on windows cmd.exe /c 'move /y C:\\Users\\me\\f C:\\Users\\me\\g >nul'; ls; cat /proc/self/fd/3"
    )
    expect([line.strip() for line in lines("title: x\n", script)], ["one", "7", "three", "g", "three"])


FREEZING = r"""
state() { for i in $(seq 100); do s=$(ps -o stat= -p $1); [ "${s:0:1}" = $2 ] && break; sleep 0.02; done; echo ${s:-gone}; }
echo a > /mnt/c/f; a=$(world hash)
killed() { "$@" & p=$!; sleep 0.3; kill -9 $p; state $p D; }
world drive frozen; killed cat /mnt/c/f; { mv /mnt/c/f /mnt/c/g; echo moved $?; } & m=$!
sleep 0.2; on windows cmd.exe /c 'if exist C:\f echo still'; [ $a = $(world hash) ] && echo same
world drive ok; wait $p; echo $?; wait $m; cat /mnt/c/g
world drive stopped; cat /mnt/c/g & p=$!; sleep 0.2; kill -9 $p; wait $p; echo $?
world drive frozen; killed cat /mnt/c/g; b=$(cat /proc/sys/kernel/random/boot_id); on windows wsl.exe --shutdown
[ $b != $(cat /proc/sys/kernel/random/boot_id) ] && echo restarted; killed cat /mnt/c/g
world drive nowhere 2>/dev/null; echo $?; exit 5
"""


def test_a_frozen_drive_holds_who_asks_and_lets_the_world_go():
    served()
    done = lab("title: x\n", FREEZING)
    found = [line[:1] if line.startswith("D") else line for line in done.stdout.split("\n")[:-1]]
    expect(found, ["D", "still\r", "same", "moved 0", "137", "a", "137", "D", "restarted", "D", "2"])
    expect(done.returncode, 5)
    expect(lines("windows: { drive: frozen }\n", "timeout -s KILL 0.3 cat /mnt/c/x & wait $!; echo $?"), ["137"])


def test_drives_under_a_folder_with_a_blank():
    script = (
        "grep -o '/my.*/c ' /proc/self/mountinfo; cd '/my drives/c/Users'; cmd.exe /c cd; wslpath -u 'C:\\Users'; powershell.exe -Command 'Test-Path C:\\Users\\me'\n"
        "printf '[wsl2]\\nnetworkingMode=none\\n' > me/.wslconfig; wsl.exe --shutdown; ls; wslinfo --networking-mode"
    )
    expect(
        [line.strip() for line in lines("wslconf: |\n  [automount]\n  root=/my drives/\n", script)],
        ["/my\\040drives/c", "C:\\Users", "/my drives/c/Users", "True", "me", "none"],
    )
