"""`world hash`."""
import os
import subprocess
import tempfile

from .support import LAB, expect, lines, need


def test_fingerprint_is_steady_under_looking():
    script = (
        "world hash; ping -c1 -W1 8.8.8.8 >/dev/null; getent hosts google.com >/dev/null; curl -4 -so /dev/null -m2 http://example.com/; ufw status >/dev/null\n"
        "powershell.exe -Command Get-NetFirewallHyperVRule >/dev/null; wsl.exe --version >/dev/null; cat /etc/shadow >/dev/null; on phone ping -c1 -W1 192.168.1.10 >/dev/null; world hash"
    )
    for world in ("lan-ufw-block", "mtu-blackhole", "linux-lan-healthy"):
        found = lines(world, script)
        assert found[0] == found[1], world


MEANWHILE = r"""
mount -t tmpfs none /media; mkdir /media/upper /media/work /media/merged; mount -t overlay none -o lowerdir=/etc,upperdir=/media/upper,workdir=/media/work /media/merged
mount --bind /media/merged /etc; cd $2; mkfifo begun done
"$1" world.yml bash -c 'ls -R /etc > a; world hash --list > b; echo > begun; read < done; ls -R /etc > c; world hash --list > d; grep -c installed /etc/group' &
read < begun; echo installed:x:999: >> /etc/group; mkdir /etc/installed.d; rm /etc/hostname; chmod 700 /etc/default; echo > done; wait
grep -c installed /etc/group; cmp a c && cmp b d && echo same
"""


def test_packages_that_are_installed_meanwhile_are_not_seen():
    need(os.geteuid() == 0, "only the machine's root can change its /etc")
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/world.yml", "w") as file:
            file.write("title: x\n")
        argv = ["unshare", "-m", "bash", "-c", MEANWHILE, "-", LAB, folder]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    expect((done.stdout.split(), done.stderr), (["0", "1", "same"], ""))


PLANTS = r"""
a=$(world hash); seen() { eval "$1"; b=$(world hash); [ "$a" != "$b" ] && echo seen || echo "NOT SEEN: $1"; a=$b; }
seen 'chmod 600 /etc/hosts'; seen 'touch -d 2020-01-01 /etc/hosts'; seen 'touch -d 2020-01-01 /mnt/c/Users/me/.wslconfig'
seen 'python3 -c "import os; os.setxattr(\"/etc/hosts\", \"user.x\", b\"1\")"'; seen 'echo x >> /root/.profile'; seen 'mkdir /var/lib/planted'
seen 'ln -sfn /nowhere /etc/resolv.conf'; seen 'sysctl -qw net.ipv4.ip_forward=1'; seen 'nft add table inet planted'; seen 'nft add chain inet planted c'
seen 'iptables -A OUTPUT -d 192.0.2.1 -j DROP'; seen 'ip link set eth0 mtu 1499'; seen 'ip route add 192.0.2.0/24 dev eth0'; seen 'ip addr add 192.0.2.9/32 dev lo'
seen 'ip rule add pref 99 lookup main'; seen 'rm /etc/hostname'; seen 'chown 1:1 /etc/hosts'; seen 'on windows sysctl -qw net.ipv4.tcp_mtu_probing=2'
seen "powershell.exe -Command \"New-NetFirewallHyperVRule -Name p -DisplayName p -Protocol TCP -LocalPorts 1\" >/dev/null"
seen "powershell.exe -Command \"Set-NetFirewallHyperVRule -Name p -Enabled False\""; seen 'netsh.exe interface portproxy add v4tov4 listenport=9 connectaddress=172.28.72.28 >/dev/null'
seen 'rm /mnt/c/Users/me/.wslconfig'; seen 'touch /usr/bin/planted'
"""


def test_fingerprint_sees_every_plant():
    need(os.geteuid() == 0, "only the machine's root can plant changes in its system files")
    found = lines("wslconfig: ''\n", PLANTS)
    expect([line for line in found if line != "seen"], [])
    expect(len(found), 23)


def test_fingerprint_returns_when_the_change_is_undone():
    script = (
        "world hash; cp -p /etc/hosts /tmp/lab-h.$$; echo x >> /etc/hosts; ip link set eth0 mtu 1400; nft add table ip p; world hash\n"
        "cat /tmp/lab-h.$$ > /etc/hosts; touch -r /tmp/lab-h.$$ /etc/hosts; rm /tmp/lab-h.$$; ip link set eth0 mtu 1500; nft delete table ip p; world hash"
    )
    found = lines("title: x\n", script)
    assert found[0] != found[1] and found[0] == found[2], found
