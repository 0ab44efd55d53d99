"""A person at a terminal: runs a program on a pseudo-terminal and replies to its questions.

    typist.py REPLIES PROGRAM…      "y,n": a letter for each question"""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

QUESTION = b"[y/N] "
KEYS = {"^C": b"\x03", "^D": b"\x04"}


class Terminal:
    """A pseudo-terminal of so many columns; `shown` is what the program wrote to it."""

    def __init__(self, columns=80):
        self.screen, self.keys = pty.openpty()
        fcntl.ioctl(self.keys, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.shown = b""
        self.settings = termios.tcgetattr(self.keys)

    def start(self, argv, stdout=None, **options):
        """The program with this terminal as its controlling one; output goes there too unless given."""
        def session():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        return subprocess.Popen(argv, stdin=self.keys, stdout=self.keys if stdout is None else stdout,
                                stderr=options.pop("stderr", self.keys), preexec_fn=session, **options)

    def read(self, seconds):
        """More of what is shown; False when nothing came in that time."""
        if not self.screen or not select.select([self.screen], [], [], seconds)[0]:
            return False
        try:
            got = os.read(self.screen, 65536)
        except OSError:
            return False
        self.shown += got
        return bool(got)

    def wait_for(self, text, seconds=20, past=0):
        """Until `text` is shown behind position `past`; the position behind it, or -1."""
        end = time.monotonic() + seconds
        while text not in self.shown[past:]:
            left = end - time.monotonic()
            if left < 0:
                return -1
            self.read(min(left, 0.2))
        return past + self.shown[past:].index(text) + len(text)

    def type(self, data):
        os.write(self.screen, data)

    def close(self):
        """The window is closed: the kernel sends SIGHUP."""
        if self.screen:
            os.close(self.screen)
        self.screen = None

    def unchanged(self):
        """Are the settings (stty -g) as they were?"""
        return termios.tcgetattr(self.keys) == self.settings

    def reply(self, process, replies, seconds=60):
        """Types each reply when its question is asked, and waits for the end: True where all were asked."""
        at, end = 0, time.monotonic() + seconds
        waiting = list(replies)
        while process.poll() is None:
            if time.monotonic() > end:
                process.send_signal(signal.SIGKILL)
            self.read(0.05)
            if waiting and QUESTION in self.shown[at:]:
                at += self.shown[at:].index(QUESTION) + len(QUESTION)
                wait, _, text = waiting.pop(0).rpartition(":")
                pause = time.monotonic() + float(wait or 0)
                while time.monotonic() < pause:
                    self.read(0.1)
                self.type(KEYS.get(text, text.encode() + b"\n"))
        while self.read(0.05):
            continue
        return not waiting


def main(replies, *program):
    terminal = Terminal()
    process = terminal.start(program)
    asked = terminal.reply(process, replies.split(","))
    print(terminal.shown.decode(), f"exit {process.returncode}", "" if asked else "not all was asked", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
