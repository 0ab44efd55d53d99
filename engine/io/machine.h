/* machine: what this machine is and which start of it this is. machine_is_wsl2() is declared in
 * engine/action.h. */
#ifndef PLAYBOOK_MACHINE_H
#define PLAYBOOK_MACHINE_H

#include "engine/action.h"

/* The id of this start of the kernel (random(4), boot_id); "unknown" where it cannot be read. */
const char *machine_boot_id(struct arena *arena);

#endif
