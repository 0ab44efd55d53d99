/* ufw_tuples: the rules as ufw itself remembers them, one `### tuple ###` line each in
 * /etc/ufw/user.rules and user6.rules.
 *
 * ufw refuses to add a rule that differs from one it has in nothing but the action: it replaces
 * that one, or does nothing. Whoever adds a rule must know whether there is one. The list here is
 * changed as the plan goes on, so that positions are those of the moment. Pure. Source: ufw 0.36,
 * backend_iptables.py, _read_rules().
 */
#ifndef PLAYBOOK_ACTIONS_LINUX_UFW_TUPLES_H
#define PLAYBOOK_ACTIONS_LINUX_UFW_TUPLES_H

#include "engine/action.h"

struct ufw_tuple {
    const char *action; /* "allow", "deny", "reject", "limit" */
    const char *log;    /* "", "log", "log-all" */
    const char *protocol;
    const char *ports;
    struct network from;
    bool plain; /* incoming, to any address, from any port, on any link, of no application */
};

struct ufw_tuples {
    struct ufw_tuple *items;
    size_t count;
};

/* Lines that are no tuples are passed over, and so are those that ufw itself would skip. */
struct ufw_tuples ufw_tuples_read(struct arena *arena, const char *text);

/* The index of the rule for exactly this protocol, port and network, whatever its action; `count`
 * where there is none. */
size_t ufw_tuples_find(const struct ufw_tuples *tuples, const char *protocol, unsigned port,
                       const struct network *from);

void ufw_tuples_remove(struct ufw_tuples *tuples, size_t index);

/* Adds a rule that decides nothing here, at the beginning or the end. */
void ufw_tuples_add(struct arena *arena, struct ufw_tuples *tuples, bool first);

#endif
