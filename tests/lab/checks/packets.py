"""Packets: sizes, losses, servers."""
import os

from .support import expect, lab, lines, need, phone

SIZES = (
    "ping -4 -Mdo -s1472 -c1 -W0.5 8.8.8.8 2>&1 | grep -cE '1 received|Frag needed|too long'\n"
    "ping -4 -Mdo -s1372 -c1 -W1 8.8.8.8 | grep -c '1 received'\n"
    "curl -4 -sm1.5 http://example.com/bytes/500 | wc -c\ncurl -4 -sm1.5 http://example.com/ | wc -c\n"
)


def test_black_hole_swallows_large_packets_without_a_word():
    expect(lines("mtu-blackhole", SIZES), ["0", "1", "500", "0"])


def test_black_hole_ends_where_the_link_is_lowered():
    expect(lines("mtu-blackhole", "ip link set eth0 mtu 1400; curl -4 -sm5 http://example.com/ | wc -c"), ["1000000"])


def test_icmp_comes_back_where_the_world_says_so():
    expect(
        lines(
            "mtu-icmp",
            "ping -4 -Mdo -s1472 -c1 -W1 8.8.8.8 2>&1 | grep -o 'mtu.*1400'; curl -4 -sm5 http://example.com/ | wc -c",
        ),
        ["mtu = 1400", "1000000"],
    )


def test_wrong_size_is_reported():
    expect(
        lines(
            "mtu-wrong-size",
            "ping -4 -Mdo -s1472 -c1 -W1 8.8.8.8 2>&1 | grep -o 'mtu.*1480'; curl -4 -sm1 http://example.com/ | wc -c",
        ),
        ["mtu = 1480", "0"],
    )


def test_one_family_alone_can_be_narrow():
    expect(lines("mtu-ipv6", "for v in 4 6; do curl -$v -sm1.5 http://example.com/ | wc -c; done"), ["1000000", "0"])


def test_one_direction_alone_can_be_narrow():
    up = "curl -4 -sm1.5 -o /dev/null -w '%{http_code}\\n' --data-binary @<(head -c 100000 /dev/zero) http://example.com/bytes/5"
    down = "curl -4 -sm1.5 http://example.com/ | wc -c"
    world = "platform: linux\npath: {{ mtu: 1400, icmp: drop, direction: {} }}\n"
    expect(lines(world.format("in"), f"{up}; {down}"), ["200", "0"])
    expect(lines(world.format("out"), f"{up}; {down}"), ["000", "1000000"])


def test_jumbo_adapter_in_mirrored_mode():
    expect(
        lines(
            "mtu-mirrored-9000",
            "curl -4 -sm1.5 http://example.com/ | wc -c; ip link set eth0 mtu 1500; curl -4 -sm5 http://example.com/ | wc -c",
        ),
        ["0", "1000000"],
    )


def test_tunnel_inside_needs_a_larger_outer_link():
    need(os.access("/dev/net/tun", os.R_OK | os.W_OK), "/dev/net/tun is closed to this user")
    expect(
        lines(
            "mtu-tunnel-inside",
            "ping -c1 -W2 100.100.0.1 | grep -c '1 received'; curl -sm1.5 http://100.100.0.1/ | wc -c\n"
            "ip link set eth0 mtu 1500; curl -sm5 http://100.100.0.1/ | wc -c",
        ),
        ["1", "0", "1000000"],
    )


def test_traffic_entries():
    world = """
platform: linux
traffic:
  - { to: 1.1.1.1, do: drop }
  - { to: 8.8.4.4, do: prohibited }
  - { to: 9.9.9.9, port: 443, protocol: tcp, do: reset }
  - { to: 140.82.121.4, at: guest, do: drop }
  - { to: 142.250.74.46, do: unreachable }
  - { to: 142.250.74.36, protocol: icmp, loss: 100% }
  - { to: 13.107.4.52, port: 80, delay: 400ms }
"""
    script = r"""
import socket, sys, time
for host, port in (("1.1.1.1", 80), ("8.8.4.4", 80), ("9.9.9.9", 443), ("9.9.9.9", 80), ("142.250.74.46", 80), ("142.250.74.36", 80)):
    s = socket.socket(); s.settimeout(0.7)
    try: s.connect((host, port)); print("connected")
    except OSError as e: print(type(e).__name__, e.errno)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try: s.sendto(b"x", ("140.82.121.4", 53)); print("sent")
except OSError as e: print(type(e).__name__, e.errno)
for port in (80, 443):
    s = socket.socket(); t = time.monotonic(); s.connect(("13.107.4.52", port)); print(0.39 < time.monotonic() - t < 0.6)
"""
    expect(
        lines(world, "python3 -c \"$1\"; ping -c1 -W0.5 142.250.74.36 | grep -c '1 received'", script),
        [
            "TimeoutError None",
            "OSError 113",
            "ConnectionRefusedError 111",
            "connected",
            "OSError 113",
            "connected",
            "PermissionError 1",
            "True",
            "False",
            "0",
        ],
    )


def test_commands_and_losses_on_any_machine():
    world = """
guest:
  commands:
    - "touch /root/here"
    - { on: router, run: "ip link add planted type bridge" }
traffic:
  - { on: phone, to: 192.168.1.1, do: drop }
  - { on: phone, direction: in, to: 8.8.8.8, do: drop }
  - { on: guest, direction: in, to: 1.1.1.1, do: drop }
"""
    script = (
        "ls /root; on router ip -br link show planted | wc -l; on windows ip -br link show planted 2>&1 | grep -c not.exist\n"
        "p() { $1 ping -c1 -W0.4 $2 2>&1 | grep -c '1 received'; }; for a in 192.168.1.1 8.8.8.8 1.1.1.1; do p 'on phone' $a; p '' $a; done"
    )
    expect(lines(world, script), ["here", "1", "1", "0", "1", "0", "1", "1", "0"])
    done = lab("title: x\ntraffic: { on: phone, at: router, do: drop }\n", "true")
    assert done.returncode == 2 and ":2: error: 'on' says" in done.stderr, done.stderr


def test_dead_network_and_its_sibling():
    expect(lines("dead-network", "ping -c1 -W0.5 8.8.8.8 | grep -cE '1 received|nreachable'"), ["0"])
    expect(lines("internet: unreachable\n", "ping -c1 -W0.5 8.8.8.8 | grep -c 'Net Unreachable'"), ["1"])


def test_servers_of_every_kind():
    world = """
servers:
  - { address: 203.0.113.1, answers: stall, after: 5000, body: 20000 }
  - { address: 203.0.113.2, answers: refuse }
  - { address: 203.0.113.3, answers: drop }
  - { address: 203.0.113.4, answers: reject }
  - { address: 203.0.113.5, status: 404, body: 10 }
  - { address: 203.0.113.6, port: [8080, 8081], body: 64KiB }
  - { address: 203.0.113.7, answers: reset, after: 100 }
  - { address: 203.0.113.8, rate: 20000, body: 10000 }
"""
    script = (
        "for n in 1 2 3 4 5 7 8; do curl -so /dev/null -m1 -w '%{http_code} %{size_download} ' http://203.0.113.$n/; echo $?; done\n"
        "curl -s http://203.0.113.6:8081/ | wc -c"
    )
    expect(
        lines(world, script),
        ["200 5000 28", "000 0 7", "000 0 28", "000 0 7", "404 10 0", "200 100 56", "200 10000 0", "65536"],
    )


def test_phone_reaches_the_guest_on_the_lan():
    expect(lines("linux-lan-healthy", phone(3000, "192.168.1.20") + phone(3001, "192.168.1.20")), ["3000 0", "3001 7"])
