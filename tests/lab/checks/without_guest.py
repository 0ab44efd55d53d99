"""What lives without the guest, and guests that do not start."""
import tempfile
import time

from .support import expect, lab, lines

HELPER = r"""
$config = Join-Path $env:USERPROFILE '.wslconfig'; $log = "$env:USERPROFILE\log.txt"
$original = [IO.File]::ReadAllBytes($config)
$deadline = (Get-Date).AddSeconds(20)
while (-not (Test-Path "$config.bad") -and (Get-Date) -lt $deadline) { Start-Sleep -Milliseconds 50 }
Move-Item -Force "$config.bad" $config
wsl.exe --shutdown
do { Start-Sleep -Milliseconds 50; $names = wsl.exe --list --running --quiet } until ((($names -join '') -replace "`0", '') -notlike '*Ubuntu*')
$out = wsl.exe -d Ubuntu -u root --exec sh -c 'echo no' 2>$null
Set-Content $log "$LASTEXITCODE $($out[0][1] -eq [Text.Encoding]::ASCII.GetString([byte[]](0)))"
[IO.File]::WriteAllBytes("$config.new", $original)
[IO.File]::Replace("$config.new", $config, $null)
$env:WSL_UTF8 = '1'
$out = & wsl.exe -d Ubuntu -u root --exec sh -c 'echo resumed; exit 7'
Add-Content $log "$out $LASTEXITCODE $((wsl.exe -l -q --running))"
"""
RESCUE = r"""
cd /mnt/c/Users/me; cp .wslconfig kept; printf %s "$1" > help.ps1; b=$(cat /proc/sys/kernel/random/boot_id)
{}
printf '[wsl2]\nkernel=C:\\\\no\\\\kernel\n' > .wslconfig.new; mv .wslconfig.new .wslconfig.bad
for i in $(seq 400); do grep -q resumed log.txt 2>/dev/null && break; sleep 0.05; done
world guest; tr -d '\r' < log.txt; cmp .wslconfig kept && echo same; [ $b != $(cat /proc/sys/kernel/random/boot_id) ] && echo restarted; wslinfo --networking-mode
"""


def test_a_process_of_windows_outlives_the_guest_and_rescues_it():
    world = "wslconfig:\n  text: |\n    [wsl2]\n    networkingMode=mirrored\n  crlf: true\n"
    rescued = ["running", "-1 True", "resumed 7 Ubuntu", "same", "restarted", "mirrored"]
    for start in (
        "powershell.exe -NoProfile -Command \"Start-Process -WindowStyle Hidden -FilePath powershell.exe -ArgumentList '-NoProfile','-File','C:\\Users\\me\\help.ps1'\"",
        'cmd.exe /c "start """" /b powershell.exe -NoProfile -EncodedCommand $(iconv -t utf-16le help.ps1 | base64 -w0)"',
    ):
        expect(lines(world, RESCUE.replace("{}", start), HELPER), rescued)


def test_a_program_ends_with_its_relay_and_a_grandchild_does_not():
    script = r"""
cd /mnt/c/Users/me
p() { echo "-NoProfile -Command Set-Content C:\Users\me\\$1.began 1;Start-Sleep 1;Set-Content C:\Users\me\\$1 1"; }
relay() { "$@" & until test -e $n.began; do sleep 0.05; done; kill $!; }
n=one; relay powershell.exe $(p one)
n=two; relay cmd.exe /c "powershell.exe $(p two)"
powershell.exe -Command "Start-Process powershell.exe '$(p three)'"
until test -e three; do sleep 0.1; done; sleep 0.5; ls | grep -v began
"""
    expect(lines("title: x\n", script), ["three", "two"])


