/* arena: memory with one owner and one end.
 *
 * One arena per loaded playbook, one per run, one per probe in flight. Nothing in it is freed
 * alone; a pointer from a longer-lived arena into a shorter one is a bug. Memory comes zeroed.
 *
 * There is no failure to handle: when the system has no memory left the process says so on
 * standard error and aborts. Inputs are bounded (limits.h), so this is never an input's doing.
 */
#ifndef PLAYBOOK_ARENA_H
#define PLAYBOOK_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* For what is not in an arena. */
_Noreturn void out_of_memory(void);

struct arena *arena_new(void);

/* Frees everything in the arena and clears the pointer; NULL is accepted. */
void arena_free(struct arena **arena);

/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);

/* What it holds of the system's memory, whether in use or not. */
size_t arena_bytes(const struct arena *arena);

/* What is in `other` lives as long as `arena` from here on; ends `other` and clears the pointer. */
void arena_adopt(struct arena *arena, struct arena **other);

/* An array that grows: room for at least `count + 1` items of `size` bytes in `items`, which holds
 * `count`. The capacity is a power of two derived from `count`, so no third number is kept. */
void *arena_grow(struct arena *arena, void *items, size_t count, size_t size);

/* Copies with a terminating NUL. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length);
char *arena_string(struct arena *arena, const char *string);
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vformat(struct arena *arena, const char *format, va_list list)
    __attribute__((format(printf, 2, 0)));

/* Cleanup attribute for an arena that ends with its block. */
#define ARENA_AUTO __attribute__((cleanup(arena_free)))

#endif
