/* windows: where the Windows programs are. PATH does not tell (sudo, services and
 * appendWindowsPath=false hide it), the mounts do. */
#ifndef PLAYBOOK_WINDOWS_H
#define PLAYBOOK_WINDOWS_H

#include "engine/io/mounts.h"
#include "engine/io/process.h"

/* Where "wsl.exe", "cmd.exe", "powershell.exe", ... may be, each to be run from its C: mount:
 * cmd.exe complains on stdout about a folder of the guest. The drive itself is not touched. */
struct process_image *windows_images(struct arena *arena, struct mounts *mounts, const char *name);

/* The mount point of a drive of Windows, by its letter; NULL: it is not mounted. */
const char *windows_drive(struct arena *arena, struct mounts *mounts, char letter);

#endif