def test_a_guest_that_cannot_start_leaves_a_terminal_of_windows():
    kernel = r"The custom {} specified in C:\Users\me\.wslconfig was not found: 'C:\no'."
    for key, settings, path, text in (
        ("", r"[wsl2]\nkernel=C:\\\\no\n", ".wslconfig", kernel.format("kernel")),
        (
            "",
            r"[wsl2]\nkernel=C:\\\\Users\\\\me\\\\k\nkernelModules=C:\\\\no\n",
            ".wslconfig",
            kernel.format("kernel modules VHD"),
        ),
        (
            "",
            r"[wsl2]\nmacAddress=1\n",
            ".wslconfig",
            r"Invalid MAC address '1' for key 'wsl2.macAddress' in C:\Users\me\.wslconfig",
        ),
        (
            "",
            r"[wsl2]\nkernel=C:\\\\Users\\\\me\\\\text\nkernelBootTimeout=100\n",
            ".wslconfig",
            "The operation timed out because a response was not received from the virtual machine or container.",
        ),
        ("wsl: { systemd: missing }", r"[boot]\nsystemd=true\n", "/etc/wsl.conf", "Catastrophic failure"),
        (
            "wsl: { version: 2.2.4.0 }\nwindows: { broken_modes: [bridged] }",
            r"[wsl2]\nnetworkingMode=bridged\n",
            ".wslconfig",
            r"Failed to configure network (networkingMode Bridged). To disable networking, set `wsl2.networkingMode=None` in C:\Users\me\.wslconfig",
        ),
    ):
        script = f"""cd /mnt/c/Users/me; printf '\\177ELF' > k; echo x > text; printf '{settings}' > {path}; wsl.exe --shutdown 2>/dev/null; world guest
on windows wsl.exe -d Ubuntu true | tr -d '\\0\\r' | head -1; wslinfo --version; echo $?; rm {path}; wsl.exe --shutdown; world guest; wsl.exe -d Ubuntu -- echo back; world guest"""
        done = lab(key + "\ntitle: x\n", script)
        expect(done.stdout.splitlines(), ["stopped", text, "1", "stopped", "back", "running"])
        assert text in done.stderr and "Error code: Wsl/Service/CreateInstance/" in done.stderr, done.stderr


def test_a_guest_that_is_down_at_the_start():
    world = 'wslconfig: "[wsl2]\\nkernel=C:\\\\\\\\no"\n'
    script = (
        "world guest; ip -br addr | wc -l; wslinfo --version; echo $?; on windows wsl.exe -d Ubuntu true | tr -d '\\0\\r'; rm /mnt/c/Users/me/.wslconfig\n"
        "wsl.exe -- echo up; world guest; getent ahostsv4 example.com | head -1 | cut -d' ' -f1; exit 4"
    )
    done = lab(world, script)
    refusal = "The custom kernel specified in C:\\Users\\me\\.wslconfig was not found: 'C:\\no'."
    code = "Error code: Wsl/Service/CreateInstance/CreateVm/WSL_E_CUSTOM_KERNEL_NOT_FOUND"
    expect(
        done.stdout.splitlines(), ["stopped", "1", "1", refusal, code, "up", "running", "93.184.215.14"]
    )
    assert done.returncode == 4 and done.stderr.startswith(refusal), (done.returncode, done.stderr)


def test_damage_that_wsl_starts_with():
    conf = "printf '{}' > {}; wsl.exe --shutdown; world guest; "
    config, distro = "/mnt/c/Users/me/.wslconfig", "/etc/wsl.conf"
    for key, settings, path, script, found, told in (
        ("", r"[wsl2]\nmemory=1KB\n", config, "true", [], ""),
        ("", r"[boot]\ncommand=touch /run/here && sleep 99\n", distro, "sleep 0.3; ls /run/here", ["/run/here"], ""),
        ("", r"[boot]\ncommand=false\n", distro, "true", [], ""),
        (
            "wsl: { systemd: broken }",
            r"[boot]\nsystemd=true\ninitTimeout=100\n",
            distro,
            "true",
            [],
            "wsl: Failed to start the systemd user session for 'root'.",
        ),
        (
            "",
            r"[user]\ndefault=nobody-such\n",
            distro,
            "wsl.exe id -un; wsl.exe -u no-such id | tr -d '\\0\\r'; echo ${PIPESTATUS[0]}",
            ["root", "User not found.", "Error code: Wsl/WSL_E_USER_NOT_FOUND", "255"],
            "getpwnam(nobody-such) failed 0",
        ),
        (
            "",
            r"[automount]\nenabled=false\n",
            distro,
            "ls /mnt/c; on windows cmd.exe /c 'if exist C:\\Users echo there'; grep -c ' /mnt/c ' /proc/mounts; rm /etc/wsl.conf; on windows wsl.exe --shutdown; ls /mnt/c/Users",
            ["there", "0", "me"],
            "",
        ),
        (
            "",
            r"[interop]\nenabled=false\n",
            distro,
            "cmd.exe /c ver; echo $?; on windows cmd.exe /c 'echo here'",
            ["1", "here"],
            "",
        ),
        (
            "windows: { broken_modes: [mirrored] }",
            r"[wsl2]\nnetworkingMode=mirrored\n",
            config,
            "wslinfo --networking-mode",
            ["none"],
            "wsl: Failed to configure network (networkingMode Mirrored), falling back to networkingMode None.",
        ),
    ):
        done = lab(key + "\ntitle: x\n", conf.format(settings, path) + script)
        expect(done.stdout.splitlines(), ["running", *found])
        assert told in done.stderr, (settings, done.stderr)


