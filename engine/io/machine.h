/* machine: what this machine is and which start of it this is. machine_is_wsl2() and
 * machine_drive() are declared in engine/action.h. */
#ifndef PLAYBOOK_MACHINE_H
#define PLAYBOOK_MACHINE_H

#include "engine/action.h"

/* The id of this start of the kernel (random(4), boot_id); "unknown" where it cannot be read. */
const char *machine_boot_id(struct arena *arena);

/* When process 1 started, in clock ticks since the kernel did (proc(5), stat); 0: not known. */
uint64_t machine_started(void);

/* The absolute path of this program (proc(5), exe); NULL where it is not known. */
const char *machine_program(struct arena *arena);

#endif
