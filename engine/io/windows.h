/* windows: where the Windows programs are. PATH does not tell (sudo, services and
 * appendWindowsPath=false hide it), the mounts do. */
#ifndef PLAYBOOK_WINDOWS_H
#define PLAYBOOK_WINDOWS_H

#include "engine/action.h"

struct windows_program {
    const char *path;
    const char *directory; /* the C: mount: cmd.exe complains on stdout about a guest folder */
};

/* Finds "wsl.exe", "cmd.exe", "powershell.exe", ... on the C: mount. */
bool windows_find(struct arena *arena, const char *name, struct windows_program *program,
                  struct error *error);

#endif