def test_complaints_at_a_start():
    settings = r"[wsl2]\nnetworkingMode=mirrored\nnonsense=1\nfirewall=maybe\nkernel=C:\Users\n[experimental]\nnetworkingMode=nat\nnote\n[a b]\n"
    script = f"printf '{settings}' > /mnt/c/Users/me/.wslconfig; wsl.exe --shutdown; wslinfo --networking-mode"
    done = lab("windows: { version: 10.0.19045.2251 }\n", script.replace("C:\\U", "C:\\\\U"))
    place = r" in C:\Users\me\.wslconfig:"
    wanted = [
        f"wsl: Unknown key 'wsl2.nonsense'{place}3",
        f"wsl: Invalid boolean value 'maybe' for key 'wsl2.firewall'{place}4",
        f"wsl: Invalid escaped character: 'U'{place}5",
        f"wsl: Duplicated config key 'experimental.networkingMode'{place}7 (Conflicting key: 'wsl2.networkingMode'{place}2)",
        f"wsl: Expected '='{place}8",
        f"wsl: Expected ']'{place}9",
        "wsl: Mirrored networking mode is not supported: Windows version 19045.2251 does not have the required features.",
        "Falling back to NAT networking.",
    ]
    told = [line for line in done.stderr.splitlines() if "Killed" not in line]
    expect((told, done.stdout), (wanted, "nat\n"))
    for windows, text, told in (
        ("gsa: true", "dnsTunneling=true", "Due to a current compatibility issue with Global Secure Access Client, "),
        ("version: 10.0.19045.2251", "dnsTunneling=true", "DNS Tunneling is not supported"),
        ("mirrored: true", r"networkingMode=mirrored\nlocalhostForwarding=false", "The wsl2.localhostForwarding setting"),
        ("hyperv: { supported: false }", "firewall=true", "Hyper-V firewall is not supported"),
    ):
        script = (
            f"printf '[wsl2]\\n{text}\\n' > /mnt/c/Users/me/.wslconfig\n"
            "on windows cmd.exe /c 'wsl.exe --shutdown & wsl.exe -d Ubuntu true' > $1 2>&1\n"
            "on windows cmd.exe /c 'set WSL_DISABLE_WARNINGS=1& wsl.exe --shutdown & wsl.exe -d Ubuntu echo quiet' >> $1 2>&1; tr -d '\\0\\r' < $1"
        )
        with tempfile.NamedTemporaryFile() as file:
            found = lines(f"windows: {{ {windows} }}\n", script, file.name)
        assert len(found) == 2 and found[0].startswith(f"wsl: {told}") and found[1] == "quiet", (windows, found)


UNDO = r"""@echo off
rem puts the settings back
set FILE=%USERPROFILE%\.wslconfig
if not exist "%~dp0saved.bin" exit /b 3
copy /y /b "%~dp0saved.bin" "%FILE%" >nul
if errorlevel 1 exit /b 4
del /q "%~dp0gone" 2>nul
wsl.exe --list --running --quiet >nul && echo 100%% done
powershell -NoProfile -EncodedCommand ZQB4AGkAdAAgADUA
if errorlevel 5 if not errorlevel 6 echo five
move /y "%~dp0saved.bin" "%~dp0moved.bin" >nul 2>&1
wsl.exe --shutdown
pause
exit /b 9
"""


