@echo off
rem Outlay's launcher for the Codex CLI on Windows. It does what the script "codex" beside it does and says why.
setlocal EnableExtensions DisableDelayedExpansion
set "OUTLAY_HERE=%~dp0"
set "OUTLAY_REAL="
for /f "delims=" %%F in ('where codex 2^>nul') do call :consider "%%~fF"
if not defined OUTLAY_REAL (
  echo codex: command not found ^(Outlay looked on the PATH for the Codex CLI^) 1>&2
  exit /b 127
)
if not defined OUTLAY_CODEX_BASE_URL goto untouched
for /f "tokens=1,2 delims=:/" %%A in ("%OUTLAY_CODEX_BASE_URL%") do if not "%%A//%%B"=="http//127.0.0.1" goto untouched
for /f "tokens=3 delims=:/" %%P in ("%OUTLAY_CODEX_BASE_URL%") do set "OUTLAY_PORT=%%P"
netstat -ano -p TCP 2>nul | findstr /C:"127.0.0.1:%OUTLAY_PORT% " | findstr /C:"LISTENING" >nul || goto untouched
set "OUTLAY_CONFIG=%CODEX_HOME%"
if not defined OUTLAY_CONFIG set "OUTLAY_CONFIG=%USERPROFILE%\.codex"
findstr /M /C:"openai_base_url" "%OUTLAY_CONFIG%\*config.toml" >nul 2>nul
if errorlevel 1 goto connected
if not defined OUTLAY_CODEX_UPSTREAM goto untouched
findstr /C:"%OUTLAY_CODEX_UPSTREAM%" "%OUTLAY_CONFIG%\config.toml" >nul 2>nul || goto untouched
:connected
endlocal & "%OUTLAY_REAL%" -c "openai_base_url='%OUTLAY_CODEX_BASE_URL%'" %*
exit /b %ERRORLEVEL%
:untouched
endlocal & "%OUTLAY_REAL%" %*
exit /b %ERRORLEVEL%

:consider
if defined OUTLAY_REAL exit /b 0
if /i "%~dp1"=="%OUTLAY_HERE%" exit /b 0
if /i not "%~x1"==".exe" if /i not "%~x1"==".cmd" if /i not "%~x1"==".bat" exit /b 0
set "OUTLAY_REAL=%~1"
exit /b 0
