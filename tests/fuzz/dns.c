/* Fuzz target: any bytes as a DNS reply. libresolv is not compiled with a sanitizer, so what it
 * reads ends at a page that nobody may touch. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/arena.h"

static char *fenced_copy(struct arena *arena, const char *bytes, size_t length);
#define arena_copy fenced_copy
#include "actions/net/dns.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One input makes a few copies: the query, its question, the reply, its question, its answers. */
static struct {
    char *start;
    size_t size;
} fences[8];
static size_t fence_count;

static char *fenced_copy(struct arena *arena, const char *bytes, size_t length)
{
    (void)arena;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (length + page - 1) / page * page;
    char *start =
        mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED || fence_count == sizeof(fences) / sizeof(fences[0]) ||
        mprotect(start + room, page, PROT_NONE) != 0)
        abort();
    fences[fence_count].start = start;
    fences[fence_count++].size = room + page;
    return memcpy(start + room - length, bytes, length);
}

/* The input, and the reply that it becomes. */
struct forge {
    const uint8_t *data;
    size_t left;
    uint8_t reply[64 * 1024];
    size_t length;
};

static uint8_t next(struct forge *forge)
{
    if (forge->left == 0)
        return 0;
    forge->left--;
    return *forge->data++;
}

static void add(struct forge *forge, const void *bytes, size_t length)
{
    if (length > sizeof(forge->reply) - forge->length)
        length = sizeof(forge->reply) - forge->length;
    memcpy(forge->reply + forge->length, bytes, length);
    forge->length += length;
}

static void pass_on(struct forge *forge, size_t length)
{
    length = length < forge->left ? length : forge->left;
    add(forge, forge->data, length);
    forge->data += length;
    forge->left -= length;
}

enum { OWN_OWNER = 1, CHAIN = 2, OTHER_TYPE = 4, LIE = 8 };

/* By its first byte: what is right about the record. Names and data are the input's. */
static void add_record(struct forge *forge, unsigned type)
{
    unsigned how = next(forge);
    if (how & OWN_OWNER)
        pass_on(forge, next(forge));
    else
        add(forge, "\xc0\x0c", 2);
    type = how & CHAIN ? ns_t_cname : how & OTHER_TYPE ? next(forge) : type;
    size_t length = next(forge), said = length + (how & LIE ? next(forge) : 0);
    uint8_t head[10] = {0, (uint8_t)type, 0, 1, 0, 0, 0, 60, (uint8_t)(said >> 8), (uint8_t)said};
    add(forge, head, sizeof(head));
    pass_on(forge, length);
}

/* The id is always right: of any other message nothing else is read. */
static void write_reply(struct forge *forge, const struct dns_query *query)
{
    uint8_t flags = next(forge), lie = next(forge);
    uint16_t count = 0;
    add(forge, query->bytes, query->length);
    for (; forge->left > 0; count++)
        add_record(forge, query->type);
    ns_put16(0x8180u ^ (unsigned)(flags << 9) ^ flags, forge->reply + 2);
    ns_put16(count + lie, forge->reply + 6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_AUTO struct arena *arena = arena_new();
    struct dns_query query;
    struct dns_answer answer;
    struct error error;
    struct forge forge = {.data = data, .left = size};
    unsigned first = next(&forge);
    const char *type = dns_type_words[(first & 0x7f) % 9];
    if (!dns_query_build(arena, "www.example", type, first & 0x40, &query, &error))
        abort();
    if (first & 0x80)
        pass_on(&forge, size);
    else
        write_reply(&forge, &query);
    if (forge.length >= NS_INT16SZ)
        ns_put16(query.id, forge.reply);
    size_t length = forge.length;
    const char *bytes = fenced_copy(arena, (const char *)forge.reply, length);
    enum dns_fit fit = dns_answer_read(arena, &query, (const uint8_t *)bytes, length, &answer);
    for (size_t i = 0; fit == DNS_ANSWER && i < answer.count; i++)
        if (answer.texts[i].kind != KIND_STRING || strlen(answer.texts[i].string) > 8 * length + 64)
            abort();
    while (fence_count > 0) {
        fence_count--;
        munmap(fences[fence_count].start, fences[fence_count].size);
    }
    return 0;
}
