/* The C: mount from proc_mountinfo(5): type 9p with "aname=drvfs;path=C:" or source "C:\", drvfs
 * (WSL1) alike; virtiofs carries no path, so /mnt/c and /c are tried last. */
#include "engine/io/windows.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char *const folders[] = {"Windows/System32", "Windows/System32/WindowsPowerShell/v1.0",
                                      "Program Files/WSL", "Program Files/PowerShell/7", NULL};

static bool is_drive_c(const char *rest)
{
    return strcasestr(rest, "path=C:") || strcasestr(rest, " C:");
}

static bool find_in(struct arena *arena, const char *mount, const char *name,
                    struct windows_program *program)
{
    for (size_t i = 0; folders[i]; i++) {
        const char *path = arena_format(arena, "%s/%s/%s", mount, folders[i], name);
        if (access(path, F_OK) != 0)
            continue;
        *program = (struct windows_program){.path = path, .directory = arena_string(arena, mount)};
        return true;
    }
    return false;
}

static bool find_on_mounts(struct arena *arena, const char *name, struct windows_program *program)
{
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    if (!mounts)
        return false;
    char line[8192], point[PATH_MAX];
    bool found = false;
    while (!found && fgets(line, sizeof(line), mounts)) {
        const char *rest = strstr(line, " - ");
        if (rest && is_drive_c(rest) && sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1)
            found = find_in(arena, point, name, program);
    }
    fclose(mounts);
    return found;
}

bool windows_find(struct arena *arena, const char *name, struct windows_program *program,
                  struct error *error)
{
    if (find_on_mounts(arena, name, program) || find_in(arena, "/mnt/c", name, program) ||
        find_in(arena, "/c", name, program))
        return true;
    error_set(error, "cannot find '%s' on the Windows drive", name);
    error->code = ENOENT;
    error_hint(error, "the C: drive must be mounted in the guest ([automount] in /etc/wsl.conf)");
    return false;
}
