/* version: version numbers in what WSL and Windows print, whatever the language. */
#ifndef PLAYBOOK_WSL_VERSION_H
#define PLAYBOOK_WSL_VERSION_H

#include "engine/action.h"

bool version_before(const struct version *a, const struct version *b);
const char *version_print(struct arena *arena, const struct version *version);

/* The digits and dots that `text` begins with: "6.6.87.2-microsoft-standard-WSL2". */
bool version_leading(const char *text, struct version *version);

/* The last word of line `line` (from 1) of `wsl.exe --version`: the labels are translated, their
 * order is fixed. */
bool version_from_line(const char *output, unsigned line, struct version *version);

/* The build of "10.0.26100.4949" as 26100.4949: the first two parts are the same since Windows 10.
 */
bool version_windows_build(const struct version *full, struct version *build);

/* The build in what `cmd.exe /c ver` prints: "Microsoft Windows [Version 10.0.26100.4949]". */
bool version_from_ver(const char *output, struct version *build);

#endif
