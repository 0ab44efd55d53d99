/* A drive of Windows by what is mounted: type 9p with "aname=drvfs;path=C:\\" or the source "C:\\",
 * drvfs (WSL 1) alike. virtiofs carries no path, so /mnt/c and /c are tried last. Source:
 * microsoft/WSL, doc/docs/technical-documentation/drvfs.md, src/linux/init/drvfs.cpp. */
#include "engine/io/windows.h"

#include <string.h>
#include <strings.h>

#include "engine/base/text.h"

static const char *const folders[] = {"Windows/System32", "Windows/System32/WindowsPowerShell/v1.0",
                                      "Program Files/WSL", "Program Files/PowerShell/7"};
enum { FOLDERS = sizeof(folders) / sizeof(folders[0]) };

static bool is_drive(const struct mount *mount, char letter)
{
    const char source[] = {letter, ':', '\0'};
    const char option[] = {'p', 'a', 't', 'h', '=', letter, ':', '\0'};
    return strncasecmp(mount->source, source, 2) == 0 || strcasestr(mount->options, option);
}

const char *windows_drive(struct arena *arena, struct mounts *mounts, char letter)
{
    size_t count;
    const struct mount *at = mounts_now(mounts, &count);
    while (count > 0 && !is_drive(at, letter))
        at++, count--;
    return count > 0 ? arena_string(arena, at->point) : NULL;
}

struct process_image *windows_images(struct arena *arena, struct mounts *mounts, const char *name)
{
    const char *const drives[] = {windows_drive(arena, mounts, 'C'), "/mnt/c", "/c"};
    enum { DRIVES = sizeof(drives) / sizeof(drives[0]) };
    struct process_image *images = arena_alloc(arena, (DRIVES * FOLDERS + 1) * sizeof(*images));
    size_t count = 0;
    for (size_t drive = 0; drive < DRIVES; drive++)
        for (size_t folder = 0; drives[drive] && folder < FOLDERS; folder++)
            images[count++] = (struct process_image){
                .path = arena_format(arena, "%s/%s/%s", drives[drive], folders[folder], name),
                .directory = drives[drive]};
    return images;
}
