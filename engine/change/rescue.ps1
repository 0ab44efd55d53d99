# Restarts WSL from outside the guest, and takes back what keeps the guest down. Before this stand
# $distro, $user, $binary, $whole (WSL, or the distribution alone), $patience (seconds) and $conf (a
# shell command that brings /etc/wsl.conf back, or nothing).
$env:WSL_UTF8 = '1'
$config = Join-Path $env:USERPROFILE '.wslconfig'
$undo = Join-Path $env:USERPROFILE 'playbook-undo.cmd'
$back = Join-Path $env:USERPROFILE 'playbook-answer.txt'
$busy = Join-Path $env:USERPROFILE 'playbook-restart.txt'

# One helper works at a time: where resume has left another restart to do, its helper waits.
$most = (Get-Date).AddSeconds(60)
while ((Test-Path $busy) -and (Get-Date) -lt $most) { Start-Sleep -Milliseconds 500 }
Set-Content $busy 'playbook restarts WSL; this file goes when it has ended.'

# .wslconfig as it was: in the undo file where a change of it waits, else as it is.
$bytes = $null
if (Test-Path $undo) {
    $text = [IO.File]::ReadAllText($undo)
    $mark = 'rem ' + 'ORIGINAL'
    if ($text.Contains($mark)) {
        $bytes = [Convert]::FromBase64String($text.Substring($text.IndexOf($mark) + $mark.Length).Trim().Replace("`r`n", ''))
    }
} elseif (Test-Path $config) {
    $bytes = [IO.File]::ReadAllBytes($config)
}

# `new` starts what was changed. Without an answer, `safe` restores /etc/wsl.conf in WSL's safe mode
# and `old` the rest. What resume has taken back (4) is in force after `again`.
$answer = ''
foreach ($step in @('new', 'safe', 'old', 'again')) {
    if ($step -eq 'safe' -and ($answer -ne '' -or $conf -eq '')) { continue }
    if ($step -eq 'old' -and $answer -ne '') { continue }
    if ($step -eq 'again' -and $answer -ne '4') { continue }

    if ($step -eq 'safe') { [IO.File]::WriteAllText($config, "[wsl2]`r`nsafeMode=true`r`n") }
    if ($step -eq 'old') {
        if ($null -eq $bytes) { [IO.File]::Delete($config) } else { [IO.File]::WriteAllBytes($config, $bytes) }
    }

    if ($whole -or $step -eq 'safe' -or $step -eq 'old') { wsl.exe --shutdown } else { wsl.exe --terminate $distro }
    $least = (Get-Date).AddSeconds(8)
    $most = (Get-Date).AddSeconds(60)
    do {
        Start-Sleep -Milliseconds 500
        $names = @(wsl.exe --list --running --quiet 2>$null)
    } until (((Get-Date) -gt $least -and -not ($names -contains $distro)) -or (Get-Date) -gt $most)

    if ($step -eq 'safe') { wsl.exe -d $distro -u root --exec /bin/sh -c $conf 2>$null; continue }

    # Started apart: a guest that does not come up must not hold this. wsl.exe ends with -1 then.
    $verb = 'resume --yes --restart'
    if ($step -eq 'old') { $verb = 'undo --yes' }
    if ($step -eq 'again') { $verb = 'history' }
    Remove-Item -Force $back 2>$null
    $start = "wsl.exe -d $distro -u $user --cd / --exec $binary $verb; Set-Content '$($back.Replace("'", "''"))' `$LASTEXITCODE"
    $start = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($start))
    Start-Process -WindowStyle Hidden powershell.exe -ArgumentList "-NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand $start"
    $most = (Get-Date).AddSeconds($patience)
    do {
        Start-Sleep -Milliseconds 500
        $answer = ''
        if (Test-Path $back) { $answer = "$(Get-Content $back)".Trim() }
    } until ($answer -ne '' -or (Get-Date) -gt $most)
    if (-not (@('0', '1', '2', '3', '4', '5', '6', '7', '130') -contains $answer)) { $answer = '' }
    if ($step -eq 'old') { $answer = 'old' }
}
Remove-Item -Force $back 2>$null
Remove-Item -Force $busy 2>$null
