/* ufw: what ufw's loaded rules mean, and whether they let the first packet of a connection in.
 *
 * A packet is asked about for a whole network of senders. A rule that speaks of a part of that
 * network only (one host of the LAN) does not speak for it and is passed over: the question is
 * about a host that no rule singles out. A rule of a form that is not understood makes the verdict
 * unclear only where it could have decided otherwise.
 *
 * The walk in ufw's table starts at INPUT, as the packet does, so that hand-made rules in
 * before.rules count too; other tables are walked from their own first chain. Pure.
 */
#ifndef PLAYBOOK_ACTIONS_LINUX_UFW_H
#define PLAYBOOK_ACTIONS_LINUX_UFW_H

#include "actions/linux/ufw_table.h"

struct ufw_packet {
    struct network from;
    const struct address *to; /* an address of this machine; NULL: not known which */
    const char *link;         /* where it comes in; NULL: not known */
    const char *protocol;     /* "tcp" or "udp" */
    uint16_t port;
};

enum ufw_verdict { UFW_PASSES, UFW_BLOCKED, UFW_NOT_CLEAR };

struct ufw_decision {
    enum ufw_verdict verdict;
    const char *by;  /* "rule 'deny tcp 3000 from 10.0.0.0/8'", "default deny" */
    bool by_default; /* no rule decided, the policy did */
};

/* Is ufw active? Judged as `ufw status` does: its chain for the user's rules is loaded. */
bool ufw_loaded(const struct ufw_table *table);

/* "allow", "deny" or "reject". */
const char *ufw_default_in(const struct ufw_table *table);

/* From the built-in chain `start` on; one that is not there lets everything pass. */
struct ufw_decision ufw_decide(struct arena *arena, const struct ufw_table *table,
                               const char *start, const struct ufw_packet *packet);

/* The user's rules of the tables as a list of records; `fields` below are their declaration. */
struct value ufw_rules(struct arena *arena, const struct ufw_table *const *tables, size_t count);
extern const struct field ufw_rule_fields[];

#endif
