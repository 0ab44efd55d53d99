"""The networking modes: which addresses the guest has, who reaches whom, and who shares 127.0.0.1 with whom."""
from .support import MIRRORED, expect, lines

# `c ADDRESS:PORT [WHERE]`: the bytes that came, the address that the server was asked from, curl's exit code.
ASKING = """c() { "${@:2}" curl -4 -sm1 -o /dev/null -w '%{size_download} %{local_ip} ' http://$1/; echo $?; }\n"""


def asked(world, script):
    """A connection that is closed or reset before a byte has come is the same to us: 52."""
    return [" ".join(line.split()).replace(" 56", " 52") for line in lines(world, ASKING + script)]


def test_mirrored_mode_shares_127_0_0_1():
    world = (
        MIRRORED + "guest: { listeners: [3000, { port: 3001, address: 127.0.0.1 }, { port: 3002, protocol: udp }] }\n"
        "windows: { listeners: [{ port: 8080, address: 127.0.0.1, body: 77 }] }\nvpn: { full: false }\n"
    )
    local = "1000 127.0.0.1 0"
    udp = "python3 -c 'import socket; s = socket.socket(2, 2); s.settimeout(1); s.sendto(b\"u\", (\"127.0.0.1\", 3002)); print(s.recvfrom(9)[0])'"
    script = "c 127.0.0.1:3000; c 127.0.0.1:3001; c 127.0.0.1:8080; c 127.0.0.1:8081; c 127.0.0.2:3000\n" + udp
    expect(asked(world, script), [local, local, "77 127.0.0.1 0", "0 7", local, "b'u'"])
    script = "".join(f"c 127.0.0.1:{port} on windows; " for port in (3000, 3001, 8080, 8081))
    expect(asked(world, script + "c 192.168.1.10:3001 on phone"), [local, local, "77 127.0.0.1 0", "0 7", "0 28"])
    broken = "on windows nft 'add table inet t; add chain inet t c { type filter hook prerouting priority -300; }; add rule inet t c iifname loop-guest drop'\n"
    expect(asked(world, broken + "c 127.0.0.1:3000"), ["0 28"])


def test_mirrored_mode_has_its_rules_and_loses_them():
    script = (
        "ip -4 rule | grep -v '^3' | tr -s ' \\t' ' '; ip route show table 127 | cut -d' ' -f-5; sysctl -n net.ipv4.ip_local_port_range\n"
        "printf '[wsl2]\\nnetworkingMode=nat\\n' > /mnt/c/Users/me/.wslconfig; wsl.exe --shutdown; ip -4 rule | tr -s ' \\t' ' '; ip -br link show loopback0 2>&1 | grep -c exist\n"
        "sysctl -n net.ipv4.ip_local_port_range; on windows ip -4 rule | wc -l; getent ahostsv4 example.com | wc -l"
    )
    first = [f"0: from all iif {link} ipproto {kind} lookup local" for link in ("loopback0", "eth0") for kind in ("tcp", "udp")]
    first += [f"1: from all ipproto {kind} lookup {table}" for table in (127, 128) for kind in ("tcp", "udp")]
    plain = ["0: from all lookup local", "32766: from all lookup main", "32767: from all lookup default"]
    wanted = [*first, "2: from all lookup local", "127.0.0.1 via 169.254.73.249 dev loopback0", "57344\t61439"]
    expect(lines(MIRRORED, script), [*wanted, *plain, "1", "32768\t60999", "3", "3"])


def test_localhost_leads_from_windows_into_a_nat_guest():
    world = """
guest: { listeners: [{ port: 3001, address: 127.0.0.1 }] }
windows: { listeners: [{ port: 8080, body: 77 }] }
wslconfig: "[wsl2]\\nlocalhostForwarding="
"""
    script = "c 127.0.0.1:3001 on windows; c 127.0.0.1:8080 on windows; c 127.0.0.1:8080; c 172.28.64.1:8080"
    others = ["77 127.0.0.1 0", "0 7", "77 172.28.72.28 0"]
    expect(asked(world.replace("=", "=true"), script), ["1000 127.0.0.1 0", *others])
    expect(asked(world.replace("=", "=false"), script), ["0 7", *others])


