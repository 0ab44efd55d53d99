/* wsl.version: the versions of WSL, of its kernel and of Windows. Each is asked where it is
 * cheapest and surest; what cannot be had is left out with its reason. Source: microsoft/WSL,
 * wslinfo.cpp, WslClient.cpp.
 */
#include "actions/wsl/queries.h"
#include "actions/wsl/version.h"
#include "actions/wsl/versions.h"

static void set_version(struct probe *probe, const char *field, const struct version *version,
                        const char *otherwise)
{
    if (version->count)
        probe_set(probe, field, (struct value){.kind = KIND_VERSION, .version = *version});
    else
        probe_absent(probe, field, "%s", otherwise);
}

static void answer(struct probe *probe)
{
    const struct guest *guest = guest_of(probe);
    set_version(probe, "wsl", &guest->wsl,
                "neither wslinfo nor 'wsl.exe --version' tells: WSL is the one that came with "
                "Windows, or Windows cannot be asked");
    set_version(probe, "windows", &guest->windows,
                guest->windows_reason ? guest->windows_reason : "Windows did not answer in time");
    probe_answer(probe, guest->wsl.count > 0);
}

static void have_release(struct probe *probe, const struct file_text *file)
{
    struct version kernel = {0};
    enum guest_kind kind = guest_kind();
    bool known = !file->code && version_leading(file->bytes, &kernel);
    set_version(probe, "kernel", known ? &kernel : &(struct version){0},
                file->code ? file->reason : "its release is no version");
    if (kind == GUEST_WSL1 || kind == GUEST_WSL2) {
        probe_after(probe, GUEST_PATIENCE, answer); /* with what the guest knows by itself */
        versions_ask(probe, true, answer);
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
    .expire = answer,
};
