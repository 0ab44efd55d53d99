/* Bump allocation in blocks, each twice the last one up to a limit: most arenas stay small. Memory
 * is zeroed as it is handed out, since most of the last block never is. A request larger than the
 * next block gets one of its own, and the kernel's zeros. */
#include "engine/base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

enum {
    FIRST_BLOCK = 1024,
    LAST_BLOCK = 256 * 1024,
    POPULATED_BLOCK = 64 * 1024,
    ALIGNMENT = _Alignof(max_align_t),
};

struct block {
    struct block *next;
    size_t left;
    unsigned char *at;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *newest;
    size_t bytes; /* of all blocks */
    size_t next_size;
};

_Noreturn void out_of_memory(void)
{
    fputs("playbook: out of memory\n", stderr);
    abort();
}

static void *obtained(void *memory)
{
    if (!memory)
        out_of_memory();
    return memory;
}

/* Takes the pages of a large block at once: a fault for each of them costs more than what is done
 * with it. Where the kernel cannot, they come one by one. */
static void populate(const struct block *block, size_t size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = ((uintptr_t)block + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)block + size) / page * page;
    madvise((void *)start, end - start, MADV_POPULATE_WRITE);
}

static void add_block(struct arena *arena)
{
    size_t size = arena->next_size;
    struct block *block = obtained(malloc(size));
    *block =
        (struct block){.next = arena->newest, .left = size - sizeof(*block), .at = block->bytes};
    arena->newest = block;
    arena->bytes += size;
    if (size >= POPULATED_BLOCK)
        populate(block, size);
    if (size < LAST_BLOCK)
        arena->next_size = size * 2;
}

/* Behind the newest block, which has room left. */
static void *own_block(struct arena *arena, size_t size)
{
    struct block **place = arena->newest ? &arena->newest->next : &arena->newest;
    struct block *block = obtained(calloc(1, sizeof(*block) + size));
    block->next = *place;
    *place = block;
    arena->bytes += sizeof(*block) + size;
    if (size >= LAST_BLOCK)
        populate(block, size);
    return block->bytes;
}

struct arena *arena_new(void)
{
    struct arena *arena = obtained(malloc(sizeof(*arena)));
    *arena = (struct arena){.next_size = FIRST_BLOCK};
    return arena;
}

void arena_free(struct arena **arena)
{
    if (!*arena)
        return;
    for (struct block *block = (*arena)->newest; block;) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    free(*arena);
    *arena = NULL;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        out_of_memory();
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!arena->newest || arena->newest->left < rounded) {
        if (rounded > arena->next_size - sizeof(struct block))
            return own_block(arena, rounded);
        add_block(arena);
    }
    struct block *block = arena->newest;
    void *memory = memset(block->at, 0, size);
    block->at += rounded;
    block->left -= rounded;
    return memory;
}

size_t arena_bytes(const struct arena *arena)
{
    return arena->bytes;
}

/* Behind the newest block, which has room left. */
void arena_adopt(struct arena *arena, struct arena **other)
{
    struct block **place = arena->newest ? &arena->newest->next : &arena->newest;
    struct block *rest = *place, **end = &(*other)->newest;
    while (*end)
        end = &(*end)->next;
    *end = rest;
    *place = (*other)->newest;
    arena->bytes += (*other)->bytes;
    free(*other);
    *other = NULL;
}

void *arena_grow(struct arena *arena, void *items, size_t count, size_t size)
{
    bool full = count == 0 || (count >= 4 && (count & (count - 1)) == 0);
    if (!full)
        return items;
    size_t capacity = count < 4 ? 4 : count * 2;
    void *larger = arena_alloc(arena, capacity * size);
    if (count)
        memcpy(larger, items, count * size);
    return larger;
}

char *arena_copy(struct arena *arena, const char *bytes, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    if (length)
        memcpy(copy, bytes, length);
    return copy;
}

char *arena_string(struct arena *arena, const char *string)
{
    return arena_copy(arena, string, strlen(string));
}

char *arena_vformat(struct arena *arena, const char *format, va_list list)
{
    va_list again;
    va_copy(again, list);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        return arena_string(arena, format);
    char *string = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(string, (size_t)length + 1, format, list);
    return string;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char *string = arena_vformat(arena, format, list);
    va_end(list);
    return string;
}
