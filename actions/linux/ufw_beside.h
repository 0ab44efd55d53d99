/* ufw_beside: what can decide about a packet besides ufw's filter table: iptables' other tables,
 * and all that nft has.
 *
 * Their verdict is not put together with ufw's: a packet that one of them drops, sends elsewhere or
 * changes, or may, is no longer one that ufw alone decides about, and which of them does is told.
 * What XDP and tc do is not seen. Pure.
 */
#ifndef PLAYBOOK_ACTIONS_LINUX_UFW_BESIDE_H
#define PLAYBOOK_ACTIONS_LINUX_UFW_BESIDE_H

#include "actions/linux/nft.h"
#include "actions/linux/ufw.h"

enum { UFW_OTHERS = 4 };

struct ufw_beside {
    struct nft nft; /* empty where there is no nft */
    /* private */
    struct ufw_table others[2][UFW_OTHERS]; /* IPv4, IPv6 */
    const char *unseen[2]; /* what is loaded as well and could not be read; NULL: nothing */
};

/* What `iptables-save` or `ip6tables-save` printed, all tables. */
void ufw_beside_read(struct arena *arena, const char *output, const char *errors, bool ipv6,
                     struct ufw_beside *beside);

/* "table 'raw' of iptables, rule '-A PREROUTING -p tcp -j DROP'"; NULL: ufw alone decides. */
const char *ufw_beside_find(struct arena *arena, const struct ufw_beside *beside, bool ipv6,
                            const struct ufw_packet *packet);

#endif
