"""Where Windows' drives are: a folder each, Windows' own, and what the guest sees of it."""
import contextlib
import os

from . import fuse, kernel
from .filesystem import DRIVES, ROOT

STATES = ("ok", "frozen", "stopped")


class Drives:
    """All drives of one world, in the stage."""

    def __init__(self, letters, root):
        """A tmpfs for each; the stage has it at the guest's place too. Where FUSE is closed to us, the guest as well."""
        self.faces, self.servers, self.shown = {}, [], True
        for letter in letters:
            folder, place = f"{DRIVES}/{letter.lower()}", root + letter.lower()
            for made in (folder, folder + "-served", ROOT + place):
                os.makedirs(made, exist_ok=True)
            kernel.mount(f"{letter}:\\", folder, "tmpfs", kernel.MS_NOATIME, "mode=0777")
            kernel.bind(folder, ROOT + place)
            self.faces[place] = folder
            with contextlib.suppress(OSError):
                self.servers.append(fuse.Drive(letter, folder, folder + "-served"))
                self.faces[place] = folder + "-served"

    def enter(self):
        """In the guest's own mount namespace, of which ROOT is not yet the root."""
        for place, face in self.faces.items():
            kernel.unmount(ROOT + place)
            kernel.bind(face, ROOT + place)

    def show(self, shown, in_guest):
        """The drives in the guest's own mounts, or not (`automount.enabled`)."""
        if shown == self.shown:
            return
        self.shown = shown
        copies = [kernel.copy_of_mount(face) for face in self.faces.values()]

        def work():
            for place, copy in zip(self.faces, copies):
                kernel.attach(copy, place) if shown else kernel.unmount(place)

        in_guest(work)
        for copy in copies:
            os.close(copy)

    def become(self, state):
        """Whether they answer; false where they cannot but do."""
        for server in self.servers:
            server.become(state)
        return bool(self.servers) or state == "ok"

    @contextlib.contextmanager
    def failing(self):
        """No process can be killed that waits for an answer; so while the guest dies, there is one."""
        with contextlib.ExitStack() as all_of_them:
            for server in self.servers:
                all_of_them.enter_context(server.failing())
            yield
