/* search: where playbooks are found. What has a slash or ends in .yml or .yaml is a file; every
 * other name, and the name of a file without a slash that is not there, is sought in the person's
 * own folder (not as root), in /etc/playbook, and inside the binary: never in the current folder.
 *
 * Source: language reference, "Which playbook". */
#ifndef PLAYBOOK_SEARCH_H
#define PLAYBOOK_SEARCH_H

#include "engine/cli/command.h"

/* load.find of lang/playbook.h; `context` is a struct cli. The file of an include stands beside
 * `from`. Files are opened by io/trust.h. */
bool search_find(void *context, struct arena *arena, const char *name, const struct source *from,
                 struct source *source, struct error *error);

/* The bytes of a file that may say what this process does (io/trust.h), of at most `limit`. False
 * with `error`: code ENOENT or ENOTDIR where there is none. */
bool search_read(struct cli *cli, struct arena *arena, const char *path, size_t limit,
                 const char **bytes, size_t *length, struct error *error);

/* Calls `each` for every playbook of a bare name that search_find() would find, nearest first. */
void search_each(struct cli *cli, void (*each)(void *context, const char *name, const char *place),
                 void *context);

#endif
