/* jsonify: parts that the documents for programs share, on jansson. */
#ifndef PLAYBOOK_JSONIFY_H
#define PLAYBOOK_JSONIFY_H

#include <jansson.h>

#include "engine/change/kind.h"

/* Bytes that are no UTF-8, which JSON cannot carry, become U+FFFD. */
json_t *jsonify_text(const char *text);

/* Nothing is set where there is nothing. Lists are NULL-terminated. */
void jsonify_set_text(json_t *object, const char *key, const char *text);
void jsonify_set_list(json_t *object, const char *key, const char *const *list);

/* The document, indented; on a terminal every character beyond ASCII is escaped. False where it
 * cannot be written. */
bool jsonify_print(FILE *out, const json_t *document);

json_t *jsonify_changes(struct arena *arena, const struct change *changes, size_t count);

#endif
