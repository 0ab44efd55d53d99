"""What runs in the guest by itself: servers that listen, ufw, and links that its own services make."""
import os
from types import SimpleNamespace

from . import kernel, tools, tunnel, web
from .filesystem import ROOT, read, remove, write

UFW_AT_BOOT = ["/lib/ufw/ufw-init", "start", "quiet"]


def start(guest):
    """Everything that the distro's own services bring up at its start."""
    world = guest.world
    for entry in world.guest.links:
        _link(guest, entry)
    _ufw(guest)
    for entry in world.guest.listeners:
        _listener(guest, entry)
    if guest.wsl:
        _windows_listeners(guest)


def forget(guest):
    """The VM is gone, and with it all that ran in it; Windows' own servers stay."""
    guest.services = []


def _listener(guest, entry):
    server = SimpleNamespace(**{**vars(entry), "address": [entry.address], "port": [entry.port]})
    with guest.nets.guest.inside():
        sockets = web.bind([server])

    def work():
        kernel.name_process(entry.process)
        web.serve(sockets)
    guest.inside(work, wait=False)
    for bound, _ in sockets:
        bound.close()


def _windows_listeners(guest):
    entries = [SimpleNamespace(**{**vars(entry), "address": [entry.address], "port": [entry.port]})
               for entry in guest.world.windows.listeners]
    if entries and not getattr(guest, "windows_serves", False):
        with guest.nets.windows.inside():
            sockets = web.bind(entries)
        tools.child(guest.nets.windows, lambda: web.serve(sockets), "windows")
        guest.windows_serves = True


def _link(guest, entry):
    network = guest.nets.guest
    if entry.tunnel:
        device, outer, far = tunnel.start(guest.nets, entry)
        guest.inside(lambda: tunnel.run(entry.name, device, outer, far, entry.overhead), wait=False)
        os.close(device)
        outer.close()
    kind = "" if entry.tunnel else {"tun": f"tuntap add {entry.name} mode tun", "tap": f"tuntap add {entry.name} mode tap",
            "bridge": f"link add {entry.name} type bridge",
            "veth": f"link add {entry.name} type veth peer name {entry.name[:11]}-far"}[entry.kind]
    tools.ip(network, kind, f"link set {entry.name} mtu {entry.mtu}",
             *[f"{'-6 ' if ':' in a else ''}addr add {a} dev {entry.name}" for a in entry.address],
             f"link set {entry.name} up" if entry.up else "",
             f"route add {entry.peer}/32 dev {entry.name}" if entry.tunnel else "",
             f"link set {entry.name[:11]}-far up" if entry.kind == "veth" and entry.up else "")


def _ufw(guest):
    wanted = guest.world.guest.ufw
    if wanted is None or not os.path.exists("/usr/sbin/ufw"):
        if wanted and wanted.installed:
            raise tools.Failed("the world has `ufw:` and this machine has no ufw (apt-get install ufw)")
        return
    if not wanted.installed:
        remove(ROOT + "/usr/sbin/ufw")
    elif not getattr(guest, "ufw_configured", False):
        _configure_ufw(guest, wanted)
    elif guest.conf.systemd or not guest.wsl:
        guest.inside(UFW_AT_BOOT)


def _configure_ufw(guest, wanted):
    """From ufw's pristine files, with ufw's own commands."""
    guest.ufw_configured = True
    for name in ("user.rules", "user6.rules"):
        write(f"{ROOT}/etc/ufw/{name}", read(f"/usr/share/ufw/iptables/{name}"), 0o640)
    policy = {"deny": "DROP", "allow": "ACCEPT", "reject": "REJECT"}[wanted.default]
    text = read(ROOT + "/etc/default/ufw").decode()
    write(ROOT + "/etc/default/ufw", "".join(f'DEFAULT_INPUT_POLICY="{policy}"\n' if line.startswith("DEFAULT_INPUT_POLICY")
                                             else line for line in text.splitlines(True)))
    write(ROOT + "/etc/ufw/ufw.conf", "ENABLED=no\nLOGLEVEL=low\n")
    for rule in wanted.rules:
        words = rule.split()
        guest.inside(["ufw", *(words[1:] if words[0] == "ufw" else words)])
    if wanted.active:
        write(ROOT + "/etc/ufw/ufw.conf", "ENABLED=yes\nLOGLEVEL=low\n")
        guest.inside(UFW_AT_BOOT)
