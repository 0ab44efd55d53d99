"""What runs in the guest by itself: servers that listen, ufw, and links that its own services make."""
import os
from types import SimpleNamespace

from . import dns, kernel, tools, tunnel, web
from .filesystem import ROOT, read, remove, write

UFW_AT_BOOT = ["/lib/ufw/ufw-init", "start", "quiet"]


def start(guest):
    """Everything that the distro's own services bring up at its start."""
    world = guest.world
    for entry in world.guest.links:
        _link(guest, entry)
    _ufw(guest)
    dns.start_in_guest(guest)
    for entry in world.guest.listeners:
        _listener(guest, entry)
    if guest.wsl:
        _windows_listeners(guest)


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
    entries = [
        SimpleNamespace(**{**vars(entry), "address": [entry.address], "port": [entry.port]})
        for entry in guest.world.windows.listeners
    ]
    if entries and not getattr(guest, "windows_serves", False):
        with guest.nets.windows.inside():
            sockets = web.bind(entries)
        tools.child(guest.nets.windows, lambda: web.serve(sockets), "windows")
        guest.windows_serves = True


def _link(guest, entry):
    network, name, far = guest.nets.guest, entry.name, entry.name[:11] + "-far"
    if entry.tunnel:
        device, outer, peer = tunnel.start(guest.nets, entry)
        guest.inside(lambda: tunnel.run(name, device, outer, peer, entry.overhead), wait=False)
        outer.close()
    elif entry.kind in ("tun", "tap"):
        with network.inside():
            device = tunnel.open_device(name, tunnel.IFF_TUN if entry.kind == "tun" else tunnel.IFF_TAP)
        guest.inside(lambda: tunnel.hold(name, device), wait=False)
    else:
        device = None
        tools.ip(network, f"link add {name} type {entry.kind}" + (f" peer name {far}" if entry.kind == "veth" else ""))
    if device is not None:
        os.close(device)
    tools.ip(
        network,
        f"link set {name} mtu {entry.mtu}",
        *[f"addr add {address} dev {name}" for address in entry.address],
        f"link set {name} up" if entry.up else "",
        f"link set {far} up" if entry.up and entry.kind == "veth" else "",
        f"route add {entry.peer}/32 dev {name}" if entry.tunnel else "",
    )


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
    elif guest.has_systemd():
        guest.inside(UFW_AT_BOOT)


def _configure_ufw(guest, wanted):
    """From ufw's pristine files, with ufw's own commands."""
    guest.ufw_configured = True
    for name in os.listdir("/usr/share/ufw/iptables"):
        if name.startswith("user") or not os.access(f"{ROOT}/etc/ufw/{name}", os.R_OK):
            write(f"{ROOT}/etc/ufw/{name}", read(f"/usr/share/ufw/iptables/{name}"), 0o640)
    policy = {"deny": "DROP", "allow": "ACCEPT", "reject": "REJECT"}[wanted.default]
    text = read(ROOT + "/etc/default/ufw").decode()
    write(
        ROOT + "/etc/default/ufw",
        "".join(
            f'DEFAULT_INPUT_POLICY="{policy}"\n' if line.startswith("DEFAULT_INPUT_POLICY") else line
            for line in text.splitlines(True)
        ),
    )
    write(ROOT + "/etc/ufw/ufw.conf", "ENABLED=no\nLOGLEVEL=low\n")
    for rule in wanted.rules:
        words = rule.split()
        guest.inside(["ufw", *(words[1:] if words[0] == "ufw" else words)])
    if wanted.active:
        write(ROOT + "/etc/ufw/ufw.conf", "ENABLED=yes\nLOGLEVEL=low\n")
        guest.inside(UFW_AT_BOOT)
