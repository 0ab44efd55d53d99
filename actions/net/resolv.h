/* resolv: the name servers of resolv.conf, as glibc reads them. */
#ifndef PLAYBOOK_NET_RESOLV_H
#define PLAYBOOK_NET_RESOLV_H

#include "actions/net/host.h"

enum { RESOLV_SERVERS_MOST = 3 }; /* glibc uses no more */

/* The servers that `text` names, or 127.0.0.1 where it names none, each with port 53. Returns how
 * many: 1 to RESOLV_SERVERS_MOST. */
size_t resolv_servers(const char *text, union endpoint servers[RESOLV_SERVERS_MOST]);

#endif
