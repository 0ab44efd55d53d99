@echo off
rem Made by playbook before it changed .wslconfig. A double click puts that back as it was; an argument: no key is waited for.
pushd "%~dp0" || goto refused
if "%PLAYBOOK_SIZE%"=="none" goto remove

rem What comes out of the saved copy was compared with its checksums. It takes the name in one step, or not at all.
if exist playbook-undo.tmp del /f /q playbook-undo.tmp
if exist playbook-undo.tmp goto refused
if "%PLAYBOOK_SIZE%"=="0" copy /y nul playbook-undo.tmp >nul || goto damaged
if not "%PLAYBOOK_SIZE%"=="0" "%SystemRoot%\System32\expand.exe" playbook-undo.cab playbook-undo.tmp >nul || goto damaged
set "PLAYBOOK_NOW="
for %%F in (playbook-undo.tmp) do set "PLAYBOOK_NOW=%%~zF"
if not "%PLAYBOOK_NOW%"=="%PLAYBOOK_SIZE%" goto damaged
move /y playbook-undo.tmp .wslconfig >nul || goto refused
if exist playbook-undo.tmp goto refused
set "PLAYBOOK_NOW="
for %%F in (.wslconfig) do set "PLAYBOOK_NOW=%%~zF"
if not "%PLAYBOOK_NOW%"=="%PLAYBOOK_SIZE%" goto refused

:restored
popd
echo .wslconfig is as it was before. Now run: wsl --shutdown
if "%~1"=="" pause
exit /b 0

:remove
if exist .wslconfig del /f /q .wslconfig
if exist .wslconfig goto refused
goto restored

:damaged
if exist playbook-undo.tmp del /f /q playbook-undo.tmp
popd
echo NOT restored: playbook-undo.cab is missing or damaged, or the disk is full. .wslconfig is untouched.
if "%~1"=="" pause
exit /b 1

:refused
echo NOT restored: Windows refuses to change .wslconfig. By hand: open playbook-undo.cab, what is in it is the old .wslconfig.
if "%~1"=="" pause
exit /b 1
