@echo off
rem Made by playbook before it changed .wslconfig. A double click puts that back as it was; an argument: no key is waited for.
rem Explorer starts it in its own folder, others do not.
pushd "%~dp0" 2>nul
if not exist playbook-undo.cmd goto refused
if "%PLAYBOOK_SIZE%"=="none" goto remove
if exist playbook-undo.tmp del /f /q playbook-undo.tmp
if exist playbook-undo.tmp goto refused
if "%PLAYBOOK_SIZE%"=="0" goto empty

rem What comes out of a cabinet has been compared with its checksums (of another file expand.exe makes a copy, as large as that).
rem Again by short names: the path may have letters that the code page lacks.
for %%F in (playbook-undo.cab) do set "PLAYBOOK_NOW=%%~zF"
if not "%PLAYBOOK_NOW%"=="%PLAYBOOK_COPY%" goto damaged
"%SystemRoot%\System32\expand.exe" playbook-undo.cab playbook-undo.tmp >nul
if "%errorlevel%"=="0" goto compare
"%SystemRoot%\System32\expand.exe" "%~sdp0playbook-undo.cab" "%~sdp0playbook-undo.tmp" >nul
if not "%errorlevel%"=="0" goto damaged
goto compare

:empty
copy /y nul playbook-undo.tmp >nul

:compare
set "PLAYBOOK_NOW="
for %%F in (playbook-undo.tmp) do set "PLAYBOOK_NOW=%%~zF"
if not "%PLAYBOOK_NOW%"=="%PLAYBOOK_SIZE%" goto damaged

rem It takes the name in one step, or not at all.
move /y playbook-undo.tmp .wslconfig >nul
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
popd
echo NOT restored: Windows refuses to change .wslconfig. By hand: open playbook-undo.cab, what is in it is the old .wslconfig.
if "%~1"=="" pause
exit /b 1
