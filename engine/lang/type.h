/* type: the static types of the language, as words and for comparing. */
#ifndef PLAYBOOK_TYPE_H
#define PLAYBOOK_TYPE_H

#include "engine/action.h"

/* KIND_NONE stands for "an error in it has been reported": it fits everything, so that one mistake
 * is one error. */

/* The same type; fixed words do not matter. */
bool type_same(const struct type *a, const struct type *b);

bool type_scalar(const struct type *type);

/* "list of number". */
const char *type_print(struct arena *arena, const struct type *type);

/* "a number", "an address": for messages. */
const char *type_describe(struct arena *arena, const struct type *type);

/* How a value of this kind is written: "such as 100ms, 2s, 5m"; NULL where that needs no words. */
const char *kind_example(enum kind kind);

/* Reads "number", "list of address". */
bool type_read(const char *text, struct type *type);

/* The scalar type of this kind, for ever. */
const struct type *type_of_kind(enum kind kind);

/* Names of the scalar types, NULL-terminated: what type_read() takes, and the conversions. */
extern const char *const type_names[];

/* Whether `word` is one of the NULL-terminated `words`. */
bool word_allowed(const char *const *words, const char *word);

/* "did you mean 'nat'?", or "one of 'nat', 'mirrored'". */
const char *words_hint(struct arena *arena, const char *const *words, const char *word);

/* "'nat', 'mirrored'". */
const char *words_list(struct arena *arena, const char *const *words);

#endif
