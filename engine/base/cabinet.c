/* A cabinet with one folder of one file: CFHEADER, CFFOLDER, CFFILE, and a CFDATA for each block.
 */
#include "engine/base/cabinet.h"

#include <stdint.h>
#include <string.h>

enum {
    HEADER_SIZE = 36,
    FOLDER_SIZE = 8,
    FILE_SIZE = 16, /* and the name */
    DATA_SIZE = 8,  /* and the block */
    BLOCK = 32768,
    VERSION = 0x0103,
    FIRST_DAY = 1 << 5 | 1, /* 1980-01-01, as DOS writes a date */
    ARCHIVE = 0x20,
};

static void add_number(struct text *text, uint32_t number, int bytes)
{
    for (; bytes > 0; bytes--, number >>= 8)
        text_char(text, (char)(number & 0xff));
}

/* All 32-bit words over each other; of what is left at the end the first byte is the highest. */
static uint32_t checksum(const unsigned char *bytes, size_t length, uint32_t sum)
{
    for (; length >= 4; bytes += 4, length -= 4)
        sum ^= bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
               (uint32_t)bytes[3] << 24;
    for (; length > 0; bytes++, length--)
        sum ^= (uint32_t)bytes[0] << 8 * (length - 1);
    return sum;
}

static void add_block(struct text *text, const char *bytes, uint32_t length)
{
    uint32_t sizes = length | length << 16; /* packed and unpacked */
    add_number(text, checksum((const unsigned char *)bytes, length, sizes), 4);
    add_number(text, sizes, 4);
    text_bytes(text, bytes, length);
}

void cabinet_write(struct text *text, const char *name, const char *bytes, size_t length)
{
    uint32_t blocks = (uint32_t)((length + BLOCK - 1) / BLOCK);
    uint32_t first = HEADER_SIZE + FOLDER_SIZE + FILE_SIZE + (uint32_t)strlen(name) + 1;
    text_add(text, "MSCF");
    const uint32_t header[] = {0, first + blocks * DATA_SIZE + (uint32_t)length, 0,
                               HEADER_SIZE + FOLDER_SIZE, 0};
    for (size_t i = 0; i < sizeof(header) / sizeof(*header); i++)
        add_number(text, header[i], 4);
    const uint16_t counts[] = {VERSION, 1 /* folder */, 1 /* file */, 0, 0, 0};
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
        add_number(text, counts[i], 2);
    add_number(text, first, 4);
    add_number(text, blocks, 4); /* not compressed: the upper half is 0 */
    add_number(text, (uint32_t)length, 4);
    add_number(text, 0, 4);
    add_number(text, (uint32_t)FIRST_DAY << 16, 4); /* of folder 0 */
    add_number(text, (uint32_t)ARCHIVE << 16, 4);   /* at midnight */
    text_bytes(text, name, strlen(name) + 1);
    for (size_t at = 0; at < length; at += BLOCK)
        add_block(text, bytes + at, (uint32_t)(length - at < BLOCK ? length - at : BLOCK));
}

bool cabinet_is_for(const char *bytes, size_t length, const char *name)
{
    size_t at = HEADER_SIZE + FOLDER_SIZE + FILE_SIZE, size = strlen(name) + 1;
    return length >= at + size && memcmp(bytes, "MSCF", 4) == 0 &&
           memcmp(bytes + at, name, size) == 0;
}
