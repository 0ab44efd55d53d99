"""Windows' programs, its firewall, its port proxies."""
from .support import MIRRORED, RULE, expect, lab, lines, phone, powershell


def test_wsl_exe_writes_utf16_without_a_mark():
    raw = lab("title: x\n", "wsl.exe --version", binary=True).stdout
    assert raw.startswith("WSL version: 2.6.3.0\r\nKernel version: ".encode("utf-16-le")), raw[:40]
    expect(raw.decode("utf-16-le").count("\r\n"), 7)
    expect(
        lab("title: x\n", "WSL_UTF8=1 WSLENV=WSL_UTF8 wsl.exe --version", binary=True).stdout[:14], b"WSL version: 2"
    )
    expect(lab("title: x\n", "WSL_UTF8=1 wsl.exe --version", binary=True).stdout[:4], b"W\0S\0")


def test_japanese_windows():
    raw = lab(
        "windows-japanese",
        "cd /mnt/c; cmd.exe /d /c 'echo %USERPROFILE%'; wsl.exe --version | head -c 30; cat /mnt/c/Users/山田\\ 太郎/.wslconfig",
        binary=True,
    ).stdout
    expect(
        raw,
        "C:\\Users\\山田 太郎\r\n".encode("cp932")
        + "WSL バージョン: 2.6.3.0".encode("utf-16-le")[:30]
        + b"[wsl2]\ndnsTunneling=true\n",
    )


def test_cmd_complains_of_guest_folders():
    raw = lab("title: x\n", "cd /tmp; cmd.exe /d /c 'echo %USERPROFILE%'", binary=True).stdout.decode()
    expect(
        raw,
        "'\\\\wsl.localhost\\Ubuntu\\tmp'\r\nCMD.EXE was started with the above path as the current directory.\r\n"
        "UNC paths are not supported.  Defaulting to Windows directory.\r\nC:\\Users\\me\r\n",
    )


def test_wsl_lists_and_paths():
    script = "WSL_UTF8=1 WSLENV=WSL_UTF8 wsl.exe -l -v; wslpath -u 'C:\\Users\\me'; wslpath -w /mnt/c/Users; wslpath -w /etc; wslinfo --networking-mode; wslinfo --version -n"
    expect(
        lab("wsl: { others: { docker-desktop: stopped } }\n", script).stdout.replace("\r", ""),
        "  NAME              STATE           VERSION\n* Ubuntu            Running         2\n  docker-desktop    Stopped         2\n"
        "/mnt/c/Users/me\nC:\\Users\n\\\\wsl.localhost\\Ubuntu\\etc\nmirrored\n2.6.3.0".replace("mirrored", "nat"),
    )


def test_a_rule_opens_its_port_and_no_other():
    found = lines(
        "lan-hyperv-block",
        phone(3000)
        + powershell(RULE + "-LocalPorts 3000 -RemoteAddresses LocalSubnet | Out-Null")
        + "echo ps $?\n"
        + phone(3000)
        + phone(3001)
        + powershell("Remove-NetFirewallHyperVRule -Name t")
        + phone(3000),
    )
    expect(found, ["3000 28", "ps 0", "3000 0", "3001 28", "3000 28"])


def test_rules_that_do_not_help():
    for parameters, code in (
        ("-LocalPorts 2999-3001", "0"),
        ("-LocalPorts 3001", "28"),
        ("-LocalPorts 3000 -Enabled False", "28"),
        ("-LocalPorts 3000 -RemoteAddresses 10.0.0.0/8", "28"),
        ("-LocalPorts 3000 -Profiles Public", "28"),
        ("-LocalPorts 3000 -Profiles Private,Domain", "0"),
        ("-LocalPorts 3000 -Direction Outbound", "28"),
    ):
        rule = RULE.replace("-Direction Inbound", "") if "-Direction" in parameters else RULE
        expect(lines("lan-hyperv-block", powershell(f"{rule}{parameters} | Out-Null") + phone(3000)), [f"3000 {code}"])
    world = (
        MIRRORED
        + "windows:\n  hyperv:\n    rules:\n      - { ports: 3000 }\n      - { ports: 3000, action: block }\nguest: { listeners: [3000] }\n"
    )
    expect(lines(world, phone(3000)), ["3000 28"])


def test_profiles_of_the_hyperv_firewall():
    world = (
        MIRRORED
        + "windows: { hyperv: { rules: [{ name: a, ports: 3000 }, { name: b, ports: 3001, profiles: public }] } }\nguest: { listeners: [3000] }\n"
    )
    status = "(Get-NetFirewallHyperVRule {}).EnforcementStatus -join ' '"
    found = lines(
        world,
        phone(3000)
        + powershell("Set-NetFirewallHyperVProfile -Profile Private -AllowLocalFirewallRules False")
        + phone(3000)
        + powershell("Set-NetFirewallHyperVProfile -Profile Private -Enabled False")
        + phone(3000)
        + powershell(status.format("-PolicyStore ActiveStore"))
        + powershell(status.format(""))
        + powershell("(Get-NetFirewallHyperVProfile Private -PolicyStore ActiveStore).Enabled")
        + powershell("(Get-NetFirewallHyperVProfile Private).Enabled"),
    )
    expect(
        found,
        ["3000 0", "3000 28", "3000 0", "OK ProfileInactive", "NotApplicable NotApplicable", "False", "NotConfigured"],
    )


