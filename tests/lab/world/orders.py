"""What Windows' processes ask of the stage (start and stop the guest, run something in it, start a
process that outlives it), and how long the person waits for them.

A process of Windows is a process of the stage, outside the guest: it lives on when the guest goes
down. While one is alive, COMMAND (the person) leaves the next start to it, for `guest.patience`."""
import array
import json
import os
import signal
import socket
import time

from . import people
from .refusals import Refused

MOST = 1 << 18  # bytes of one order


class Orders:
    def __init__(self, stage):
        self.stage = stage
        self.inbox, self._outbox = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._outbox.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MOST)
        self.alive = {}  # Windows' processes: {pid: the pid of the client that waits for it in the guest, or None}
        self.waiting, self.end_of_patience = False, 0.0

    # -- in Windows' processes ------------------------------------------------------------------

    def ask(self, order, descriptors=()):
        """Has the stage do it; its answer."""
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fds = array.array("i", [theirs.fileno(), *descriptors])
        self._outbox.sendmsg([json.dumps(order).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        theirs.close()
        with mine:
            return json.loads(mine.recv(MOST) or '{"code": 1}')

    # -- in the stage -----------------------------------------------------------------------------

    def obey(self):
        data, descriptors, _, _ = socket.recv_fds(self.inbox, MOST, 4)
        order, reply = json.loads(data), socket.socket(fileno=descriptors[0])
        with reply:
            answer = getattr(self, "_" + order.pop("order"))(reply, descriptors[1:], **order)
            if answer is not None:
                people.send(reply, json.dumps(answer).encode())
        for descriptor in descriptors[1:]:
            os.close(descriptor)

    def _drive(self, _reply, _descriptors, state):
        return {"served": self.stage.drives.become(state)}

    def _mode(self, _reply, _descriptors):
        return {"mode": self.stage.guest.mode}

    def _enlist(self, _reply, _descriptors, pid, client):
        """A process of Windows that does not end with whoever asked for it."""
        self.alive[pid] = client
        return {}

    def _detach(self, _reply, _descriptors, request):
        """A process of Windows that nobody waits for."""
        pid = os.fork()
        if pid == 0:
            people.alone(self.stage, request)
        self.alive[pid] = None
        return {"pid": pid}

    def _stop(self, _reply, _descriptors, name=None):
        """`wsl.exe --shutdown`, or `--terminate NAME`."""
        stage = self.stage
        if name in (None, stage.world.wsl.distro):
            was_running = stage.guest.running
            if was_running:
                stage.kill_guest(self._spared())
            stage.guest.stop(whole_vm=name is None)
            if was_running:
                self.waiting, self.end_of_patience = True, time.monotonic() + stage.world.guest.patience
        for other in stage.others if name is None else {name} & set(stage.others):
            stage.others[other] = "stopped"
        return {}

    def _start(self, _reply=None, _descriptors=()):
        """{"warned": …}, with "said" and "code" where the guest does not start."""
        try:
            warned = self.stage.guest.start()
        except Refused as refusal:
            return {"warned": refusal.warned, "said": refusal.text, "code": -1}
        if self.waiting:
            self._go_on()
        return {"warned": warned}

    def _run(self, reply, descriptors, **order):
        """A command for the running guest. A process of its own answers. (Not one with `start`: what starts then would
        keep the command's descriptors.)"""
        if not self.stage.guest.running:
            return {"code": 1}
        if os.fork() == 0:
            answer = {"code": 1}
            try:
                answer = self.stage.run_in_guest(reply, descriptors, **order)
            finally:
                people.send(reply, json.dumps(answer).encode())
                os._exit(0)
        return None

    def settle(self):
        """The person opens the next terminal where no process of Windows is going to, or after too long a wait. Where
        the guest does not start, COMMAND goes on all the same, as a terminal of Windows."""
        if self.waiting and (not self.alive or time.monotonic() > self.end_of_patience):
            said = self._start()
            os.write(2, (said["warned"] + said.get("said", "")).encode())
            if self.waiting:
                self._go_on()

    def _go_on(self):
        self.waiting = False
        self.stage.signal_command(signal.SIGCONT)

    def _spared(self):
        """The pids in the guest of those who wait for a process of Windows, with their parents up to COMMAND: they are
        the person's hands at Windows, not programs of the guest."""
        found = set()
        for client in filter(None, self.alive.values()):
            while client and client != self.stage.init:
                try:
                    with open(f"/proc/{client}/status") as file:
                        status = dict(line.split(":", 1) for line in file.read().splitlines())
                except OSError:
                    break
                found.add(int(status["NSpid"].split()[-1]))
                client = int(status["PPid"])
        return found
