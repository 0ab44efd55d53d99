/* attributes: those of a netlink message by their number, with their lengths checked. */
#ifndef PLAYBOOK_NET_ATTRIBUTES_H
#define PLAYBOOK_NET_ATTRIBUTES_H

#include <libmnl/libmnl.h>

#include "engine/action.h"

enum { ATTRIBUTES_MOST = 64 }; /* higher numbers are skipped: nothing here asks for them */

struct attributes {
    const struct nlattr *at[ATTRIBUTES_MOST]; /* NULL: not there; the last of several */
};

/* `header`: size of the fixed part that the attributes follow. False for a message that is too
 * short or whose attributes are not whole. */
bool attributes_read(const struct nlmsghdr *message, size_t header, struct attributes *attributes);
bool attributes_nested(const struct nlattr *outer, struct attributes *attributes);

/* NULL, or `otherwise`, where the attribute is not there or not of that form. */
const char *attribute_string(struct arena *arena, const struct attributes *attributes,
                             unsigned number);
uint32_t attribute_u32(const struct attributes *attributes, unsigned number, uint32_t otherwise);
bool attribute_address(const struct attributes *attributes, unsigned number, int family,
                       struct address *address);

#endif
