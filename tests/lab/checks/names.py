"""Name servers, and the tunnel."""
import glob
import os

from .support import ASK, WORLDS, expect, lab, lines


def test_name_servers_misbehave_as_told():
    kinds = {
        "ok": "id 1234 rcode 0 tc 0 answers 1 same-question True port 53",
        "drop": "timeout",
        "closed": "refused",
        "refused": "rcode 5",
        "servfail": "rcode 2",
        "nxdomain": "rcode 3",
        "nodata": "rcode 0 tc 0 answers 0",
        "formerr": "rcode 1",
        "notimp": "rcode 4",
        "truncate": "tc 1",
        "wrong-id": "id 4734",
        "wrong-question": "same-question False",
        "wrong-port": "port",
        "wrong-address": "from 100.64.0.2",
        "malformed": "answers 5",
        "empty": "empty",
        "no-question": "rcode 0 tc 0 answers 1 same-question False",
        "flood": "same-question False",
        "blocked": "rcode 5",
        "edns-drop": "rcode 0 tc 0 answers 1 same-question True",
    }
    servers = {f"198.51.100.{number}": word for number, word in enumerate(kinds, 1)}
    world = "platform: linux\ndns:\n  servers:\n" + "".join(f"    {a}: {w}\n" for a, w in servers.items())
    script = "for n in " + " ".join(servers) + '; do python3 -c "$1" $n example.com 1 udp 2>&1; done'
    found = lines(world, script, ASK)
    expect(len(found), len(kinds))
    for (word, wanted), line in zip(kinds.items(), found):
        assert wanted in line, f"{word}: {line}"
    assert "port 53 " not in found[list(kinds).index("wrong-port")]


def test_truncated_answers_and_tcp():
    world = (
        "platform: linux\ndns:\n  servers:\n    198.51.100.1: { udp: truncate, tcp: ok }\n    198.51.100.2: { udp: truncate, tcp: closed }\n"
        "    198.51.100.3: { delay: 300ms }\n    198.51.100.4: { per_name: { example.com: servfail }, per_type: { AAAA: nxdomain } }\n"
    )
    found = lines(
        world,
        'a() { python3 -c "$S" $@ 2>&1; }; export S=$1; a 198.51.100.1 example.com 1 tcp; a 198.51.100.2 example.com 1 tcp\n'
        "a 198.51.100.3 example.com 1 udp; a 198.51.100.4 example.com 1 udp; a 198.51.100.4 google.com 28 udp; a 198.51.100.4 google.com 1 udp",
        ASK,
    )
    for line, wanted in zip(
        found, ("rcode 0 tc 0 answers 1", "refused", "answers 1", "rcode 2", "rcode 3", "answers 1")
    ):
        assert wanted in line, (line, wanted)


def test_tunnel_carries_names_that_only_windows_knows():
    world = "vpn: { dns: [10.20.0.53], names: { wiki.corp.example: 10.20.0.80 }, suffixes: [corp.example] }\nwindows: { hosts: { printer.home: 192.168.1.9 } }\n"
    expect(
        lines(
            world,
            "getent hosts wiki printer.home | awk '{print $1}'; grep -v '^#' /etc/resolv.conf; ip -o addr show lo | grep -c 10.255.255.254/32\n"
            "python3 -c \"$1\" 10.255.255.254 wiki.corp.example 1 tcp | grep -o 'answers 1'; curl -so /dev/null -w '%{http_code}\\n' http://10.20.0.80/",
            ASK,
        ),
        ["10.20.0.80", "192.168.1.9", "nameserver 10.255.255.254", "search corp.example", "1", "answers 1", "200"],
    )


def test_name_servers_of_the_router_and_of_the_guest():
    world = """
wslconfig: "[wsl2]\\ndnsTunneling=false\\ndnsProxy=false\\n"
dns:
  windows: [192.168.1.1]
  servers: { 192.168.1.1: ok, 127.0.0.53: { only: true, names: { box.home: 192.168.1.77 } }, 127.0.0.1: servfail, 192.168.1.10: nxdomain }
"""
    script = (
        "grep ^n /etc/resolv.conf; getent ahostsv4 example.com | head -1 | cut -d' ' -f1; a() { python3 -c \"$S\" $@ udp 2>&1 | cut -d' ' -f-8; }; export S=$1\n"
        "a 127.0.0.53 box.home 1; a 127.0.0.53 example.com 1; a 127.0.0.1 box.home 1; a 192.168.1.10 example.com 1; wsl.exe --terminate Ubuntu; a 127.0.0.53 box.home 1"
    )
    answer = "id 1234 rcode {} tc 0 answers {}"
    expect(
        lines(world, script, ASK),
        ["nameserver 192.168.1.1", "93.184.215.14"]
        + [answer.format(*given) for given in ((0, 1), (3, 0), (2, 0), (3, 0), (0, 1))],
    )
    done = lab("title: x\ndns: { servers: { 192.168.1.99: ok } }\n", "true")
    assert done.returncode == 2 and "none of this world's machines" in done.stderr, done.stderr


# The C library takes the address and passes over the answer for AAAA, which musl does not.
RESOLVES = ("vpn-dns-healthy", "vpn-dns-ipv6-denied")
FAILING_NAME = {"vpn-dns-public-server": "wiki.corp.example"}


def test_every_vpn_dns_world_fails_by_name_and_not_by_address():
    for path in sorted(glob.glob(WORLDS + "/vpn-dns-*.yml")):
        name = os.path.basename(path)[:-4]
        asked = FAILING_NAME.get(name, "www.msftconnecttest.com")
        found = lines(
            name,
            f"timeout 1 getent hosts {asked} >/dev/null; echo $?; timeout 1 bash -c '</dev/tcp/8.8.8.8/443'; echo $?",
        )
        assert (found[0] == "0", found[1]) == (name in RESOLVES, "0"), (name, found)
