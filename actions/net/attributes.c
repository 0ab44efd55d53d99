/* Attributes of netlink messages, through libmnl. Unknown ones are skipped, as libmnl advises. */
#include "actions/net/attributes.h"

#include <string.h>
#include <sys/socket.h>

static int take_attribute(const struct nlattr *attribute, void *data)
{
    struct attributes *attributes = data;
    uint16_t number = mnl_attr_get_type(attribute);
    if (number < ATTRIBUTES_MOST)
        attributes->at[number] = attribute;
    return MNL_CB_OK;
}

bool attributes_read(const struct nlmsghdr *message, size_t header, struct attributes *attributes)
{
    *attributes = (struct attributes){0};
    return mnl_nlmsg_get_payload_len(message) >= header &&
           mnl_attr_parse(message, (unsigned)header, take_attribute, attributes) == MNL_CB_OK;
}

bool attributes_nested(const struct nlattr *outer, struct attributes *attributes)
{
    *attributes = (struct attributes){0};
    return mnl_attr_parse_nested(outer, take_attribute, attributes) == MNL_CB_OK;
}

const char *attribute_string(struct arena *arena, const struct attributes *attributes,
                             unsigned number)
{
    const struct nlattr *attribute = attributes->at[number];
    if (!attribute)
        return NULL;
    const char *text = mnl_attr_get_payload(attribute);
    return arena_copy(arena, text, strnlen(text, mnl_attr_get_payload_len(attribute)));
}

uint32_t attribute_u32(const struct attributes *attributes, unsigned number, uint32_t otherwise)
{
    const struct nlattr *attribute = attributes->at[number];
    if (!attribute || mnl_attr_get_payload_len(attribute) != sizeof(uint32_t))
        return otherwise;
    return mnl_attr_get_u32(attribute);
}

bool attribute_address(const struct attributes *attributes, unsigned number, int family,
                       struct address *address)
{
    const struct nlattr *attribute = attributes->at[number];
    size_t size = family == AF_INET ? 4 : 16;
    if (!attribute || mnl_attr_get_payload_len(attribute) != size)
        return false;
    *address = (struct address){.family = family};
    memcpy(address->bytes, mnl_attr_get_payload(attribute), size);
    return true;
}
