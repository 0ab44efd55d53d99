/* nft_json: what the readers of nft's JSON share. */
#ifndef PLAYBOOK_ACTIONS_LINUX_NFT_JSON_H
#define PLAYBOOK_ACTIONS_LINUX_NFT_JSON_H

#include <jansson.h>

#include "actions/linux/nft.h"

/* A member that is text; "" where there is none. */
const char *nft_text(const json_t *object, const char *name);

/* The only member of a statement or an expression: its kind. */
const char *nft_kind(const json_t *object);

/* A part of a rule that iptables makes itself, and so renders. */
bool nft_is_plain(const json_t *part);

/* The right side of a match on ports: one, a range, or a set of these. False where it is another
 * thing, or too much. */
bool nft_read_ports(const json_t *right, struct ufw_ports *ports);

/* A base chain that a packet meets on its way to a program of this machine. */
bool nft_comes_in(const json_t *chain);

/* The tables of a ruleset, each in the form of ufw_table.h. */
void nft_read_tables(struct arena *arena, const json_t *ruleset, struct nft *nft);

#endif
