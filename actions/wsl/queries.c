#include "actions/wsl/queries.h"

/* The script is the word behind it. */
#define POWERSHELL                                                                                 \
    "powershell.exe", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-Command"

const char *const ask_wslinfo_mode[] = {"wslinfo", "--networking-mode", NULL};
const char *const ask_wslinfo_version[] = {"wslinfo", "--version", NULL};
const char *const ask_wsl_version[] = {"wsl.exe", "--version", NULL};
const char *const ask_windows_version[] = {"cmd.exe", "/d", "/c", "ver", NULL};
const char *const ask_profile[] = {"cmd.exe", "/d", "/c", "set USERPROFILE", NULL};
const char *const ask_profile_in_base64[] = {
    POWERSHELL,
    "[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes("
    "[Environment]::GetFolderPath('UserProfile')))",
    NULL,
};
const char *const ask_secure_access[] = {
    POWERSHELL,
    "\"$((Get-Service GlobalSecureAccessTunnelingService -ErrorAction SilentlyContinue).Status)\"",
    NULL,
};
static const char *const ask_path[] = {"wslpath", "-u", "*", NULL};

const struct query wsl_queries[] = {
    {ask_wslinfo_mode, QUERY_LOCAL_SOCKETS},
    {ask_wslinfo_version, QUERY_LOCAL_SOCKETS},
    {ask_path, QUERY_LOCAL_SOCKETS},
    {ask_wsl_version, QUERY_WINDOWS},
    {ask_windows_version, QUERY_WINDOWS},
    {ask_profile, QUERY_WINDOWS},
    {ask_profile_in_base64, QUERY_WINDOWS},
    {ask_secure_access, QUERY_WINDOWS},
    {NULL, 0},
};
