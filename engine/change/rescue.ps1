# Restarts WSL from outside the guest, and takes back what keeps the guest down. Before this stand
# $distro, $user, $binary, $whole (WSL, or the distribution alone), $patience and $limit (seconds:
# for an answer of the guest, for anything else) and $conf (a shell command that brings /etc/wsl.conf
# back, or nothing).
#
# It is written for ConstrainedLanguage (WDAC, AppLocker), which is what Windows may impose: commands,
# and methods of nothing but strings and dates. It travels as words of a command line: no double
# quotes, no two blanks in a row that matter. Names are plain because its folder is the profile.
$env:WSL_UTF8 = '1'
$quote = [char]34
$powershell = '-NoProfile -NonInteractive -ExecutionPolicy Bypass -Command '
Set-Location -LiteralPath $env:USERPROFILE -ErrorAction Stop

# One helper works at a time: where resume has left another restart to do, its helper waits.
$most = (Get-Date).AddSeconds(60)
while ((Test-Path playbook-restart.txt) -and (Get-Date) -lt $most) { Start-Sleep -Milliseconds 500 }
Set-Content playbook-restart.txt 'playbook restarts WSL; this file goes when it has ended.'
Remove-Item -Force playbook-not-restarted.txt -ErrorAction SilentlyContinue

# wsl.exe with $words, no longer than $limit; whether it has ended by itself.
$ended = {
    $process = Start-Process -WindowStyle Hidden -PassThru wsl.exe -ArgumentList $words
    Wait-Process -Id $process.Id -Timeout $limit -ErrorAction SilentlyContinue
    $lives = Get-Process -Id $process.Id -ErrorAction SilentlyContinue
    Stop-Process -Force -Id $process.Id -ErrorAction SilentlyContinue
    $null -eq $lives
}

# .wslconfig as it was: by the double click where a change of it waits; and safe mode, which a line of
# its own marks, is over in any case. The undo file says in its exit code whether it has done it.
$restore = {
    $done = $true
    if (Test-Path playbook-undo.cmd) {
        cmd.exe /d /c .\playbook-undo.cmd quiet >$null
        $done = $LASTEXITCODE -eq 0
    }
    if ((Test-Path .wslconfig) -and @(Get-Content .wslconfig -Encoding UTF8)[0] -like '# playbook*') {
        if (Test-Path playbook-restart.wslconfig) {
            Copy-Item -Force playbook-restart.wslconfig .wslconfig
            $done = $done -and $?
        } else { Remove-Item -Force .wslconfig }
    }
    if ($done) { Remove-Item -Force playbook-restart.wslconfig -ErrorAction SilentlyContinue }
    $done
}

# What a helper has left that was ended in safe mode. The copy of one that was ended before is of no use.
if ((Test-Path .wslconfig) -and @(Get-Content .wslconfig -Encoding UTF8)[0] -like '# playbook*') { $null = & $restore }
Remove-Item -Force playbook-restart.wslconfig -ErrorAction SilentlyContinue

# `new` starts what was changed. Without an answer, `safe` restores /etc/wsl.conf in WSL's safe mode
# and `old` the rest. What resume has taken back (4) is in force after `again`.
$answer = ''
$why = ''
foreach ($step in @('new', 'safe', 'old', 'again')) {
    if ($step -eq 'safe' -and ($answer -ne '' -or $conf -eq '')) { continue }
    if ($step -eq 'old' -and $answer -ne '') { continue }
    if ($step -eq 'again' -and $answer -ne '4') { continue }

    if ($step -eq 'safe') {
        $copied = $true
        if (Test-Path .wslconfig) {
            Copy-Item .wslconfig playbook-restart.wslconfig
            $copied = $?
        }
        if (-not $copied) {
            $why = 'There is no room for a copy of .wslconfig, so that WSL was not started in safe mode and /etc/wsl.conf is not restored.'
            continue
        }
        Set-Content .wslconfig @('# playbook, for a moment: the file as it was is playbook-restart.wslconfig, or there was none', '[wsl2]', 'safeMode=true')
    }
    if ($step -eq 'old' -and -not (& $restore)) {
        $why = '.wslconfig could not be restored: double-click playbook-undo.cmd, it says why.'
    }

    # A service that hangs would hold this for ever: then nothing is started, and a person is told.
    $words = '--shutdown'
    if (-not ($whole -or $step -eq 'safe' -or $step -eq 'old')) { $words = '--terminate ' + $distro }
    if (-not (& $ended)) {
        if ($step -eq 'safe') { $null = & $restore }
        $why = 'wsl ' + $words + ' did not end in ' + $limit + ' seconds: WSL was not restarted. Restart Windows, start the distribution, and type: playbook resume'
        break
    }
    $least = (Get-Date).AddSeconds(8)
    $most = (Get-Date).AddSeconds(60)
    do {
        Start-Sleep -Milliseconds 500
        $names = @(wsl.exe --list --running --quiet 2>$null)
    } until (((Get-Date) -gt $least -and -not ($names -contains $distro)) -or (Get-Date) -gt $most)

    if ($step -eq 'safe') {
        $words = '-d ' + $distro + ' -u root --exec /bin/sh -c ' + $quote + $conf + $quote
        $null = & $ended
        continue
    }

    # Started apart: a guest that does not come up must not hold this. wsl.exe ends with -1 then.
    $verb = 'resume --yes --restart'
    if ($step -eq 'old') { $verb = 'undo --yes' }
    if ($step -eq 'again') { $verb = 'history' }
    Remove-Item -Force playbook-answer.txt -ErrorAction SilentlyContinue
    $start = 'wsl.exe -d ' + $distro + ' -u ' + $user + ' --cd / --exec ' + $binary + ' ' + $verb + '; Set-Content playbook-answer.txt $LASTEXITCODE'
    Start-Process -WindowStyle Hidden powershell.exe -ArgumentList ($powershell + $start)
    $most = (Get-Date).AddSeconds($patience)
    do {
        Start-Sleep -Milliseconds 500
        $answer = ''
        if (Test-Path playbook-answer.txt) { $answer = ((Get-Content playbook-answer.txt) + '').Trim() }
    } until ($answer -ne '' -or (Get-Date) -gt $most)
    if (-not (@('0', '1', '2', '3', '4', '5', '6', '7', '130') -contains $answer)) { $answer = '' }
    if ($step -eq 'old') { $answer = 'old' }
}
if ($why -ne '') { Set-Content playbook-not-restarted.txt $why }
Remove-Item -Force playbook-answer.txt -ErrorAction SilentlyContinue
Remove-Item -Force playbook-restart.txt -ErrorAction SilentlyContinue
