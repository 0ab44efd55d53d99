/* json: the documents of `run --json` and `probe --json` (language reference §7), on jansson. */
#ifndef PLAYBOOK_JSON_H
#define PLAYBOOK_JSON_H

#include <stdio.h>

#include "engine/lang/diagnostic.h"
#include "engine/run/result.h"

/* False where the document could not be written. */
bool json_result(FILE *out, const struct result *result);

/* One answer, as `checks` of the result has it. */
bool json_answer(FILE *out, const struct check *check, const struct answer *answer);

/* The document of an invalid playbook or command line; `playbook` is its name as given. */
bool json_invalid(FILE *out, const char *playbook, const struct diagnostics *diagnostics);

#endif
