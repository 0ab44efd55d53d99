"""The guest's starts, and WSL's settings."""
import re

from .support import MIRRORED, expect, lines, powershell

RESTART = r"""
cat /proc/sys/kernel/random/boot_id; sleep 99 & ip link set eth0 mtu 1300; nft add table ip planted; echo x > /run/x; ip route add 192.0.2.0/24 dev eth0; sysctl -qw net.ipv4.tcp_mtu_probing=2
printf '[wsl2]\ndnsTunneling=true\n' > /mnt/c/Users/me/.wslconfig
printf '[boot]\nsystemd=true\ncommand=touch /run/command\n' > /etc/wsl.conf
before=$(date +%s); wsl.exe --shutdown
cat /proc/sys/kernel/random/boot_id; pgrep -c sleep; cat /sys/class/net/eth0/mtu; nft list tables | grep -c planted; ls /run/x 2>/dev/null; ip route | grep -c 192.0.2; sysctl -n net.ipv4.tcp_mtu_probing
readlink /etc/resolv.conf; grep nameserver /etc/resolv.conf; getent ahostsv4 example.com >/dev/null && echo names; for i in $(seq 50); do test -e /run/command || sleep 0.1; done; ls /run/command
b=$(awk '/btime/ {print $2}' /proc/stat); echo $((b >= before)); ss -ltn | grep -c :3000
"""


def test_shutdown_brings_the_guest_up_under_the_new_settings():
    world = "wslconfig: |\n  [wsl2]\n  dnsTunneling=false\ndns: { proxy: drop }\nguest: { listeners: [3000] }\nresolvconf: |\n  nameserver 8.8.8.8\n"
    found = lines(world, RESTART)
    assert found[0] != found[1] and re.fullmatch(r"[0-9a-f-]{36}", found[1]), found[:2]
    expect(
        found[2:],
        [
            "0",
            "1500",
            "0",
            "0",
            "0",
            "/mnt/wsl/resolv.conf",
            "nameserver 10.255.255.254",
            "names",
            "/run/command",
            "1",
            "1",
        ],
    )


def test_terminate_starts_the_distro_alone():
    script = (
        "cat /proc/sys/kernel/random/boot_id; cut -d' ' -f22 /proc/1/stat; ip link set eth0 mtu 1300; sleep 99 & wsl.exe --terminate Ubuntu\n"
        "cat /proc/sys/kernel/random/boot_id; cut -d' ' -f22 /proc/1/stat; cat /sys/class/net/eth0/mtu; pgrep -c sleep"
    )
    found = lines("title: x\n", script)
    assert found[0] == found[2] and int(found[3]) > int(found[1]) + 300000, found
    expect(found[4:], ["1300", "0"])


def test_restarts_change_the_mode():
    script = (
        "wslinfo --networking-mode; printf '[wsl2]\\nnetworkingMode=mirrored\\n' > /mnt/c/Users/me/.wslconfig; wsl.exe --shutdown; wslinfo --networking-mode\n"
        "ip -4 -o addr show eth0 | grep -o 192.168.1.10; curl -4 -sm2 -o /dev/null -w '%{http_code}\\n' http://example.com/; printf '[wsl2]\\nnetworkingMode=none\\n' > /mnt/c/Users/me/.wslconfig\n"
        "wsl.exe --shutdown; wslinfo --networking-mode; ls /sys/class/net; rm /mnt/c/Users/me/.wslconfig; wsl.exe --shutdown; wslinfo --networking-mode; curl -4 -sm2 -o /dev/null -w '%{http_code}\\n' http://example.com/"
    )
    expect(lines("title: x\n", script), ["nat", "mirrored", "192.168.1.10", "200", "none", "lo", "nat", "200"])
    expect(lines(MIRRORED + "windows: { version: 10.0.22621.1 }\n", "wslinfo --networking-mode"), ["nat"])


def test_ufw_comes_back_with_systemd_only():
    world = "guest: {{ ufw: true }}\nwslconf: |\n  [boot]\n  systemd={}\n"
    script = "ufw status | head -1; wsl.exe --shutdown; ufw status | head -1"
    expect(lines(world.format("true"), script), ["Status: active", "Status: active"])
    expect(lines(world.format("false"), script), ["Status: active", "Status: inactive"])


def test_a_restart_heals_what_it_is_said_to_heal():
    script = "timeout 1 getent hosts example.com | wc -l; wsl.exe --shutdown; getent hosts example.com | wc -l"
    expect(lines("vpn-dns-relay-dead", script), ["0", "1"])
    set_mtu = powershell("Set-NetIPInterface -InterfaceAlias Ethernet -NlMtu 1500")
    script = (
        "cat /sys/class/net/eth0/mtu; "
        + set_mtu
        + "cat /sys/class/net/eth0/mtu; wsl.exe --shutdown; cat /sys/class/net/eth0/mtu"
    )
    expect(lines("mtu-mirrored-9000", script), ["9000", "1500", "1500"])


def test_edited_settings_are_not_in_force():
    found = lines(
        "vpn-dns-edited",
        "b=$(awk '/btime/ {print $2}' /proc/stat); m=$(stat -c %Y /mnt/c/Users/me/.wslconfig); echo $((m > b)); grep nameserver /etc/resolv.conf; grep -c true /mnt/c/Users/me/.wslconfig",
    )
    expect(found, ["1", "nameserver 172.28.64.1", "1"])


def test_wsl_reads_its_settings_with_all_oddities():
    from world.wslconfig import Settings, WslConf, WslConfig

    expect(Settings("[wsl2]\n[wsl2 ]\na=1\n[experimental ]\nb=2\n", False).values, {"wsl2.a": "1", "expe.b": "2"})
    expect(Settings("[experimental]\n[wsl2 ]\na=1\n", False).values, {"wsl2": "1"})
    expect(
        Settings('[s]\na = "x # y" # z\nb=C:\\Users\nc="open\nd=1 ; 2\ne=1\\\n2\n', False).values,
        {"s.a": "x # y", "s.d": "1 ; 2", "s.e": "12"},
    )
    expect(Settings("[s]\na=1\n; bad\nb=2\n", True).values, {"s.a": "1"})
    expect(WslConfig(b"[experimental]\r\ndnsTunneling=banana\r\n[wsl2]\r\ndnsTunneling=false\r\n").tunneling, True)
    expect(WslConfig(b"\xff\xfe" + "[wsl2]\r\nnetworkingMode=MIRRORED\r\n".encode("utf-16-le")).mode, "mirrored")
    expect(WslConf(b"\xef\xbb\xbf[network]\ngenerateResolvConf=false\n").generate_resolvconf, True)
