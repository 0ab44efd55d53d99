/* wsl.version: the versions of WSL, of its kernel and of Windows. Each is asked where it is
 * cheapest and surest; what cannot be had is left out with its reason. Source: microsoft/WSL,
 * wslinfo.cpp, WslClient.cpp.
 */
#include <string.h>

#include "actions/wsl/guest.h"
#include "actions/wsl/queries.h"
#include "actions/wsl/version.h"

enum { LINE_WSL = 1, LINE_WINDOWS = 7 };

static void set_version(struct probe *probe, const char *field, const struct version *version)
{
    probe_set(probe, field, (struct value){.kind = KIND_VERSION, .version = *version});
}

/* The state of this probe is one flag: the version of WSL has been set. */
static bool *wsl_known(struct probe *probe)
{
    return probe_state(probe, sizeof(bool));
}

static bool good(const struct program_result *result)
{
    return !result->failure && result->status == 0;
}

static void answer(struct probe *probe)
{
    if (!*wsl_known(probe))
        probe_absent(probe, "wsl",
                     "neither wslinfo nor 'wsl.exe --version' tells: WSL is the one "
                     "that came with Windows, or Windows cannot be asked");
    probe_answer(probe, *wsl_known(probe));
}

/* Windows does not answer in time: what the guest knows is there already. */
static void expire(struct probe *probe)
{
    probe_absent(probe, "windows", "Windows did not answer in time");
    answer(probe);
}

static void have_ver(struct probe *probe, const struct program_result *result)
{
    struct version build;
    if (good(result) && version_from_ver(result->output, &build))
        set_version(probe, "windows", &build);
    else
        probe_absent(probe, "windows", "%s",
                     result->failure ? result->failure : "cmd.exe does not tell");
    answer(probe);
}

static void have_wsl_exe(struct probe *probe, const struct program_result *result)
{
    struct version version, build;
    bool *known = wsl_known(probe);
    if (good(result) && !*known && version_from_line(result->output, LINE_WSL, &version)) {
        set_version(probe, "wsl", &version);
        *known = true;
    }
    if (good(result) && version_from_line(result->output, LINE_WINDOWS, &version) &&
        version_windows_build(&version, &build)) {
        set_version(probe, "windows", &build);
        answer(probe);
    } else {
        probe_run(probe,
                  &(struct program){.argv = ask_windows_version, .windows = true, .constant = true},
                  have_ver);
    }
}

static void have_wslinfo(struct probe *probe, const struct program_result *result)
{
    struct version version;
    bool *known = wsl_known(probe);
    *known = good(result) && version_leading(result->output, &version);
    if (*known)
        set_version(probe, "wsl", &version);
    probe_run(probe, &(struct program){.argv = ask_wsl_version, .windows = true, .constant = true},
              have_wsl_exe);
}

static void have_release(struct probe *probe, const struct file_text *file)
{
    struct version kernel;
    enum guest_kind kind = guest_kind();
    if (!file->code && version_leading(file->bytes, &kernel))
        set_version(probe, "kernel", &kernel);
    else
        probe_absent(probe, "kernel", "%s",
                     file->code ? file->reason : "its release is no version");
    if (kind == GUEST_WSL1 || kind == GUEST_WSL2) {
        probe_after(probe, GUEST_PATIENCE, expire);
        probe_run(probe, &(struct program){.argv = ask_wslinfo_version, .constant = true},
                  have_wslinfo);
        return;
    }
    probe_absent(probe, "wsl", "%s", guest_kind_reason(kind));
    probe_absent(probe, "windows", "%s", guest_kind_reason(kind));
    probe_answer(probe, false);
}

static void start(struct probe *probe)
{
    probe_read(probe, "/proc/sys/kernel/osrelease", have_release);
}

static const struct argument arguments[] = {{.name = NULL}};

static const struct field fields[] = {
    {.name = "wsl",
     .type = {.kind = KIND_VERSION},
     .doc = {"the version of WSL: 2.6.3.0", "WSLのバージョン（例: 2.6.3.0）"}},
    {.name = "kernel",
     .type = {.kind = KIND_VERSION},
     .doc = {"the version of the running kernel: 6.6.87.2",
             "動作中のカーネルのバージョン（例: 6.6.87.2）"}},
    {.name = "windows",
     .type = {.kind = KIND_VERSION},
     .doc = {"the build of Windows: 26100.4949", "Windowsのビルド番号（例: 26100.4949）"}},
    {.name = NULL},
};

const struct action wsl_version_action = {
    .name = "wsl.version",
    .role = ROLE_PROBE,
    .summary = {"the versions of WSL, its kernel and Windows",
                "WSL、カーネル、Windowsのバージョンを調べる"},
    .arguments = arguments,
    .fields = fields,
    .ok = {"the version of WSL is known", "WSLのバージョンが分かった"},
    .costly_here = machine_is_wsl2,
    .timeout = SECONDS(TIMEOUT_PROGRAM_S),
    .queries = wsl_queries,
    .start = start,
    .expire = expire,
};
