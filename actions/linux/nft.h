/* nft: the kernel's whole ruleset as `nft -j list ruleset` prints it, for what iptables does not
 * tell of it: rules in ufw's own table that iptables cannot render (it prints them without the
 * condition that it does not know, or refuses the whole table), and the tables beside ufw's.
 *
 * Pure: text in, state out, in the arena. Source: libnftables-json(5); iptables 1.8,
 * nft_is_table_compatible().
 */
#ifndef PLAYBOOK_ACTIONS_LINUX_NFT_H
#define PLAYBOOK_ACTIONS_LINUX_NFT_H

#include "actions/linux/ufw_table.h"

struct nft_rule {
    bool foreign;           /* iptables cannot render it whole, even with the ports below */
    bool bare;              /* it has no other condition than the ports below */
    const char *protocol;   /* of these ports */
    struct ufw_ports ports; /* destination ports that it names; none: any */
    const char *target; /* as iptables would call it; "": a verdict that is none of those; NULL: no
                           verdict */
};

/* A chain of `ip filter` or `ip6 filter`. */
struct nft_chain {
    const char *name;
    const char *policy; /* "ACCEPT", "DROP"; "-" for one that is not built in */
    struct nft_rule *rules;
    size_t count;
};

/* What another table does that can decide about an incoming packet. */
struct nft_mention {
    const char *family, *table;
    const char *protocol; /* "tcp", "udp"; NULL: any */
    uint16_t first, last; /* destination ports */
    bool policy;          /* it drops what no rule of it takes */
};

/* A table in the form of iptables, as far as it has that form (nft_tables.c). */
struct nft_table {
    const char *family, *name;
    struct ufw_table table;
    const char **hooks; /* its chains that an incoming packet begins in */
    size_t hook_count;
    bool early;   /* one of them comes before conntrack */
    bool foreign; /* iptables cannot render all of its rules */
};

struct nft {
    struct nft_chain *chains[2]; /* IPv4, IPv6 */
    size_t counts[2];
    struct nft_mention *mentions;
    size_t mention_count;
    struct nft_table *tables; /* all of them, ufw's too */
    size_t table_count;
};

bool nft_read(struct arena *arena, const char *text, size_t length, struct nft *nft,
              struct error *error);

/* The first mention of such a packet; NULL: no table beside ufw's speaks of it. */
const struct nft_mention *nft_find(const struct nft *nft, bool ipv6, const char *protocol,
                                   uint16_t port);

/* Completes the rules of a table that iptables printed incompletely: with their ports, or as ones
 * of unclear conditions. */
void nft_mark(const struct nft *nft, struct ufw_table *table);

/* The rules of a chain that iptables refuses to print, in the form of iptables-save: other
 * conditions than nft_mark() adds are not told, only that there are some. */
const char *nft_render(struct arena *arena, const struct nft_chain *chain);

#endif
