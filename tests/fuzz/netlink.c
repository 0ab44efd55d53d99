/* Fuzz target: any bytes as a message of the kernel, through every reader of one. */
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "actions/net/attributes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(struct arena *arena, const struct attributes *attributes, unsigned depth)
{
    struct address address;
    struct attributes nested;
    for (unsigned number = 0; number < ATTRIBUTES_MOST; number++) {
        const char *string = attribute_string(arena, attributes, number);
        if (string && strlen(string) > UINT16_MAX)
            abort();
        attribute_u32(attributes, number, 0);
        attribute_address(attributes, number, AF_INET, &address);
        attribute_address(attributes, number, AF_INET6, &address);
        if (attributes->at[number] && depth < 3 &&
            attributes_nested(attributes->at[number], &nested))
            read_all(arena, &nested, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_AUTO struct arena *arena = arena_new();
    struct attributes attributes;
    if (size > UINT16_MAX)
        return 0;
    /* As long as it says, and padded, as the kernel's messages are. */
    struct nlmsghdr *message = calloc(1, sizeof(*message) + MNL_ALIGN(size));
    if (!message)
        return 0;
    *message = (struct nlmsghdr){.nlmsg_len = (uint32_t)(sizeof(*message) + size)};
    memcpy(message + 1, data, size);
    if (attributes_read(message, sizeof(struct rtmsg), &attributes))
        read_all(arena, &attributes, 0);
    free(message);
    return 0;
}