def test_consomme_has_windows_address_and_its_ports_are_windows_own():
    world = """
wslconfig: "[wsl2]\\nnetworkingMode=consomme\\n"
wsl: {{ version: {} }}
vpn: {}
guest: {{ listeners: [3000, {{ port: 3001, address: 127.0.0.1 }}] }}
windows:
  hyperv: {{ default_out: block }}
  portproxy: [{{ listen: 9000, connect: 192.168.1.10, port: 3000 }}]
  firewall: {{ default_in: block, ports: [3000-3001, 9000] }}
dns: {{ proxy: {} }}
"""
    script = (
        "wslinfo --networking-mode; ip -o -4 addr show eth0 | grep -o '[0-9.]*/24'; ip route | grep -o 'default via [0-9.]*'; grep ^n /etc/resolv.conf\n"
        "ls /sys/class/net | tr '\\n' ' '; ip -4 rule | wc -l; getent ahostsv4 example.com | wc -l; c example.com | cut -d' ' -f-2\n"
        "c 192.168.1.10:3000 on phone; c 192.168.1.10:3001 on phone; c 192.168.1.10:9000 on phone; c 127.0.0.1:3001 on windows"
    )
    reached = ["1000 192.168.1.50 0", "0 7", "0 192.168.1.50 52", "1000 127.0.0.1 0"]
    lan = ["192.168.1.10/24", "default via 192.168.1.1", "nameserver 192.168.1.1"]
    expect(
        asked(world.format("2.9.1.0", "false", "ok"), script),
        ["consomme", *lan, "eth0 lo loopback0 3", "3", "1000000 192.168.1.10", *reached],
    )
    vpn = ["10.8.0.2/24", "default via 10.8.0.1", "nameserver 10.8.0.1"]
    expect(
        asked(world.format("2.5.9.0", "true", "ok"), script),
        ["virtioproxy", *vpn, "eth0 lo 3", "3", "1000000 10.8.0.2", *reached],
    )
    expect(asked(world.format("2.9.1.0", "false", "nxdomain"), "getent hosts example.com; echo $?"), ["2"])
    shut = world.format("2.9.1.0", "false", "ok").replace("3000-3001, ", "")
    expect(asked(shut, "c 192.168.1.10:3000 on phone; c 127.0.0.1:3000 on windows"), ["0 28", "1000 127.0.0.1 0"])


def test_windows_firewall_is_not_the_mirrored_guests():
    windows = "windows: { listeners: [8080, 8081], firewall: { default_in: block, ports: 8081 }, hyperv: { rules: [{ ports: 3000 }] } }\n"
    script = "".join(f"c 192.168.1.10:{port} on phone; " for port in (3000, 8080, 8081))
    expect(
        asked(MIRRORED + windows + "guest: { listeners: [3000] }\n", script),
        ["1000 192.168.1.50 0", "0 28", "1000 192.168.1.50 0"],
    )


def test_wsl_1():
    world = """
wsl: { wsl1: true }
windows: { version: 10.0.19044.1889 }
vpn: { full: true, dns: [10.20.0.53] }
guest: { listeners: [3000] }
"""
    script = (
        "cat /proc/sys/kernel/osrelease; wslinfo --networking-mode; ip -o -4 addr | grep -o '[0-9.]*/24'; readlink /etc/resolv.conf; ls /mnt; grep flags /proc/sys/fs/binfmt_misc/WSLInterop\n"
        "wsl.exe -l -v | tr -d '\\0\\r' | awk '/Ubuntu/ { print $4 }'; c 192.168.1.10:3000 on phone; c 127.0.0.1:3000 on windows\n"
        "printf '[wsl2]\\nnetworkingMode=none\\n' > /mnt/c/Users/me/.wslconfig; wsl.exe --shutdown; grep ^n /etc/resolv.conf; getent ahostsv4 example.com | wc -l"
    )
    expect(
        asked(world, script),
        ["4.4.0-19044-Microsoft", "wsl1", "192.168.1.10/24", "10.8.0.2/24", "/run/resolvconf/resolv.conf", "c", "flags: P"]
        + ["1", "1000 192.168.1.50 0", "1000 127.0.0.1 0", "nameserver 10.20.0.53", "3"],
    )
