/* Bump allocation in blocks; a request larger than a block gets a block of its own. */
#include "engine/base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 16 * 1024, ALIGNMENT = _Alignof(max_align_t) };

struct block {
    struct block *next;
    size_t size;
    size_t used;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *newest;
    size_t bytes; /* of all blocks */
};

_Noreturn void out_of_memory(void)
{
    fputs("playbook: out of memory\n", stderr);
    abort();
}

static void *obtain(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory)
        out_of_memory();
    return memory;
}

static struct block *add_block(struct arena *arena, size_t size)
{
    struct block *block = obtain(sizeof(*block) + size);
    block->size = size;
    block->next = arena->newest;
    arena->newest = block;
    arena->bytes += size;
    return block;
}

struct arena *arena_new(void)
{
    return obtain(sizeof(struct arena));
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
    struct block *block = arena->newest;
    if (!block || block->size - block->used < rounded)
        block = add_block(arena, rounded > BLOCK_SIZE ? rounded : BLOCK_SIZE);
    void *memory = block->bytes + block->used;
    block->used += rounded;
    return memory;
}

size_t arena_bytes(const struct arena *arena)
{
    return arena->bytes;
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