def test_a_double_click_on_a_batch_file():
    script = (
        "cd /mnt/c/Users/me; b=$(cat /proc/sys/kernel/random/boot_id); mkdir u; printf 'a\\r\\nb\\032' > u/saved.bin; cp u/saved.bin kept; sed 's/$/\\r/' <<< \"$1\" > u/undo.cmd\n"
        "on windows cmd.exe /c 'C:\\Users\\me\\u\\undo.cmd'; echo $?; ls u; cmp .wslconfig kept && echo same; [ $b != $(cat /proc/sys/kernel/random/boot_id) ] && echo restarted\n"
        "on windows 'C:\\Users\\me\\u\\undo.cmd'; echo $?"
    )
    found = lab("title: x\n", script, UNDO).stdout.replace("\r", "").splitlines()
    expect(
        found,
        [
            "100% done",
            "five",
            "Press any key to continue . . . ",
            "9",
            "moved.bin",
            "undo.cmd",
            "same",
            "restarted",
            "3",
        ],
    )


def test_cmd_never_pretends():
    for line in (
        "for /l %%a in (1,1,2) do echo %%a",
        "goto end",
        "echo a | find a",
        "if exist x (echo a)",
        "copy /z a b",
        "echo ^a & copy a* b",
        "xcopy a b",
        "start notepad",
        "echo a > b",
    ):
        script = (
            "sed 's/$/\\r/' <<< \"@echo off\n$1\necho pretended\n\" > /mnt/c/t.cmd; on windows 'C:\\t.cmd'; echo $?"
        )
        done = lab("title: x\n", script, line)
        assert done.stderr and ("pretended" not in done.stdout or line in ("goto end", "xcopy a b")), (
            line,
            done.stdout,
            done.stderr,
        )


def test_the_person_waits_for_windows_but_not_for_ever():
    script = "powershell.exe -Command \"Start-Process powershell.exe '-Command wsl.exe --shutdown;Set-Content C:\\down 1;Start-Sleep 100'\"; until test -e /mnt/c/down; do sleep 0.1; done; world guest"
    began = time.monotonic()
    expect(lines("guest: { patience: 500ms }\n", script), ["running"])
    assert time.monotonic() - began < 60, "patience was not heard of"


def test_powershell_with_files_and_programs():
    cases = {
        "[IO.File]::WriteAllBytes('C:\\a', [byte[]](1,2)); (Get-Content -Raw -Encoding Byte C:\\A).Count": "2",
        "try { [IO.File]::Move('C:\\a','C:\\none\\b') } catch { $_.Exception.Message -like 'Exception calling*' }": "True",
        "Set-Content C:\\t 'x'; [Convert]::ToBase64String([IO.File]::ReadAllBytes('C:\\t'))": "eA0K",
        "Set-Content C:\\u 'é' -Encoding UTF8; (Get-Content C:\\u -Encoding utf8).Length": "1",
        "Copy-Item C:\\t C:\\v; Move-Item C:\\v C:\\t 2>$null; Test-Path C:\\v": "True",
        "New-Item -ItemType Directory C:\\d\\e -Force | Out-Null; Remove-Item -Recurse C:\\d; Test-Path C:\\d -PathType Container": "False",
        "$d = Get-Date; $d.AddSeconds(1) -gt $d; [int](($d.AddSeconds(2) - $d).TotalSeconds)": "True\n2",
        "cmd.exe /c 'exit 7' | Out-Null; $LASTEXITCODE": "7",
        "(wsl.exe -l -q)[0].Length; @(wsl.exe -l -q).Count": "12\n3",
        "$env:WSL_UTF8='1'; wsl.exe -l -q; (wsl.exe -d nobody -- true)[1]": "Ubuntu\nError code: Wsl/Service/CreateInstance/WSL_E_DISTRO_NOT_FOUND",
        "foreach ($i in 1..9) { if ($i -eq 2) { continue }; if ($i -eq 4) { break }; $i }": "1\n3",
    }
    script = 'while IFS= read -r line; do powershell.exe -NoProfile -Command "$line" </dev/null; done <<< "$1"'
    done = lab("title: x\n", script, "\n".join(cases))
    expect(done.stdout.replace("\r", ""), "".join(f"{wanted}\n" for wanted in cases.values()))
