/* Each version is asked where it is cheapest and surest: wslinfo knows WSL's own (from 2.2.3 on),
 * `wsl.exe --version` that and Windows' build; the WSL that came with Windows has neither, and
 * cmd.exe tells the build. Source: microsoft/WSL, wslinfo.cpp, WslClient.cpp.
 */
#include "actions/wsl/versions.h"

#include "actions/wsl/queries.h"
#include "actions/wsl/version.h"

enum { LINE_WSL = 1, LINE_WINDOWS = 7 };

static bool good(const struct program_result *result)
{
    return !result->failure && result->status == 0;
}

static void have_ver(struct probe *probe, const struct program_result *result)
{
    struct guest *guest = guest_of(probe);
    if (!good(result) || !version_from_ver(result->output, &guest->windows))
        guest->windows_reason = result->failure ? result->failure : "cmd.exe does not tell";
    guest->then(probe);
}

static void have_wsl_exe(struct probe *probe, const struct program_result *result)
{
    struct guest *guest = guest_of(probe);
    struct version version;
    if (good(result) && guest->wsl.count == 0 &&
        version_from_line(result->output, LINE_WSL, &version))
        guest->wsl = version;
    if (good(result) && version_from_line(result->output, LINE_WINDOWS, &version) &&
        version_windows_build(&version, &guest->windows))
        guest->asks_windows = false;
    if (guest->asks_windows)
        probe_run(probe,
                  &(struct program){.argv = ask_windows_version, .windows = true, .constant = true},
                  have_ver);
    else
        guest->then(probe);
}

static void have_wslinfo(struct probe *probe, const struct program_result *result)
{
    struct guest *guest = guest_of(probe);
    struct version version;
    if (good(result) && version_leading(result->output, &version))
        guest->wsl = version;
    if (guest->wsl.count && !guest->asks_windows)
        guest->then(probe);
    else
        probe_run(probe,
                  &(struct program){.argv = ask_wsl_version, .windows = true, .constant = true},
                  have_wsl_exe);
}

void versions_ask(struct probe *probe, bool windows, void (*then)(struct probe *probe))
{
    struct guest *guest = guest_of(probe);
    guest->then = then;
    guest->asks_windows = windows;
    probe_run(probe, &(struct program){.argv = ask_wslinfo_version, .constant = true},
              have_wslinfo);
}
