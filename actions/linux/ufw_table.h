/* ufw_table: a table in force, above all the filter table, as `iptables-save` prints it.
 *
 * ufw keeps its rules in files and loads them with iptables; `ufw status` prints the files. What
 * decides about a packet is what is loaded, so that is what is read here: rules that were edited
 * and not loaded do not count, and neither does ENABLED in ufw.conf.
 *
 * Pure: text in, table out; everything lives in the arena. Source: iptables-extensions(8),
 * iptables 1.8 `save` functions; the chains' names are ufw's (/lib/ufw/ufw-init-functions).
 */
#ifndef PLAYBOOK_ACTIONS_LINUX_UFW_TABLE_H
#define PLAYBOOK_ACTIONS_LINUX_UFW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/action.h"

enum { UFW_LINES_LIMIT = 20000, UFW_CHAINS_LIMIT = 1000, UFW_RANGES_LIMIT = 16 };

/* A condition on addresses, a link or ports. */
struct ufw_network {
    bool given;
    bool negated; /* `! -s ...` */
    struct network network;
};

struct ufw_link {
    const char *name; /* NULL: any; a `+` at the end stands for any rest */
    bool negated;
};

struct ufw_range {
    uint16_t first;
    uint16_t last;
};

struct ufw_ports {
    struct ufw_range ranges[UFW_RANGES_LIMIT];
    size_t count; /* 0: any */
    bool negated;
};

/* What the other conditions of a rule mean for the first packet of a new connection. */
enum ufw_special {
    UFW_PLAIN = 0,
    UFW_NEVER = 1 << 0,   /* such a packet cannot match: `--ctstate ESTABLISHED` */
    UFW_UNCLEAR = 1 << 1, /* a condition of a form that is not understood */
};

struct ufw_rule {
    const char *text;     /* as saved, without `-A CHAIN` */
    const char *target;   /* NULL: none */
    bool goes;            /* `-g`: does not come back */
    const char *protocol; /* NULL: any */
    bool protocol_negated;
    struct ufw_network from;
    struct ufw_network to;
    struct ufw_link in;
    struct ufw_link out;
    struct ufw_ports ports; /* destination */
    struct ufw_ports source_ports;
    unsigned special; /* enum ufw_special */
};

struct ufw_chain {
    const char *name;
    const char *policy; /* "ACCEPT", "DROP"; "-" for a chain that is not built in */
    struct ufw_rule *rules;
    size_t count;
};

struct ufw_table {
    int family;
    bool early;  /* its chains come before conntrack, so that no packet is NEW in them */
    bool beside; /* it is not the filter table: what it does to later packets counts as well */
    struct ufw_chain *chains;
    size_t count;
};

/* Reads the part of `text` that is the table `name`, such as "filter"; without one it is empty.
 * False where the text is not of that form, or has more lines or chains than the limit. */
bool ufw_table_read(struct arena *arena, int family, const char *text, const char *name,
                    struct ufw_table *table, struct error *error);

/* NULL where there is none. */
const struct ufw_chain *ufw_table_chain(const struct ufw_table *table, const char *name);

#endif