def test_without_elevation_nothing_changes():
    script = powershell(
        "try { "
        + RULE
        + "-LocalPorts 3000 -ErrorAction Stop } catch { $_.FullyQualifiedErrorId; \\$_.CategoryInfo.Category }".replace(
            "$_", "\\$_", 1
        )
    )
    found = lab("lan-not-elevated", script + phone(3000) + powershell("@(Get-NetFirewallHyperVRule).Count"))
    expect(
        found.stdout.replace("\r", "").splitlines(),
        ["Windows System Error 5,New-NetFirewallHyperVRule", "PermissionDenied", "3000 28", "0"],
    )


def test_powershell_scripts():
    cases = {
        "$x = 'a','b'; \"$($x[1])-$($x.Count)\"": "b-2",
        "@(1,2,3) | Where-Object { $_ -ge 2 } | ForEach-Object { $_ * 2 }": "4\n6",
        "ConvertTo-Json -Compress -InputObject @()": "[]",
        "[pscustomobject]@{a=1; b=@('x')} | ConvertTo-Json -Compress": '{"a":1,"b":["x"]}',
        "if (-not $false) { 'yes' } else { 'no' }": "yes",
        "try { throw 'bad' } catch { \"caught $($_.Exception.Message)\" }": "caught bad",
        "[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('é'))": "w6k=",
        "'{0}/{1}' -f 'a', 2": "a/2",
        "('b','a' | Sort-Object) -join ','": "a,b",
        "$h = @{}; $h['k'] = 5; $h.k + 1": "6",
        "foreach ($i in 1..3) { $i }": "1\n2\n3",
        "'abc' -match '(b)' | Out-Null; $Matches[1]": "b",
        "([Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()).IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)": "True",
        "Get-NetFirewallHyperVVMSetting -PolicyStore ActiveStore -Name '{40E0AC32-46A5-438A-A0B2-2B479E8F2E90}' | Select-Object @{n='E';e={\"$($_.Enabled)\"}}, DefaultInboundAction | ConvertTo-Json -Compress": '{"E":"True","DefaultInboundAction":4}',
        "(Get-NetIPInterface -AddressFamily IPv4 | Where-Object InterfaceAlias -eq 'Ethernet').NlMtu": "1500",
    }
    script = 'while IFS= read -r line; do powershell.exe -NoProfile -EncodedCommand $(printf %s "$line" | iconv -t utf-16le | base64 -w0) </dev/null; echo "--$?"; done <<< "$1"'
    found = lab("title: x\n", script, "\n".join(cases)).stdout.replace("\r", "")
    expect(found, "".join(f"{wanted}\n--0\n" for wanted in cases.values()))


def test_powershell_never_pretends():
    for script in ("Get-Unicorn", "[Some.Type]::Thing()", "1 +", "'x'.Frobnicate()"):
        done = lab("title: x\n", 'powershell.exe -Command "$1"; echo $?', script)
        assert done.stdout == "1\n" and done.stderr, (script, done.stdout, done.stderr)


def test_a_windows_without_the_hyperv_firewall_lacks_its_commands():
    script = (
        powershell("Get-Command Get-NetFirewallHyperVRule")
        + "echo $?\n"
        + powershell("if (Get-Command Get-NetRoute) { 1 }")
        + powershell("Get-Command Get-NetFirewallHyperVVMSetting -ErrorAction SilentlyContinue; 2")
    )
    done = lab("windows: { hyperv: { supported: false } }\n", script)
    expect(done.stdout.split(), ["1", "1", "2"])
    assert "Get-NetFirewallHyperVRule' is not recognized" in done.stderr, done.stderr


def test_portproxy_leads_into_the_nat():
    script = (
        "netsh.exe interface portproxy add v4tov4 listenport=3000 listenaddress=0.0.0.0 connectport=3000 connectaddress=172.28.72.28 >/dev/null\n"
        "netsh.exe interface portproxy show v4tov4 | tr -d '\\r' | grep ^0.0.0.0\n"
    )
    expect(
        lines("lan-nat", phone(3000) + script + phone(3000)),
        ["3000 7", "0.0.0.0         3000        172.28.72.28    3000", "3000 0"],
    )


def test_portproxy_leads_to_127_0_0_1_and_what_is_behind_it():
    listeners = "guest: { listeners: [{ port: 3001, address: 127.0.0.1 }] }\nwindows: { listeners: [{ port: 8080, address: 127.0.0.1 }], portproxy: [{ listen: 9000, connect: 127.0.0.1, port: 3001 }, { listen: 9001, connect: 127.0.0.1, port: 8080 }, { listen: 9002, connect: 127.0.0.1, port: 4 }] }\n"
    for mode, guest in (("nat", 0), ("mirrored", 0), ("consomme", 0), ("none", 52)):
        world = f'wslconfig: "[wsl2]\\nnetworkingMode={mode}"\n{listeners}'
        found = [line.replace(" 56", " 52") for line in lines(world, phone(9000) + phone(9001) + phone(9002))]
        expect(found, [f"9000 {guest}", "9001 0", "9002 52"])
    proxied = "netsh.exe interface portproxy delete v4tov4 listenport=9000 >/dev/null\n"
    expect(lines("title: x\n" + listeners, phone(9000) + proxied + phone(9000)), ["9000 0", "9000 7"])


def test_plain_linux_shows_no_sign_of_wsl():
    expect(
        lines(
            "linux-healthy",
            "ls -d /run/WSL /mnt/c /mnt/wsl /usr/bin/wslinfo /init 2>/dev/null; grep -c microsoft /proc/sys/kernel/osrelease; echo \"[$WSL_DISTRO_NAME]\"; getent ahostsv4 example.com | head -1 | cut -d' ' -f1",
        ),
        ["0", "[]", "93.184.215.14"],
    )
