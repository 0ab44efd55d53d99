/* cabinet: one file inside a Windows cabinet, not compressed: what Windows' own expand.exe and
 * Explorer unpack without PowerShell, and refuse where a block is not as its checksum says.
 *
 * Source: [MS-CAB] §2 (structures), §3.1 (the checksum). */
#ifndef PLAYBOOK_CABINET_H
#define PLAYBOOK_CABINET_H

#include "engine/base/text.h"

/* Appends a cabinet with bytes[0..length) as `name` (ASCII, no folder). Below 2 GiB. */
void cabinet_write(struct text *text, const char *name, const char *bytes, size_t length);

/* Does bytes[0..length) begin like a cabinet that cabinet_write() made for `name`? */
bool cabinet_is_for(const char *bytes, size_t length, const char *name);

#endif
