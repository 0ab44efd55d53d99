/* Finds .wslconfig: cmd.exe knows the profile folder in 50 ms but prints it in the OEM code page;
 * where a character of the path is not ASCII, PowerShell (0.3 to 2 s) is asked for its UTF-8 bytes
 * in base64. wslpath turns the folder into a path of the guest. The file is only read.
 * Source: microsoft/WSL, WslCoreConfig.cpp; cmd.exe and PowerShell write in the console's code
 * page.
 */
#include "actions/wsl/profile.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "actions/wsl/queries.h"
#include "engine/base/encoding.h"

/* The clocks of Windows, which stamps the file, and of the guest differ a little. */
#define CLOCKS_DIFFER SECONDS(2)

static void fail(struct probe *probe, const char *what, const char *why)
{
    struct guest *guest = guest_of(probe);
    guest->failure = arena_format(probe_arena(probe), "%s: %s", what, why);
    guest->then(probe);
}

/* ---- reading the file ---- */

static void have_file(struct probe *probe, const struct file_text *file)
{
    struct guest *guest = guest_of(probe);
    struct arena *arena = probe_arena(probe);
    if (file->code && file->code != ENOENT) {
        guest->failure = arena_string(arena, file->reason);
    } else if (file->no_folder) {
        guest->failure = arena_format(arena, "the profile folder '%.*s' is not there",
                                      (int)(strrchr(guest->path, '/') - guest->path), guest->path);
    } else if (file->length > SETTINGS_LIMIT) {
        guest->failure = arena_format(arena, "'%s' has more than %d bytes, the limit", guest->path,
                                      SETTINGS_LIMIT);
    } else {
        int64_t booted = guest_booted();
        guest->exists = file->code == 0;
        guest->bytes = guest->exists ? arena_copy(arena, file->bytes, file->length) : "";
        guest->length = guest->exists ? file->length : 0;
        guest->edited = guest->exists && booted && file->modified > booted + CLOCKS_DIFFER;
    }
    guest->then(probe);
}

void profile_parse(struct probe *probe)
{
    struct guest *guest = guest_of(probe);
    guest->settings = settings_read_by(probe_arena(probe), &guest->wsl, INI_WSLCONFIG, guest->bytes,
                                       guest->length);
}

/* ---- finding the folder ---- */

static void read_from(struct probe *probe, const char *folder, size_t length)
{
    struct guest *guest = guest_of(probe);
    while (length > 1 && folder[length - 1] == '/')
        length--;
    guest->path = arena_format(probe_arena(probe), "%.*s/.wslconfig", (int)length, folder);
    probe_read(probe, guest->path, have_file);
}

/* What wslpath does, for a WSL without it. */
static void translate_by_hand(struct probe *probe)
{
    struct arena *arena = probe_arena(probe);
    const char *windows = guest_of(probe)->profile;
    const char *drive = machine_drive(arena, windows[0]);
    char *path =
        drive ? arena_format(arena, "%s%s", drive, windows + 2)
              : arena_format(arena, "/mnt/%c%s", tolower((unsigned char)windows[0]), windows + 2);
    for (char *at = path; *at; at++)
        if (*at == '\\')
            *at = '/';
    read_from(probe, path, strlen(path));
}

static void have_guest_path(struct probe *probe, const struct program_result *result)
{
    size_t length = result->failure ? 0 : strcspn(result->output, "\r\n");
    if (result->failure_code == ENOENT)
        translate_by_hand(probe);
    else if (length == 0 || result->status != 0 || result->output[0] != '/')
        fail(probe, "wslpath cannot tell where the Windows profile folder is",
             result->failure  ? result->failure
             : result->status ? arena_format(probe_arena(probe), "it ended with %d", result->status)
                              : "it gave no path");
    else
        read_from(probe, result->output, length);
}

static void translate(struct probe *probe, const char *windows_path)
{
    const char *const argv[] = {"wslpath", "-u", windows_path, NULL};
    guest_of(probe)->profile = windows_path;
    probe_run(probe, &(struct program){.argv = argv, .constant = true}, have_guest_path);
}

static bool is_windows_path(const char *text)
{
    return isalpha((unsigned char)text[0]) && text[1] == ':' && text[2] == '\\';
}

const char *profile_from_base64(struct arena *arena, const char *output)
{
    size_t length;
    const char *bytes = base64_decode(arena, output, &length);
    return bytes && length ? bytes : NULL;
}

/* `set` prints every variable whose name begins so, and cmd.exe may complain about its folder
 * first.
 */
const char *profile_from_set(struct arena *arena, const char *output)
{
    static const char name[] = "USERPROFILE=";
    const char *path = NULL;
    while (*output && !path) {
        size_t length = strcspn(output, "\r\n");
        if (strncasecmp(output, name, strlen(name)) == 0)
            path = arena_copy(arena, output + strlen(name), length - strlen(name));
        output += length + strspn(output + length, "\r\n");
    }
    if (!path || !is_windows_path(path))
        return NULL;
    for (const char *at = path; *at; at++)
        if ((unsigned char)*at >= 0x80)
            return NULL;
    return path;
}

static void have_powershell(struct probe *probe, const struct program_result *result)
{
    const char *path = NULL;
    if (!result->failure && result->status == 0)
        path = profile_from_base64(probe_arena(probe), result->output);
    if (path && is_windows_path(path))
        translate(probe, path);
    else
        fail(probe, "Windows does not say where its profile folder is",
             result->failure ? result->failure : "powershell.exe gave no path");
}

static void ask_powershell(struct probe *probe)
{
    probe_run(probe,
              &(struct program){.argv = ask_profile_in_base64, .windows = true, .constant = true},
              have_powershell);
}

static void have_variable(struct probe *probe, const struct program_result *result)
{
    const char *path = NULL;
    if (!result->failure && result->status == 0)
        path = profile_from_set(probe_arena(probe), result->output);
    if (path)
        translate(probe, path);
    else if (result->failure && result->failure_code != ENOENT)
        fail(probe, "cannot ask Windows for its profile folder", result->failure);
    else if (!result->failure && result->status != 0 && result->output_length == 0)
        fail(probe, "cannot ask Windows for its profile folder",
             "cmd.exe ended without a word; interop may be switched off");
    else
        ask_powershell(probe);
}

/* Whatever was asked last is still running; the probe ends with the failure. */
static void lose_patience(struct probe *probe)
{
    if (!guest_of(probe)->path)
        fail(probe, "cannot ask Windows for its profile folder", "it does not answer");
}

void profile_read(struct probe *probe, void (*then)(struct probe *probe))
{
    guest_of(probe)->then = then;
    probe_after(probe, GUEST_PATIENCE, lose_patience);
    probe_run(probe, &(struct program){.argv = ask_profile, .windows = true, .constant = true},
              have_variable);
}
