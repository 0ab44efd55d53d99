/* owners: which processes hold sockets. */
#ifndef PLAYBOOK_OWNERS_H
#define PLAYBOOK_OWNERS_H

#include "engine/action.h"

/* Fills in who holds the sockets, as far as this process may know. */
void owners_find(struct socket_owner *owners, size_t count);

#endif
